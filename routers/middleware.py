"""Middleware for every request, as plain ASGI: cheaper than Starlette's base class."""

import asyncio
import logging
from functools import partial

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.errors import SettingsError
from app.error_reports import has_reports, send_reports
from app.security_log import Client, current_client
from app.settings import get_settings
from app.spans import Span, SpanKind
from app.static_files import DATA_POLICY
from app.trace_context import (
    TRACEPARENT,
    TraceContext,
    current_trace_id,
    new_trace,
    read_traceparent,
)
from app.tracing import entry_span
from routers import cors
from routers.client_address import hash_client_address
from routers.paths import Paths, refusal_of_missing_id
from routers.problems import fault, problem, problem_app
from routers.transport import is_https

log = logging.getLogger("shop.http")

_PREFLIGHT_HEADERS = [
    (b"access-control-allow-methods", ", ".join(cors.ALLOWED_METHODS).encode()),
    (b"access-control-allow-headers", ", ".join(cors.ALLOWED_HEADERS).encode()),
    (b"access-control-max-age", str(cors.MAX_AGE_SECONDS).encode()),
]
_ALLOWED_ORIGIN = (b"access-control-allow-origin", cors.ALLOWED_ORIGIN.encode())
_EXPOSED_HEADERS = (b"access-control-expose-headers", ", ".join(cors.EXPOSED_HEADERS).encode())
#: What they have of the list; a page loads many of them.
_EXPOSED_OF_PICTURES = (b"access-control-expose-headers", b"ETag, X-Request-Id")
_UNLESS_GIVEN = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", DATA_POLICY.encode()),
)
#: No script reads the headers of files, and a page loads dozens of them.
_FILES = "/static/"
_PICTURES = "/static/images/"

#: Servers put this in place of bytes that are not UTF-8, so different paths would become one.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_TRACEPARENT = TRACEPARENT.encode()

#: Marks the scope of a HEAD, which routes see as a GET.
IS_HEAD = "shop.is_head"

#: Where a scope has what is recorded of its request.
_SPAN = "shop.span"

#: A year. Sent only over https (RFC 6797), which a local shop does not have.
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class HTTPMiddleware:
    """Headers of every answer, preflights, HEAD, trailing slashes, broken paths, 500 for crashes.

    openapi/CONTRACT.md, 1.1: every path with and without a trailing slash, no redirect (rule
    2); ``Access-Control-Allow-Origin: *`` on every answer, errors too (rule 10); HEAD as GET
    without the body (RFC 9110, 9.3.2).
    """

    def __init__(self, app: ASGIApp, paths: Paths | None = None) -> None:
        """Wrap ``app``, whose routes have ``paths``."""
        self._app = app
        self._paths = paths or Paths(())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = current_client.set(Client(partial(hash_client_address, scope)))
        try:
            with entry_span(_trace_of(scope), scope["method"], SpanKind.SERVER, {}) as span:
                if span:
                    scope = {**scope, _SPAN: span}
                    # What answers from memory sees no route.
                    if self._paths.is_fixed(scope["path"]):
                        _name_route(span, scope["method"], scope["path"])
                await self._answer(scope, receive, send)
            if has_reports():
                # The answer is out; Lambda freezes the process when this returns.
                await asyncio.to_thread(send_reports)
        finally:
            current_client.reset(client)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await _answer_preflight(scope, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", IS_HEAD: True}
        path = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope = {**scope, "path": path[:-1]}
        await _answer_with_headers(self._choose(scope, path), scope, receive, send)

    def _choose(self, scope: Scope, path: str) -> ASGIApp:
        """Return what answers a request: the application, or a refusal of its path."""
        if _REPLACEMENT in path:
            return problem_app(400, "path: is not valid UTF-8")
        if path != scope["path"] and self._paths.lacks_id(scope["method"], scope["path"]):
            return problem(404, refusal_of_missing_id(path))
        return self._app


def _trace_of(scope: Scope) -> TraceContext:
    """Return the trace that a request belongs to; a new one unless it names exactly one."""
    given = [value for name, value in scope["headers"] if name == _TRACEPARENT]
    found = read_traceparent(given[0].decode("latin-1")) if len(given) == 1 else None
    return found or new_trace()


async def _answer_with_headers(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    has_started = False

    async def send_with_headers(message: Message) -> None:
        nonlocal has_started
        if message["type"] == "http.response.start":
            has_started = True
            _add_headers(message, scope)
            if _SPAN in scope:
                _describe(scope[_SPAN], scope, message["status"])
        elif IS_HEAD in scope:
            # The headers already hold its length.
            message = {**message, "body": b""}
        await send(message)

    try:
        await app(scope, receive, send_with_headers)
    except Exception:
        # The cause goes to the log, never to the caller.
        path = getattr(scope.get("route"), "path", "?")
        log.exception("request.crashed method=%s route=%s", scope["method"], path)
        if has_started:
            raise
        await fault()(scope, receive, send_with_headers)


def _describe(span: Span, scope: Scope, status: int) -> None:
    """Say what was asked for, as far as it is a route of the shop, and how it was answered."""
    method = "HEAD" if IS_HEAD in scope else scope["method"]
    span.attributes |= {
        "http.request.method": method,
        "http.response.status_code": status,
        "url.scheme": "https" if is_https(scope) else "http",
    }
    if route := getattr(scope.get("route"), "path", None):
        _name_route(span, method, route)
    if status >= 500:
        span.fail(str(status))


def _name_route(span: Span, method: str, route: str) -> None:
    span.name = f"{method} {route}"
    span.attributes["http.route"] = route


def _add_headers(start: Message, scope: Scope) -> None:
    """Add what every answer has; a page has a content policy of its own."""
    # All at once: added one by one, each header looks through all others.
    given = start["headers"]
    names = {name for name, _ in given}
    added = [(b"x-request-id", (current_trace_id() or "").encode()), _ALLOWED_ORIGIN]
    if not scope["path"].startswith(_FILES):
        added.append(_EXPOSED_HEADERS)
    elif scope["path"].startswith(_PICTURES):
        added.append(_EXPOSED_OF_PICTURES)
    added += [pair for pair in _UNLESS_GIVEN if pair[0] not in names]
    if is_https(scope):
        added.append(_HTTPS_ONLY)
    if _is_open():
        added.append((b"x-auth-mode", b"open"))
    start["headers"] = [*given, *added]


def _is_open() -> bool:
    """Whether the shop is in open mode, which pages show; False without valid settings."""
    try:
        return get_settings().is_open
    except SettingsError:
        return False


async def _answer_preflight(scope: Scope, send: Send) -> None:
    start: Message = {"type": "http.response.start", "status": 204, "headers": _PREFLIGHT_HEADERS}
    _add_headers(start, scope)
    await send(start)
    await send({"type": "http.response.body", "body": b""})
