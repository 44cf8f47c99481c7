"""The pages as files, and the headers they are served with.

The API serves them (``routers/pages.py``), and in a stack a bucket does
(``infra/components/static_site.py``).
No page may load anything from another host or run anything that stands inline.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePath
from types import MappingProxyType

#: Every file in here whose type is in ``SERVED`` is public.
STATIC = Path(__file__).parent / "static"

#: Content types by file suffix; browsers do not guess (nosniff). Notes for developers and
#: checksum lists are not served. HTML is served only at a page's own address, because only
#: there it has the content policy it was tested with.
SERVED: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".ico": "image/x-icon",
        ".jpg": "image/jpeg",
        ".js": "text/javascript; charset=utf-8",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
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


def _join(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


CONTENT_POLICY = _join(_POLICY)
#: Swagger UI sets style attributes while it renders; scripts are as strict as elsewhere.
REFERENCE_POLICY = _join({**_POLICY, "style-src": "'self' 'unsafe-inline'"})

#: Of answers that are no page: nothing in them runs or loads, and no page shows them in a frame.
DATA_POLICY = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

REFERRER_POLICY = "same-origin"
#: Headers of pages, besides the two policies and those that depend on the file.
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
)
#: Headers of the till's service worker, which is below /static and is for the till alone.
WORKER_HEADERS: Mapping[str, str] = MappingProxyType({"Service-Worker-Allowed": "/pos"})


def cache_control(path: PurePath) -> str:
    """Return the ``Cache-Control`` of a file: a day for product pictures, else revalidation.

    The modules of a page must be of one version, so browsers ask for each again and mostly
    get 304. A product picture fits any version.
    """
    return "public, max-age=86400" if path.parent.name == "images" else "no-cache"


_TILL_WORKER = "pos/service-worker.js"
_TILL_PAGE = "pos/index.html"
_LOADED = re.compile(r'(?:href|src)="/static/([^"]+)"')
_COMMENTED = frozenset({".js", ".css"})
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*$", re.MULTILINE)
_NO_FILES = "const FILES = {};"


def is_till_worker(path: Path, static: Path = STATIC) -> bool:
    """Whether ``path`` is the till's service worker, which names the digests of other files."""
    return path == static / _TILL_WORKER


def till_files(static: Path = STATIC) -> dict[str, Path]:
    """Return the files that the till needs to start without a network, by the path they have."""
    page = static / _TILL_PAGE
    names = sorted(set(_LOADED.findall(page.read_text(encoding="utf-8"))))
    return {"/pos": page, **{f"/static/{name}": static / name for name in names}}


def read_file(path: Path, static: Path = STATIC) -> bytes:
    """Return what is served of a file: its content, without comments in our own scripts and styles.

    Comments are a third of what a first view would fetch. Lines keep their numbers. Only comments
    that stand on lines of their own are left out, and nothing else is looked at.

    The till's worker is given the digests of the files it stores. A browser takes a new release
    when the worker changes, so the worker changes with every one of them.
    """
    content = path.read_bytes()
    if path.suffix not in _COMMENTED or "vendor" in path.parts:
        return content
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), content.decode())
    if is_till_worker(path, static):
        digests = {
            address: sha256(read_file(file, static)).hexdigest()
            for address, file in till_files(static).items()
        }
        text = text.replace(_NO_FILES, f"const FILES = {json.dumps(digests)};")
    return text.encode()
