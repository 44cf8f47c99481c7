"""uvicorn's protocol, with one Host and the shop's form of answer to what is no HTTP.

A malformed request reaches no application: uvicorn answers it with plain text, and without the
headers that every other answer has.
"""

from typing import Any

from starlette.types import Message, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

_NO_HTTP = "the request is not HTTP, its method is unknown, or it has not exactly one Host"
#: What httptools reads of an address: its offsets have 16 bits.
_MOST_ADDRESS_BYTES = 65_535


async def _receive() -> Message:
    return {"type": "http.disconnect"}


class ShopProtocol(HttpToolsProtocol):
    """Answers a malformed request in the form of all errors, and closes: 400, or 414."""

    _status = 400

    def on_url(self, url: bytes) -> None:
        """Take a part of the address, as long as it is not too long."""
        super().on_url(url)
        if len(self.url) > _MOST_ADDRESS_BYTES:
            self._status = 414
            raise ValueError("the address is too long")

    def on_headers_complete(self) -> None:
        """Begin to answer a request, unless it has several hosts or, in HTTP/1.1, none.

        Whom it was sent to is unknown then (RFC 9112, 3.2). The parser makes of the error what it
        makes of its own.
        """
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise ValueError(_NO_HTTP)
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words for it
        """Refuse what was received; nothing more is read."""
        self.transport.pause_reading()
        self._refusal = self.loop.create_task(self._refuse())

    async def _refuse(self) -> None:
        # Only with the first of them; the application, which is served, has imported them.
        from routers.error_catalogue import BY_STATUS  # noqa: PLC0415
        from routers.middleware import HTTPMiddleware  # noqa: PLC0415
        from routers.problems import problem_app  # noqa: PLC0415

        # What was meant is unknown; the headers of the answer depend on none of it.
        scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        messages: list[Message] = []

        async def send(message: Message) -> None:
            messages.append(message)

        text = BY_STATUS[414].example if self._status == 414 else _NO_HTTP
        await HTTPMiddleware(problem_app(self._status, text))(scope, _receive, send)
        start, body = messages
        headers: list[Any] = [
            *self.server_state.default_headers,
            *start["headers"],
            (b"connection", b"close"),
        ]
        lines = [b"%b: %b\r\n" % (name, value) for name, value in headers]
        self.transport.write(b"".join((STATUS_LINE[self._status], *lines, b"\r\n", body["body"])))
        self.transport.close()
