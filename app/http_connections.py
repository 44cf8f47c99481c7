"""Kept connections to one host, on the standard library's client.

What the shop asks of a connection is one POST and its whole answer. urllib3, which does far more,
takes more than twice the processor time for it.
"""

import http.client
import select
import ssl
import threading
import time
import weakref
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

#: What means that there was no answer: of the network, of TLS, or of what was sent back.
FAILURES = (OSError, http.client.HTTPException)


class Answer(NamedTuple):
    """A whole answer; header names are found in any case."""

    status: int
    headers: http.client.HTTPMessage
    data: bytes


class Connections:
    """Connections to one host, kept after each answer for the next call; threads may share them."""

    def __init__(
        self, url: str, *, certificates: str, most_kept: int, connect_seconds: float
    ) -> None:
        """Connect to the host of ``url`` when asked; ``certificates`` is the file of those trusted.

        More callers at once than ``most_kept`` open connections that are not kept.
        """
        self._host, self._is_tls = urlsplit(url).netloc, url.startswith("https:")
        self._certificates = certificates
        self._most_kept, self._connect_seconds = most_kept, connect_seconds
        self._kept: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        # Sockets that are open when a process ends are warned of.
        weakref.finalize(self, _close, self._kept)

    def post(self, path: str, body: bytes, headers: dict[str, str], *, seconds: float) -> Answer:
        """Return the answer to one POST; blocks for about ``seconds`` at most.

        Raises:
            FAILURES: there was none; what was asked for may have been done.
        """
        deadline = time.monotonic() + seconds
        connection = self._take()
        try:
            if connection.sock is None:
                connection.timeout = min(seconds, self._connect_seconds)
                connection.connect()
            # An answer has all the time that is left.
            connection.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.msg, response.read())
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return answer

    def _take(self) -> http.client.HTTPConnection:
        """Return the connection that was used last, unless the other side has closed it."""
        with self._lock:
            while self._kept:
                connection = self._kept.pop()
                if not _is_closed_by_peer(connection):
                    return connection
                connection.close()
        if not self._is_tls:
            return http.client.HTTPConnection(self._host)
        return http.client.HTTPSConnection(self._host, context=_trusting(self._certificates))

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        """Keep a connection whose answer was read, unless the other side wants to close it."""
        with self._lock:
            if connection.sock is not None and len(self._kept) < self._most_kept:
                self._kept.append(connection)
                return
        connection.close()


@cache
def _trusting(certificates: str) -> ssl.SSLContext:
    """Return what checks hosts; it reads all certificates, which takes longer than a call."""
    return ssl.create_default_context(cafile=certificates)


def _close(connections: list[http.client.HTTPConnection]) -> None:
    for connection in connections:
        connection.close()


def _is_closed_by_peer(connection: http.client.HTTPConnection) -> bool:
    """Tell whether something has arrived between two calls, which can only be the end."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
