"""Middleware for every request, as plain ASGI: cheaper than Starlette's base class."""

import json
import logging

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routers import cors

log = logging.getLogger("shop.http")

_PREFLIGHT_HEADERS = {
    "access-control-allow-methods": ", ".join(cors.ALLOWED_METHODS),
    "access-control-allow-headers": ", ".join(cors.ALLOWED_HEADERS),
    "access-control-max-age": str(cors.MAX_AGE_SECONDS),
}
_EXPOSED_HEADERS = ", ".join(cors.EXPOSED_HEADERS)

#: A year. Sent only over https (RFC 6797), which a local shop does not have.
_HTTPS_ONLY = "max-age=31536000"


class HTTPMiddleware:
    """CORS headers and preflights, trailing slashes, and 500 for crashes.

    openapi/CONTRACT.md, 1.1: every path with and without a trailing slash, no redirect (rule
    2); ``Access-Control-Allow-Origin: *`` on every answer, errors too (rule 10).
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await _answer(send, 204, b"", _PREFLIGHT_HEADERS)
            return
        path = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope = {**scope, "path": path[:-1]}
        has_started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                headers = MutableHeaders(scope=message)
                if scope.get("scheme") == "https":
                    headers["strict-transport-security"] = _HTTPS_ONLY
                _add_headers(headers)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # The cause goes to the log, never to the caller.
            log.exception("request.crashed method=%s", scope["method"])
            if has_started:
                raise
            body = json.dumps({"message": "Internal Server Error", "status": 500}).encode()
            await _answer(send, 500, body, {"content-type": "application/json"})


def _add_headers(headers: MutableHeaders) -> None:
    headers["access-control-allow-origin"] = cors.ALLOWED_ORIGIN
    headers["access-control-expose-headers"] = _EXPOSED_HEADERS
    headers.setdefault("x-content-type-options", "nosniff")
    headers.setdefault("cache-control", "no-store")


async def _answer(send: Send, status: int, body: bytes, more: dict[str, str]) -> None:
    start: Message = {"type": "http.response.start", "status": status, "headers": []}
    headers = MutableHeaders(scope=start)
    headers.update(more)
    headers["content-length"] = str(len(body))
    _add_headers(headers)
    if status == 204:
        del headers["content-length"]
    await send(start)
    await send({"type": "http.response.body", "body": body})
