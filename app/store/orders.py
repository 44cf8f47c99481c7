"""Orders in the table."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from app.domain.errors import InvalidInputError, OrderNotFoundError
from app.domain.instants import instant_to_text
from app.domain.order import (
    ALLOWED_FROM,
    Order,
    OrderState,
    OrderStep,
    check_late_event,
)
from app.domain.payment import PaymentDecision, check_amount
from app.settings import TableLayout
from app.store.keys import ORDERS, buyer_partitions, order_key, shards
from app.store.order_items import item_to_order, order_to_item, write_detail
from app.store.order_steps import step_name, step_to_text
from app.store.pagination import (
    Page,
    PageRequest,
    read_page,
    read_page_of_whole_items,
    write_token,
)
from app.store.schema import GSI1, GSI2, GSI3
from app.store.table import NOT_THERE, THERE, Item, Table
from app.store.table_errors import ConditionFailedError, ItemTooLargeError
from app.store.unreadable_items import read_or_report, readable

_ORDER, _ORDER_LIST, _USER_ORDER_LIST = "order", "orders", "orders of a user"


async def add_order(table: Table, order: Order) -> Order | None:
    """Store a new order; return None, or the order that already has this id.

    Raises:
        InvalidInputError: it does not fit into one item of the table (400 KB).
    """
    try:
        await table.put(order_to_item(order, layout=table.layout), condition=NOT_THERE)
    except ConditionFailedError as failure:
        return item_to_order(failure.item or {})
    except ItemTooLargeError as failure:
        raise InvalidInputError("cart: is too large") from failure
    return None


async def get_order(table: Table, order_id: str, *, consistent: bool = True) -> Order:
    """Return one order as it is now.

    Half the price, and perhaps not there yet or as it was before, unless ``consistent``.

    Raises:
        OrderNotFoundError: there is none with this id.
        UnreadableItemError: its item is damaged; that is logged.
    """
    _, order = await get_order_with_item(table, order_id, consistent=consistent)
    return order


async def get_order_with_item(
    table: Table, order_id: str, *, consistent: bool = True
) -> tuple[Item, Order]:
    """Return one order, and before it the item that stores it, as :func:`get_order` does."""
    item = await table.get(order_key(order_id), consistent=consistent)
    if item is None:
        raise OrderNotFoundError
    return item, read_or_report(_ORDER, item, item_to_order)


async def advance_order(
    table: Table,
    order_id: str,
    target: OrderState,
    *,
    status: str,
    now: datetime,
    by: str,
    transaction_id: str | None = None,
    tracking_number: str | None = None,
    decline_reason: str | None = None,
    payment: PaymentDecision | None = None,
) -> Order:
    """Move an order to ``target`` and return it; repeated and late events change no state.

    The rule "forward only" is the condition of the write, which also records the step and who
    took it (``by``, as in :class:`OrderStep`). A late event still fills in the
    transaction id or tracking number if the order has none. So is the rule that the ``payment``
    was of the order's total, where it is known.

    Raises:
        OrderNotFoundError: there is none with this id.
        OrderNotPaidError: a shipment was reported before the payment.
        EventRefusedError: another amount was paid, and the order is not shipped yet.
    """
    details = {
        "transaction_id": transaction_id,
        "tracking_number": tracking_number,
        "decline_reason": decline_reason,
    }
    known = {
        name: write_detail(name, value, order_id, layout=table.layout)
        for name, value in details.items()
        if value is not None
    }
    origins = {f":from{state:d}": int(state) for state in ALLOWED_FROM[target]}
    expression = f"SET #state = :state, #status = :status, {step_name(target)} = :step"
    values: dict[str, Any] = {}
    if table.layout is TableLayout.FORMER:
        # The step says it, too, but releases that read this layout may not know steps.
        expression += ", updated_at = :now"
        values[":now"] = instant_to_text(now)
    expression += "".join(f", {name} = if_not_exists({name}, :{name})" for name in known)
    condition = f"#state IN ({', '.join(origins)})"
    if payment:
        condition += " AND total_cents = :paid"
        values[":paid"] = payment.amount_cents
    if target.is_final:
        expression += f" REMOVE {GSI3.hash_key}, {GSI3.range_key}"
    try:
        item = await table.update(
            order_key(order_id),
            expression,
            names={"#state": "state", "#status": "status"},
            values={
                **values,
                ":state": int(target),
                ":status": status,
                ":step": step_to_text(OrderStep(target, now, by), layout=table.layout),
                **origins,
                **{f":{name}": value for name, value in known.items()},
            },
            condition=condition,
        )
    except ConditionFailedError as failure:
        if failure.item is None:
            raise OrderNotFoundError from failure
        found = item_to_order(failure.item)
        if found.state in {OrderState.PENDING, OrderState.PAID}:
            check_amount(payment, total_cents=found.total_cents)
        check_late_event(found, target)
        return await _fill_in(table, found, known)
    return item_to_order(item)


async def _fill_in(table: Table, order: Order, known: dict[str, str]) -> Order:
    """Store the details of a late event that the order does not have yet."""
    missing = {name: value for name, value in known.items() if getattr(order, name) is None}
    if not missing or order.state is OrderState.DECLINED:
        return order
    assignments = ", ".join(f"{name} = if_not_exists({name}, :{name})" for name in missing)
    item = await table.update(
        order_key(order.order_id),
        f"SET {assignments}",
        values={f":{name}": value for name, value in missing.items()},
    )
    return item_to_order(item)


async def blank_buyer(table: Table, order_id: str) -> None:
    """Take name and e-mail address off an order, which stays. Safe to repeat."""
    with suppress(ConditionFailedError):
        await table.update(
            order_key(order_id),
            "SET first_name = :blank, last_name = :blank, email = :blank",
            values={":blank": ""},
            condition=THERE,
        )


async def list_user_orders(table: Table, user_id: str, request: PageRequest) -> Page[Order]:
    """Return a page of a user's orders, newest first; a query for keys, then a batch read.

    Those of walk-in customers are in several partitions, with a query for each.
    """
    return await _readable(
        await read_page_of_whole_items(
            table,
            GSI1,
            buyer_partitions(user_id),
            name=_USER_ORDER_LIST,
            request=request,
            newest_first=True,
            of=user_id,
        )
    )


async def list_user_order_ids(table: Table, user_id: str, request: PageRequest) -> Page[str]:
    """Return a page of the ids of a user's orders, those of damaged ones too; queries only."""
    page = await read_page(
        table,
        GSI1,
        buyer_partitions(user_id),
        name=_USER_ORDER_LIST,
        request=request,
        newest_first=True,
        of=user_id,
        keys_only=True,
    )
    ids = tuple(key["PK"].removeprefix(order_key("")["PK"]) for key in page.entries)
    return Page(ids, page.next_token)


async def list_orders(
    table: Table, request: PageRequest, *, placed_before: datetime | None = None
) -> Page[Order]:
    """Return a page of all orders, newest first; queries for keys, then a batch read.

    The first page begins with the newest order that was placed before ``placed_before``.
    """
    if placed_before and not request.token:
        token = write_token(_ORDER_LIST, instant_to_text(placed_before))
        request = PageRequest(request.limit, token)
    return await _readable(
        await read_page_of_whole_items(
            table, GSI2, shards(ORDERS), name=_ORDER_LIST, request=request, newest_first=True
        )
    )


async def _readable(page: Page[Item]) -> Page[Order]:
    """Return the orders of a page; an unreadable one is logged and does not hide the others."""
    return Page(await readable(_ORDER, page.entries, item_to_order), page.next_token)
