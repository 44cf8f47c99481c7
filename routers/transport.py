"""How a request came to the shop: over https or not, to which host, from which origin."""

from starlette.datastructures import Headers
from starlette.types import Scope

from app.settings import get_settings

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def is_https(scope: Scope) -> bool:
    """Return whether the client spoke https: what the first proxy says, else the connection.

    From the scope, not ``request.url``: a ``Host`` that is no host cannot be made a URL.
    """
    forwarded = Headers(scope=scope).get("x-forwarded-proto") or str(scope.get("scheme", ""))
    return forwarded.split(",")[0].strip().lower() == "https"


def viewer_host(scope: Scope) -> str:
    """Return the host that the client asked for, empty if it named none.

    Behind the CDN that is ``X-Forwarded-Host``, because the gateway wants its own name in
    ``Host``. It is believed where the CDN has proved itself (``routers/origin_check.py``): it
    writes the header in place of what a client sent. Any other proxy has to pass ``Host`` on.
    """
    headers = Headers(scope=scope)
    by_cdn = headers.get("x-forwarded-host") if get_settings().origin_hashes else None
    return by_cdn or headers.get("host", "")


def is_own_origin(page: str, scope: Scope) -> bool:
    """Return whether the ``Origin`` or ``Referer`` of a request is of the host that it went to.

    Schemes are not compared: behind a proxy the shop may not know the client's.
    """
    scheme, _, rest = page.strip().lower().partition("://")
    host = rest.partition("/")[0]
    port = _DEFAULT_PORTS.get(scheme, "")
    asked = viewer_host(scope).strip().lower()
    return bool(host) and host.removesuffix(port) == asked.removesuffix(port)
