"""An order as an item of the table, below 1,024 bytes so that a step of it is one write unit.

``TableLayout.CURRENT`` writes the parts of an order under short names, and leaves out what
follows from the rest. ``TableLayout.FORMER`` writes all of it under its full name, as releases
before that layout read it. Either is read without asking which it is.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.domain.errors import UnreadableItemError
from app.domain.ids import tracking_number_for, transaction_id_for
from app.domain.instants import instant_to_text
from app.domain.order import Address, CardSummary, Order, OrderLine, OrderState, OrderStep
from app.domain.sweeping import GRACE
from app.settings import TableLayout
from app.store.keys import (
    OPEN,
    ORDERS,
    buyer_in,
    buyer_partition,
    order_key,
    order_sort_key,
    shard_for,
)
from app.store.order_steps import (
    TRACE_ID,
    item_to_history,
    step_name,
    step_to_text,
    text_to_trace_id,
    trace_id_to_text,
    unknown_step_at,
)
from app.store.schema import GSI1, GSI2, GSI3
from app.store.stored_values import (
    read_instant,
    read_optional_text,
    read_own_id,
    read_typed,
    read_value,
    typed,
)
from app.store.table import Item

#: Short names of what is in lines, addresses and cards. A name that is in use stays what it is.
_SHORT_NAMES = {
    "item_id": "i",
    "name": "n",
    "description": "d",
    "quantity": "q",
    "price_cents": "p",
    "street": "s",
    "city": "c",
    "zip": "z",
    "state": "r",
    "country": "l",
    "type": "t",
    "number": "u",
    "expiry_month": "m",
    "expiry_year": "y",
}
_FULL_NAMES = {short: name for name, short in _SHORT_NAMES.items()}
#: What has no default when it is read.
_VITAL = frozenset({"item_id"})

#: Numbers that follow from an order's id, and what stands for one that does.
_NUMBERS = {"transaction_id": transaction_id_for, "tracking_number": tracking_number_for}
_FOLLOWS = "="

_FINGERPRINT = re.compile(r"([0-9]+):([0-9a-f]{64})")
_SHORT_FINGERPRINT = re.compile(r"([0-9]+)\.([A-Za-z0-9_-]{43})")


def order_to_item(order: Order, *, layout: TableLayout = TableLayout.CURRENT) -> Item:
    """Return the item that stores ``order``; a final order is not in the sweeper's index."""
    sort_key = order_sort_key(order.placed_at, order.order_id, layout=layout)
    keys = {
        **order_key(order.order_id),
        GSI1.hash_key: buyer_partition(order.user_id, order.order_id, layout=layout),
        GSI1.range_key: sort_key,
        GSI2.hash_key: shard_for(ORDERS, order.order_id, layout=layout),
        GSI2.range_key: sort_key,
    }
    if not order.state.is_final:
        due_at = order.placed_at + GRACE
        keys[GSI3.hash_key] = shard_for(OPEN, order.order_id, layout=layout)
        keys[GSI3.range_key] = order_sort_key(due_at, order.order_id, layout=layout)
    item: Item = {
        **keys,
        "order_id": order.order_id,
        "state": int(order.state),
        "status": order.status,
        "delivery": order.delivery,
        "total_cents": order.total_cents,
        "placed_at": instant_to_text(order.placed_at),
        **(_former_parts(order) if layout is TableLayout.FORMER else _current_parts(order)),
    }
    for name in _NUMBERS:
        if (number := getattr(order, name)) is not None:
            item[name] = write_detail(name, number, order.order_id, layout=layout)
    if order.decline_reason is not None:
        item["decline_reason"] = order.decline_reason
    if order.placed_by is not None:
        item["placed_by"] = order.placed_by
    if order.trace_id is not None:
        item[TRACE_ID] = trace_id_to_text(order.trace_id)
    steps = {step_name(step.state): step_to_text(step, layout=layout) for step in order.history}
    return item | steps


def _former_parts(order: Order) -> Item:
    return {
        "user_id": order.user_id,
        "first_name": order.first_name,
        "last_name": order.last_name,
        "email": order.email,
        "address": asdict(order.address),
        "card": asdict(order.card),
        "lines": [asdict(line) for line in order.lines],
        "updated_at": instant_to_text(order.updated_at),
        "fingerprint": order.fingerprint,
    }


def _current_parts(order: Order) -> Item:
    parts = {
        "first_name": order.first_name,
        "last_name": order.last_name,
        "email": order.email,
        "address": _shortened(vars(order.address)),
        "card": _shortened(vars(order.card)),
        "lines": [_shortened(vars(line)) for line in order.lines],
        "fingerprint": _shorten_fingerprint(order.fingerprint),
    }
    if buyer_in(buyer_partition(order.user_id, order.order_id)) != order.user_id:
        parts["user_id"] = order.user_id
    if order.updated_at != _last_change(order.state, order.history, order.placed_at):
        parts["updated_at"] = instant_to_text(order.updated_at)
    return {name: part for name, part in parts.items() if part or name == "lines"}


def item_to_order(item: Item) -> Order:
    """Return the order that an item stores; all its types are checked.

    Raises:
        UnreadableItemError: the item is damaged.
    """
    number = read_typed(item, "state", int)
    state = OrderState.from_stored(number)
    placed_at, history = read_instant(item, "placed_at"), item_to_history(item)
    updated_at = read_instant(item, "updated_at") if item.get("updated_at") else placed_at
    if state is OrderState.UNKNOWN:
        # Its step is none that is shown, but says since when the order is in the state.
        updated_at = unknown_step_at(item, number) or updated_at
    return Order(
        order_id=read_own_id(item, "order_id", order_key),
        user_id=_read_user_id(item),
        state=state,
        status=read_typed(item, "status", str, ""),
        first_name=read_typed(item, "first_name", str, ""),
        last_name=read_typed(item, "last_name", str, ""),
        email=read_typed(item, "email", str, ""),
        address=read_value(Address, _lengthened(item.get("address", {}), "address")),
        delivery=read_typed(item, "delivery", str, ""),
        card=read_value(CardSummary, _lengthened(item.get("card", {}), "card")),
        lines=tuple(
            read_value(OrderLine, _lengthened(line, "lines"), name="", description="")
            for line in read_typed(item, "lines", list)
        ),
        total_cents=read_typed(item, "total_cents", int),
        placed_at=placed_at,
        updated_at=_last_change(state, history, updated_at),
        fingerprint=_lengthen_fingerprint(read_typed(item, "fingerprint", str, "")),
        transaction_id=_read_number(item, "transaction_id"),
        tracking_number=_read_number(item, "tracking_number"),
        decline_reason=read_optional_text(item, "decline_reason"),
        history=history,
        trace_id=text_to_trace_id(item.get(TRACE_ID)),
        placed_by=read_optional_text(item, "placed_by"),
    )


def _read_user_id(item: Item) -> str:
    if "user_id" in item:
        return read_typed(item, "user_id", str)
    user_id = buyer_in(read_typed(item, GSI1.hash_key, str))
    if user_id is None:
        raise UnreadableItemError("user_id: is missing")
    return user_id


def _last_change(
    state: OrderState, history: tuple[OrderStep, ...], otherwise: datetime
) -> datetime:
    """Return when an order entered its state, if a step says it."""
    return next((step.at for step in history if step.state is state), otherwise)


def _shortened(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _SHORT_NAMES.get(name, name): part
        for name, part in parts.items()
        if part != "" or name in _VITAL
    }


def _lengthened(parts: Any, name: str) -> dict[str, Any]:
    known: dict[str, Any] = typed(parts, dict, name)
    return {_FULL_NAMES.get(part, part): value for part, value in known.items()}


def _shorten_fingerprint(fingerprint: str) -> str:
    """Return the stored form of a fingerprint: Base64 for its hexadecimal digits."""
    found = _FINGERPRINT.fullmatch(fingerprint)
    if found is None:
        return fingerprint
    bits = urlsafe_b64encode(bytes.fromhex(found[2])).decode().rstrip("=")
    return f"{found[1]}.{bits}"


def _lengthen_fingerprint(stored: str) -> str:
    found = _SHORT_FINGERPRINT.fullmatch(stored)
    return f"{found[1]}:{urlsafe_b64decode(found[2] + '=').hex()}" if found else stored


def write_detail(name: str, value: str, order_id: str, *, layout: TableLayout) -> str:
    """Return the stored form of what a step tells; a number that follows from the id is short."""
    number_for = _NUMBERS.get(name)
    follows = layout is TableLayout.CURRENT and number_for and value == number_for(order_id)
    return _FOLLOWS if follows else value


def _read_number(item: Item, name: str) -> str | None:
    stored = read_optional_text(item, name)
    return _NUMBERS[name](item["order_id"]) if stored == _FOLLOWS else stored
