"""An event that agrees with nothing stored changes nothing, outside of shops that trust them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from app.domain.card import Card, CardRules
from app.domain.errors import SettingsError
from app.domain.order import Order, OrderState
from app.domain.payment import PaymentDecision, decide_payment
from app.domain.user import Role, User
from app.messages import CreditCardValidated, Event, PaymentRequested
from app.services.event_checks import check_payment_request, check_payment_result
from app.settings import get_settings, read_settings
from app.store.orders import add_order, get_order
from app.store.payments import decide_once, find_decision
from app.store.table import get_table
from infra.seeds.classic import classic_products, make_order
from tests.simulation.simulator.small_shop import SmallShop, StaleReads
from tests.support.sqs_events import CONTEXT, failed_places, sqs_event
from workers import order as order_worker
from workers import payment as payment_worker

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)
CARD = Card("4111111111111111", 12, 2030, "123")

pytestmark = pytest.mark.usefixtures("stack")


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUST_EVENTS", "0")
    get_settings.cache_clear()


def stored_order() -> Order:
    goods = list(classic_products(NOW))[:1]
    order = make_order(str(uuid4()), BUYER, goods, OrderState.PENDING, placed_at=NOW)
    asyncio.run(add_order(get_table(), order))
    return order


def decided(order: Order, *, amount_cents: int | None = None) -> PaymentDecision:
    cents = order.total_cents if amount_cents is None else amount_cents
    return decide_payment(order.order_id, CARD, amount_cents=cents, rules=CardRules.STRICT, now=NOW)


def state_of(order: Order) -> OrderState:
    return asyncio.run(get_order(get_table(), order.order_id)).state


def is_refused(worker: Any, event: Event, *, queue: str) -> bool:
    """Let a worker handle one event, and tell whether SQS must deliver it again."""
    records = sqs_event(event.to_body(), queue=queue)
    return bool(failed_places(records, worker.handler(records, CONTEXT)))


@pytest.mark.usefixtures("strict")
class TestStrict:
    def test_a_charge_of_an_order_that_is_not_stored_is_refused(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        order_id = str(uuid4())
        event = PaymentRequested(order_id, CARD, total_cents=12_300)

        assert is_refused(payment_worker, event, queue="payment-request")

        assert asyncio.run(find_decision(get_table(), order_id)) is None
        assert "no order has this id" in caplog.text
        assert CARD.number not in caplog.text

    @pytest.mark.parametrize("difference", [-1, 1, 100_000])
    def test_a_charge_of_another_amount_is_refused(self, difference: int) -> None:
        order = stored_order()
        cents = order.total_cents + difference
        event = PaymentRequested(order.order_id, CARD, total_cents=cents)

        assert is_refused(payment_worker, event, queue="payment-request")

        assert asyncio.run(find_decision(get_table(), order.order_id)) is None

    def test_a_charge_of_the_order_is_decided(self) -> None:
        order = stored_order()
        event = PaymentRequested(order.order_id, CARD, total_cents=order.total_cents)

        assert not is_refused(payment_worker, event, queue="payment-request")

        assert asyncio.run(find_decision(get_table(), order.order_id)) is not None

    def test_a_result_without_a_decision_is_refused(self) -> None:
        order = stored_order()
        event = CreditCardValidated.from_decision(decided(order))

        assert is_refused(order_worker, event, queue="payment-response")

        assert state_of(order) is OrderState.PENDING

    @pytest.mark.parametrize(
        "change",
        [
            {"amount_cents": 1},
            {"amount_cents": None},
            {"success": False},
            {"transaction_id": str(uuid4())},
            {"transaction_id": ""},
        ],
    )
    def test_a_result_that_says_something_else_is_refused(self, change: dict[str, Any]) -> None:
        order = stored_order()
        decision = decided(order)
        asyncio.run(decide_once(get_table(), decision))
        event = replace(CreditCardValidated.from_decision(decision), **change)

        assert is_refused(order_worker, event, queue="payment-response")

        assert state_of(order) is OrderState.PENDING

    def test_a_result_that_agrees_settles_the_order(self) -> None:
        order = stored_order()
        decision = decided(order)
        asyncio.run(decide_once(get_table(), decision))
        event = CreditCardValidated.from_decision(decision)

        assert not is_refused(order_worker, event, queue="payment-response")

        assert state_of(order) is OrderState.PAID


def test_what_a_read_does_not_see_yet_is_read_again() -> None:
    shop = SmallShop(StaleReads())
    goods = list(classic_products(NOW))[:1]
    order = make_order("o-1", BUYER, goods, OrderState.PENDING, placed_at=NOW)
    decision = decided(order)

    async def check() -> PaymentDecision:
        await add_order(shop.table, order)
        await decide_once(shop.table, decision)
        event = PaymentRequested(order.order_id, CARD, total_cents=order.total_cents)
        await check_payment_request(shop.table, event)
        return await check_payment_result(shop.table, CreditCardValidated.from_decision(decision))

    assert shop.run(check()) == decision


def test_a_local_shop_believes_the_documented_samples() -> None:
    order = stored_order()

    paid = CreditCardValidated.from_decision(decided(order, amount_cents=12_300))

    assert not is_refused(order_worker, paid, queue="payment-response")
    assert state_of(order) is OrderState.PAID


def test_a_local_shop_charges_what_it_is_told_by_hand() -> None:
    order = stored_order()

    sent = PaymentRequested(order.order_id, CARD, total_cents=12_300)

    assert not is_refused(payment_worker, sent, queue="payment-request")
    decision = asyncio.run(find_decision(get_table(), order.order_id))
    assert decision is not None
    result = CreditCardValidated.from_decision(decision)
    assert result.amount_cents == 12_300 != order.total_cents
    assert not is_refused(order_worker, result, queue="payment-response")
    assert state_of(order) is OrderState.PAID


@pytest.mark.parametrize(
    ("environment", "trusts"),
    [
        ({}, True),
        ({"STAGE": "local", "TRUST_EVENTS": "0"}, False),
        ({"STAGE": "demo"}, False),
        ({"STAGE": "demo", "TRUST_EVENTS": "1"}, True),
        ({"STAGE": "production"}, False),
        ({"STAGE": "production", "TRUST_EVENTS": "0"}, False),
    ],
)
def test_who_trusts_events(environment: dict[str, str], *, trusts: bool) -> None:
    assert read_settings(environment).trusts_events is trusts


def test_trusting_events_is_refused_where_money_is_real() -> None:
    with pytest.raises(SettingsError, match="TRUST_EVENTS=1 is refused in stage production"):
        read_settings({"STAGE": "production", "TRUST_EVENTS": "1"})
