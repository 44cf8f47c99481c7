"""Writes the seed data into an empty table: ``python -m infra.local.seeding``.

A process of its own: the supervisor does not read the settings of the stack it starts.
"""

import asyncio
import os
import traceback

from app.store.table import get_table
from infra.local.parent_watchdog import end_with_parent
from infra.seeds.load import seed_once


def main() -> None:
    """Seed the table that the environment names, unless it is seeded already."""
    end_with_parent()
    code = 1
    try:
        asyncio.run(seed_once(get_table()))
        code = 0
    except Exception:  # noqa: BLE001  # Printed; the supervisor reads the exit code.
        traceback.print_exc()
    finally:
        # Not through the interpreter's own exit: a thread of pydynox that returns to it
        # then aborts the process (seen with 1.8.0, once in about fifty exits).
        os._exit(code)


if __name__ == "__main__":
    main()
