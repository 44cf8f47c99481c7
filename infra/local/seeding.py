"""Writes the seed data into an empty table: ``python -m infra.local.seeding``.

A process of its own: the supervisor does not read the settings of the stack it starts.
"""

import asyncio

from app.store.table import get_table
from infra.local.parent_watchdog import end_with_parent
from infra.seeds.load import seed_once


def main() -> None:
    """Seed the table that the environment names, unless it is seeded already."""
    end_with_parent()
    asyncio.run(seed_once(get_table()))


if __name__ == "__main__":
    main()
