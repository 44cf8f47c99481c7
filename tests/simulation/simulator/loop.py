"""An event loop in simulated time: nothing waits, and a seed decides every tie.

Callbacks belong to a process. A process that dies is never resumed: none of its handlers
for failures runs, as if its machine had lost power.
"""

import asyncio
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from functools import partial
from heapq import heappop, heappush
from random import Random
from typing import Any, cast

FOREVER = float("inf")


class Process:
    """Something that runs and can die: a Lambda invocation, a client, or the world itself."""

    __slots__ = (
        "deadline",
        "has_requested_payment",
        "is_alive",
        "is_undisturbed",
        "name",
        "order_identity",
        "release",
        "request_context",
        "skew_seconds",
        "started_at",
    )

    def __init__(self, name: str, *, skew_seconds: float = 0.0, deadline: float = FOREVER) -> None:
        """Start alive, with a clock that is wrong by ``skew_seconds``."""
        self.name = name
        self.skew_seconds = skew_seconds
        self.deadline = deadline
        self.is_alive = True
        #: When it began, in the world's seconds.
        self.started_at = 0.0
        #: Of which release its code is.
        self.release: Any = None
        #: What a request to the API is about, for the one that answers it.
        self.request_context: Any = None
        #: Under which key of which user it was asked for an order, or what stands for none.
        self.order_identity: Any = None
        #: Whether no call of its has failed or been slow.
        self.is_undisturbed = True
        #: Whether a queue has told it that a payment request was taken.
        self.has_requested_payment = False


class SimHandle:
    """A callback that waits for its turn."""

    __slots__ = ("callback", "context", "inputs", "is_off", "process")

    def __init__(
        self,
        callback: Callable[..., object],
        inputs: tuple[Any, ...],
        process: Process,
        context: Context,
    ) -> None:
        """Remember what to call and for whom."""
        self.context = context
        self.callback = callback
        self.inputs = inputs
        self.process = process
        self.is_off = False

    def cancel(self) -> None:
        """Make sure that it is never called."""
        self.is_off = True

    def cancelled(self) -> bool:
        """Return whether it was cancelled."""
        return self.is_off


class SimLoop:
    """The part of an event loop that tasks, time-outs and sleeping need.

    It is no ``AbstractEventLoop``: most of that is about sockets, and asyncio never asks.
    """

    def __init__(self, random: Random) -> None:
        """Begin at second 0 with nothing to do."""
        self._itself = cast("asyncio.AbstractEventLoop", self)
        self.world = Process("world")
        #: Whose callback is running.
        self.process = self.world
        self.now = 0.0
        self._context = copy_context()
        self._draw = random.random
        self._ready: deque[SimHandle] = deque()
        self._timers: list[tuple[float, float, int, SimHandle]] = []
        self._count = 0
        self._tasks: list[asyncio.Task[Any]] = []
        #: Does what is meant for a thread.
        self.run_blocking = self._run_at_once

    # What asyncio asks of a loop.

    def time(self) -> float:
        """Return the simulated time in seconds."""
        return self.now

    def get_debug(self) -> bool:
        """Return that this is no debugging."""
        return False

    def is_running(self) -> bool:
        """Return that the loop runs, which is so for every caller inside."""
        return True

    def is_closed(self) -> bool:
        """Return that the loop can be used."""
        return False

    def create_future(self) -> "asyncio.Future[Any]":
        """Return a future of this loop."""
        return asyncio.Future(loop=self._itself)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None
    ) -> "asyncio.Task[Any]":
        """Return a task that belongs to the running process."""
        task: asyncio.Task[Any] = asyncio.Task(
            coro, loop=self._itself, name="simulated", context=context
        )
        self._tasks.append(task)
        return task

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> SimHandle:
        """Call back within this instant, in the order of asking."""
        handle = SimHandle(
            callback, args, self.process, copy_context() if context is None else context
        )
        self._ready.append(handle)
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> SimHandle:
        """Call back at an instant."""
        handle = SimHandle(
            callback, args, self.process, copy_context() if context is None else context
        )
        self._count += 1
        heappush(self._timers, (when, self._draw(), self._count, handle))
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> SimHandle:
        """Call back after ``delay`` seconds."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: SimHandle) -> None:
        """Leave cancelled timers where they are; they are skipped when their time comes."""

    def run_in_executor(
        self, executor: object, work: Callable[..., Any], *inputs: Any
    ) -> "asyncio.Future[Any]":
        """Do the work of a thread at once: hashing a password takes no simulated time.

        Work that calls SQS is another matter (``sqs_client.py``), which ``run_blocking`` knows.
        """
        return self.run_blocking(partial(work, *inputs))

    def _run_at_once(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        future = self.create_future()
        future.set_result(work())
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Do nothing: exceptions of tasks are handled where the tasks were started."""

    # What the simulator asks of it.

    def at(
        self, process: Process, when: float, callback: Callable[..., object], *inputs: Any
    ) -> None:
        """Call back at an instant on behalf of ``process``, unless it is dead by then."""
        self._count += 1
        handle = SimHandle(callback, inputs, process, self._context)
        heappush(self._timers, (when, self._draw(), self._count, handle))

    def start(self, process: Process, coro: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run a coroutine as ``process``."""
        caller, self.process = self.process, process
        process.started_at = self.now
        # Nothing that one process keeps for a request may be known to another.
        task = self.create_task(coro, context=self._context.copy())
        self.process = caller
        return task

    def run(self, until: float = FOREVER) -> None:
        """Run until nothing is left to do, or to an instant, which then is now.

        Callbacks of one instant run in the order of asking; timers that are due in the
        same instant run in an order that the seed decides.
        """
        earlier = events._get_running_loop()
        events._set_running_loop(self._itself)
        try:
            self._run(until)
        finally:
            self.process = self.world
            events._set_running_loop(earlier)
        if until != FOREVER:
            self.now = max(self.now, until)

    def _run(self, until: float) -> None:
        ready, timers = self._ready, self._timers
        while True:
            while ready:
                handle = ready.popleft()
                if not handle.is_off and handle.process.is_alive:
                    self.process = handle.process
                    handle.context.run(handle.callback, *handle.inputs)
            if not timers or timers[0][0] > until:
                return
            when, _, _, handle = heappop(timers)
            if handle.is_off or not handle.process.is_alive:
                continue
            self.now = max(self.now, when)
            self.process = handle.process
            handle.context.run(handle.callback, *handle.inputs)

    def next_timer(self) -> float:
        """Return when the next timer of a living process is due; now if there is none."""
        timers = self._timers
        while timers and (timers[0][3].is_off or not timers[0][3].process.is_alive):
            heappop(timers)
        return timers[0][0] if timers else self.now

    def cancel_everything(self) -> None:
        """End what dead processes left behind, so that nothing outlives the simulation."""
        for _ in range(100):
            left = [task for task in self._tasks if not task.done()]
            if not left:
                break
            self._timers.clear()
            for task in left:
                task.cancel()
            while self._ready:
                self._run_ready()
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.exception()
        self._tasks.clear()

    def _run_ready(self) -> None:
        earlier = events._get_running_loop()
        events._set_running_loop(self._itself)
        try:
            while self._ready:
                handle = self._ready.popleft()
                if not handle.is_off:
                    self.process = handle.process
                    handle.context.run(handle.callback, *handle.inputs)
        finally:
            self.process = self.world
            events._set_running_loop(earlier)
