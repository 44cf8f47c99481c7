"""What can hold an order, each with what was found of it, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.order import Order, OrderState
from app.domain.payment import PAYMENT_TIMEOUT, PaymentDecision
from app.domain.sweeping import GRACE, stuck_at
from infra.dead_letters.diagnosis import Diagnosis
from infra.log_search import LogLine
from infra.queued_messages import QueuedMessage


@dataclass(frozen=True)
class QueueStatus:
    """One queue that an order's messages pass, and the worker behind it.

    ``mapping_state`` is AWS's word for the event source mapping, empty where there is none.
    """

    queue: str
    function: str
    waiting: int
    in_flight: int
    delayed: int
    mapping_state: str
    mapping_id: str
    obstacle: str | None = None

    @property
    def is_paused(self) -> bool:
        """Whether the mapping takes nothing from the queue."""
        return self.mapping_state not in {"Enabled", "Enabling", "Creating", "Updating"}

    @property
    def content(self) -> str:
        """Return how many messages the queue holds, of this order or others, in words."""
        count = self.waiting + self.in_flight + self.delayed
        return "1 message" if count == 1 else f"{count or 'no'} messages"


@dataclass(frozen=True)
class Evidence:
    """Everything that was found about one order.

    ``messages`` are its own in the queues, None where only their numbers are known.
    ``trusts_events`` is what the workers' setting TRUST_EVENTS comes to.
    ``log`` holds the lines about it, ``log_obstacle`` says why there can be none.
    ``options`` is what each suggested command needs to reach the same stack; ``aws`` is the
    AWS command line with what it needs before it, and ``aws_options`` what it needs behind.
    ``repair`` brings back functions and mappings as they should be.
    """

    order: Order
    decision: PaymentDecision | None
    queues: tuple[QueueStatus, ...]
    dead_letters: tuple[Diagnosis, ...]
    longest_delivery: timedelta
    messages: tuple[QueuedMessage, ...] | None = None
    trusts_events: bool = False
    options: str = ""
    aws: str = "aws"
    aws_options: str = ""
    repair: str = ""
    log: tuple[LogLine, ...] = ()
    log_obstacle: str | None = None


@dataclass(frozen=True)
class Explanation:
    """Why an order stands where it stands, and what an operator should do; one sentence each."""

    why: str
    next_step: str


def paid_otherwise(evidence: Evidence) -> Explanation | None:
    """Return what is to be done where another amount than the order's total was paid."""
    order, decision = evidence.order, evidence.decision
    if not (decision and decision.success and decision.amount_cents != order.total_cents):
        return None
    return Explanation(
        f"Its payment was decided for {decision.amount_cents} cents, and the order costs "
        f"{order.total_cents}.",
        "Neither repeat nor ship it: a person must find out which of the two is right "
        '(infra/RUNBOOK.md, "An order cannot be read").',
    )


def contradiction(evidence: Evidence) -> Explanation | None:
    """Return what is to be done where the stored decision does not fit the order's state.

    Where events are trusted, one that is sent by hand moves an order without any decision.
    """
    order, decision = evidence.order, evidence.decision
    state = order.state.name.lower()
    if order.state is OrderState.DECLINED and decision and decision.success:
        return Explanation(
            f"The customer was charged {decision.amount_cents} cents, and the order is declined: "
            "its decision says paid.",
            "A person must give the money back, or correct the order "
            '(infra/RUNBOOK.md, "An order cannot be read"); nothing does so by itself.',
        )
    if order.state not in {OrderState.PAID, OrderState.SHIPPED, OrderState.DELIVERED}:
        return None
    if decision and not decision.success:
        return Explanation(
            f"It is {state}, but its decision says declined: {decision.reason or decision.message}."
            " One of the two was changed or restored, or an event was sent by hand.",
            "Nothing for its delivery, which goes on; that the customer was charged cannot be "
            "proven: a person must find out, and collect the money or correct the decision.",
        )
    if decision or evidence.trusts_events:
        return None
    return Explanation(
        f"It is {state}, but no decision about its payment is stored: that was deleted, the table "
        "was restored, or it never had one, as an example order or one moved by hand.",
        "Nothing for its delivery, which needs none; that the customer was charged cannot be "
        "proven from the table: a person must find out, if it is no example.",
    )


def obstacles(passed: list[QueueStatus], evidence: Evidence) -> list[Explanation]:
    """Return why queues are not emptied: each mapping that is paused, each worker that is down."""
    found = [_paused(status, evidence) for status in passed if status.is_paused]
    functions: dict[str, list[QueueStatus]] = {}
    for status in passed:
        if status.obstacle:
            functions.setdefault(status.function, []).append(status)
    for function, statuses in functions.items():
        held = " and ".join(
            f"{status.queue} holds {_content(status, evidence)}" for status in statuses
        )
        found.append(
            Explanation(
                f"The worker {function} does not work: {statuses[0].obstacle}.",
                f"{evidence.repair}; {held} and delivers by itself then.",
            )
        )
    return found


def may_hold(status: QueueStatus, evidence: Evidence) -> bool:
    """Tell whether the message that moves the order next is, or can be, in a queue."""
    if evidence.messages is not None:
        return any(message.queue == status.queue for message in evidence.messages)
    # Only reports of deliveries are delayed, and an order is shipped before it is delivered.
    delayed = 0 if evidence.order.state is OrderState.PAID else status.delayed
    return bool(status.waiting or status.in_flight or delayed)


def _content(status: QueueStatus, evidence: Evidence) -> str:
    """Return what a queue holds, in words, and whether the order's own message is among it."""
    if evidence.messages is None:
        return status.content
    if may_hold(status, evidence):
        return f"{status.content}, its own among them"
    count = status.waiting + status.in_flight + status.delayed
    return f"{status.content}, none of them its own" if count else status.content


def has_lost_its_decision(evidence: Evidence) -> bool:
    """Tell whether the log knows of a decision that is not stored any more."""
    return (
        evidence.order.state is OrderState.PENDING
        and evidence.decision is None
        and any(line.text.startswith("payment.accepted") for line in evidence.log)
    )


def lost_decision(evidence: Evidence) -> Explanation:
    """Return what a pending order waits for whose decision was stored and is gone."""
    ends_at = f"{evidence.order.placed_at + PAYMENT_TIMEOUT:%Y-%m-%d %H:%M} UTC"
    gone = "The log says that its payment was accepted, but the decision is gone from the table"
    again = (
        "have the customer repeat the order with the same Idempotency-Key, which decides anew; "
        f"without either the sweeper declines the order at {ends_at}."
    )
    if evidence.trusts_events:
        return Explanation(
            f"{gone}. TRUST_EVENTS lets a result without one count, where it is still in a queue.",
            f"acme-shop dead-letters{evidence.options}: send its result back, or {again}",
        )
    return Explanation(
        f"{gone}, and a result without one is refused (TRUST_EVENTS is off).",
        f"Restore the table to a time when it was there (infra/RUNBOOK.md), or {again}",
    )


def own_message(status: QueueStatus, evidence: Evidence) -> str:
    """Return where the oldest of the order's messages in a queue is, in words."""
    own = [message for message in evidence.messages or () if message.queue == status.queue]
    oldest = max(own, key=lambda message: message.age_seconds)
    tries = "1 try" if oldest.receives == 1 else f"{oldest.receives} tries"
    return f"is {oldest.place} for {oldest.age_seconds} s, after {tries}"


def last_failure(evidence: Evidence) -> str:
    """Return why the last try failed, as the log has it."""
    causes = [
        line.text.partition("cause=")[2]
        for line in evidence.log
        if line.text.startswith("record.failed")
    ]
    return f" The last try failed: {causes[-1]}." if causes else ""


def left_over(dead_letter: Diagnosis, evidence: Evidence) -> Explanation:
    """Return what becomes of a dead letter that a final order does not need."""
    return Explanation(
        f"A message of it is left over in {dead_letter.queue}: {dead_letter.reason}.",
        f"Remove it: acme-shop discard {dead_letter.message_id}{evidence.options}",
    )


def dead_letter_cause(dead_letter: Diagnosis, evidence: Evidence) -> Explanation:
    """Return how a message died, and whether a redrive brings the order on."""
    came = f" of {dead_letter.comes_from}" if dead_letter.comes_from else ""
    what = f"died in {dead_letter.queue} after {dead_letter.receives} tries"
    if not dead_letter.receives:
        what = f"was put into {dead_letter.queue} by hand"
    why = f"Its message{came} {what}: {dead_letter.reason}."
    options = evidence.options
    if not dead_letter.dies_again:
        step = f"If the reason is gone: acme-shop redrive --queue {dead_letter.queue}{options}"
        return Explanation(why, step)
    order = evidence.order
    discard = f"acme-shop discard {dead_letter.message_id}{options}"
    if order.state is OrderState.PENDING and evidence.decision is None:
        ends_at = f"{order.placed_at + PAYMENT_TIMEOUT:%Y-%m-%d %H:%M} UTC"
        return Explanation(
            why,
            "Do not send it back: its worker would refuse it again. The customer has to order anew "
            f"(a card is stored nowhere else); the sweeper declines this order at {ends_at}. "
            f"Then remove the message: {discard}",
        )
    return Explanation(
        why,
        "Do not send it back: its worker would refuse it again. The sweeper makes the message anew "
        f"from what is stored: acme-shop sweep{options}; then remove this one: {discard}",
    )


def _paused(status: QueueStatus, evidence: Evidence) -> Explanation:
    what = status.mapping_state or "missing"
    why = (
        f"Nothing takes messages from {status.queue} to {status.function}: its event source "
        f"mapping is {what}, and the queue holds {_content(status, evidence)}."
    )
    if not status.mapping_id:
        return Explanation(why, evidence.repair)
    return Explanation(
        why,
        f"{evidence.aws} lambda update-event-source-mapping --enabled --uuid "
        f"{status.mapping_id}{evidence.aws_options}",
    )


def lost_message(evidence: Evidence, *, now: datetime) -> Explanation:
    """Return what brings an order on whose next message is nowhere."""
    order = evidence.order
    if order.state is OrderState.PENDING and evidence.decision is None:
        if now - order.placed_at >= PAYMENT_TIMEOUT:
            return Explanation(
                "Its payment was never decided, and it is older than 48 hours.",
                f"Let the sweeper decline it: acme-shop sweep{evidence.options}",
            )
        ends_at = f"{order.placed_at + PAYMENT_TIMEOUT:%Y-%m-%d %H:%M} UTC"
        return Explanation(
            "Its payment was never decided, and its request is in no queue: it was not sent, or "
            "was removed. Its card is stored nowhere.",
            "Only the customer's repeat with the same Idempotency-Key asks for the payment again; "
            f"without one the sweeper declines the order at {ends_at}.",
        )
    if order.state is OrderState.PENDING:
        what = "The payment is decided, but the message about it is in no queue."
    else:
        what = f"It is {order.state.name.lower()}, but the message that moves it on is in no queue."
    due = stuck_at(order, longest_delivery=evidence.longest_delivery)
    if now < due:
        minutes = int(GRACE.total_seconds()) // 60
        return Explanation(
            what,
            f"The sweeper repeats it from {due:%H:%M:%S} UTC on ({minutes} minutes of grace); "
            f"then: acme-shop sweep{evidence.options}",
        )
    return Explanation(what, f"acme-shop sweep{evidence.options}")
