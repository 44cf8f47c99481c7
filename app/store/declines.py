"""Counters of declined cards, in the form of those in ``app/store/attempts.py``."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.product import Product
from app.domain.throttling import Attempts, window_of
from app.store.attempts import count_under, item_to_attempts
from app.store.keys import declines_key, product_key
from app.store.products import items_to_products
from app.store.table import Table
from app.store.table_errors import ConditionFailedError


async def find_products_and_declines(
    table: Table, product_ids: Sequence[str], counters: Sequence[str], *, now: datetime
) -> tuple[dict[str, Product], list[Attempts]]:
    """Return the products that exist, by id, and what each counter has counted this hour.

    One call per 100 of them together: what an order has to read before it is stored.
    """
    products = [product_key(product_id) for product_id in dict.fromkeys(product_ids)]
    counted = [declines_key(counter, window_of(now)) for counter in counters]
    items = {item["PK"]: item for item in await table.get_many([*products, *counted])}
    found = [items.pop(key["PK"], None) for key in counted]
    return (
        await items_to_products(list(items.values())),
        [item_to_attempts(item) for item in found],
    )


async def find_declines(table: Table, counters: Sequence[str], *, now: datetime) -> list[Attempts]:
    """Return what each counter has counted this hour; one call."""
    counted = [declines_key(counter, window_of(now)) for counter in counters]
    items = {item["PK"]: item for item in await table.get_many(counted)}
    return [item_to_attempts(items.get(key["PK"])) for key in counted]


async def add_decline(table: Table, counter: str, *, now: datetime) -> None:
    """Count one declined card, atomically."""
    await count_under(table, declines_key(counter, window_of(now)), now=now)


async def take_turn(table: Table, counter: str, seen: Attempts, *, now: datetime) -> bool:
    """Begin the wait of a counter anew, unless that was done since it was ``seen``.

    So of many orders that wait for the same moment one goes on. One conditional write.
    """
    try:
        await table.update(
            declines_key(counter, window_of(now)),
            "SET last_at = :now",
            values={":now": int(now.timestamp() * 1000), ":seen": round(seen.last_at * 1000)},
            condition="last_at = :seen",
            is_repeatable=False,
        )
    except ConditionFailedError:
        return False
    return True
