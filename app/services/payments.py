"""Deciding about payments."""

from datetime import datetime

from app.domain.card import CardRules
from app.domain.payment import PaymentDecision, decide_payment
from app.messages import CreditCardValidated, PaymentRequested
from app.metrics import ORDERS_DECLINED, emit_metrics
from app.queues import Queues
from app.services.declines import count_decline
from app.store.payments import decide_once
from app.store.table import Table


async def decide(
    table: Table,
    queues: Queues,
    message: PaymentRequested,
    *,
    rules: CardRules,
    now: datetime,
) -> PaymentDecision:
    """Decide about a payment once, and send the decision every time.

    The first decision is final: a repeat of the message sends the stored decision, even after
    the card has expired. A card that is declined costs a write for each of its counters; a repeat
    counts nothing.
    """
    decision = decide_payment(
        message.order_id,
        message.card,
        amount_cents=message.total_cents,
        rules=rules,
        now=now,
    )
    decision = await decide_once(table, decision)
    if count_declined(decision, now=now):
        await count_decline(table, message.decline_counters, now=now)
    await announce(queues, decision)
    return decision


def count_declined(decision: PaymentDecision, *, now: datetime) -> bool:
    """Count an order in the metrics that was declined just ``now``, and return whether it was.

    A repeat is not counted.
    """
    is_new = not decision.success and decision.decided_at == now
    if is_new:
        emit_metrics({ORDERS_DECLINED: 1}, now=now, Reason=decision.reason)
    return is_new


async def announce(queues: Queues, decision: PaymentDecision) -> None:
    """Send a decision to the order worker; safe to repeat."""
    await queues.send(CreditCardValidated.from_decision(decision))
