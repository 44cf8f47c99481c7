"""Orders that are not final, in the index of the sweeper: by the time of their next look."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from app.domain.instants import instant_to_text
from app.domain.order import Order
from app.domain.sweeping import LATEST_LOOK
from app.store.keys import OPEN, order_key, order_sort_key, shards
from app.store.order_items import item_to_order
from app.store.pagination import (
    LARGE_BATCH,
    Page,
    PageRequest,
    read_page,
    read_page_of_whole_items,
    write_token,
)
from app.store.schema import GSI3
from app.store.table import Item, Table
from app.store.table_errors import ConditionFailedError
from app.store.unreadable_items import read_or_none, readable

_ORDER, _OPEN_LIST = "order", "due orders"


@dataclass(frozen=True)
class OpenEntry:
    """One entry of the sweeper's index; ``order`` is None where the item cannot be read."""

    order_id: str
    order: Order | None
    #: The entry's place in the index: a time, and behind it the order's id.
    sort_key: str


async def list_due_orders(table: Table, request: PageRequest, *, now: datetime) -> Page[OpenEntry]:
    """Return a page of the open orders that the sweeper should look at by now, oldest first.

    One query per partition and one batch per 40 orders; orders that are not due cost
    nothing. An earlier release filed open orders under the time when they were placed: those
    are due at once.
    """
    page = await _open_keys(table, request)
    latest = instant_to_text(now)
    due = [key for key in page.entries if key[GSI3.range_key][: len(latest)] <= latest]
    entries = await _open_entries(table, due)
    return Page(entries, page.next_token if len(due) == len(page.entries) else None)


async def list_misfiled_orders(
    table: Table, request: PageRequest, *, now: datetime
) -> Page[OpenEntry]:
    """Return a page of the open orders filed under a look that is too far in the future.

    Their key was damaged, or a clock was wrong; none of them would be due. It costs a query per
    partition, and nothing for any other order.
    """
    if not request.token:
        latest = write_token(_OPEN_LIST, instant_to_text(now + LATEST_LOOK))
        request = PageRequest(request.limit, latest)
    return await list_open_orders(table, request)


async def list_open_orders(table: Table, request: PageRequest) -> Page[OpenEntry]:
    """Return a page of the orders in the sweeper's index, due or not, by their next look."""
    page = await _open_keys(table, request)
    return Page(await _open_entries(table, page.entries), page.next_token)


async def _open_keys(table: Table, request: PageRequest) -> Page[Item]:
    return await read_page(
        table, GSI3, shards(OPEN), name=_OPEN_LIST, request=request, keys_only=True
    )


async def _open_entries(table: Table, keys: Sequence[Item]) -> tuple[OpenEntry, ...]:
    found: dict[str, Item] = {}
    for start in range(0, len(keys), LARGE_BATCH):
        batch = [{"PK": key["PK"], "SK": key["SK"]} for key in keys[start : start + LARGE_BATCH]]
        found |= {item["PK"]: item for item in await table.get_many(batch)}
    return tuple(
        OpenEntry(key["PK"].removeprefix("ORDER#"), _read(found[key["PK"]]), key[GSI3.range_key])
        for key in keys
        if key["PK"] in found
    )


async def postpone_sweep(table: Table, entry: OpenEntry, *, until: datetime) -> None:
    """File an open order under a later time; one that has become final, or was rescheduled, stays.

    One conditional write. Safe to repeat.
    """
    with suppress(ConditionFailedError):
        await table.update(
            order_key(entry.order_id),
            f"SET {GSI3.range_key} = :until",
            values={
                ":until": order_sort_key(until, entry.order_id, layout=table.layout),
                ":seen": entry.sort_key,
            },
            condition=f"{GSI3.range_key} = :seen",
        )


async def leave_sweep(table: Table, entry: OpenEntry) -> None:
    """Take an order out of the sweeper's index, unless it was filed anew since it was read.

    One conditional write. Safe to repeat.
    """
    with suppress(ConditionFailedError):
        await table.update(
            order_key(entry.order_id),
            f"REMOVE {GSI3.hash_key}, {GSI3.range_key}",
            values={":seen": entry.sort_key},
            condition=f"{GSI3.range_key} = :seen",
        )


async def list_stuck_order_ids(
    table: Table, *, placed_before: datetime, limit: int
) -> tuple[str, ...]:
    """Return up to ``limit`` ids of orders placed before then and not final yet."""
    page = await read_page_of_whole_items(
        table, GSI3, shards(OPEN), name="open orders", request=PageRequest(limit)
    )
    orders = await readable(_ORDER, page.entries, item_to_order)
    return tuple(order.order_id for order in orders if order.placed_at < placed_before)


def _read(item: Item) -> Order | None:
    return read_or_none(_ORDER, item, item_to_order)
