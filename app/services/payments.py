"""Deciding about payments."""

from datetime import datetime

from app.domain.card import CardRules
from app.domain.payment import PaymentDecision, decide_payment
from app.messages import CreditCardValidated, PaymentRequested
from app.queues import Queues
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
    the card has expired.
    """
    decision = decide_payment(
        message.order_id,
        message.card.to_card(),
        amount_cents=message.total_cents,
        rules=rules,
        now=now,
    )
    decision = await decide_once(table, decision)
    await announce(queues, decision)
    return decision


async def announce(queues: Queues, decision: PaymentDecision) -> None:
    """Send a decision to the order worker; safe to repeat."""
    await queues.send(CreditCardValidated.from_decision(decision))
