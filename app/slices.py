"""Work on long lists in slices: between two of them, the event loop serves other requests.

A page of 1,000 orders takes longer to read and to encode than anyone else should have to wait.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Entries of one slice; of orders, which are the largest, some three milliseconds.
SLICE = 40


async def in_slices(entries: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """Yield the entries in slices; others get their turn before each but the first."""
    for start in range(0, len(entries), SLICE):
        if start:
            await asyncio.sleep(0)
        yield entries[start : start + SLICE]


async def map_in_slices(function: Callable[[T], R], entries: Sequence[T]) -> list[R]:
    """Return what ``function`` returns for each entry."""
    return [function(entry) async for some in in_slices(entries) for entry in some]
