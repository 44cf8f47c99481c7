"""Telling from what was found why an order does not move, and what to do next."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.order import Order, OrderState
from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE
from infra.orders.causes import (
    contradiction,
    dead_letter_cause,
    has_lost_its_decision,
    hidden,
    last_failure,
    left_over,
    lost_decision,
    lost_message,
    moved_at,
    own_message,
    paid_otherwise,
    payment_was_accepted,
    tried_again,
    unknown_state,
    unswept,
)
from infra.orders.facts import Evidence, Explanation, QueueStatus
from infra.orders.obstacles import half_released, held_back, may_hold, misfiled, obstacles
from infra.topology import MAX_RECEIVES, QUEUES

#: A step normally takes less than a second; until then nothing is called stuck.
ON_ITS_WAY = timedelta(seconds=15)
#: The queues in the order in which an order's messages pass them.
_ORDER_OF_QUEUES = (PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE)
#: A message that its worker refuses has had all its tries by then, and is a dead letter.
ALL_TRIES = MAX_RECEIVES * timedelta(seconds=max(queue.visibility_seconds for queue in QUEUES))


def explain(evidence: Evidence, *, now: datetime) -> tuple[Explanation, ...]:
    """Return every cause that holds, the most urgent first; there is at least one.

    What holds up other orders too comes before what is wrong with this one, what is certain before
    what is guessed, and what would hold the order later, or is only left over, comes last. A
    decision that says the opposite of the order comes first of all, since money is at stake; one
    that is missing holds nothing up.
    """
    order = evidence.order
    found = []
    contradicting = contradiction(evidence)
    comes_first = evidence.decision is not None or (
        order.state.is_final and (payment_was_accepted(evidence) or not evidence.trusts_events)
    )
    if contradicting and comes_first:
        found.append(contradicting)
    wrongly_paid = paid_otherwise(evidence)
    if wrongly_paid and not evidence.trusts_events:
        found.append(wrongly_paid)
    if misfiling := misfiled(order.order_id, evidence):
        found.append(misfiling)
    found += _by_state(evidence, now=now, may_move=wrongly_paid not in found)
    if contradicting and not comes_first:
        found.append(contradicting)
    if wrongly_paid and wrongly_paid not in found:
        found.append(wrongly_paid)
    half_out = half_released(evidence)
    if half_out and order.state not in {OrderState.DECLINED, OrderState.DELIVERED}:
        found.append(half_out)
    # While nothing can be saved the sweeper cannot do its work, whoever starts it.
    if (not_swept := unswept(evidence)) and not evidence.unsaved:
        found.append(not_swept)
    if order.state in {OrderState.DECLINED, OrderState.DELIVERED}:
        found += (
            tried_again(message, evidence)
            for message in evidence.messages or ()
            if message.receives
        )
        found += (left_over(dead_letter, evidence) for dead_letter in evidence.dead_letters)
    # Two messages of one kind can have the same to be said of them.
    return tuple(dict.fromkeys(found))


def _by_state(evidence: Evidence, *, now: datetime, may_move: bool) -> Iterator[Explanation]:
    """Yield what an order's state says of it, and what holds it up if it is to go on."""
    order, decision = evidence.order, evidence.decision
    match order.state:
        case OrderState.UNKNOWN:
            yield unknown_state(evidence, now=now)
            yield from obstacles(evidence.queues, evidence)
            yield from _held_back(evidence, until="the state is one that this release knows")
        case OrderState.DECLINED:
            reason = decision.reason if decision and not decision.success else order.status
            yield Explanation(f"It was declined: {reason}.", "Nothing: it is final.")
        case OrderState.DELIVERED:
            yield Explanation("It was delivered.", "Nothing: it is final.")
        case _ if not may_move:
            yield from obstacles(evidence.queues, evidence)
            yield from _held_back(evidence, until="it is known which of the two amounts is right")
        case _:
            yield from _causes(evidence, now=now)


def _held_back(evidence: Evidence, *, until: str) -> Iterator[Explanation]:
    return (held_back(dead_letter, until=until) for dead_letter in evidence.dead_letters)


def _causes(evidence: Evidence, *, now: datetime) -> Iterator[Explanation]:
    order, stage = evidence.order, expected_queues(evidence)
    passed = [status for status in evidence.queues if status.queue in stage]
    # A dead letter of another step may be old: it does not explain where the order stands.
    own = [
        dead_letter
        for dead_letter in evidence.dead_letters
        if dead_letter.comes_from in {None, *stage}
    ]
    certain = obstacles(passed, evidence)
    if evidence.unsaved:
        # What the queues hold is not known until there is room.
        yield from certain
        return
    certain += (dead_letter_cause(dead_letter, evidence) for dead_letter in own)
    holding = [status for status in passed if may_hold(status, evidence)]
    # A result that is still there counts where events are trusted.
    if has_lost_its_decision(evidence) and not (evidence.trusts_events and holding):
        certain.append(lost_decision(evidence))
    yield from certain
    moving = None if certain else _moving(holding, evidence, now=now)
    if moving:
        yield moving
    for dead_letter in evidence.dead_letters:
        if dead_letter not in own:
            yield dead_letter_cause(dead_letter, evidence)
    if not (moving or certain):
        yield _lost_among(holding, evidence, now=now)
    elif certain and not (
        own or holding or has_lost_its_decision(evidence) or _is_young(order, now=now)
    ):
        # What stands still holds no message that could move the order.
        yield lost_message(evidence, now=now)
    for obstacle in obstacles(_later(evidence, stage), evidence):
        if obstacle not in certain:
            yield replace(obstacle, why=f"Later it will meet this: {obstacle.why}")


def _later(evidence: Evidence, stage: tuple[str, ...]) -> list[QueueStatus]:
    """Return the queues that the order's messages have still to pass behind this step."""
    last = max(_ORDER_OF_QUEUES.index(queue) for queue in stage)
    return [status for status in evidence.queues if status.queue in _ORDER_OF_QUEUES[last + 1 :]]


def _moving(holding: list[QueueStatus], evidence: Evidence, *, now: datetime) -> Explanation | None:
    """Return where an order is on its way, if everything works and it probably is."""
    order = evidence.order
    since = moved_at(order)
    if order.state is OrderState.SHIPPED and holding and now < since + evidence.longest_delivery:
        return Explanation("It is being delivered.", "Nothing: the delivery is a delayed message.")
    is_known = evidence.messages is not None
    for status in holding if is_known or now - since < ALL_TRIES else ():
        if waits := hidden(status, evidence, now=now):
            return waits
        which = "this one waits or is tried again"
        if is_known:
            which = f"its own {own_message(status, evidence)}"
        return Explanation(
            f"{status.queue} holds {status.content} ({status.in_flight} in flight), "
            f"and {status.function} takes them: {which}.{last_failure(evidence, status.queue)}",
            f"Look again in a minute; after five tries it is in "
            f"acme-shop dead-letters{evidence.options}.",
        )
    if _is_young(order, now=now):
        return Explanation("Its message is on its way.", "Look again in some seconds.")
    return None


def _lost_among(holding: list[QueueStatus], evidence: Evidence, *, now: datetime) -> Explanation:
    """Return that a message is lost, and what of others is in its queues."""
    lost = lost_message(evidence, now=now)
    held = ", ".join(f"{status.content} in {status.queue}" for status in holding)
    also = ""
    if evidence.messages is None and any(status.in_flight or status.delayed for status in holding):
        also = "; if not, it is delayed, or another reader than the worker holds it"
    if held:
        lost = replace(lost, why=f"{lost.why} What is there ({held}) is probably of others{also}.")
    return lost


def _is_young(order: Order, *, now: datetime) -> bool:
    return now - moved_at(order) < ON_ITS_WAY


def expected_queues(evidence: Evidence) -> tuple[str, ...]:
    """Return the queues in which the message that moves the order next can be."""
    match evidence.order.state:
        case OrderState.PENDING if has_lost_its_decision(evidence):
            return (PAYMENT_REQUEST, PAYMENT_RESPONSE)
        case OrderState.PENDING if evidence.decision is None:
            return (PAYMENT_REQUEST,)
        case OrderState.PENDING:
            return (PAYMENT_RESPONSE,)
        case OrderState.PAID:
            return (SHIPMENT_REQUEST, SHIPMENT_RESPONSE)
        case _:
            return (SHIPMENT_RESPONSE,)
