"""The pages of the shop: the front page and the API reference, served from ``app/static``."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).parent.parent / "app" / "static"

# Nothing from another host, nothing inline but styles, which the API reference needs.
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_front_page() -> FileResponse:
    """Return the front page."""
    return FileResponse(STATIC / "index.html", headers=_PAGE_HEADERS)


@router.get("/pos")
async def get_till() -> FileResponse:
    """Return the till."""
    return FileResponse(STATIC / "pos" / "index.html", headers=_PAGE_HEADERS)


@router.get("/docs")
async def get_api_reference() -> FileResponse:
    """Return the API reference; everything it needs comes from this host."""
    return FileResponse(STATIC / "docs" / "index.html", headers=_PAGE_HEADERS)


def install(app: FastAPI) -> None:
    """Serve the files behind the pages."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
