"""The real Lambda handlers, with SQS events, on the emulator's table and queues."""

import asyncio
import json
import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.domain.card import Card
from app.domain.ids import tracking_number_for, transaction_id_for
from app.domain.order import Order, OrderState
from app.domain.user import Role, User
from app.messages import EventType, PaymentRequested, ShipmentRequested
from app.queues import get_client
from app.settings import get_settings
from app.store.orders import add_order, get_order
from app.store.payments import find_decision
from app.store.table import get_table
from infra.sample_events import sample_event
from infra.seeds.classic import classic_products, make_order
from tests.infra.local.helpers.shop_process import eventually
from tests.support.sqs_events import CONTEXT, Context, failed_places, sqs_event
from workers import order as order_worker
from workers import payment as payment_worker
from workers import shipment as shipment_worker
from workers.batch import handle_batch
from workers.dependencies import AWS_DEPENDENCIES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)
GOOD_CARD = Card("4111111111111111", 12, 2030, "123")

#: Everything taken from the queues of this test process and not asked for yet.
_taken: dict[str, list[str]] = defaultdict(list)

pytestmark = pytest.mark.usefixtures("stack")


def new_order(state: OrderState = OrderState.PENDING, **changes: Any) -> Order:
    """Store an order that has come to ``state``."""
    products = list(classic_products(NOW))[:1]
    placed_at = changes.pop("placed_at", datetime.now(UTC))
    order = make_order(str(uuid4()), BUYER, products, state, placed_at=placed_at)
    asyncio.run(add_order(get_table(), order))
    return order


def stored(order: Order) -> Order:
    return asyncio.run(get_order(get_table(), order.order_id))


def sample(domain: str, outcome: str, order_id: str) -> str:
    event = sample_event(domain, outcome, order_id=order_id, now=NOW)
    assert event is not None
    return event.to_body()


def sent(queue: str, order_id: str) -> list[dict[str, Any]]:
    """Return what was sent to a queue about an order since the last question."""
    client = get_client()
    url = client.get_queue_url(QueueName=f"local-acmeserverless-sqs-{queue}")["QueueUrl"]
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            _taken[queue].append(message["Body"])
    found = [body for body in _taken[queue] if order_id in body]
    _taken[queue] = [body for body in _taken[queue] if order_id not in body]
    return [json.loads(body) for body in found]


class TestPayment:
    def test_a_good_card_is_charged_and_announced(self) -> None:
        order_id = str(uuid4())
        event = sqs_event(sample("payment", "success", order_id), queue="payment-request")

        assert payment_worker.handler(event, CONTEXT) == {"batchItemFailures": []}

        [announced] = sent("payment-response", order_id)
        assert announced["data"]["success"] == "true"
        assert announced["data"]["transactionID"] == transaction_id_for(order_id)

    def test_a_repeat_replays_the_first_decision(self) -> None:
        order_id = str(uuid4())
        refused = sample("payment", "failure", order_id)
        taken = sample("payment", "success", order_id)

        for body in (refused, taken, taken):
            payment_worker.handler(sqs_event(body, queue="payment-request"), CONTEXT)

        announced = sent("payment-response", order_id)
        assert [event["data"]["success"] for event in announced] == ["false"] * 3
        decision = asyncio.run(find_decision(get_table(), order_id))
        assert decision is not None
        assert decision.reason == "creditcard has expired"

    def test_sixteen_deliveries_at_once_are_one_decision(self) -> None:
        order_id = str(uuid4())
        bodies = [sample("payment", kind, order_id) for kind in ("success", "failure")] * 8

        with ThreadPoolExecutor(16) as pool:
            list(
                pool.map(
                    lambda body: payment_worker.handler(
                        sqs_event(body, queue="payment-request"), CONTEXT
                    ),
                    bodies,
                )
            )

        announced = sent("payment-response", order_id)
        assert len(announced) == 16
        assert len({event["data"]["success"] for event in announced}) == 1

    def test_only_the_bad_records_of_a_batch_come_again(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        good = [str(uuid4()) for _ in range(3)]
        number = GOOD_CARD.number
        poison = json.dumps({"data": {"card": {"number": number, "cvv": "98765"}, "total": "1"}})
        bodies = [sample("payment", "success", order_id) for order_id in good]
        event = sqs_event(
            bodies[0], poison, bodies[1], "not json", bodies[2], queue="payment-request"
        )

        with caplog.at_level(logging.DEBUG):
            answer = payment_worker.handler(event, CONTEXT)

        assert failed_places(event, answer) == [1, 3]
        assert all(sent("payment-response", order_id) for order_id in good)
        assert number not in caplog.text
        assert "98765" not in caplog.text

    def test_classic_rules_take_the_bash_tests_card(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUTH_MODE", "0")
        monkeypatch.setenv("CARD_RULES", "classic")
        get_settings.cache_clear()
        order_id = str(uuid4())
        card = Card("1234567812345678", 1, 2029, "123")
        body = PaymentRequested(order_id, card, total_cents=3499).to_body()

        payment_worker.handler(sqs_event(body, queue="payment-request"), CONTEXT)

        [announced] = sent("payment-response", order_id)
        assert announced["data"]["success"] == "true"


class TestOrder:
    def test_a_paid_order_asks_for_its_shipment(self) -> None:
        order = new_order()
        body = sample("payment", "accepted", order.order_id)

        answer = order_worker.handler(sqs_event(body, queue="payment-response"), CONTEXT)

        assert answer == {"batchItemFailures": []}
        paid = stored(order)
        assert (paid.state, paid.status) == (OrderState.PAID, "transaction successful")
        assert paid.transaction_id == transaction_id_for(order.order_id)
        [request] = sent("shipment-request", order.order_id)
        assert request["data"] == {"_id": order.order_id, "delivery": order.delivery}

    def test_a_repeat_asks_again_until_the_goods_have_left(self) -> None:
        order = new_order()
        paid = sqs_event(sample("payment", "accepted", order.order_id), queue="payment-response")
        gone = sqs_event(sample("shipment", "sent", order.order_id), queue="shipment-response")

        for event in (paid, paid, gone, paid):
            assert order_worker.handler(event, CONTEXT) == {"batchItemFailures": []}

        assert len(sent("shipment-request", order.order_id)) == 2
        assert stored(order).state is OrderState.SHIPPED

    def test_a_declined_order_ships_nothing_and_stays_declined(self) -> None:
        order = new_order()
        declined = sample("payment", "declined", order.order_id)
        accepted = sample("payment", "accepted", order.order_id)
        late = sample("shipment", "delivered", order.order_id)

        order_worker.handler(sqs_event(declined, queue="payment-response"), CONTEXT)
        order_worker.handler(sqs_event(accepted, queue="payment-response"), CONTEXT)
        order_worker.handler(sqs_event(late, queue="shipment-response"), CONTEXT)

        assert stored(order).state is OrderState.DECLINED
        assert stored(order).tracking_number is None
        assert sent("shipment-request", order.order_id) == []

    def test_a_straggler_changes_nothing(self) -> None:
        order = new_order(OrderState.DELIVERED)
        bodies = [sample("shipment", kind, order.order_id) for kind in ("sent", "delivered")]

        answer = order_worker.handler(sqs_event(*bodies, queue="shipment-response"), CONTEXT)

        assert answer == {"batchItemFailures": []}
        assert stored(order) == order

    def test_a_shipment_of_an_unpaid_order_has_to_come_again(self) -> None:
        order = new_order()
        event = sqs_event(
            sample("shipment", "delivered", order.order_id),
            sample("shipment", "sent", str(uuid4())),
            queue="shipment-response",
        )

        answer = order_worker.handler(event, CONTEXT)

        assert failed_places(event, answer) == [0, 1]
        assert stored(order) == order

    def test_an_event_without_a_known_queue_is_told_by_its_type(self) -> None:
        order = new_order()
        body = sample("payment", "accepted", order.order_id)

        answer = order_worker.handler(sqs_event(body, queue="elsewhere"), CONTEXT)

        assert answer == {"batchItemFailures": []}
        assert stored(order).state is OrderState.PAID

    def test_the_schedule_sweeps(self) -> None:
        order = new_order(placed_at=datetime.now(UTC) - timedelta(hours=49))

        facts = order_worker.handler({"source": "aws.scheduler"}, CONTEXT)

        assert facts["timed_out"] != 0
        assert stored(order).status == "payment timed out"


class TestShipment:
    def test_goods_leave_at_once_and_arrive_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_DELIVERY_SECONDS", "3-3")
        get_settings.cache_clear()
        order_id = str(uuid4())
        body = sample("shipment", "requested", order_id)

        shipment_worker.handler(sqs_event(body, queue="shipment-request"), CONTEXT)

        [left] = sent("shipment-response", order_id)
        assert left["metadata"]["type"] == EventType.SHIPMENT_SENT
        [arrived] = eventually(lambda: sent("shipment-response", order_id))
        assert arrived["metadata"]["type"] == EventType.SHIPMENT_DELIVERED
        numbers = {event["data"]["trackingNumber"] for event in (left, arrived)}
        assert numbers == {tracking_number_for(order_id)}

    def test_goods_in_the_store_change_hands_at_once(self) -> None:
        order_id = str(uuid4())
        body = ShipmentRequested(order_id=order_id, delivery="InStore").to_body()

        shipment_worker.handler(sqs_event(body, queue="shipment-request"), CONTEXT)

        [arrived] = sent("shipment-response", order_id)
        assert arrived["metadata"]["type"] == EventType.SHIPMENT_DELIVERED

    def test_a_poisoned_record_is_reported_alone(self) -> None:
        event = sqs_event(
            "{}", sample("shipment", "requested", str(uuid4())), queue="shipment-request"
        )

        answer = shipment_worker.handler(event, CONTEXT)

        assert failed_places(event, answer) == [0]


async def test_what_is_not_done_in_time_is_reported_and_the_rest_counts() -> None:
    event = sqs_event("quick", "slow", "crash", queue="payment-request")

    async def handle(record: dict[str, Any], _: object) -> None:
        if record["body"] == "slow":
            await asyncio.sleep(30)
        if record["body"] == "crash":
            raise KeyError("boom")

    answer = await handle_batch(event, Context(left=1200), handle, AWS_DEPENDENCIES)

    assert failed_places(event, answer) == [1, 2]


async def test_an_empty_batch_is_done() -> None:
    async def handle(_: dict[str, Any], __: object) -> None:
        raise AssertionError

    assert await handle_batch({"Records": []}, CONTEXT, handle, AWS_DEPENDENCIES) == {
        "batchItemFailures": []
    }
