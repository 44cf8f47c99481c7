"""A drill: the table is restored to an earlier point in time, and the queues are newer than it.

A restored table is a new one. Messages about orders that it does not hold, or about decisions
that it does not know, must charge no card and invent nothing; the rest must go on.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import boto3
import pytest

from app.domain.card import Card
from app.domain.order import Order, OrderState
from app.domain.user import Role, User
from app.messages import CreditCardValidated, Event, PaymentRequested
from app.settings import get_settings
from app.store.orders import add_order, get_order
from app.store.payments import find_decision
from app.store.table import get_table
from infra.components.resource_graph import REGION
from infra.dead_letters.diagnosis import diagnose
from infra.dead_letters.messages import DeadLetter
from infra.local.clients import Clients
from infra.local.emulator import Emulator
from infra.seeds.classic import classic_products, make_order
from tests.conftest import forget_clients
from tests.infra.components.deployment import deploy_with
from tests.infra.components.emulator_mocks import EmulatorMocks
from tests.support.sqs_events import CONTEXT, failed_places, sqs_event
from workers import order as order_worker
from workers import payment as payment_worker

NOW = datetime.now(UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)
CARD = Card("4111111111111111", 12, NOW.year + 2, "123")


def new_order() -> Order:
    goods = list(classic_products(NOW))[:1]
    order = make_order(str(uuid4()), BUYER, goods, OrderState.PENDING, placed_at=NOW)
    asyncio.run(add_order(get_table(), order))
    return order


def request_for(order: Order) -> PaymentRequested:
    return PaymentRequested(order.order_id, CARD, total_cents=order.total_cents)


def is_done(worker: Any, event: Event, queue: str) -> bool:
    """Let a worker handle an event; tell whether SQS may delete it."""
    records = sqs_event(event.to_body(), queue=queue)
    return not failed_places(records, worker.handler(records, CONTEXT))


def result_of(order: Order) -> CreditCardValidated:
    """Charge an order, and return the event that tells."""
    assert is_done(payment_worker, request_for(order), "payment-request")
    decision = asyncio.run(find_decision(get_table(), order.order_id, consistent=True))
    assert decision is not None
    return CreditCardValidated.from_decision(decision)


@pytest.fixture
def restore(
    own_stack: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Callable[[], None]]:
    """Take the table as it is now; what is returned puts that one in its place."""
    monkeypatch.setenv("TRUST_EVENTS", "0")
    get_settings.cache_clear()
    client = boto3.client(
        "dynamodb", endpoint_url=emulator.endpoint_url, region_name=own_stack["REGION"]
    )
    name = own_stack["TABLE"]

    def take() -> Callable[[], None]:
        client.restore_table_to_point_in_time(
            SourceTableName=name, TargetTableName=f"{name}-restored", UseLatestRestorableTime=True
        )

        def switch() -> None:
            monkeypatch.setenv("TABLE", f"{name}-restored")
            forget_clients()

        return switch

    return take


def test_a_restored_table_charges_no_order_that_it_does_not_hold(
    restore: Callable[[], Callable[[], None]],
) -> None:
    kept, undecided = new_order(), new_order()
    paid = result_of(kept)
    switch = restore()
    lost, lost_and_decided = new_order(), new_order()
    late_results = [result_of(undecided), result_of(lost_and_decided)]

    switch()

    # What the table holds goes on, also when it is told twice.
    assert is_done(order_worker, paid, "payment-response")
    assert is_done(payment_worker, request_for(kept), "payment-request")
    assert is_done(order_worker, paid, "payment-response")
    # An order it does not hold is not charged, a decision it does not know settles nothing.
    assert not is_done(payment_worker, request_for(lost), "payment-request")
    assert [is_done(order_worker, late, "payment-response") for late in late_results] == [
        False,
        False,
    ]
    # The charge of an order that it holds can be repeated: its transaction is the same one.
    again = result_of(undecided)
    assert again.transaction_id == late_results[0].transaction_id
    assert is_done(order_worker, late_results[0], "payment-response")

    async def states() -> list[OrderState]:
        orders = (kept, undecided)
        return [(await get_order(get_table(), order.order_id)).state for order in orders]

    assert asyncio.run(states()) == [OrderState.PAID, OrderState.PAID]
    for order in (lost, lost_and_decided):
        assert asyncio.run(find_decision(get_table(), order.order_id)) is None


def test_an_operator_is_told_why_such_a_message_died(
    restore: Callable[[], Callable[[], None]],
) -> None:
    switch = restore()
    lost = new_order()
    switch()
    dead_letter = DeadLetter(
        message_id="m",
        body=request_for(lost).to_body(),
        handle="h",
        queue="payment-error",
        sent_at=NOW,
        receives=5,
    )

    told = asyncio.run(diagnose(get_table(), dead_letter, now=NOW))

    assert "agrees with nothing stored" in told.reason
    assert "restored" in told.reason


def test_a_new_stack_begins_with_what_another_had(emulator: Emulator) -> None:
    aws = Clients(emulator.endpoint_url, REGION)
    lost, again = f"lost-{uuid4().hex[:8]}", f"again-{uuid4().hex[:8]}"

    def make(stack: str, **config: Any) -> str:
        made = deploy_with(
            lambda deployment: EmulatorMocks(deployment, aws), stack, image="none", **config
        )
        name: str = made.outputs["Table::Name"]
        return name

    source = make(lost)
    items = [{"PK": {"S": f"PRODUCT#{number}"}, "SK": {"S": "PRODUCT"}} for number in range(3)]
    for item in items:
        aws("dynamodb").put_item(TableName=source, Item=item)

    restored = make(again, dynamodb={"restoreFrom": {"table": source}})

    def stored(table: str) -> list[str]:
        return sorted(item["PK"]["S"] for item in aws("dynamodb").scan(TableName=table)["Items"])

    assert restored == f"{again}-acmeserverless-dynamodb"
    assert stored(restored) == stored(source) == ["PRODUCT#0", "PRODUCT#1", "PRODUCT#2"]
