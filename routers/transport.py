"""Whether a request came over https, to the shop or to the proxy in front of it."""

from starlette.datastructures import Headers
from starlette.types import Scope


def is_https(scope: Scope) -> bool:
    """Return whether the client spoke https: what the first proxy says, else the connection.

    From the scope, not ``request.url``: a ``Host`` that is no host cannot be made a URL.
    """
    forwarded = Headers(scope=scope).get("x-forwarded-proto") or str(scope.get("scheme", ""))
    return forwarded.split(",")[0].strip().lower() == "https"
