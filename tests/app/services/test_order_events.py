"""Moving orders on: by the result of their payment, by what the shipper reports."""

import pytest

from app.domain.card import Card, CardRules
from app.domain.errors import OrderNotFoundError, OrderNotPaidError
from app.domain.order import Order, OrderState
from app.domain.payment import DECLINED_MESSAGE, decide_payment
from app.messages import (
    CreditCardValidated,
    Event,
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentSent,
)
from app.services.order_events import record_shipment, settle_payment
from app.store.orders import get_order
from app.store.table import Table
from tests.support.sent_events import SentEvents
from tests.support.stored_orders import PLACED_AT, stored_order


def verdict(order: Order, *, success: bool) -> CreditCardValidated:
    return CreditCardValidated(
        order_id=order.order_id, success=success, message="", transaction_id="t-1"
    )


async def test_a_paid_order_asks_for_its_shipment_until_it_is_shipped(table: Table) -> None:
    order = await stored_order(table)
    queues = SentEvents()

    for _ in range(2):
        paid = await settle_payment(
            table, queues, verdict(order, success=True), now=PLACED_AT, by="order@1"
        )
    assert (paid.state, paid.transaction_id) == (OrderState.PAID, "t-1")
    expected = ShipmentRequested(order.order_id, delivery=order.delivery)
    assert queues.events == [expected, expected]

    await record_shipment(table, ShipmentSent(order_id=order.order_id), now=PLACED_AT, by="order@1")
    await settle_payment(table, queues, verdict(order, success=True), now=PLACED_AT, by="order@1")
    assert len(queues.events) == 2


async def test_a_declined_order_asks_for_nothing_and_says_why(table: Table) -> None:
    order = await stored_order(table)
    queues = SentEvents()

    decision = decide_payment(
        order.order_id,
        Card("4111111111111111", expiry_month=1, expiry_year=2020, cvv="123"),
        amount_cents=order.total_cents,
        rules=CardRules.STRICT,
        now=PLACED_AT,
    )

    declined = await settle_payment(
        table, queues, verdict(order, success=False), decision=decision, now=PLACED_AT, by="order@1"
    )

    assert (declined.state, declined.status) == (OrderState.DECLINED, DECLINED_MESSAGE)
    assert declined.decline_reason == "creditcard has expired"
    assert (await get_order(table, order.order_id)).decline_reason == declined.decline_reason
    assert queues.events == []


async def test_a_shipment_before_its_payment_has_to_come_again(table: Table) -> None:
    order = await stored_order(table)

    with pytest.raises(OrderNotPaidError):
        await record_shipment(
            table, ShipmentSent(order_id=order.order_id), now=PLACED_AT, by="order@1"
        )


@pytest.mark.parametrize(
    "event", [ShipmentSent(order_id="missing"), ShipmentDelivered(order_id="missing")]
)
async def test_a_report_about_no_order_is_an_error(table: Table, event: Event) -> None:
    assert isinstance(event, ShipmentSent | ShipmentDelivered)

    with pytest.raises(OrderNotFoundError):
        await record_shipment(table, event, now=PLACED_AT, by="order@1")
