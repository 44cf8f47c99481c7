"""A payment is decided once and announced every time."""

from datetime import UTC, datetime

import pytest

from app.domain.card import Card, CardRules
from app.domain.errors import QueueUnavailableError
from app.messages import CreditCardValidated, PaymentRequested
from app.services.payments import decide
from app.store.payments import find_decision
from app.store.table import Table
from tests.support.sent_events import SentEvents
from tests.support.shop import fresh

NOW = datetime(2026, 11, 23, tzinfo=UTC)
AFTER_EXPIRY = datetime(2031, 1, 1, tzinfo=UTC)
CARD = Card("4111111111111111", 12, 2030, "123")


def request(card: Card = CARD) -> PaymentRequested:
    return PaymentRequested(fresh("order"), card, total_cents=6250)


async def test_a_decision_is_stored_and_announced(table: Table) -> None:
    queues, message = SentEvents(), request()

    decision = await decide(table, queues, message, rules=CardRules.STRICT, now=NOW)

    assert decision.success
    assert await find_decision(table, message.order_id) == decision
    assert queues.events == [CreditCardValidated.from_decision(decision)]


async def test_a_repeat_after_the_card_has_expired_announces_the_first_decision(
    table: Table,
) -> None:
    queues, message = SentEvents(), request()
    first = await decide(table, queues, message, rules=CardRules.STRICT, now=NOW)

    again = await decide(table, queues, message, rules=CardRules.STRICT, now=AFTER_EXPIRY)

    assert again == first
    assert queues.events == [CreditCardValidated.from_decision(first)] * 2


async def test_a_decision_that_could_not_be_announced_is_stored_all_the_same(table: Table) -> None:
    away, message = SentEvents(QueueUnavailableError("away")), request()

    with pytest.raises(QueueUnavailableError):
        await decide(table, away, message, rules=CardRules.STRICT, now=NOW)

    assert await find_decision(table, message.order_id) is not None


async def test_the_rules_decide_about_the_card(table: Table) -> None:
    wrong_check_digit = Card("4111111111111112", 12, 2030, "123")

    verdicts = [
        (
            await decide(table, SentEvents(), request(wrong_check_digit), rules=rules, now=NOW)
        ).success
        for rules in (CardRules.STRICT, CardRules.CLASSIC)
    ]

    assert verdicts == [False, True]
