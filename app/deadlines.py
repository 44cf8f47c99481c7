"""How long the shop waits for another service before it says that it is away.

Whoever waits at the other end of an HTTP call is told within three seconds (503), and a
worker knows in time which records SQS must deliver again. ``CALL_SECONDS`` holds for one
call to a service with all its repeats. Services that are slow, but not that slow, add up, so
a request has a budget for all it does: it ends before the function's own time-out does it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from math import inf
from typing import TypeVar

from app.domain.errors import ShopError

T = TypeVar("T")

CALL_SECONDS = 2.5

#: A few seconds less than the api function has (``infra.topology``).
REQUEST_SECONDS = 12.0

_deadline: ContextVar[float] = ContextVar("deadline", default=inf)

# Not the event loop's own threads: asyncio.run() waits for those, and one call that hangs
# would carry a worker beyond its function's time-out.
_threads = ThreadPoolExecutor(32, thread_name_prefix="patience")


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    """Let all calls to services in the block take ``seconds`` together."""
    earlier = _deadline.set(asyncio.get_running_loop().time() + seconds)
    try:
        yield
    finally:
        _deadline.reset(earlier)


def seconds_left() -> float:
    """Return what is left of the budget; without one there is no end."""
    return _deadline.get() - asyncio.get_running_loop().time()


@asynccontextmanager
async def in_time(late: ShopError) -> AsyncIterator[None]:
    """Give what is in the block ``CALL_SECONDS``, then cancel it and raise ``late``."""
    try:
        async with asyncio.timeout(min(CALL_SECONDS, seconds_left())):
            yield
    except TimeoutError as failure:
        raise late from failure


async def in_thread(call: Callable[[], T], *, late: ShopError) -> T:
    """Make a call that blocks; one that does not answer in time goes on without us.

    Raises:
        ShopError: ``late``, when it took too long.
    """
    async with in_time(late):
        return await asyncio.get_running_loop().run_in_executor(_threads, call)
