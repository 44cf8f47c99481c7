"""Items that were damaged, or that no release of the shop wrote: reported and left out.

One of them hides no other and stops no list. Asking for the item itself raises the error.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from app.domain.errors import UnreadableItemError
from app.metrics import UNREADABLE_ITEMS, emit_metrics
from app.slices import map_in_slices
from app.store.order_steps import TRACE_ID, text_to_trace_id
from app.store.table import Item
from app.trace_context import following_order

log = logging.getLogger("shop.store")

T = TypeVar("T")

#: What the key of an item says, by kind. The name in the key of credentials is not logged.
_NAMED_BY = {"product": "product_id", "order": "order_id", "decision": "order_id"}
_OF_A_USER = "user_id"


def report_unreadable(kind: str, item: Item, failure: UnreadableItemError) -> None:
    """Tell the operators of an item, by log and metric; ``kind`` is what it should be.

    It is named by its key, which is always there and a text: ``PRODUCT#<id>``; credentials and
    sessions by the user they are of. ``failure`` says which attribute it is. The line about an
    order has the order's own trace id.
    """
    name = _NAMED_BY.get(kind, _OF_A_USER)
    item_id = item["PK"].partition("#")[2]
    if kind in {"credentials", "session"}:
        item_id = item.get(_OF_A_USER)
    with following_order(text_to_trace_id(item.get(TRACE_ID))):
        log.error("%s.unreadable %s=%s: %s", kind, name, item_id, failure)
    emit_metrics({UNREADABLE_ITEMS: 1}, now=datetime.now(UTC))


def read_or_report(kind: str, item: Item, read: Callable[[Item], T]) -> T:
    """Return what ``read`` makes of an item.

    Raises:
        UnreadableItemError: the item is damaged; that is reported.
    """
    try:
        return read(item)
    except UnreadableItemError as failure:
        report_unreadable(kind, item, failure)
        raise


def read_or_none(kind: str, item: Item, read: Callable[[Item], T]) -> T | None:
    """Return what ``read`` makes of an item; None for a damaged one, which is reported."""
    try:
        return read(item)
    except UnreadableItemError as failure:
        report_unreadable(kind, item, failure)
        return None


async def readable(kind: str, items: Sequence[Item], read: Callable[[Item], T]) -> tuple[T, ...]:
    """Return what ``read`` makes of items; those that it cannot read are reported and left out."""
    found = await map_in_slices(lambda item: read_or_none(kind, item, read), items)
    return tuple(entry for entry in found if entry is not None)
