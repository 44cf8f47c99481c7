"""Reading answers of HTTP with ``httptools`` (llhttp)."""

from collections.abc import Mapping
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

#: Headers that tell where an answer ends.
_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
#: Lower ones are of interim answers.
_FIRST_FINAL_STATUS = 200


class Answer(NamedTuple):
    """A whole answer; names of headers are in lower case."""

    status: int
    headers: Mapping[bytes, bytes]
    data: bytes
    #: It told no length, so that its end may be that of a connection which broke.
    ends_with_connection: bool = False


class AnswerReader:
    """Puts the one final answer together; the parser calls the methods that begin with ``on_``.

    Its connection may serve another call only if this answer told its end and nothing came
    before or after it: what is left over would be taken for the answer to the next call. (Empty
    lines after an answer belong to none, RFC 9112, 2.2, and the parser skips them.)
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.answer: Answer | None = None
        self.keeps_connection = False
        #: The deadline has ended the connection, so its end tells nothing about the answer.
        self.is_cut_off = False
        self._has_interim = False
        self._ends_with_connection = False
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._parser = HttpResponseParser(self)

    def feed(self, part: bytes) -> None:
        """Take what has arrived; nothing is the end of the connection.

        Raises:
            OSError: the connection ended before the answer did.
            HttpParserError: what has arrived is no answer.
            HttpParserUpgrade: the host wants to go on in another protocol.
        """
        if not part:
            if self.is_cut_off or not self._ends_with_connection:
                raise ConnectionResetError
            self._finish(ends_with_connection=True)
            return
        try:
            self._parser.feed_data(part)
        except (HttpParserError, HttpParserUpgrade):
            self.keeps_connection = False
            if self.answer is None:
                raise

    def on_message_begin(self) -> None:
        """Notice what comes after the answer."""
        if self.answer is not None:
            self.keeps_connection = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Notice whether the answer tells its end."""
        # RFC 9112, 6.3: an answer that tells no length ends where its connection ends.
        self._ends_with_connection = not self._headers.keys() & _LENGTHS

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body."""
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Finish the answer, or skip an interim one."""
        if self.answer is not None:
            return
        if self._parser.get_status_code() < _FIRST_FINAL_STATUS:
            # RFC 9110, 15.2: interim answers may come unasked. After 101 the parser refuses.
            self._has_interim, self._ends_with_connection = True, False
            self._headers = {}
            return
        self._finish(ends_with_connection=False)
        self.keeps_connection = self._parser.should_keep_alive() and not self._has_interim

    def _finish(self, *, ends_with_connection: bool) -> None:
        status, data = self._parser.get_status_code(), b"".join(self._parts)
        self.answer = Answer(status, self._headers, data, ends_with_connection)
        # What follows is not part of it.
        self._headers, self._parts = {}, []
