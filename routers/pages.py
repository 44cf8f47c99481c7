"""The pages of the shop and the files behind them, served from ``app/static``.

Front page, till and API reference have their own paths; everything they load is below
``/static``. Their headers are in ``app/static_files.py``.
"""

import os
from functools import cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.static_files import (
    CONTENT_POLICY,
    HEADERS,
    PAGE_TYPE,
    REFERENCE_POLICY,
    REFERRER_POLICY,
    SERVED,
    STATIC,
    WORKER_HEADERS,
    cache_control,
    is_till_worker,
    read_file,
    till_files,
)
from routers.entity_tags import entity_tag, if_changed
from routers.routes import ShopRoute

#: Files that have an address of their own, and none below ``/static``.
_OTHER_TYPES = {".html": PAGE_TYPE, ".json": "application/json"}


#: Parts of a path that lead to another folder, or to the same one.
_ELSEWHERE = {"", ".", ".."}


class Files(StaticFiles):
    """Files with the headers of a page and an entity tag computed from their content.

    Starlette computes its tag from time and size. In the image all files have the same time
    (infra/release/build_image.py), so browsers would keep the old version of a file that
    changed without changing its size. For the same reason there is no ``Last-Modified``.
    """

    def get_path(self, scope: Scope) -> str:
        """Return the path of a file; a file has one address, so dots and empty parts are 404.

        Starlette resolves them first: ``images/..%2fdocs`` would be the folder ``docs``.
        """
        if _ELSEWHERE & set(scope["path"].removeprefix("/").split("/")):
            return ""
        return super().get_path(scope)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return a file only if its type is in ``SERVED``."""
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
        """Return a file, or 304 if the browser has this version."""
        return file_answer(Path(full_path), Headers(scope=scope))


def file_answer(path: Path, asked: Headers, *, policy: str = CONTENT_POLICY) -> Response:
    """Return a file as the answer to a request with the headers ``asked``.

    The body is the whole file: Mangum returns whole bodies, and ranges would need a thread.
    """
    parts = (path, *till_files().values()) if is_till_worker(path) else (path,)
    stats = [part.stat() for part in parts]
    content, tag = _read(path, *((stat.st_mtime_ns, stat.st_size) for stat in stats))
    answer = Response(
        content,
        media_type=SERVED.get(path.suffix) or _OTHER_TYPES[path.suffix],
        headers={
            "ETag": tag,
            "Cache-Control": cache_control(path),
            # Scripts and styles run under what the page says that loads them, and a first view
            # has so many of them that headers weigh as much as files.
            **({} if _is_part(path) else {**HEADERS, "Content-Security-Policy": policy}),
            **(WORKER_HEADERS if is_till_worker(path) else {}),
            "Referrer-Policy": REFERRER_POLICY,
        },
    )
    return if_changed(answer, asked)


def _is_part(path: Path) -> bool:
    return path.suffix in {".css", ".js"} and not is_till_worker(path)


@cache
def _read(path: Path, *_version: tuple[int, int]) -> tuple[bytes, str]:
    """Return a file's content and its tag; cached per path and version."""
    content = read_file(path)
    return content, entity_tag(content)


def _page(request: Request, *folders: str, policy: str = CONTENT_POLICY) -> Response:
    return file_answer(STATIC.joinpath(*folders, "index.html"), request.headers, policy=policy)


router = APIRouter(include_in_schema=False, route_class=ShopRoute)


@router.get("/")
async def get_front_page(request: Request) -> Response:
    """Return the front page."""
    return _page(request)


@router.get("/pos")
async def get_till(request: Request) -> Response:
    """Return the till."""
    return _page(request, "pos")


@router.get("/acme-login")
@router.get("/oauth2/authorization/sso")
async def get_log_in_page(request: Request) -> Response:
    """Return the log-in page, for pages that expect a gateway to log in for them.

    It sets the cookies and returns to the page that sent the shopper here, if that is one of
    this origin (openapi/CONTRACT.md, 1.5).
    """
    return _page(request, "log-in")


@router.get("/docs")
async def get_api_reference(request: Request) -> Response:
    """Return the guide with the API reference; it loads nothing from other hosts."""
    return _page(request, "docs", policy=REFERENCE_POLICY)


@router.get("/docs/errors")
async def get_error_page(request: Request) -> Response:
    """Return what each error means."""
    return _page(request, "docs", "errors")


@router.get("/docs/events")
async def get_event_page(request: Request) -> Response:
    """Return what the events look like."""
    return _page(request, "docs", "events")


@router.get("/asyncapi.json")
async def get_event_document(request: Request) -> Response:
    """Return the document of the events."""
    return file_answer(STATIC / "docs" / "asyncapi.json", request.headers)


@router.get("/postman.json")
async def get_postman_collection(request: Request) -> Response:
    """Return the API as a Postman collection, which other clients import, too."""
    return file_answer(STATIC / "docs" / "postman.json", request.headers)


def install(app: FastAPI) -> None:
    """Add the pages and their files to ``app``."""
    app.router.routes += router.routes
    app.mount("/static", Files(directory=STATIC), name="static")
