"""Where a request carries tokens, and where an answer does (openapi/CONTRACT.md, 3.2 and 3.3).

No other module looks for a token; ``tests/routers/test_credentials.py`` counts the places.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from fastapi import Request, Response
from starlette.requests import cookie_parser

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


#: Between two URLs that a proxy has joined to one header.
_JOINED_URLS = re.compile(r",\s*(?=[a-z][a-z+.-]*:)", re.IGNORECASE)
_SECOND_BEARER = re.compile(r",\s*bearer\s", re.IGNORECASE)


def is_foreign(request: Request) -> bool:
    """Return whether a page of another origin caused the request, as a browser says.

    A cookie is sent without that page's doing, so it proves nothing then. Browsers without
    ``Sec-Fetch-Site`` (Safari before 16.4, all of them where plain http is spoken) send ``Origin``
    with what is not read only, and ``Referer`` otherwise, which a foreign page can suppress; the
    shop's own pages do not. Of several values each must be the shop's own. Clients that are no
    browser send none of these.
    https://www.w3.org/TR/fetch-metadata/
    """
    headers = request.headers
    if sites := headers.getlist("sec-fetch-site"):
        found = {site.strip().lower() for site in ",".join(sites).split(",")}
        return not found <= {"same-origin", "none"}
    for name in ("origin", "referer"):
        if lines := headers.getlist(name):
            pages = [page for line in lines for page in _JOINED_URLS.split(line)]
            return not all(is_own_origin(page, request.scope) for page in pages)
    # Every browser calls itself so (RFC 9110, 10.1.5, and https://www.w3.org/TR/fetch-metadata/).
    return headers.get("user-agent", "").startswith("Mozilla/")


def find_token(request: Request) -> str | None:
    """Return the access token of a request: bearer, else ``X-Access-Token``, else the cookie.

    A header or cookie that came several times is read as API Gateway joins it, so locally too
    two tokens in one place are no token that the shop has signed.
    """
    return next((text for text in map(str.strip, _sent(request)) if text not in _NO_TOKEN), None)


def _sent(request: Request) -> Iterator[str]:
    """Yield what stands in each place; most requests need no look at the later ones."""
    yield _bearer(",".join(request.headers.getlist("authorization")))
    yield ",".join(request.headers.getlist("x-access-token"))
    yield ",".join(_cookies(request, ACCESS_COOKIE))


def find_all_tokens(request: Request) -> list[str]:
    """Return every token that a request carries, the cookie with the refresh token included."""
    places = (
        *request.headers.getlist("authorization"),
        *request.headers.getlist("x-access-token"),
        *_cookies(request, ACCESS_COOKIE),
        *_cookies(request, REFRESH_COOKIE),
    )
    # A scheme may stand before a token.
    words = [part.split()[-1] for place in places for part in place.split(",") if part.strip()]
    return [word for word in dict.fromkeys(words) if word not in _NO_TOKEN]


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return token
    return authorization if _SECOND_BEARER.search(authorization) else ""


def _cookies(request: Request, name: str) -> list[str]:
    """Return the different values of a cookie that may be tokens; none for a foreign page.

    A browser sends several for one name where another path or a parent domain has set one.
    """
    if is_foreign(request):
        return []
    pairs = ";".join(request.headers.getlist("cookie")).split(";")
    values = [cookie_parser(pair).get(name, "") for pair in pairs]
    return [value for value in dict.fromkeys(values) if value not in _NO_TOKEN]


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
