"""Catalog: products and their pictures."""

import re
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParam

from app.domain.errors import (
    ForbiddenError,
    NotFoundError,
    ProductNotFoundError,
    StoreUnavailableError,
    UnauthorizedError,
)
from app.field_errors import CODES
from app.static_files import STATIC
from app.store import products as store
from routers.dependencies import (
    NowDep,
    PageDep,
    SettingsDep,
    StaffOnly,
    TableDep,
    link_next,
)
from routers.entity_tags import IF_NONE_MATCH, entity_tag, if_changed
from routers.json_lists import encode_list
from routers.pages import file_answer
from routers.problems import OUTAGES, problems
from routers.product_pages import get_product_page, wants_page
from routers.routes import ShopRoute
from routers.schemas.catalog import (
    LivenessPublic,
    LivenessResponse,
    ProductCreate,
    ProductCreatedResponse,
    ProductPublic,
    ProductResponse,
    ProductsResponse,
)

router = APIRouter(tags=["catalog"], route_class=ShopRoute)

_IMAGE_NAME = re.compile(r"([a-z0-9]+_(?:square|thumb2|thumb3))\.(?:jpg|svg)", re.ASCII)

ProductId = Annotated[
    str,
    PathParam(
        min_length=1,
        description="Id of the product.",
        examples=["b274f41d-83dd-4fa1-90d9-2b289e06b1bf"],
    ),
]


Include = Annotated[
    str | None,
    Query(
        pattern=CODES,
        description="`codes` adds `sku` and `barcode` to the products that have them.",
    ),
]


@router.get(
    "/products",
    summary="List the catalog",
    response_model=ProductsResponse,
    openapi_extra={"parameters": [IF_NONE_MATCH]},
    responses={
        304: {"description": "The list has not changed."},
        **problems(StoreUnavailableError),
    },
)
async def list_products(
    request: Request,
    table: TableDep,
    page: PageDep,
    settings: SettingsDep,
    include: Include = None,
) -> Response:
    """Return all products, oldest first; a `Link` header names the next page.

    304 to a client that has the list (`If-None-Match`). A product added elsewhere appears
    within a minute.
    """
    products = await store.list_products(table, page)
    listed = await encode_list(
        products.entries,
        lambda product: ProductPublic.from_product(
            product, settings.image_base_url, with_codes=include == "codes"
        ),
    )
    answer = _revalidated(b'{"data":%b,"status":200}' % listed)
    link_next(request, answer, products, page.limit, include=include)
    return if_changed(answer, request.headers)


@router.get(
    "/products/{id}",
    summary="Read a product",
    response_model=ProductResponse,
    # Only documented: declared as an argument, it would be read and checked with every request.
    openapi_extra={"parameters": [IF_NONE_MATCH]},
    responses={
        304: {"description": "The product has not changed."},
        **problems(ProductNotFoundError, StoreUnavailableError),
    },
)
async def get_product(
    id: ProductId,  # noqa: A002
    request: Request,
    table: TableDep,
    settings: SettingsDep,
    include: Include = None,
) -> Response:
    """Return one product, or 304 to a client that has it (`If-None-Match`).

    Who asks for `text/html` rather than for JSON, as browsers do, gets the product's page.
    """
    if wants_page(request):
        return await get_product_page(request, table, id)
    product = await store.get_product(table, id)
    public = ProductPublic.from_product(
        product, settings.image_base_url, with_codes=include == "codes"
    )
    body = ProductResponse(data=public)
    answer = _revalidated(body.model_dump_json().encode(), Vary="Accept")
    return if_changed(answer, request.headers)


def _revalidated(content: bytes, **headers: str) -> Response:
    """Return a JSON answer that a browser keeps, and asks each time whether it has changed."""
    headers = {"ETag": entity_tag(content), "Cache-Control": "no-cache", **headers}
    return Response(content, media_type="application/json", headers=headers)


@router.post(
    "/products",
    summary="Add a product",
    status_code=201,
    dependencies=[StaffOnly],
    responses=problems(UnauthorizedError, ForbiddenError, *OUTAGES),
)
@router.post("/product", status_code=201, dependencies=[StaffOnly], include_in_schema=False)
async def add_product(
    body: ProductCreate, request: Request, table: TableDep, now: NowDep, settings: SettingsDep
) -> ProductCreatedResponse:
    """Store a product under a new id. Staff only, except in open mode."""
    product = body.to_product(str(uuid4()), now=now)
    await store.add_product(table, product)
    request.app.state.kept_product_lists.forget()
    return ProductCreatedResponse(
        resourceId=ProductPublic.from_product(product, settings.image_base_url, with_codes=True)
    )


@router.get("/catalogliveness", summary="Check the catalog")
@router.get("/liveness", include_in_schema=False)
async def get_liveness(settings: SettingsDep) -> LivenessResponse:
    """Return the version of the catalog."""
    return LivenessResponse(data=LivenessPublic(version=settings.catalog_version))


@router.get(
    "/static/images/{name}",
    summary="Read a product picture",
    response_class=Response,
    openapi_extra={"parameters": [IF_NONE_MATCH]},
    responses={
        304: {"description": "The picture has not changed."},
        200: {"content": {"image/svg+xml": {}}, "description": "The picture."},
        **problems(NotFoundError),
    },
)
async def get_image(
    name: Annotated[
        str,
        PathParam(
            description="Name of the file, as in `imageUrl1` of a product.",
            examples=["yogamat_square.jpg"],
        ),
    ],
    request: Request,
) -> Response:
    """Return a product picture, or 304 to a client that has it (`If-None-Match`).

    The classic names end in `.jpg`; the pictures themselves are SVG.
    """
    match = _IMAGE_NAME.fullmatch(name)
    path = STATIC / "images" / f"{match[1]}.svg" if match else None
    if path is None or not path.is_file():
        raise NotFoundError("no picture has this name")
    return file_answer(path, request.headers)
