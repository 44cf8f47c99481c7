"""However often and at how many places at once an order is placed, it is one order.

``CHECKOUT_ROUNDS=200 python -m pytest tests/e2e/test_idempotent_checkout.py`` for the long run.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Limits

from app.domain.ids import transaction_id_for
from app.stack import PAYMENT_REQUEST
from tests.local.harness import ShopProcess, clients

pytestmark = pytest.mark.timeout(3600)

ROUNDS = int(os.environ.get("CHECKOUT_ROUNDS", "3"))
CALLS = 64

CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}


def order(**changes: Any) -> dict[str, Any]:
    cart = [{"itemid": "x", "name": "Mat", "price": 10, "quantity": 2}]
    return {"card": CARD, "cart": cart, "total": "20", **changes}


@pytest.fixture
async def http(patient_shop: ShopProcess) -> AsyncIterator[AsyncClient]:
    limits = Limits(max_connections=CALLS)
    async with AsyncClient(base_url=patient_shop.url, timeout=30, limits=limits) as client:
        yield client


async def final(http: AsyncClient, user: str) -> dict[str, Any]:
    """Return the one order of a user once it is delivered."""
    async with asyncio.timeout(30):
        while True:
            [found] = (await http.get(f"/order/{user}")).json()
            if found["status"] == "delivered":
                return dict(found)
            await asyncio.sleep(0.1)


def decisions(shop: ShopProcess, order_id: str) -> list[Any]:
    """Return the decisions about an order's payment, of which there is never more than one."""
    table = shop.facts["environment"]["TABLE"]
    found = clients(shop.facts)("dynamodb").scan(
        TableName=table,
        FilterExpression="order_id = :id AND attribute_exists(decided_at)",
        ExpressionAttributeValues={":id": {"S": order_id}},
    )
    return list(found["Items"])


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_64_calls_at_once_are_one_order_one_charge_and_one_answer(
    round_number: int, http: AsyncClient, patient_shop: ShopProcess
) -> None:
    user, key = f"user-{uuid4().hex}", {"Idempotency-Key": uuid4().hex}

    answers = await asyncio.gather(
        *(http.post(f"/order/add/{user}", json=order(), headers=key) for _ in range(CALLS))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    placed = answers[0].json()
    transaction = transaction_id_for(placed["order_id"])
    assert placed["payment"]["success"] == "true"
    assert placed["payment"]["transactionID"] == transaction
    delivered = await final(http, user)
    assert (delivered["_id"], delivered["transactionID"]) == (placed["order_id"], transaction)
    if round_number == 0:
        [decision] = decisions(patient_shop, placed["order_id"])
        assert decision["transaction_id"] == {"S": transaction}


@contextmanager
def paused(shop: ShopProcess, queue: str) -> Iterator[None]:
    """Have nobody read a queue in the block."""
    functions, sqs = clients(shop.facts)("lambda"), clients(shop.facts)("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=url(shop, queue), AttributeNames=["QueueArn"])
    [mapping] = functions.list_event_source_mappings(
        EventSourceArn=attributes["Attributes"]["QueueArn"]
    )["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def url(shop: ShopProcess, queue: str) -> str:
    found: str = shop.facts["environment"][f"{queue.replace('-', '_').upper()}_QUEUE_URL"]
    return found


def depth(shop: ShopProcess, queue: str) -> int:
    found = clients(shop.facts)("sqs").get_queue_attributes(
        QueueUrl=url(shop, queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


async def test_another_body_under_the_key_is_refused_and_nothing_is_sent(
    http: AsyncClient, patient_shop: ShopProcess
) -> None:
    user = f"user-{uuid4().hex}"
    key = {"Idempotency-Key": uuid4().hex, "Prefer": "respond-async"}
    others = [
        order(total="20.01"),
        order(delivery="usps"),
        order(card={**CARD, "ccv": "124"}),
        order(firstname="Mallory"),
        order(cart=[{"itemid": "x", "name": "Mat", "price": 10, "quantity": 3}], total="30"),
    ]
    with paused(patient_shop, PAYMENT_REQUEST):
        first = await http.post(f"/order/add/{user}", json=order(), headers=key)
        before = depth(patient_shop, PAYMENT_REQUEST)

        answers = await asyncio.gather(
            *(http.post(f"/order/add/{user}", json=body, headers=key) for body in others * 4)
        )

        assert first.status_code == 202
        assert {answer.status_code for answer in answers} == {422}
        assert depth(patient_shop, PAYMENT_REQUEST) == before == 1

    delivered = await final(http, user)
    assert delivered["_id"] == first.json()["order_id"]
    assert delivered["total"] in {20, "20", "20.00"}
