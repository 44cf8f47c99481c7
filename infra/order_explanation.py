"""Telling from what was found why an order does not move, and what to do next."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.order import Order, OrderState
from app.domain.payment import PAYMENT_TIMEOUT, PaymentDecision
from app.domain.sweeping import GRACE, stuck_at
from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE
from infra.dead_letters.diagnosis import Diagnosis
from infra.log_search import LogLine
from infra.topology import MAX_RECEIVES, QUEUES

#: A step normally takes less than a second; until then nothing is called stuck.
ON_ITS_WAY = timedelta(seconds=15)
#: A message that its worker refuses has had all its tries by then, and is a dead letter.
ALL_TRIES = MAX_RECEIVES * timedelta(seconds=max(queue.visibility_seconds for queue in QUEUES))


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


def explain(evidence: Evidence, *, now: datetime) -> Explanation:
    """Return the likeliest cause; what is certain comes before what is guessed."""
    order = evidence.order
    if order.state is OrderState.UNKNOWN:
        return Explanation("A later release gave it this state.", "Nothing: that release moves it.")
    decision = evidence.decision
    if decision and decision.success and decision.amount_cents != order.total_cents:
        return Explanation(
            f"Its payment was decided for {decision.amount_cents} cents, and the order costs "
            f"{order.total_cents}.",
            "Neither repeat nor ship it: a person must find out which of the two is right "
            '(infra/RUNBOOK.md, "An order cannot be read").',
        )
    if order.state is OrderState.DECLINED:
        reason = evidence.decision.reason if evidence.decision else order.status
        return Explanation(f"It was declined: {reason}.", "Nothing: it is final.")
    if order.state is OrderState.DELIVERED:
        return Explanation("It was delivered.", "Nothing: it is final.")
    return next(_causes(evidence, now=now))


def _causes(evidence: Evidence, *, now: datetime) -> Iterator[Explanation]:
    order, stage = evidence.order, expected_queues(evidence)
    passed = [status for status in evidence.queues if status.queue in stage]
    # A dead letter of another step may be old; it explains the order only if nothing else does.
    own = [
        dead_letter
        for dead_letter in evidence.dead_letters
        if dead_letter.comes_from in {None, *stage}
    ]
    yield from (_dead_letter(dead_letter, evidence) for dead_letter in own)
    yield from (_paused(status, evidence) for status in passed if status.is_paused)
    for status in passed:
        if status.obstacle:
            yield Explanation(
                f"The worker {status.function} does not work: {status.obstacle}.",
                f"{evidence.repair}; {status.queue} holds {status.content} and delivers by itself "
                "then.",
            )
    since = order.placed_at if order.state is OrderState.PENDING else order.updated_at
    if order.state is OrderState.PENDING and evidence.decision is None and _was_decided(evidence):
        yield _without_decision(evidence)
    holding = [status for status in passed if _may_hold(status, order)]
    if order.state is OrderState.SHIPPED and holding and now < since + evidence.longest_delivery:
        yield Explanation("It is being delivered.", "Nothing: the delivery is a delayed message.")
    for status in holding if now - since < ALL_TRIES else ():
        yield Explanation(
            f"{status.queue} holds {status.content} ({status.in_flight} in flight), "
            f"and {status.function} takes them: this one waits or is tried again."
            f"{_failure(evidence)}",
            f"Look again in a minute; after five tries it is in "
            f"acme-shop dead-letters{evidence.options}.",
        )
    if now - since < ON_ITS_WAY:
        yield Explanation("Its message is on its way.", "Look again in some seconds.")
    yield from (_dead_letter(dead_letter, evidence) for dead_letter in evidence.dead_letters)
    lost = _lost(evidence, now=now)
    others = ", ".join(f"{status.content} in {status.queue}" for status in holding)
    if others:
        lost = replace(lost, why=f"{lost.why} What is there ({others}) is probably of others.")
    yield lost


def _may_hold(status: QueueStatus, order: Order) -> bool:
    """Tell whether the message that moves the order next can be among those of a queue."""
    # Only reports of deliveries are delayed, and an order is shipped before it is delivered.
    delayed = 0 if order.state is OrderState.PAID else status.delayed
    return bool(status.waiting or status.in_flight or delayed)


def _was_decided(evidence: Evidence) -> bool:
    return any(line.text.startswith("payment.accepted") for line in evidence.log)


def _without_decision(evidence: Evidence) -> Explanation:
    ends_at = f"{evidence.order.placed_at + PAYMENT_TIMEOUT:%Y-%m-%d %H:%M} UTC"
    return Explanation(
        "The log says that its payment was accepted, but the decision is gone from the table, and "
        "a result without one is not believed.",
        "Restore the table to a time when it was there (infra/RUNBOOK.md), or have the customer "
        "repeat the order with the same Idempotency-Key, which decides anew; without either the "
        f"sweeper declines the order at {ends_at}.",
    )


def _failure(evidence: Evidence) -> str:
    """Return why the last try failed, as the log has it."""
    causes = [
        line.text.partition("cause=")[2]
        for line in evidence.log
        if line.text.startswith("record.failed")
    ]
    return f" The last try failed: {causes[-1]}." if causes else ""


def expected_queues(evidence: Evidence) -> tuple[str, ...]:
    """Return the queues in which the message that moves the order next can be."""
    match evidence.order.state:
        case OrderState.PENDING if evidence.decision is None:
            return (PAYMENT_REQUEST,)
        case OrderState.PENDING:
            return (PAYMENT_RESPONSE,)
        case OrderState.PAID:
            return (SHIPMENT_REQUEST, SHIPMENT_RESPONSE)
        case _:
            return (SHIPMENT_RESPONSE,)


def _dead_letter(dead_letter: Diagnosis, evidence: Evidence) -> Explanation:
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
        f"mapping is {what}, and the queue holds {status.content}."
    )
    if not status.mapping_id:
        return Explanation(why, evidence.repair)
    return Explanation(
        why,
        f"{evidence.aws} lambda update-event-source-mapping --enabled --uuid "
        f"{status.mapping_id}{evidence.aws_options}",
    )


def _lost(evidence: Evidence, *, now: datetime) -> Explanation:
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
