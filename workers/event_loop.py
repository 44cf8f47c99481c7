"""The event loop of a worker, kept from one call of its function to the next.

``asyncio.run`` makes a loop for each call and closes it: a tenth of the processor time that one
message takes.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Loop:
    """A loop that is closed with the thread that it is for."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        self.loop.close()


#: The local shop calls functions in several threads.
_of_thread = threading.local()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns; like ``asyncio.run``, no task of it goes on afterwards."""
    if not hasattr(_of_thread, "kept"):
        _of_thread.kept = _Loop()
    loop: asyncio.AbstractEventLoop = _of_thread.kept.loop
    try:
        return loop.run_until_complete(work)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
