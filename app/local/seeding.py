"""Puts the seed data into an empty table; a process of its own, for settings are read once."""

import asyncio

from app.local.lifeline import end_with_parent
from app.local.loading import load

SEED_ONCE = "app.services.seeds.seed_once"


def main() -> None:
    """Seed the table this process's environment names, unless it has been."""
    end_with_parent()
    asyncio.run(load(SEED_ONCE)())


if __name__ == "__main__":
    main()
