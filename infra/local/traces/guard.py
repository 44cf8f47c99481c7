"""Who may see ``/dev/orders``, and how it refuses: like the shop, but for this machine alone."""

import re
import secrets
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routers.middleware import HTTPMiddleware
from routers.paths import Paths
from routers.problems import fault, on_http_exception, problem_app

#: Hosts that no other site can have for its own: a name of its own may lead here, too, and its
#: scripts could then read these pages (DNS rebinding).
_OWN_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d*)?", re.IGNORECASE)
_REFUSED = "/dev/orders is shown on this machine only: ask for it at localhost or 127.0.0.1"


def guarded(routes: Sequence[Route]) -> ASGIApp:
    """Return an application of the routes, with the headers and errors of the shop's answers.

    It answers for names of this machine, shares nothing with other origins and records no spans.
    """
    application = Starlette(
        routes=routes,
        exception_handlers={HTTPException: on_http_exception, Exception: _on_crash},
    )
    application.state.paths = Paths(())
    # A redirect would lead to whatever host was sent.
    application.router.redirect_slashes = False
    pages = HTTPMiddleware(application)
    refusal = HTTPMiddleware(problem_app(403, _REFUSED))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_to_own(message: Message) -> None:
            await send(_without_sharing(message))

        chosen = pages if _is_own_host(scope) else refusal
        await chosen(_unrecorded(scope), receive, send_to_own)

    return answer


def _is_own_host(scope: Scope) -> bool:
    hosts = Headers(scope=scope).getlist("host")
    return len(hosts) == 1 and _OWN_HOST.fullmatch(hosts[0]) is not None


def _unrecorded(scope: Scope) -> Scope:
    """Return a scope with a trace that is not recorded: a look at the traces would add one."""
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    others = [pair for pair in scope["headers"] if pair[0] != b"traceparent"]
    return {**scope, "headers": [*others, (b"traceparent", trace.encode())]}


def _without_sharing(message: Message) -> Message:
    """Return the message without the headers that let scripts of other sites read it."""
    if message["type"] != "http.response.start":
        return message
    headers = [pair for pair in message["headers"] if not pair[0].startswith(b"access-control-")]
    return {**message, "headers": headers}


async def _on_crash(_request: Request, _error: Exception) -> Response:
    return fault()
