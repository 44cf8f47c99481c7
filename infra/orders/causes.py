"""What can hold one order, each with what was found of it, and what to do about it."""

from datetime import datetime, timedelta

from app.domain.order import Order, OrderState
from app.domain.payment import PAYMENT_TIMEOUT
from app.domain.sweeping import GRACE, stuck_at
from infra.ages import age_text
from infra.dead_letters.diagnosis import Diagnosis
from infra.log_search import LogLine
from infra.orders.facts import Evidence, Explanation, QueueStatus
from infra.orders.own_lines import failures, own_lines
from infra.orders.queued_messages import QueuedMessage
from infra.topology import QUEUES


def paid_otherwise(evidence: Evidence) -> Explanation | None:
    """Return what is to be done where another amount than the order's total was paid.

    Where events are trusted, one that is sent by hand is paid and shipped as it says.
    """
    order, decision = evidence.order, evidence.decision
    if not (decision and decision.success and decision.amount_cents != order.total_cents):
        return None
    why = (
        f"Its payment was decided for {decision.amount_cents} cents, and the order costs "
        f"{order.total_cents}."
    )
    if evidence.trusts_events:
        return Explanation(
            f"{why} This shop believes events that are sent by hand (TRUST_EVENTS), so it goes on.",
            "Nothing, if the event was sent by hand; with TRUST_EVENTS=0 such an order is not "
            "shipped.",
        )
    return Explanation(
        why,
        "Neither repeat nor ship it: a person must find out which of the two is right "
        '(infra/RUNBOOK.md, "An order cannot be read").',
    )


def contradiction(evidence: Evidence) -> Explanation | None:
    """Return what is to be done where the stored decision does not fit the order's state."""
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
    return None if decision else _unproven(evidence)


def _unproven(evidence: Evidence) -> Explanation:
    """Return why an order may have gone on without a stored decision about its payment."""
    why = f"It is {evidence.order.state.name.lower()}, but no decision about its payment is stored"
    proof = "that the customer was charged cannot be proven from the table: a person must find out"
    if payment_was_accepted(evidence):
        return Explanation(
            f"{why}, though the log says that the payment was accepted: the decision was deleted, "
            "or the table was restored.",
            f"Nothing for its delivery, which needs none; {proof}.",
        )
    known = "an example order or one moved by hand"
    if evidence.trusts_events:
        known = "an example order, or one that an event sent by hand has moved (TRUST_EVENTS)"
    return Explanation(
        f"{why}: that was deleted, the table was restored, or it never had one, as {known}.",
        f"Nothing for its delivery, which needs none; {proof}, if it is none of these.",
    )


def payment_was_accepted(evidence: Evidence) -> bool:
    """Tell whether the log says that the payment was decided, and accepted."""
    return any(line.text.startswith("payment.accepted ") for line in _own_lines(evidence))


def _own_lines(evidence: Evidence) -> list[LogLine]:
    ids = {message.message_id for message in evidence.messages or ()}
    ids |= {dead_letter.message_id for dead_letter in evidence.dead_letters}
    return own_lines(evidence.log, evidence.order.order_id, message_ids=ids)


def has_lost_its_decision(evidence: Evidence) -> bool:
    """Tell whether the log knows of a decision that is not stored any more."""
    return (
        evidence.order.state is OrderState.PENDING
        and evidence.decision is None
        and payment_was_accepted(evidence)
    )


def lost_decision(evidence: Evidence) -> Explanation:
    """Explain a pending order whose stored decision is missing."""
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
    return f"is {oldest.place} for {oldest.age_seconds} s, after {_tries(oldest)}"


def hidden(status: QueueStatus, evidence: Evidence, *, now: datetime) -> Explanation | None:
    """Return until when no worker gets the order's message in a queue, if that is no try of it."""
    own = [message for message in evidence.messages or () if message.queue == status.queue]
    if not own:
        return None
    first = min(own, key=lambda message: message.hidden_seconds)
    visible_at = now + timedelta(seconds=first.hidden_seconds)
    until = f"until about {visible_at:%Y-%m-%d %H:%M:%S} UTC"
    since = f"It was sent {age_text(first.age_seconds)} ago"
    if first.place == "delayed" and first.hidden_seconds:
        return Explanation(
            f"Its message in {status.queue} is delayed {until}. {since}, with that delay.",
            f"Nothing: {status.function} gets it then.",
        )
    if first.hidden_seconds <= _visibility_seconds(status.queue):
        return None
    return Explanation(
        f"Its message in {status.queue} is hidden {until}, longer than any try of {status.function}"
        f": another reader holds it. {since}, and was received {first.receives} times.",
        f"Find who reads {status.queue} beside its worker. If that reader keeps the message, "
        f"{status.function} gets it then.",
    )


def _visibility_seconds(name: str) -> int:
    return next(queue.visibility_seconds for queue in QUEUES if queue.name == name)


def _tries(message: QueuedMessage) -> str:
    return "1 try" if message.receives == 1 else f"{message.receives} tries"


def last_failure(evidence: Evidence, queue: str) -> str:
    """Return why the last try of the order's message in a queue failed, as the log has it."""
    causes = failures(_own_lines(evidence), queue, since=moved_at(evidence.order))
    return f" The last try failed: {causes[-1]}." if causes else ""


def moved_at(order: Order) -> datetime:
    """Return when an order came into its state."""
    return order.placed_at if order.state is OrderState.PENDING else order.updated_at


def unknown_state(evidence: Evidence, *, now: datetime) -> Explanation:
    """Return what is known of an order in a state of a later release, and what to do about it."""
    order = evidence.order
    since = f"since {order.updated_at:%Y-%m-%d %H:%M} UTC ({age_text(now - order.updated_at)})"
    why = f"It stands in a state that this release does not know, {since}: a later one gave it."
    if now < stuck_at(order, longest_delivery=evidence.longest_delivery):
        return Explanation(why, "Nothing yet: the later release moves it on. Look again later.")
    return Explanation(
        why,
        "If a later release is out, its functions move the order: look there. If none is, or it "
        "was rolled back, nothing moves it: release it again, or a person must correct the state "
        '(infra/RUNBOOK.md, "An order is in a state that is not known").',
    )


def unswept(evidence: Evidence) -> Explanation | None:
    """Return that the sweeper does not do its work, if it has not looked at the order in time."""
    if not evidence.overdue_since:
        return None
    return Explanation(
        f"The sweeper should have looked at it at {evidence.overdue_since:%Y-%m-%d %H:%M} UTC: its "
        "schedule is disabled, it fails, or the shop was stopped.",
        f"acme-shop sweep{evidence.options} does it now; then find out why "
        '(infra/RUNBOOK.md, "The sweeper").',
    )


def tried_again(message: QueuedMessage, evidence: Evidence) -> Explanation:
    """Return that a message which a final order does not need is not accepted."""
    return Explanation(
        f"A message of it is still in {message.queue}, after {_tries(message)}."
        f"{last_failure(evidence, message.queue)}",
        "Nothing yet: after five tries it is a dead letter; look again then.",
    )


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
