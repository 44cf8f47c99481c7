"""Compressed answers of the local server: what a network of caches does in a stack."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Below this the headers of a packet weigh more than what is saved.
_MINIMUM_BYTES = 1000
#: Higher levels take twice the time for two percent.
_LEVEL = 5


def compressed(app: ASGIApp) -> GZipMiddleware:
    """Return ``app`` with answers compressed for clients that say they can read it."""
    return GZipMiddleware(
        _HeadWithoutLength(app), minimum_size=_MINIMUM_BYTES, compresslevel=_LEVEL
    )


class _HeadWithoutLength:
    """Answers to HEAD without the length of a body that GET would compress (RFC 9110, 8.6)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without_length(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if int(headers.get("content-length", 0)) >= _MINIMUM_BYTES:
                    del headers["content-length"]
                    headers.add_vary_header("Accept-Encoding")
            await send(message)

        is_packed_head = scope.get("method") == "HEAD" and "gzip" in Headers(scope=scope).get(
            "accept-encoding", ""
        )
        await self._app(scope, receive, send_without_length if is_packed_head else send)
