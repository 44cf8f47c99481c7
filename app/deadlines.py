"""Deadlines for calls to AWS: 2.5 s per call, 12 s per request; missing one means 503.

``CALL_SECONDS`` covers one call with all its repeats. A request may make several slow calls,
so it has a deadline of its own for all of them together, which ends before the time-out of
the api function. A worker that misses a deadline reports the record as failed, and SQS
delivers it again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from math import inf
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

CALL_SECONDS = 2.5

#: A few seconds less than the time-out of the api function (``infra.topology``).
REQUEST_SECONDS = 12.0

_deadline: ContextVar[float] = ContextVar("deadline", default=inf)

#: Blocking calls at once; more than the api has requests (``routers/overload.py``), so that
#: only calls whose callers have given up can fill it.
MAX_THREADS = 96

# Not the event loop's own pool: asyncio.run() waits for the threads in that one, so one
# hanging call would carry a worker past the time-out of its function.
_threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="aws-call")


class _RunningCalls:
    """The blocking calls that threads are making now."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = Lock()

    def make(self, call: Callable[[], T]) -> T:
        with self._lock:
            self.count += 1
        try:
            return call()
        finally:
            with self._lock:
                self.count -= 1


_running = _RunningCalls()


@contextmanager
def request_deadline(seconds: float) -> Iterator[None]:
    """Limit all calls in the block to ``seconds`` together."""
    earlier = _deadline.set(asyncio.get_running_loop().time() + seconds)
    try:
        yield
    finally:
        _deadline.reset(earlier)


def seconds_left() -> float:
    """Return the seconds until the request's deadline; infinity outside of a request."""
    return _deadline.get() - asyncio.get_running_loop().time()


def call_seconds() -> float:
    """Return how long a call that begins now may take, all its repeats together."""
    return min(CALL_SECONDS, seconds_left())


@asynccontextmanager
async def call_deadline(error: Exception) -> AsyncIterator[None]:
    """Cancel the block after ``CALL_SECONDS``, or at the request's deadline if that is sooner.

    Raises:
        Exception: ``error``, when the block was cancelled.
    """
    try:
        async with asyncio.timeout(call_seconds()):
            yield
    except TimeoutError as failure:
        raise error from failure


async def run_in_thread(call: Callable[[], T], *, error: Exception) -> T:
    """Make a blocking call in a thread and return its result.

    A thread cannot be cancelled: a call that misses the deadline goes on in its thread, and
    its result is dropped. A call for which no thread is free does not wait for one.

    Raises:
        Exception: ``error``, when the deadline passed, or when no thread is free.
    """
    if _running.count >= MAX_THREADS:
        raise error
    async with call_deadline(error):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_threads, _running.make, call)
