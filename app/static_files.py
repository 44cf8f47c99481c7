"""The pages as files, and what browsers are told about them, wherever they are served from.

The API serves them (``routers/pages.py``), and in a stack a bucket does
(``infra/components/static_site.py``).
No page may load anything from another host or run anything that stands inline.
"""

from collections.abc import Mapping
from pathlib import Path, PurePath
from types import MappingProxyType

#: Everything in here that is of one of the kinds below is public.
STATIC = Path(__file__).parent / "static"

#: What a browser asks for, and what it is told it is; it does not guess (nosniff). Notes for
#: developers and lists of checksums are not served, and a page only at its own address,
#: because only there it has the policy it was tested with.
SERVED: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".ico": "image/x-icon",
        ".jpg": "image/jpeg",
        ".js": "text/javascript; charset=utf-8",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".webp": "image/webp",
        ".woff2": "font/woff2",
    }
)
PAGE_TYPE = "text/html; charset=utf-8"

_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}


def _written(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


CONTENT_POLICY = _written(_POLICY)
#: Swagger UI writes style attributes while it draws; scripts are as strict as anywhere.
REFERENCE_POLICY = _written({**_POLICY, "style-src": "'self' 'unsafe-inline'"})

REFERRER_POLICY = "same-origin"
#: Headers of every page and file, besides the two policies and what the file itself decides.
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
)


def cache_control(path: PurePath) -> str:
    """Return how long a browser may keep a file.

    The modules of a page must fit together, so each is asked for again, and mostly answered
    with 304. A product's picture fits with anything, for a day.
    """
    return "public, max-age=86400" if path.parent.name == "images" else "no-cache"
