"""Load shedding: 503 for requests beyond what one process can answer in time."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.deadlines import REQUEST_SECONDS, request_deadline
from app.domain.errors import OverloadedError
from routers.problems import RETRY_AFTER_SECONDS, problem
from routers.received_bodies import receive_body

#: Requests that one process handles at once. With more, calls to the table miss their deadline
#: (``app.deadlines``) on a busy laptop, so that all requests fail instead of some. On Lambda a
#: process has one request at a time, and API Gateway throttles before it.
MAX_IN_FLIGHT = 80

_NEVER_REFUSED = "/healthz"


class LoadShedder:
    """Answers 503 with ``Retry-After`` while too many requests are in flight.

    A request is in flight once its body is in, and its deadline runs from then on: clients
    that send slowly, or never finish, take no place from others.
    """

    def __init__(self, app: ASGIApp, *, most: int = MAX_IN_FLIGHT) -> None:
        """Pass at most ``most`` requests at a time to ``app``."""
        self._app = app
        self._free = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if self._refuses(scope):
            await _refuse(scope, receive, send)
            return
        received = await receive_body(scope, receive, send)
        if received is None:
            return
        # Others may have come in while this one was sending.
        if self._refuses(scope):
            await _refuse(scope, received, send)
            return
        self._free -= 1
        try:
            with request_deadline(REQUEST_SECONDS):
                await self._app(scope, received, send)
        finally:
            self._free += 1

    def _refuses(self, scope: Scope) -> bool:
        return self._free <= 0 and scope["path"] != _NEVER_REFUSED


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    refusal = problem(503, OverloadedError.text, headers)
    await refusal(scope, receive, send)
