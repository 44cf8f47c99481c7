"""Whether an order stands in the lists that it belongs to, and what files it there again.

The keys of the indexes follow from an order's other attributes (``app/store/order_items.py``). No
query finds an order whose keys are damaged: the sweeper does not look at it, or a list lacks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.instants import text_to_instant
from app.domain.order import Order, OrderState
from app.domain.sweeping import LATEST_LOOK
from app.settings import TableLayout
from app.store.keys import OPEN, order_sort_key, shard_for, shards
from app.store.order_items import order_to_item
from app.store.schema import GSI1, GSI2, GSI3, Index
from infra.topology import SWEEP_INTERVAL_SECONDS

#: When an order was placed; only a person can tell what it was.
PLACED_AT = "placed_at"

_LATE = timedelta(seconds=3 * SWEEP_INTERVAL_SECONDS)

#: The lists, in the words of people.
_LISTS = {GSI1: "the list of its user's orders", GSI2: "the list of all orders"}


@dataclass(frozen=True)
class FilingFault:
    """One attribute that keeps an order out of a list, and what is wrong with it."""

    attribute: str
    problem: str


def filing_faults(
    item: Mapping[str, Any], order: Order, *, now: datetime
) -> tuple[FilingFault, ...]:
    """Return what is wrong with the index keys of an order's item; nothing for most orders.

    What a release before or beside this one has written is right, too.
    """
    return (*_sweep_faults(item, order, now=now), *_list_faults(item, order))


def right_filing(
    item: Mapping[str, Any], order: Order, *, now: datetime, layout: TableLayout
) -> dict[str, str | None]:
    """Return the index keys to write in place of the damaged ones; None for one to remove.

    An open order is filed as due now, so that the next sweep looks at it.
    """
    expected = order_to_item(order, layout=layout)
    damaged = {fault.attribute for fault in filing_faults(item, order, now=now)}
    right: dict[str, str | None] = {}
    for index in _LISTS:
        if damaged & {index.hash_key, index.range_key}:
            right |= {key: expected[key] for key in (index.hash_key, index.range_key)}
    if damaged & {GSI3.hash_key, GSI3.range_key}:
        right[GSI3.hash_key] = right[GSI3.range_key] = None
        if not _has_ended(order):
            right[GSI3.hash_key] = shard_for(OPEN, order.order_id, layout=layout)
            right[GSI3.range_key] = order_sort_key(now, order.order_id, layout=layout)
    return right


def overdue_since(item: Mapping[str, Any], order: Order, *, now: datetime) -> datetime | None:
    """Return when the sweeper should have looked at an open order, if that is long ago."""
    due_at = None if _has_ended(order) else instant_in(item.get(GSI3.range_key))
    return due_at if due_at and due_at < now - _LATE else None


def _has_ended(order: Order) -> bool:
    return order.state in {OrderState.DELIVERED, OrderState.DECLINED}


def _sweep_faults(
    item: Mapping[str, Any], order: Order, *, now: datetime
) -> tuple[FilingFault, ...]:
    """Return why the sweeper does not find an open order, or goes on finding a final one."""
    partition, position = item.get(GSI3.hash_key), item.get(GSI3.range_key)
    if _has_ended(order):
        left = [key for key in (GSI3.hash_key, GSI3.range_key) if key in item]
        return tuple(FilingFault(key, "is left over: the order is final") for key in left)
    if partition is None and position is None and order.state is OrderState.UNKNOWN:
        # It may be a final one.
        return ()
    faults = []
    if partition is None:
        faults.append(FilingFault(GSI3.hash_key, "is missing"))
    elif partition not in shards(OPEN):
        faults.append(FilingFault(GSI3.hash_key, "is no partition of the sweeper's list"))
    if position is None:
        faults.append(FilingFault(GSI3.range_key, "is missing"))
    elif (due_at := instant_in(position)) is None:
        faults.append(FilingFault(GSI3.range_key, "is not a time and an id"))
    elif due_at > now + LATEST_LOOK and due_at > order.placed_at + LATEST_LOOK:
        text = f"is in the future: {due_at:%Y-%m-%d %H:%M} UTC"
        faults.append(FilingFault(GSI3.range_key, text))
    return tuple(faults)


def instant_in(position: Any) -> datetime | None:
    """Return the time in a sort key, which has an id behind it; None if it has none."""
    text, mark, _ = position.partition("#") if isinstance(position, str) else ("", "", "")
    try:
        return text_to_instant(text) if mark else None
    except ValueError:
        return None


def _list_faults(item: Mapping[str, Any], order: Order) -> tuple[FilingFault, ...]:
    """Return which keys of the other lists do not follow from the order.

    Where both lists name one other time than the order, its own is what was changed.
    """
    expected = [order_to_item(order, layout=layout) for layout in TableLayout]
    faults = tuple(
        FilingFault(key, f"is not that of {name}")
        for index, name in _LISTS.items()
        if not any(_agree(index, item, known) for known in expected)
        for key in (index.hash_key, index.range_key)
        if item.get(key) not in {known[key] for known in expected}
    )
    positions = [index.range_key for index in _LISTS]
    times = {instant_in(item.get(key)) for key in positions}
    filed_at = times.pop() if len(times) == 1 else None
    if not filed_at or filed_at == order.placed_at:
        return faults
    problem = f"is not {filed_at:%Y-%m-%d %H:%M:%S} UTC, as its lists say"
    kept = (fault for fault in faults if fault.attribute not in positions)
    return (*kept, FilingFault(PLACED_AT, problem))


def _agree(index: Index, item: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    return all(item.get(key) == known[key] for key in (index.hash_key, index.range_key))
