"""The item by which a table is known to be seeded."""

from app.store.keys import seeded_key
from app.store.table import Table


async def is_seeded(table: Table) -> bool:
    """Tell whether the table was seeded before."""
    return await table.get(seeded_key(), consistent=True) is not None


async def mark_seeded(table: Table) -> None:
    """Store the mark; a repeat changes nothing."""
    await table.put(dict(seeded_key()))
