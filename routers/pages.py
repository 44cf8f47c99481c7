"""The pages of the shop and the files behind them, served from ``app/static``.

Front page, till and API reference have an address of their own; everything they load is below
``/static``. What browsers are told about them is in ``app/static_files.py``.
"""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from app.static_files import (
    CONTENT_POLICY,
    HEADERS,
    PAGE_TYPE,
    REFERENCE_POLICY,
    REFERRER_POLICY,
    SERVED,
    STATIC,
    cache_control,
)


class Files(StaticFiles):
    """Files with the headers of a page, and an entity tag made from their content.

    Starlette's own tag is made from time and size. In the image every file has the same time
    (infra/release/build_image.py), so after a deployment a changed file of the same size would have
    stayed what it was in every browser that knew the old one. For the same reason there is
    no ``Last-Modified``.
    """

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find a file that is meant to be served."""
        if Path(path).suffix not in SERVED:
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
        answer = file_answer(Path(full_path), Headers(scope=scope))
        if scope["method"] == "HEAD":
            answer.body = b""  # Its length is in the headers already.
        return answer


def file_answer(path: Path, asked: Headers, *, policy: str = CONTENT_POLICY) -> Response:
    """Return a file as an answer to a request with the headers ``asked``.

    The whole file at once: Lambda has to have it whole, and a part would need a thread.
    """
    stat = path.stat()
    content, tag = _read(path, stat.st_mtime_ns, stat.st_size)
    answer = Response(
        content,
        media_type=SERVED.get(path.suffix, PAGE_TYPE),
        headers={
            **HEADERS,
            "ETag": tag,
            "Cache-Control": cache_control(path),
            "Content-Security-Policy": policy,
            "Referrer-Policy": REFERRER_POLICY,
        },
    )
    known = {each.strip().removeprefix("W/") for each in asked.get("if-none-match", "").split(",")}
    return NotModifiedResponse(answer.headers) if tag in known else answer


@cache
def _read(path: Path, *_version: int) -> tuple[bytes, str]:
    """Return a file's content and its tag; another version is looked at again."""
    content = path.read_bytes()
    return content, f'"{sha256(content).hexdigest()[:32]}"'


def _page(request: Request, *place: str, policy: str = CONTENT_POLICY) -> Response:
    return file_answer(STATIC.joinpath(*place, "index.html"), request.headers, policy=policy)


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
    return _page(request, "docs", policy=REFERENCE_POLICY)


def install(app: FastAPI) -> None:
    """Serve the files behind the pages."""
    app.include_router(router)
    app.mount("/static", Files(directory=STATIC), name="static")
