"""An order is read as paid or declined from the moment on at which that is decided."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.card import Card, CardRules
from app.domain.errors import OrderNotFoundError
from app.domain.order import Order, OrderState
from app.domain.payment import PaymentDecision, decide_payment, time_out_payment
from app.messages import CreditCardValidated
from app.services.order_events import settle_payment
from app.services.order_reading import read_order
from app.store.dynamodb import DynamoDBError
from app.store.orders import get_order
from app.store.payments import decide_once
from app.store.table import Table
from tests.support.flaky_dynamodb import flaky
from tests.support.sent_events import SentEvents
from tests.support.stored_orders import PLACED_AT as NOW
from tests.support.stored_orders import stored_order

GOOD = Card("4111111111111111", 12, 2030, "123")


def decision_about(order: Order, kind: str) -> PaymentDecision:
    now = NOW + timedelta(seconds=1)
    if kind == "timed out":
        return time_out_payment(order.order_id, amount_cents=order.total_cents, now=now)
    card = replace(GOOD, expiry_year=2030 if kind == "paid" else 2001)
    return decide_payment(
        order.order_id, card, amount_cents=order.total_cents, rules=CardRules.STRICT, now=now
    )


@pytest.mark.parametrize("kind", ["paid", "declined", "timed out"])
async def test_a_decided_order_is_read_as_it_will_be_stored(table: Table, kind: str) -> None:
    order = await stored_order(table)
    decision = await decide_once(table, decision_about(order, kind))

    early = await read_order(table, order.order_id)

    assert early.state is (OrderState.PAID if kind == "paid" else OrderState.DECLINED)
    assert (await get_order(table, order.order_id)).state is OrderState.PENDING
    result = CreditCardValidated.from_decision(decision)
    await settle_payment(
        table, SentEvents(), result, now=decision.decided_at, by="order@1", decision=decision
    )
    late = await read_order(table, order.order_id)
    assert replace(early, history=late.history) == late


async def test_an_order_without_a_decision_is_pending(table: Table) -> None:
    order = await stored_order(table)

    assert await read_order(table, order.order_id) == order
    with pytest.raises(OrderNotFoundError):
        await read_order(table, "none")


async def test_only_a_pending_order_costs_a_second_read(table: Table) -> None:
    for state, reads in ((OrderState.PENDING, 2), (OrderState.PAID, 1), (OrderState.DECLINED, 1)):
        order = await stored_order(table, state)
        client = flaky(table)
        await read_order(table, order.order_id)
        assert client.calls == reads


async def test_without_the_decisions_answer_the_order_is_as_it_is_stored(table: Table) -> None:
    order = await stored_order(table)
    await decide_once(table, decision_about(order, "paid"))

    class Failing:
        """Answers for orders, and not for decisions."""

        async def get_item(self, name: str, key: Any, **options: Any) -> Any:
            if key["PK"].startswith("PAYMENT#"):
                raise DynamoDBError("ProvisionedThroughputExceededException")
            return await client.get_item(name, key, **options)

    client, table._client = table._client, Failing()  # type: ignore[assignment]

    assert await read_order(table, order.order_id) == order
