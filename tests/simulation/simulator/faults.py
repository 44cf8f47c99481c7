"""The faults of one schedule: which kinds, how often, and how long.

Every schedule has its own mix, so that rare combinations come up: in some only
messages repeat, in others every third call fails ("swarm testing").
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Protocol


class Fault(StrEnum):
    """What becomes of one call to AWS."""

    NONE = "ok"
    FAIL = "failed before it had effect"
    LOST = "took effect, the answer got lost"
    THROTTLED = "was throttled"
    HANG = "hung and had no effect"
    HANG_DONE = "hung after it had effect"
    LATE = "hung and took effect long after"
    SLOW = "was slow"
    DIE_BEFORE = "killed the caller before it had effect"
    DIE_AFTER = "killed the caller after it had effect"


_KINDS = tuple(Fault)[1:]
_TABLE, _QUEUES = "table", "queues"

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class FaultPlan(Protocol):
    """Decides about each call."""

    def fault_of_call(self, service: str, operation: str, now: float) -> Fault:
        """Return what becomes of a call."""

    def latency(self) -> float:
        """Return how long one way of a call takes, in seconds."""

    def is_stale(self) -> bool:
        """Return whether a read that need not be consistent sees the past."""


class NoFaults:
    """No faults; every call takes ten milliseconds."""

    def fault_of_call(self, service: str, operation: str, now: float) -> Fault:
        """Return no fault."""
        return Fault.NONE

    def latency(self) -> float:
        """Return the same every time."""
        return 0.01

    def is_stale(self) -> bool:
        """Show the present."""
        return False


@dataclass(frozen=True)
class Outage:
    """A service that does not work for a while."""

    service: str
    begins: float
    ends: float
    fault: Fault


class DrawnFaults:
    """The faults of one schedule, drawn; :meth:`stop` ends them all."""

    def __init__(self, random: Random, *, ends: float) -> None:
        """Draw a mix of faults that lasts until ``ends``."""
        self._random = random
        self._draw = random.random
        self.is_over = False
        self.call_rate = random.choice((0.0, 0.01, 0.05, 0.15, 0.35))
        self._kinds = random.sample(_KINDS, random.randint(1, len(_KINDS)))
        self._latency = random.choice((0.0, 0.01, 0.01, 0.3))
        self._stale_rate = random.choice((0.0, 0.3))
        self._message_rate = random.choice((0.0, 0.0, 0.05, 0.3))
        self._longest_delay = random.choice((1.0, MINUTE, HOUR, DAY))
        self._skew = random.choice((0.0, 0.0, 2.0, 10 * MINUTE, 50 * HOUR))
        #: Whether an operator purges the queues: what was in them is lost.
        self.is_purged = draws(random, 0.1)
        self._longest_stall = random.choice((0.0, 0.0, 0.0, 8.0))
        self._is_jumping = draws(random, 0.2)
        #: Whether an operator redrives dead letters, during the faults and in the end.
        self.has_operator = not draws(random, 0.15)
        self.outages = [_outage(random, ends) for _ in range(random.choice((0, 0, 0, 1, 2)))]

    def stop(self) -> None:
        """End every fault."""
        self.is_over = True

    # Calls.

    def fault_of_call(self, service: str, operation: str, now: float) -> Fault:
        """Return what becomes of a call."""
        if self.is_over:
            return Fault.NONE
        for outage in self.outages:
            if outage.service == service and outage.begins <= now < outage.ends:
                return outage.fault
        if self._draw() >= self.call_rate:
            return Fault.NONE
        return self._random.choice(self._kinds)

    @property
    def slowest(self) -> float:
        """Return how long one way of a call takes at most, unless it is made slow."""
        return self._latency

    def limit_latency(self, slowest: float = 0.0) -> None:
        """Let one way of a call take so long at most: there are many calls to be made."""
        self._latency = slowest

    @property
    def has_exact_clocks(self) -> bool:
        """Return whether every process has the world's own time."""
        return self._skew == 0

    def latency(self) -> float:
        """Return how long one way of a call takes; no time at all makes ties."""
        return self._draw() * self._latency if self._latency else 0.0

    def is_stale(self) -> bool:
        """Return whether a read that need not be consistent sees the past."""
        return not self.is_over and self._draw() < self._stale_rate

    # Messages.

    def _strikes(self, share: float = 1.0) -> bool:
        return not self.is_over and self._draw() < self._message_rate * share

    def copies(self) -> int:
        """Return how many messages one send becomes; retries of the client repeat it."""
        return self._random.choice((2, 2, 3)) if self._strikes() else 1

    def extra_delay(self) -> float:
        """Return how much later than asked a message shows up."""
        return self._draw() * self._longest_delay if self._strikes() else 0.0

    def stays_visible(self) -> bool:
        """Return whether a message that is being handled is handed out once more."""
        return self._strikes(0.5)

    def loses_deletion(self) -> bool:
        """Return whether a message that was handled is not deleted."""
        return self._strikes(0.5)

    def comes_back(self) -> bool:
        """Return whether a deleted message is delivered all the same."""
        return self._strikes(0.3)

    def is_poisoned(self) -> bool:
        """Return whether a message goes to the dead letters at once."""
        return self._strikes(0.2)

    def loses_answer(self) -> bool:
        """Return whether a client does not get the answer to its request."""
        return not self.is_over and self._draw() < self.call_rate / 2

    # Processes and clocks.

    def stall(self) -> float:
        """Return how much of its time a function loses before it begins, in seconds."""
        return 0.0 if self.is_over else self._draw() * self._longest_stall

    def skew(self) -> float:
        """Return how wrong a new process's clock is, in seconds."""
        return 0.0 if self.is_over else (self._draw() * 2 - 1) * self._skew

    def clock_error(self, skew_seconds: float) -> float:
        """Return how wrong a process's clock is now: some jump from look to look."""
        return self.skew() if self._is_jumping else skew_seconds


def draws(random: Random, probability: float) -> bool:
    """Return True with a probability."""
    return random.random() < probability


def _outage(random: Random, ends: float) -> Outage:
    begins = random.random() * min(ends, 2 * MINUTE)
    lasts = random.choice((1.0, 30.0, 5 * MINUTE, HOUR))
    service = random.choice((_TABLE, _QUEUES))
    fault = random.choice((Fault.FAIL, Fault.THROTTLED, Fault.HANG, Fault.HANG_DONE))
    return Outage(service, begins, begins + lasts, fault)
