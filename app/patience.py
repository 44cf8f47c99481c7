"""How long the shop waits for another service before it says that it is away.

Whoever waits at the other end of an HTTP call is told within three seconds (503), and a
worker knows in time which records SQS must deliver again. The limit holds for one call to a
service with all its repeats; time between calls, such as the wait for a payment, is not
counted.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from app.domain.errors import ShopError

T = TypeVar("T")

CALL_SECONDS = 2.5

# Not the event loop's own threads: asyncio.run() waits for those, and one call that hangs
# would carry a worker beyond its function's time-out.
_threads = ThreadPoolExecutor(32, thread_name_prefix="patience")


@asynccontextmanager
async def in_time(late: ShopError) -> AsyncIterator[None]:
    """Give what is in the block ``CALL_SECONDS``, then cancel it and raise ``late``."""
    try:
        async with asyncio.timeout(CALL_SECONDS):
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
