"""Two invocations side by side, whose calls take effect in an order that is chosen."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.store.dynamodb import DynamoDBError
from tests.simulation.crash_points.scenarios import FaultScript
from tests.simulation.simulator.faults import Fault
from tests.simulation.simulator.loop import Process
from tests.simulation.simulator.network import TABLE, Effect, Network, answer
from tests.simulation.simulator.purchases import Purchase
from tests.simulation.simulator.world import World

#: Faults that differ when time is a matter of choice: a call that hangs is one that fails, or
#: whose answer is lost; a slow one is one that is not chosen for long.
FAULTS = (
    Fault.FAIL,
    Fault.LOST,
    Fault.THROTTLED,
    Fault.LATE,
    Fault.DIE_BEFORE,
    Fault.DIE_AFTER,
)
_READS = {"get_item", "batch_get", "query"}
_NO_EFFECT = {Fault.FAIL, Fault.THROTTLED, Fault.DIE_BEFORE, Fault.LATE}
_FAILS = {Fault.FAIL, Fault.LOST, Fault.THROTTLED, Fault.LATE}
_DIES = {Fault.DIE_BEFORE, Fault.DIE_AFTER}
#: An actor that never comes to a call or its end would be looked at for ever.
_MOST_TIMERS = 200
#: In seconds; clients and shop are a hundredth of a second apart.
_UNTIL_REQUESTS_ARRIVE = 0.05


@dataclass(eq=False)
class PendingCall:
    """A call that was made and has not taken effect."""

    process: Process
    service: str
    operation: str
    effect: Effect
    future: "asyncio.Future[Any]"

    @property
    def is_read(self) -> bool:
        """Return whether it changes nothing."""
        return self.service == TABLE and self.operation in _READS


class RedundantError(Exception):
    """What is left of this interleaving was run already, with two reads the other way round."""


class SteppedNetwork(Network):
    """Holds every call until it is chosen, while ``is_stepped``."""

    is_stepped = False
    pending: list[PendingCall]

    def call(
        self, service: str, operation: str, effect: Effect, about: str = ""
    ) -> "asyncio.Future[Any]":
        """Return what will be the answer of one call."""
        if not self.is_stepped:
            return super().call(service, operation, effect, about)
        process, future = self.loop.process, self.loop.create_future()
        self._trace.note(process.name, operation, about)
        self.pending.append(PendingCall(process, service, operation, effect, future))
        return future

    def complete(self, call: PendingCall, fault: Fault) -> None:
        """Let a call take effect and be answered, or what the fault makes of it."""
        self.pending.remove(call)
        if fault is not Fault.NONE:
            call.process.is_undisturbed = False
            self._trace.note(call.process.name, fault)
        result: Any = None
        failure: Exception | None = None
        if fault not in _NO_EFFECT:
            try:
                result = call.effect()
            except DynamoDBError as refusal:
                failure = refusal
        if fault in _DIES:
            self.kill(call.process)
        elif fault in _FAILS:
            result, failure = None, self.failure(call.service, fault)
        self.loop.at(call.process, self.loop.now, answer, call.future, result, failure)


@dataclass(eq=False)
class Actor:
    """One invocation."""

    process: Process
    task: "asyncio.Task[Any]"

    @property
    def is_over(self) -> bool:
        """Return whether it is done or dead."""
        return self.task.done() or not self.process.is_alive


#: An invocation makes its next call, with what becomes of it; or a late call takes effect.
Step = tuple[Actor | PendingCall, Fault]


class SteppedWorld(World):
    """A world in which the calls of a few invocations are chosen one by one."""

    network: SteppedNetwork

    def __init__(self, purchases: Sequence[Purchase]) -> None:
        """Make a world without faults of its own."""
        super().__init__(1, faults=FaultScript(), purchases=list(purchases))
        self.is_checking_sweeps = False
        self.actors: list[Actor] = []
        #: Which of its next steps to take, step by step, and which was taken of how many.
        self.prefix: Sequence[int] = ()
        self.may_fail = True
        self.trail: list[tuple[int, int]] = []
        self._late: list[PendingCall] = []
        self._held: list[tuple[str, str, float]] = []

    def make_network(self) -> Network:
        """Return a network that can be stepped."""
        network = SteppedNetwork(self.loop, self.faults, self.trace, self.random)
        network.pending = []
        return network

    def run_with_faults(self) -> None:
        """Start the invocations, and take the steps that :attr:`prefix` says, then the first."""
        self._begin()
        self.start_actors()
        self.loop.run(self.loop.now + _UNTIL_REQUESTS_ARRIVE)
        asleep: list[Step] = []
        while steps := self._choices():
            awake = [step for step in steps if step not in asleep]
            if not awake:
                raise RedundantError
            number = self.prefix[len(self.trail)] if len(self.trail) < len(self.prefix) else 0
            self.trail.append((number, len(awake)))
            # Reads of two invocations may change places: what was tried before this step need
            # not be tried behind it, until a step comes that is not such a read ("sleep sets").
            asleep = [
                step
                for step in (*asleep, *awake[:number])
                if self._may_change_places(step, awake[number])
            ]
            self._take(awake[number])
        self._end()

    def _may_change_places(self, one: Step, other: Step) -> bool:
        return one[0] is not other[0] and self._is_read(one) and self._is_read(other)

    def _is_read(self, step: Step) -> bool:
        """Return whether a step, late or failed or not, is one of a call that changes nothing."""
        call = step[0] if isinstance(step[0], PendingCall) else self._call_of(step[0])
        return call is not None and call.is_read

    def start_actors(self) -> None:
        """Start the invocations that are looked at."""
        raise NotImplementedError

    def _begin(self) -> None:
        """Hold calls and messages from now on; what starts from now on is an actor."""
        self.network.is_stepped = True
        self._deliver = self.sqs.send
        self.sqs.send = self._hold  # type: ignore[method-assign]
        self.lambdas.on_start = lambda process, task: self.actors.append(Actor(process, task))

    def _hold(self, queue: str, body: str, delay_seconds: float = 0) -> None:
        self.history.sent(queue, body, delay_seconds)
        self._held.append((queue, body, delay_seconds))

    def _choices(self) -> list[Step]:
        """Return every next step there is, without its fault first."""
        self._come_to_calls()
        steps: list[Step] = []
        may_fail = self.may_fail and all(actor.process.is_undisturbed for actor in self.actors)
        for actor in self.actors:
            if self._call_of(actor):
                steps.append((actor, Fault.NONE))
                steps += [(actor, fault) for fault in FAULTS if may_fail]
        return steps + [(call, Fault.NONE) for call in self._late]

    def _call_of(self, actor: Actor) -> PendingCall | None:
        """Return the oldest call of an actor: it makes some side by side, all of them reads."""
        calls = (call for call in self.network.pending if call.process is actor.process)
        return None if actor.is_over else next(calls, None)

    def _come_to_calls(self) -> None:
        """Let actors run to their next call; only a pause before a repeat takes time."""
        self.loop.run(self.loop.now)
        for _ in range(_MOST_TIMERS):
            if all(actor.is_over or self._call_of(actor) for actor in self.actors):
                return
            self.loop.run(self.loop.next_timer())
        raise RuntimeError("an actor comes to no call")

    def _take(self, step: Step) -> None:
        """Take one step."""
        who, fault = step
        if isinstance(who, PendingCall):
            self._late.remove(who)
            self.trace.note(who.process.name, "takes effect late")
            with suppress(DynamoDBError):
                who.effect()
            return
        call = self._call_of(who)
        assert call is not None
        self.network.complete(call, fault)
        if fault is Fault.LATE:
            self._late.append(call)

    def _end(self) -> None:
        """Send what was held, and let time pass as in every other schedule."""
        self.network.is_stepped = False
        self.sqs.send = self._deliver  # type: ignore[method-assign]
        self.lambdas.on_start = lambda process, task: None
        for queue, body, delay in self._held:
            self._deliver(queue, body, delay)
        self.network.pending.clear()
