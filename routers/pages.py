"""The pages of the shop: the front page and the API reference, served from ``app/static``."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

from app.pages import CONTENT_POLICY, REFERENCE_POLICY, STATIC

_FRESH = {"Cache-Control": "no-cache"}
_PAGE_HEADERS = {**_FRESH, "Content-Security-Policy": CONTENT_POLICY}
_REFERENCE_HEADERS = {**_FRESH, "Content-Security-Policy": REFERENCE_POLICY}

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
    return FileResponse(STATIC / "docs" / "index.html", headers=_REFERENCE_HEADERS)


def install(app: FastAPI) -> None:
    """Serve the files behind the pages."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
