"""The pages of the shop and the files behind them, served from ``app/static``.

Front page, till and API reference have an address of their own; everything they load is below
``/static``. No page may load anything from another host or run anything that stands inline.
"""

import os
from functools import cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent.parent / "app" / "static"

#: What a browser asks for. Notes for developers and lists of checksums are not served, and a
#: page only at its own address, because only there it has the policy it was tested with.
_SERVED = frozenset({".css", ".ico", ".jpg", ".js", ".png", ".svg", ".webp", ".woff2"})

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
#: Swagger UI writes style attributes while it draws; scripts are as strict as anywhere.
_REFERENCE_POLICY = {**_POLICY, "style-src": "'self' 'unsafe-inline'"}

#: The modules of a page must fit together, so each is asked for again, and mostly answered
#: with 304. A product's picture fits with anything.
_ASK_AGAIN = "no-cache"
_PICTURE_CACHE = "public, max-age=86400"


class Files(StaticFiles):
    """Files with the headers of a page, and an entity tag made from their content.

    Starlette's own tag is made from time and size. In the image every file has the same time
    (infra/image/build.py), so after a deployment a changed file of the same size would have
    stayed what it was in every browser that knew the old one. For the same reason there is
    no ``Last-Modified``.
    """

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find a file that is meant to be served."""
        if Path(path).suffix not in _SERVED:
            return "", None
        return super().lookup_path(path)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,  # noqa: ARG002 - Starlette's signature
        scope: Scope,
        status_code: int = 200,  # noqa: ARG002
    ) -> Response:
        """Answer with a file, or with 304 where the browser has it already."""
        path = Path(full_path)
        is_picture = path.parent.name == "images"
        answer = answer_with(
            path,
            Headers(scope=scope),
            policy=_POLICY,
            cache_control=_PICTURE_CACHE if is_picture else _ASK_AGAIN,
        )
        if scope["method"] == "HEAD":
            answer.body = b""  # Its length is in the headers already.
        return answer


def answer_with(
    path: Path, asked: Headers, *, policy: dict[str, str], cache_control: str
) -> Response:
    """Return a file as an answer to a request with the headers ``asked``.

    The whole file at once: Lambda has to have it whole, and a part would need a thread.
    """
    stat = path.stat()
    content, tag = _read(path, stat.st_mtime_ns, stat.st_size)
    answer = Response(
        content,
        media_type=guess_type(path.name)[0],
        headers={
            "ETag": tag,
            "Cache-Control": cache_control,
            "Content-Security-Policy": _written(tuple(policy.items())),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Referrer-Policy": "same-origin",
        },
    )
    known = {each.strip().removeprefix("W/") for each in asked.get("if-none-match", "").split(",")}
    return NotModifiedResponse(answer.headers) if tag in known else answer


@cache
def _read(path: Path, *_version: int) -> tuple[bytes, str]:
    """Return a file's content and its tag; another version is looked at again."""
    content = path.read_bytes()
    return content, f'"{sha256(content).hexdigest()[:32]}"'


@cache
def _written(policy: tuple[tuple[str, str], ...]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in policy)


def _page(request: Request, *place: str, policy: dict[str, str] = _POLICY) -> Response:
    path = STATIC.joinpath(*place, "index.html")
    return answer_with(path, request.headers, policy=policy, cache_control=_ASK_AGAIN)


router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_front_page(request: Request) -> Response:
    """Return the front page."""
    return _page(request)


@router.get("/pos")
async def get_till(request: Request) -> Response:
    """Return the till."""
    return _page(request, "pos")


@router.get("/docs")
async def get_api_reference(request: Request) -> Response:
    """Return the API reference; everything it needs comes from this host."""
    return _page(request, "docs", policy=_REFERENCE_POLICY)


def install(app: FastAPI) -> None:
    """Serve the files behind the pages."""
    app.include_router(router)
    app.mount("/static", Files(directory=STATIC), name="static")
