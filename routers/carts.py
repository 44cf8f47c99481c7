"""Cart: one per user id."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from app.domain.cart import Cart
from app.domain.errors import (
    CartFullError,
    ForbiddenError,
    IdempotencyConflictError,
    UnauthorizedError,
)
from app.domain.money import cents_to_number
from app.services import carts
from app.store import carts as store
from routers.dependencies import (
    CallerDep,
    NowDep,
    PageDep,
    StaffOnly,
    TableDep,
    check_owner,
    user_of_path,
)
from routers.json_lists import answer_page
from routers.middleware import IS_HEAD
from routers.problems import OUTAGES, problems
from routers.routes import ShopRoute
from routers.schemas.cart import (
    CartChangedResponse,
    CartItemCreate,
    CartItemTotalResponse,
    CartItemUpdate,
    CartPublic,
    CartTotalResponse,
    CartUpdate,
    ListedCartPublic,
)

router = APIRouter(prefix="/cart", tags=["cart"], route_class=ShopRoute)

#: GET where POST belongs: deprecated since 2026-12-01 (RFC 9745), without a date of its end.
_DEPRECATED = {"Deprecation": "@1796083200", "Link": '</docs#versions>; rel="deprecation"'}

_READING = problems(UnauthorizedError, ForbiddenError, *OUTAGES)
_WRITING = problems(UnauthorizedError, ForbiddenError, CartFullError, *OUTAGES)
_ADDING = problems(
    UnauthorizedError, ForbiddenError, CartFullError, IdempotencyConflictError, *OUTAGES
)


async def _own_cart(
    userid: Annotated[
        str,
        Path(
            min_length=1,
            description="Id of the user whose cart it is. In the open mode (`AUTH_MODE=0`) it is"
            " any text, and the cart of `guest` is shared by all guests.",
            examples=["5c3939ea1d41c892ce243827"],
        ),
    ],
    request: Request,
    caller: CallerDep,
) -> str:
    userid = user_of_path(request, userid, caller)
    check_owner(caller, userid)
    return userid


UserId = Annotated[str, Depends(_own_cart)]


async def _cart(userid: UserId, table: TableDep) -> Cart:
    return await store.get_cart(table, userid)


CartDep = Annotated[Cart, Depends(_cart)]


@router.get(
    "/all",
    summary="List all carts",
    dependencies=[StaffOnly],
    response_model=list[ListedCartPublic],
    responses=_READING,
)
async def list_carts(request: Request, table: TableDep, page: PageDep) -> Response:
    """Return all carts, oldest first. Staff only, except in open mode."""
    carts_page = await store.list_carts(table, page)
    return await answer_page(request, carts_page, ListedCartPublic.from_cart, limit=page.limit)


@router.get("/items/{userid}", summary="Read a cart", responses=_READING)
async def get_cart(cart: CartDep) -> CartPublic:
    """Return a user's cart; a user without one gets an empty cart."""
    return CartPublic.from_cart(cart)


@router.get("/total/{userid}", summary="Read a cart's total", responses=_READING)
async def get_cart_total(cart: CartDep) -> CartTotalResponse:
    """Return the sum of price times quantity of all items."""
    return CartTotalResponse(carttotal=cents_to_number(cart.total_cents), userid=cart.user_id)


@router.get("/items/total/{userid}", summary="Read a cart's item count", responses=_READING)
async def get_cart_item_total(cart: CartDep) -> CartItemTotalResponse:
    """Return the sum of the quantities of all items."""
    return CartItemTotalResponse(cartitemtotal=cart.item_count, userid=cart.user_id)


@router.post("/item/add/{userid}", summary="Add an item", responses=_ADDING)
async def add_cart_item(
    userid: UserId,
    body: CartItemCreate,
    table: TableDep,
    now: NowDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="A repeat with the same key within an hour adds nothing, and is answered"
            " the same, unless the cart was replaced or emptied since, or 128 further additions"
            " or more were made to it. Another `itemid` or `quantity` is 422; other fields do not"
            " count.",
        ),
    ] = None,
) -> CartChangedResponse:
    """Put an item into the cart; the quantities of the same item add up.

    If the price is missing, name and price come from the catalog.
    """
    await carts.add_to_cart(table, userid, body.to_draft(), key=idempotency_key, now=now)
    return CartChangedResponse(userid=userid)


@router.post("/item/modify/{userid}", summary="Change a quantity", responses=_WRITING)
async def modify_cart_item(
    userid: UserId, body: CartItemUpdate, table: TableDep
) -> CartChangedResponse:
    """Set an item's quantity. 0 removes the item; for a missing item nothing changes."""
    await store.set_quantity(table, userid, body.itemid, body.quantity)
    return CartChangedResponse(userid=userid)


@router.post("/modify/{userid}", summary="Replace a cart", responses=_WRITING)
async def replace_cart(
    userid: UserId, body: CartUpdate, table: TableDep, now: NowDep
) -> CartChangedResponse:
    """Replace all items of the cart."""
    await carts.replace_cart(table, userid, [item.to_draft() for item in body.cart], now=now)
    return CartChangedResponse(userid=userid)


@router.post(
    "/clear/{userid}",
    summary="Empty a cart",
    responses=_READING,
    response_class=Response,
    operation_id="clear_cart",
)
@router.get(
    "/clear/{userid}",
    summary="Empty a cart with GET",
    responses=_READING,
    response_class=Response,
    operation_id="clear_cart_by_get",
    deprecated=True,
)
async def clear_cart(userid: UserId, request: Request, table: TableDep) -> Response:
    """Remove all items. GET is kept for old pages; new clients use POST.

    The answer has no body, and its `Content-Type` is `text/plain`.
    """
    if IS_HEAD not in request.scope:
        await store.delete_cart(table, userid)
    headers = _DEPRECATED if request.method == "GET" else None
    # jQuery fails to parse an empty body that says it is JSON, and API Gateway adds a type where
    # there is none.
    return Response(media_type="text/plain", headers=headers)
