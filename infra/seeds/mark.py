"""Filling a table quickly, and remembering that it was filled."""

from collections.abc import Sequence

from app.store.keys import Key
from app.store.table import Item, Table

_MARK: Key = {"PK": "SEEDED", "SK": "SEEDED"}

#: What one batch call to DynamoDB takes.
BATCH = 25


async def is_seeded(table: Table) -> bool:
    """Tell whether the table was filled before."""
    return await table.get(_MARK, consistent=True) is not None


async def mark_seeded(table: Table) -> None:
    """Remember that the table was filled."""
    await table.put(dict(_MARK))


async def put_items(table: Table, items: Sequence[Item]) -> None:
    """Write items, new or not; one call per :data:`BATCH`."""
    await table.put_many(items)
