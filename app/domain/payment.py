"""Whether an order's payment succeeds; decided once per order."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.card import Card, CardRules, refuse_card
from app.domain.errors import EventRefusedError
from app.domain.ids import transaction_id_for

#: Messages of the event, word for word (openapi/CONTRACT.md, 2).
PAID_MESSAGE = "transaction successful"
DECLINED_MESSAGE = "creditcard validation has failed, unable to process payment"
TIMED_OUT_MESSAGE = "payment timed out"

NO_TRANSACTION = "-1"

#: An order without a decision is declined after this time; card data is kept no longer.
PAYMENT_TIMEOUT = timedelta(hours=48)


@dataclass(frozen=True)
class PaymentDecision:
    """Whether an order is paid; stored once and never changed.

    ``message`` goes into the event; ``reason`` is the shopper's text for a refused card.
    """

    order_id: str
    success: bool
    amount_cents: int
    transaction_id: str
    message: str
    reason: str
    decided_at: datetime


def decide_payment(
    order_id: str, card: Card, *, amount_cents: int, rules: CardRules, now: datetime
) -> PaymentDecision:
    """Return the decision about charging ``amount_cents`` to ``card``."""
    refusal = refuse_card(card, today=now.date(), rules=rules, total_cents=amount_cents)
    if refusal is None:
        return PaymentDecision(
            order_id=order_id,
            success=True,
            amount_cents=amount_cents,
            transaction_id=transaction_id_for(order_id),
            message=PAID_MESSAGE,
            reason="",
            decided_at=now,
        )
    return _declined(order_id, amount_cents, message=DECLINED_MESSAGE, reason=refusal, now=now)


def check_amount(decision: PaymentDecision | None, *, total_cents: int) -> None:
    """Return unless another amount than an order's total was paid.

    Nothing in the shop brings that about: the order or its decision was changed by hand since, or
    an operator has restored an older copy of one of them. Which one is right a person must say.

    Raises:
        EventRefusedError: another amount was paid.
    """
    if decision and decision.success and decision.amount_cents != total_cents:
        raise EventRefusedError("amount: is not the total of the order")


def time_out_payment(order_id: str, *, amount_cents: int, now: datetime) -> PaymentDecision:
    """Return the decision that declines an order whose payment was never decided."""
    return _declined(
        order_id,
        amount_cents,
        message=TIMED_OUT_MESSAGE,
        reason=TIMED_OUT_MESSAGE,
        now=now,
    )


def _declined(
    order_id: str, amount_cents: int, *, message: str, reason: str, now: datetime
) -> PaymentDecision:
    return PaymentDecision(
        order_id=order_id,
        success=False,
        amount_cents=amount_cents,
        transaction_id=NO_TRANSACTION,
        message=message,
        reason=str(reason),
        decided_at=now,
    )
