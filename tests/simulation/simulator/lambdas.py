"""The shop's functions: the real handlers, each invocation a process that can die."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from infra.topology import FUNCTIONS, MAPPINGS
from tests.simulation.simulator.faults import DrawnFaults
from tests.simulation.simulator.loop import Process
from tests.simulation.simulator.memory_table import MemoryTable
from tests.simulation.simulator.network import Network, Trace
from tests.simulation.simulator.releases import Release
from tests.simulation.simulator.rules import ViolationError
from tests.simulation.simulator.sqs import Message, SimulatedSQS

#: When simulated time begins. The cards that expire this month do so a day and a half later.
EPOCH = datetime(2026, 11, 29, 12, tzinfo=UTC)

_SETTINGS = {"SHOP_DELIVERY_SECONDS": "5-120", "SHOP_CATALOG_SECONDS": "0", "TABLE": "shop"}
_ARN = "arn:aws:sqs:eu-west-1:000000000000:local-acmeserverless-sqs-"
_TIMEOUTS = {function.name: float(function.timeout_seconds) for function in FUNCTIONS}
_FUNCTION_OF = {mapping.queue: mapping.function for mapping in MAPPINGS}


@dataclass(frozen=True)
class SimContext:
    """The Lambda context of one invocation."""

    process: Process
    clock: Callable[[], float]

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the process has left to live."""
        return max(0, int((self.process.deadline - self.clock()) * 1000))


class Log:
    """Stands in for the workers' logger: a crashed handler is a defect."""

    def __init__(self, trace: Trace, who: Callable[[], str]) -> None:
        """Write into ``trace``."""
        self._trace = trace
        self._who = who
        self.crash: str | None = None

    def info(self, text: str, *values: object) -> None:
        """Note what a worker reports."""
        self._trace.note(self._who(), text % values)

    warning = error = info

    def exception(self, text: str, *values: object) -> None:
        """Note a crash, with its cause; a broken rule is no crash of the handler."""
        if isinstance(failure := sys.exception(), ViolationError):
            raise failure
        self.crash = f"{text % values}: {sys.exception()!r}"
        self._trace.note(self._who(), self.crash)


class Lambdas:
    """Starts the shop's functions: for messages, for the schedule, for HTTP."""

    def __init__(
        self,
        network: Network,
        faults: DrawnFaults,
        sqs: SimulatedSQS,
        trace: Trace,
        *,
        memory: MemoryTable,
        releases: Sequence[Release],
        random: Random,
    ) -> None:
        """Take over what the queues deliver; each invocation runs the code of some release."""
        self._loop = network.loop
        self._network = network
        self._faults = faults
        self._sqs = sqs
        self._trace = trace
        self._count = 0
        self._random = random
        self._releases = releases
        self._dependencies = {
            release.name: release.dependencies(
                memory, network, release.settings(**_SETTINGS), self.now
            )
            for release in releases
        }
        #: Hears of each invocation.
        self.on_start: Callable[[Process, asyncio.Task[Any]], None] = lambda process, task: None
        sqs.on_batch = self.take

    @property
    def dependencies(self) -> Any:
        """Return what today's code reaches the world through."""
        return self._dependencies[self._releases[0].name]

    def dependencies_of(self, process: Process) -> Any:
        """Return what the code of a process reaches the world through."""
        return self._dependencies[process.release.name]

    @property
    def is_over(self) -> bool:
        """Return whether the simulation has ended."""
        return self._network.is_over

    def now(self) -> datetime:
        """Return the time on the clock of the running process."""
        wrong = self._faults.clock_error(self._loop.process.skew_seconds)
        return EPOCH + timedelta(seconds=self._loop.now + wrong)

    def invoke(
        self, function: str, work: Coroutine[Any, Any, Any], process: Process
    ) -> "asyncio.Task[Any]":
        """Run a function until it is done or its time is up."""
        task = self._loop.start(process, work)
        self.on_start(process, task)
        lasts = process.deadline - self._loop.now
        may_end = function != "api" or lasts < _TIMEOUTS[function]
        time_is_up = partial(self._time_is_up, process, task, may_end=may_end)
        self._loop.at(self._loop.world, process.deadline, time_is_up)
        return task

    def new_process(self, function: str) -> Process:
        """Return a process for one invocation."""
        self._count += 1
        process = Process(
            f"{function}#{self._count}",
            skew_seconds=self._faults.skew(),
            deadline=self._loop.now + max(0.1, _TIMEOUTS[function] - self._faults.stall()),
        )
        several = len(self._releases) > 1
        process.release = self._random.choice(self._releases) if several else self._releases[0]
        if several:
            process.name += f"@{process.release.name}"
        return process

    def _time_is_up(self, process: Process, task: "asyncio.Task[Any]", *, may_end: bool) -> None:
        """End what is not done; who waits at the other end is to be told before that."""
        if not task.done():
            if process.is_alive and not may_end:
                raise ViolationError("the api answers before its time is up", process.name)
            self._network.kill(process)

    # Messages.

    def take(self, queue: str, messages: list[Message]) -> None:
        """Invoke the function behind a queue with a batch."""
        function = _FUNCTION_OF[queue]
        process = self.new_process(function)
        self._trace.note(
            process.name,
            "gets",
            ", ".join(
                f"{message.message_id} ({queue}, {message.receives})" for message in messages
            ),
        )
        records = [
            {
                "messageId": message.message_id,
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.receives)},
                "eventSourceARN": _ARN + queue,
            }
            for message in messages
        ]
        context = SimContext(process, self._loop.time)
        release = process.release
        work = release.handle_batch(
            {"Records": records},
            context,
            release.handler(function),
            self.dependencies_of(process),
        )
        task = self.invoke(function, work, process)
        task.add_done_callback(lambda done: self._reported(done, queue, messages))

    def _reported(self, task: "asyncio.Task[Any]", queue: str, messages: list[Message]) -> None:
        if self._network.is_over:
            return
        failure = task.exception()
        if isinstance(failure, ViolationError):
            raise failure
        if failure is not None:
            raise ViolationError("a worker answers", repr(failure)) from failure
        failed = {failure["itemIdentifier"] for failure in task.result()["batchItemFailures"]}
        for message in messages:
            if message.message_id not in failed:
                self._sqs.delete(queue, message)

    # The schedule.

    def sweep(self) -> None:
        """Invoke the sweeper once."""
        process = self.new_process("order")
        process.name = process.name.replace("order", "sweeper")
        self._trace.note(process.name, "sweeps")
        context = SimContext(process, self._loop.time)
        work = process.release.handle_schedule(context, self.dependencies_of(process))
        task = self.invoke("order", work, process)
        task.add_done_callback(self._swept)

    def _swept(self, task: "asyncio.Task[Any]") -> None:
        if self._network.is_over or (failure := task.exception()) is None:
            return
        self._trace.note(self._loop.process.name, repr(failure))
        if not self._loop.process.release.is_business_failure(failure):
            raise ViolationError("a sweep does not crash", repr(failure)) from failure
