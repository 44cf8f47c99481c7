"""Orders in the table."""

import logging
from dataclasses import asdict
from datetime import datetime

from app.domain.errors import InvalidInputError, OrderNotFoundError
from app.domain.instants import instant_to_text, text_to_instant
from app.domain.order import (
    ALLOWED_FROM,
    Address,
    CardSummary,
    Order,
    OrderLine,
    OrderState,
    check_straggler,
)
from app.store.keys import buyer_partition, order_key, shard_for, shards, time_sort_key
from app.store.pagination import Page, PageRequest, read_page, read_page_behind
from app.store.schema import GSI1, GSI2, GSI3
from app.store.stored_values import read_value
from app.store.table import NOT_THERE, ConditionFailedError, Item, ItemTooLargeError, Table

log = logging.getLogger("shop.store")

_ORDERS = "ORDERS"
_OPEN = "OPEN"


def order_to_item(order: Order) -> Item:
    """Return the item that stores ``order``; a final order is not in the sweeper's index."""
    sort_key = time_sort_key(order.placed_at, order.order_id)
    item: Item = {
        **order_key(order.order_id),
        GSI1.hash_key: buyer_partition(order.user_id),
        GSI1.range_key: sort_key,
        GSI2.hash_key: shard_for(_ORDERS, order.order_id),
        GSI2.range_key: sort_key,
        "order_id": order.order_id,
        "user_id": order.user_id,
        "state": int(order.state),
        "status": order.status,
        "first_name": order.first_name,
        "last_name": order.last_name,
        "email": order.email,
        "address": asdict(order.address),
        "delivery": order.delivery,
        "card": asdict(order.card),
        "lines": [asdict(line) for line in order.lines],
        "total_cents": order.total_cents,
        "placed_at": instant_to_text(order.placed_at),
        "updated_at": instant_to_text(order.updated_at),
        "fingerprint": order.fingerprint,
    }
    if not order.state.is_final:
        item[GSI3.hash_key] = shard_for(_OPEN, order.order_id)
        item[GSI3.range_key] = sort_key
    if order.transaction_id is not None:
        item["transaction_id"] = order.transaction_id
    if order.tracking_number is not None:
        item["tracking_number"] = order.tracking_number
    return item


def item_to_order(item: Item) -> Order:
    """Return the order that an item stores."""
    return Order(
        order_id=item["order_id"],
        user_id=item["user_id"],
        state=OrderState.from_stored(int(item["state"])),
        status=item.get("status", ""),
        first_name=item.get("first_name", ""),
        last_name=item.get("last_name", ""),
        email=item.get("email", ""),
        address=read_value(Address, item.get("address", {})),
        delivery=item.get("delivery", ""),
        card=read_value(CardSummary, item.get("card", {})),
        lines=tuple(read_value(OrderLine, line, name="", description="") for line in item["lines"]),
        total_cents=item["total_cents"],
        placed_at=text_to_instant(item["placed_at"]),
        updated_at=text_to_instant(item.get("updated_at") or item["placed_at"]),
        fingerprint=item.get("fingerprint", ""),
        transaction_id=item.get("transaction_id"),
        tracking_number=item.get("tracking_number"),
    )


async def add_order(table: Table, order: Order) -> Order | None:
    """Store a new order; return None, or the order that already has this id.

    Raises:
        InvalidInputError: it does not fit into one item of the table (400 KB).
    """
    try:
        await table.put(order_to_item(order), condition=NOT_THERE)
    except ConditionFailedError as failure:
        return item_to_order(failure.item or {})
    except ItemTooLargeError as failure:
        raise InvalidInputError("cart: is too large") from failure
    return None


async def get_order(table: Table, order_id: str) -> Order:
    """Return one order as it is now.

    Raises:
        OrderNotFoundError: there is none with this id.
    """
    item = await table.get(order_key(order_id), consistent=True)
    if item is None:
        raise OrderNotFoundError("no order has this id")
    return item_to_order(item)


async def advance_order(
    table: Table,
    order_id: str,
    target: OrderState,
    *,
    status: str,
    now: datetime,
    transaction_id: str | None = None,
    tracking_number: str | None = None,
) -> Order:
    """Move an order to ``target`` and return it; repeated and late events change no state.

    The rule "forward only" is the condition of the write. A late event still fills in the
    transaction id or tracking number if the order has none.

    Raises:
        OrderNotFoundError: there is none with this id.
        OrderNotPaidError: a shipment was reported before the payment.
    """
    details = {"transaction_id": transaction_id, "tracking_number": tracking_number}
    known = {name: value for name, value in details.items() if value is not None}
    origins = {f":from{state:d}": int(state) for state in ALLOWED_FROM[target]}
    expression = "SET #state = :state, #status = :status, updated_at = :now"
    expression += "".join(f", {name} = if_not_exists({name}, :{name})" for name in known)
    if target.is_final:
        expression += f" REMOVE {GSI3.hash_key}, {GSI3.range_key}"
    try:
        item = await table.update(
            order_key(order_id),
            expression,
            names={"#state": "state", "#status": "status"},
            values={
                ":state": int(target),
                ":status": status,
                ":now": instant_to_text(now),
                **origins,
                **{f":{name}": value for name, value in known.items()},
            },
            condition=f"#state IN ({', '.join(origins)})",
        )
    except ConditionFailedError as failure:
        if failure.item is None:
            raise OrderNotFoundError("no order has this id") from failure
        found = item_to_order(failure.item)
        check_straggler(found, target)
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


async def list_user_orders(table: Table, user_id: str, request: PageRequest) -> Page[Order]:
    """Return a page of a user's orders, newest first; one query."""
    return _readable(
        await read_page(
            table,
            GSI1,
            [buyer_partition(user_id)],
            name="orders of a user",
            request=request,
            newest_first=True,
        )
    )


async def list_orders(table: Table, request: PageRequest) -> Page[Order]:
    """Return a page of all orders, newest first; queries for keys, then a batch read."""
    return _readable(
        await read_page_behind(
            table, GSI2, shards(_ORDERS), name="orders", request=request, newest_first=True
        )
    )


async def list_open_orders(table: Table, request: PageRequest) -> Page[Order]:
    """Return a page of all orders that are not final, oldest first."""
    return _readable(
        await read_page_behind(table, GSI3, shards(_OPEN), name="open orders", request=request)
    )


async def list_overdue_order_ids(
    table: Table, *, placed_before: datetime, limit: int
) -> tuple[str, ...]:
    """Return up to ``limit`` ids of orders placed before then and not final yet, oldest first.

    Reads keys only, so that the caller sees no personal data.
    """
    page = await read_page(
        table, GSI3, shards(_OPEN), name="open orders", request=PageRequest(limit)
    )
    end = instant_to_text(placed_before)
    return tuple(
        item["PK"].removeprefix("ORDER#") for item in page.entries if item[GSI3.range_key] < end
    )


def _readable(page: Page[Item]) -> Page[Order]:
    """Return the orders of a page; an item that cannot be read is logged and counted."""
    orders = []
    for item in page.entries:
        try:
            orders.append(item_to_order(item))
        except (KeyError, TypeError, ValueError):
            log.exception("order.unreadable order_id=%s", item.get("order_id"))
    unreadable = len(page.entries) - len(orders)
    return Page(tuple(orders), page.next_token, unreadable=unreadable)
