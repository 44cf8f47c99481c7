"""Order: placing orders and reading their state."""

import asyncio
import logging
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response

from app.domain.errors import (
    ForbiddenError,
    IdempotencyConflictError,
    InvalidInputError,
    OrderNotFoundError,
    QueueUnavailableError,
    TooManyAttemptsError,
    UnauthorizedError,
)
from app.domain.order import OrderState
from app.security.signing_keys import get_signing_keys
from app.services import order_reading, orders
from app.services.throttling import decline_counters
from app.store import orders as store
from app.store.pagination import Page
from app.trace_context import current_trace_id
from routers.dependencies import (
    CallerDep,
    NowDep,
    OriginDep,
    PageDep,
    PaymentWaitDep,
    QueuesDep,
    SettingsDep,
    StaffOnly,
    TableDep,
    check_owner,
)
from routers.json_lists import answer_page
from routers.order_parameters import (
    Before,
    KeyHeader,
    PreferHeader,
    UserId,
    header_as_sent,
    key_header,
    prefers_async,
)
from routers.problems import OUTAGES, problems
from routers.routes import ShopRoute
from routers.schemas.order import OrderCreate
from routers.schemas.order_public import OrderDetail, OrderPlacedResponse, OrderPublic

log = logging.getLogger("shop.http")

router = APIRouter(prefix="/order", tags=["order"], route_class=ShopRoute)

_READING = problems(UnauthorizedError, ForbiddenError, *OUTAGES)
_PLACING = problems(
    UnauthorizedError,
    ForbiddenError,
    IdempotencyConflictError,
    TooManyAttemptsError,
    *OUTAGES,
    QueueUnavailableError,
)
_ACCEPTED: dict[int | str, Any] = {
    202: {
        "model": OrderPlacedResponse,
        "description": "The order is stored; `Location` names it (`Prefer: respond-async`).",
    }
}


@router.post("/add/{userid}", summary="Place an order", responses={**_ACCEPTED, **_PLACING})
async def place_order(
    userid: UserId,
    body: OrderCreate,
    caller: CallerDep,
    response: Response,
    table: TableDep,
    queues: QueuesDep,
    settings: SettingsDep,
    wait: PaymentWaitDep,
    now: NowDep,
    origin: OriginDep,
    idempotency_key: KeyHeader = None,
    prefer: PreferHeader = None,
) -> OrderPlacedResponse:
    """Store an order and answer with the result of its payment.

    A refused card is answered with 200 too; `payment.status` is 400 then. If the payment is
    not decided within a few seconds, `payment.message` is `pending payment`; read the order
    later for the result. After many refused cards the next orders must wait, longer each time.
    """
    clock = asyncio.get_running_loop().time
    started = clock()
    keys = await get_signing_keys()
    order = await orders.place_order(
        table,
        queues,
        body.to_draft(userid),
        idempotency_key=idempotency_key,
        client_is_trusted=settings.is_open,
        fingerprint_key=keys.fingerprint,
        now=now,
        by=f"api@{settings.version}",
        trace_id=current_trace_id(),
        placed_by=caller.user_id if caller else None,
        # Customers' cards are declined at tills, too: the staff there must not wait for it.
        decline_counters=()
        if caller and caller.is_staff
        else decline_counters(
            keys, settings.limits, user_id=None if settings.is_open else userid, origin=origin
        ),
    )
    is_new = order.placed_at == now
    what = "order.placed" if is_new else "order.repeated"
    log.info("%s order_id=%s ms=%d", what, order.order_id, (clock() - started) * 1000)
    is_async = prefers_async(prefer) and order.state is OrderState.PENDING
    decision = None
    # However a repeat asks: an answer before may have told the result that is known.
    if not (is_async and is_new):
        seconds = 0.0 if is_async else settings.payment_wait_seconds
        decision = await orders.wait_for_decision(table, order.order_id, seconds=seconds, wait=wait)
    if is_async and decision is None:
        response.status_code = 202
        response.headers["Location"] = f"/order/{quote(userid, safe='')}/{order.order_id}"
        response.headers["Preference-Applied"] = "respond-async"
        return OrderPlacedResponse.from_order(order, None)
    result = "pending" if decision is None else "paid" if decision.success else "declined"
    log.info(
        "order.answered order_id=%s payment=%s ms=%d",
        order.order_id,
        result,
        (clock() - started) * 1000,
    )
    return OrderPlacedResponse.from_order(order, decision)


@router.post(
    "/add", summary="Place an order without a user in the path", responses={**_ACCEPTED, **_PLACING}
)
async def place_own_order(
    body: OrderCreate,
    caller: CallerDep,
    response: Response,
    table: TableDep,
    queues: QueuesDep,
    settings: SettingsDep,
    wait: PaymentWaitDep,
    now: NowDep,
    origin: OriginDep,
    idempotency_key: KeyHeader = None,
    prefer: PreferHeader = None,
) -> OrderPlacedResponse:
    """Store an order for the user named in the body, or else for the caller."""
    user_id = body.userid or (caller.user_id if caller else "")
    if not user_id:
        raise InvalidInputError("userid: is missing")
    check_owner(caller, user_id, or_staff=True)
    return await place_order(
        user_id,
        body,
        caller,
        response,
        table,
        queues,
        settings,
        wait,
        now,
        origin,
        idempotency_key=idempotency_key,
        prefer=prefer,
    )


@router.get(
    "/all",
    summary="List all orders",
    dependencies=[StaffOnly],
    response_model=list[OrderPublic],
    responses=_READING,
)
async def list_orders(
    request: Request, table: TableDep, page: PageDep, before: Before = None
) -> Response:
    """Return all orders, newest first. Staff only, except in open mode."""
    orders_page = await store.list_orders(table, page, placed_before=before)
    return await answer_page(request, orders_page, OrderPublic.from_order, limit=page.limit)


@router.get(
    "/{userid}",
    summary="List a user's orders",
    response_model=list[OrderPublic],
    responses=_READING,
)
async def list_user_orders(
    userid: UserId,
    request: Request,
    table: TableDep,
    page: PageDep,
    idempotency_key: Annotated[
        str | None, key_header("Only the order that was placed with this key.")
    ] = None,
) -> Response:
    """Return a user's orders, newest first.

    With the `Idempotency-Key` of an order whose answer was lost, the list holds only that
    order, or nothing if it was not stored. The answer repeats the key, percent-encoded as UTF-8.
    """
    if idempotency_key is not None:
        order = await orders.find_order_by_key(table, userid, idempotency_key)
        found = Page((order,) if order else (), None)
        response = await answer_page(request, found, OrderPublic.from_order, limit=page.limit)
        # Shows the client that the key was used: earlier releases ignored it and listed all.
        response.headers["Idempotency-Key"] = quote(header_as_sent(idempotency_key))
        return response
    orders_page = await store.list_user_orders(table, userid, page)
    return await answer_page(request, orders_page, OrderPublic.from_order, limit=page.limit)


@router.get(
    "/{userid}/{order_id}",
    summary="Read an order",
    responses=problems(UnauthorizedError, ForbiddenError, OrderNotFoundError, *OUTAGES),
)
async def get_order(
    userid: UserId,
    order_id: Annotated[
        str,
        Path(
            min_length=1,
            description="Id of the order.",
            examples=["a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1"],
        ),
    ],
    table: TableDep,
) -> OrderDetail:
    """Return one order of a user in its present state, with the steps it took.

    The state is that of the payment as soon as it is decided; the step follows in `history`.
    """
    order = await order_reading.read_order(table, order_id)
    if order.user_id != userid:
        raise OrderNotFoundError
    return OrderDetail.from_order(order)
