"""Whether a request came through the CDN, which limits and counts what it lets through.

The CDN adds a header with a secret value, in place of one that its caller may have sent. The
function knows only hashes of the values, so neither its configuration nor its log reveals one.
Several are good at once (``infra/components/origin_header.py``): a new value is known to every
process before the CDN sends it.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
"""

import hmac
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.security_log import Kind, record_security_event
from app.settings import get_settings
from routers.error_catalogue import CATALOGUE
from routers.problems import problem

#: The name that AWS's examples use.
ORIGIN_HEADER = "x-origin-verify"

_WRONG_ADDRESS = next(entry for entry in CATALOGUE if entry.code == "wrong_address")


class OriginCheck:
    """Answers 403 to what went past the CDN; nothing of such a request is read."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or _comes_through_cdn(scope):
            await self._app(scope, receive, send)
            return
        record_security_event(
            Kind.REFUSED,
            status=_WRONG_ADDRESS.status,
            code=_WRONG_ADDRESS.code,
            route=f"{scope['method']} ?",
        )
        refusal = problem(_WRONG_ADDRESS.status, _WRONG_ADDRESS.example, entry=_WRONG_ADDRESS)
        await refusal(scope, receive, send)


def _comes_through_cdn(scope: Scope) -> bool:
    """Return whether a request has the CDN's header; true where the shop has no CDN."""
    return not get_settings().origin_hashes or is_accepted(
        Headers(scope=scope).get(ORIGIN_HEADER, "")
    )


def is_accepted(value: str) -> bool:
    """Return whether the CDN sends this value; true for any where the shop has no CDN."""
    accepted = get_settings().origin_hashes
    if not accepted:
        return True
    given = sha256(value.encode()).hexdigest()
    return any(hmac.compare_digest(given, known) for known in accepted)
