"""Blocking calls in a daemon thread, which does not delay the end of the process."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def run_in_thread(work: Callable[[], T]) -> T:
    """Return what ``work`` returns, or raise what it raises.

    ``asyncio.to_thread`` would not do: its threads are joined when the loop ends, and a call
    to an emulator that has been stopped takes its whole time-out.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, failure: BaseException | None) -> None:
        if result.done():
            return
        if failure is not None:
            result.set_exception(failure)
        else:
            result.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value, failure = None, None
        try:
            value = work()
        except Exception as caught:  # noqa: BLE001  # Raised where the result is awaited.
            failure = caught
        with suppress(RuntimeError):  # The loop has ended, so nothing awaits the result.
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=run, name="work", daemon=True).start()
    return await result
