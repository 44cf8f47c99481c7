"""What was found about one order, and around it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.order import Order
from app.domain.payment import PaymentDecision
from infra.dead_letters.diagnosis import Diagnosis
from infra.log_search import LogLine
from infra.orders.filing import FilingFault
from infra.orders.queued_messages import QueuedMessage

#: The state of a mapping where AWS does not tell it.
NOT_KNOWN = "not known"

_WORKING = frozenset({"Enabled", "Enabling", "Creating", "Updating", NOT_KNOWN})


@dataclass(frozen=True)
class QueueStatus:
    """One queue that an order's messages pass, and the worker behind it.

    ``mapping_state`` is AWS's word for the event source mapping, empty where there is none.
    ``obstacle`` says why the worker does not work, ``queue_obstacle`` why the queue does not.
    """

    queue: str
    function: str
    waiting: int
    in_flight: int
    delayed: int
    mapping_state: str
    mapping_id: str
    obstacle: str | None = None
    queue_obstacle: str | None = None

    @property
    def is_paused(self) -> bool:
        """Whether the mapping takes nothing from the queue."""
        return self.mapping_state not in _WORKING

    @property
    def content(self) -> str:
        """Return how many messages the queue holds, of this order or others, in words."""
        count = self.waiting + self.in_flight + self.delayed
        return "1 message" if count == 1 else f"{count or 'no'} messages"


@dataclass(frozen=True)
class FunctionRelease:
    """Which release a function of a stack runs, and which one gets ``percent`` of its calls."""

    function: str
    stable: str
    canary: str | None = None
    percent: int = 0


@dataclass(frozen=True, kw_only=True)
class OrderContext:
    """What was found around an order, whatever its item says.

    ``messages`` are its own in the queues, None where only their numbers are known. ``log`` holds
    the lines about it, ``log_obstacle`` says why there can be none. ``missing`` names what was
    asked for and is not there, or does not answer: the rest is told without it; ``unsaved`` is why
    the local shop cannot save its data, and what helps: "why: help". ``filing`` is what
    is wrong with the lists that the order should be in. ``releases`` are those of a stack in AWS.
    ``options`` is what each suggested command needs to reach the same stack; ``aws_options`` what
    the AWS command line needs. ``repair`` brings back queues, functions and mappings as they
    should be.
    """

    queues: tuple[QueueStatus, ...] = ()
    dead_letters: tuple[Diagnosis, ...] = ()
    messages: tuple[QueuedMessage, ...] | None = None
    log: tuple[LogLine, ...] = ()
    log_obstacle: str | None = None
    missing: tuple[str, ...] = ()
    unsaved: str | None = None
    filing: tuple[FilingFault, ...] = ()
    releases: tuple[FunctionRelease, ...] = ()
    is_local: bool = False
    options: str = ""
    aws_options: str = ""
    repair: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence(OrderContext):
    """Everything that was found about one order whose item can be read.

    ``trusts_events`` is what the workers' setting TRUST_EVENTS comes to, ``overdue_since`` when
    the sweeper should have looked at the order at last, if it did not.
    """

    order: Order
    decision: PaymentDecision | None
    longest_delivery: timedelta
    trusts_events: bool = False
    overdue_since: datetime | None = None


@dataclass(frozen=True)
class Explanation:
    """Why an order stands where it stands, and what an operator should do; one sentence each."""

    why: str
    next_step: str
