"""Where a request carries tokens, and where an answer does (openapi/CONTRACT.md, 3.2 and 3.3).

No other module looks for a token; ``tests/routers/test_credentials.py`` counts the places.
"""

from collections.abc import Iterator
from datetime import timedelta

from fastapi import Request, Response

from app.security.origins import DEVICE_LIFETIME
from app.security.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME, TokenPair
from routers.transport import is_https, is_own_origin

#: Readable by page scripts, which send it back as a bearer token.
ACCESS_COOKIE = "logged_in"
REFRESH_COOKIE = "refresh_token"
#: Sent back only to the shop, and read by no page. See ``app/security/origins.py``.
DEVICE_COOKIE = "device"

#: Values that clients send when they have no token.
_NO_TOKEN = frozenset({"", "guest", "undefined", "null"})


def is_foreign(request: Request) -> bool:
    """Return whether a page of another origin caused the request, as a browser says.

    A cookie is sent without that page's doing, so it proves nothing then. Browsers without
    ``Sec-Fetch-Site`` (Safari before 16.4, all of them where plain http is spoken) send ``Origin``
    with what is not read only. Clients that are no browser send neither.
    https://www.w3.org/TR/fetch-metadata/
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site.strip().lower() not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and not is_own_origin(origin, request.scope)


def find_token(request: Request) -> str | None:
    """Return the access token of a request: bearer, else ``X-Access-Token``, else the cookie."""
    return next(_access_tokens(request), None)


def find_all_tokens(request: Request) -> list[str]:
    """Return every token that a request carries, the cookie with the refresh token included."""
    refresh = "" if is_foreign(request) else request.cookies.get(REFRESH_COOKIE, "").strip()
    return [*_access_tokens(request), *([refresh] if refresh not in _NO_TOKEN else [])]


def _access_tokens(request: Request) -> Iterator[str]:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    candidates = (
        bearer if scheme.lower() == "bearer" else "",
        request.headers.get("x-access-token", ""),
        "" if is_foreign(request) else request.cookies.get(ACCESS_COOKIE, ""),
    )
    return (text for text in map(str.strip, candidates) if text not in _NO_TOKEN)


def set_cookies(request: Request, response: Response, tokens: TokenPair | None) -> None:
    """Set the cookies with the tokens, or delete them; neither for a page of another origin.

    That page could otherwise log a visitor in as another user, or out.
    """
    if is_foreign(request):
        return
    for name, value, lifetime, is_hidden in (
        (ACCESS_COOKIE, tokens.access if tokens else "", ACCESS_LIFETIME, False),
        (REFRESH_COOKIE, tokens.refresh if tokens else "", REFRESH_LIFETIME, True),
    ):
        response.set_cookie(
            name,
            value,
            max_age=int((lifetime if tokens else timedelta()).total_seconds()),
            path="/",
            secure=is_https(request.scope),
            httponly=is_hidden,
            samesite="strict",
        )


def set_device_cookie(request: Request, response: Response, value: str) -> None:
    """Let a device be known for a name that logged in on it; not for a page of another origin."""
    if is_foreign(request):
        return
    response.set_cookie(
        DEVICE_COOKIE,
        value,
        max_age=int(DEVICE_LIFETIME.total_seconds()),
        path="/",
        secure=is_https(request.scope),
        httponly=True,
        samesite="strict",
    )
