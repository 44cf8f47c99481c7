"""Puts the seed data into an empty table; a process of its own, for settings are read once."""

import asyncio
import os
import traceback

from infra.local.loading import load
from infra.local.parent_watchdog import end_with_parent

SEED_ONCE = "infra.seeds.load.seed_once"


def main() -> None:
    """Seed the table this process's environment names, unless it has been."""
    end_with_parent()
    code = 1
    try:
        asyncio.run(load(SEED_ONCE)())
        code = 0
    except Exception:  # noqa: BLE001  # Shown; the supervisor knows by the exit code.
        traceback.print_exc()
    finally:
        # Not through the interpreter's own end: a thread of pydynox that comes back to it
        # then aborts the process (seen with 1.8.0, once in some fifty ends).
        os._exit(code)


if __name__ == "__main__":
    main()
