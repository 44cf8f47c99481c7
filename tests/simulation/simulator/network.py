"""Between a caller and AWS: calls take time, fail, hang, and outlive their callers."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from app.aws.errors import NO_ANSWER
from app.store.dynamodb import DynamoDBError
from app.store.table import READ_TIMEOUT_SECONDS
from tests.simulation.simulator.faults import Fault, FaultPlan
from tests.simulation.simulator.loop import Process, SimLoop

Effect = Callable[[], Any]
TABLE, QUEUES, KEYS = "table", "queues", "keys"

_NO_ANSWER = {Fault.HANG, Fault.HANG_DONE, Fault.LATE}
_NO_EFFECT = {Fault.FAIL, Fault.THROTTLED, Fault.HANG}
_IS_SLOW = {Fault.SLOW}
_LATEST_SECONDS = 200.0


class CallLostError(Exception):
    """A call to a queue or for keys failed in one of the many ways that boto3 knows."""


class Trace:
    """What happened, in order: instant, process, event."""

    def __init__(self, clock: SimLoop) -> None:
        """Begin with nothing."""
        self._clock = clock
        self.entries: list[tuple[float, str, str, str]] = []

    def note(self, who: str, event: str, about: str = "") -> None:
        """Write one thing down."""
        self.entries.append((self._clock.now, who, event, about))


class Network:
    """Carries calls; each has its effect at an instant of its own, whatever the caller does."""

    def __init__(self, loop: SimLoop, faults: FaultPlan, trace: Trace, random: Random) -> None:
        """Carry calls between the processes of ``loop``."""
        self.loop = loop
        self.faults = faults
        self._trace = trace
        self._random = random
        self.is_over = False
        #: Hears of each call before anything becomes of it.
        self.on_call: Callable[[str, str], None] | None = None

    def call(
        self, service: str, operation: str, effect: Effect, about: str = ""
    ) -> "asyncio.Future[Any]":
        """Return what will be the answer of one call."""
        if self.is_over:
            raise asyncio.CancelledError
        loop, faults = self.loop, self.faults
        if self.on_call is not None:
            self.on_call(service, operation)
        process, future = loop.process, loop.create_future()
        fault = faults.fault_of_call(service, operation, loop.now)
        self._trace.note(
            process.name, operation if fault is Fault.NONE else f"{operation} {fault}", about
        )
        before, after = faults.latency(), faults.latency()
        if fault is not Fault.NONE:
            process.is_undisturbed = False
            if fault in _IS_SLOW:
                before += self._random.random() * 2
                after += self._random.random() * 2
            elif fault is Fault.LATE:
                before += self._random.random() * _LATEST_SECONDS
            if fault in _NO_ANSWER and service == TABLE:
                failure = DynamoDBError(NO_ANSWER, 0)
                loop.at(process, loop.now + READ_TIMEOUT_SECONDS, answer, future, None, failure)
        loop.at(
            loop.world,
            loop.now + before,
            self._arrive,
            process,
            future,
            fault,
            service,
            effect,
            after,
        )
        return future

    def _arrive(
        self,
        process: Process,
        future: "asyncio.Future[Any]",
        fault: Fault,
        service: str,
        effect: Effect,
        after: float,
    ) -> None:
        result: Any = None
        failure: Exception | None = None
        if fault is Fault.DIE_BEFORE:
            self.kill(process)
            return
        if fault not in _NO_EFFECT:
            try:
                result = effect()
            except DynamoDBError as refusal:
                failure = refusal
        if fault is Fault.DIE_AFTER:
            self.kill(process)
        elif fault in _NO_ANSWER:
            return
        elif fault in {Fault.FAIL, Fault.LOST, Fault.THROTTLED}:
            result, failure = None, self.failure(service, fault)
        self.loop.at(process, self.loop.now + after, answer, future, result, failure)

    def kill(self, process: Process) -> None:
        """End a process in the middle of whatever it does."""
        if process.is_alive and process is not self.loop.world:
            process.is_alive = False
            self._trace.note(process.name, "died")

    def failure(self, service: str, fault: Fault) -> Exception:
        """Return what the caller of a failed call gets."""
        if service != TABLE:
            return CallLostError(f"the {service} do not answer")
        if fault is Fault.THROTTLED:
            return DynamoDBError("ProvisionedThroughputExceededException")
        if self._random.random() < 0.5:
            return DynamoDBError(NO_ANSWER, 0)
        return DynamoDBError("InternalServerError", 500)


def answer(future: "asyncio.Future[Any]", result: Any, failure: Exception | None) -> None:
    """Answer a call, unless its caller no longer waits."""
    if future.done():
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
