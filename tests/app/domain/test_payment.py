"""A payment is decided by its card, once."""

from datetime import UTC, datetime

import pytest

from app.domain.card import Card, CardRefusal, CardRules
from app.domain.ids import transaction_id_for
from app.domain.payment import (
    DECLINED_MESSAGE,
    NO_TRANSACTION,
    PAID_MESSAGE,
    PaymentDecision,
    decide_payment,
    time_out_payment,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def decide(card: Card, rules: CardRules = CardRules.STRICT) -> PaymentDecision:
    return decide_payment("1", card, amount_cents=1250, rules=rules, now=NOW)


def test_a_good_card_pays_with_the_transaction_of_the_order() -> None:
    decision = decide(Card("4111111111111111", 12, 2030, "123"))

    assert decision == PaymentDecision(
        order_id="1",
        success=True,
        amount_cents=1250,
        transaction_id=transaction_id_for("1"),
        message=PAID_MESSAGE,
        reason="",
        decided_at=NOW,
    )


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (Card("4111111111111111", 12, 2020, "123"), CardRefusal.EXPIRED),
        (Card("4111111111111112", 12, 2030, "123"), CardRefusal.NUMBER),
        (Card("4111111111111111", 13, 2030, "123"), CardRefusal.EXPIRATION),
        (Card("4111111111111111", 12, 2030, "12"), CardRefusal.CVV),
    ],
)
def test_a_bad_card_is_declined_with_the_reason_for_the_shopper(
    card: Card, reason: CardRefusal
) -> None:
    decision = decide(card)

    assert (decision.success, decision.transaction_id) == (False, NO_TRANSACTION)
    assert (decision.message, decision.reason) == (DECLINED_MESSAGE, str(reason))
    assert decision.amount_cents == 1250


def test_the_classic_rules_check_no_check_digit() -> None:
    assert decide(Card("4111111111111112", 12, 2030, "123"), CardRules.CLASSIC).success


def test_a_payment_that_was_never_decided_is_declined_as_timed_out() -> None:
    late = time_out_payment("1", amount_cents=1, now=NOW)

    assert (late.success, late.transaction_id) == (False, NO_TRANSACTION)
    assert (late.message, late.reason) == ("payment timed out", "payment timed out")


def test_the_last_day_of_a_month_still_pays_in_utc() -> None:
    card = Card("4111111111111111", 11, 2026, "123")
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)

    assert decide_payment("1", card, amount_cents=1, rules=CardRules.STRICT, now=last).success
