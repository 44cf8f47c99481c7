"""One trace id follows an order through the queues (app/DECISIONS.md, 20)."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from app.domain.order import OrderState
from app.domain.user import Role, User
from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE
from app.queues import get_client
from app.settings import get_settings
from app.store.orders import add_order, get_order
from app.store.table import get_table
from app.trace_context import TRACEPARENT, current_trace_id, read_traceparent
from infra.seeds.classic import classic_products, make_order
from tests.support.shop import bearer, fresh, stored_product
from tests.support.sqs_events import ARN, CONTEXT, sqs_event, sqs_record
from workers import order, payment, shipment
from workers.batch import handle_batch
from workers.dependencies import AWS_DEPENDENCIES

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADERS = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, datetime.now(UTC))


def take(queue: str, order_id: str) -> list[dict[str, Any]]:
    """Return the messages about an order as Lambda passes them, and take them off the queue."""
    client, url = get_client(), get_settings().queue_url(queue)
    found = []
    while messages := client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            attributes = {
                name: {"stringValue": attribute["StringValue"], "dataType": attribute["DataType"]}
                for name, attribute in message.get("MessageAttributes", {}).items()
            }
            record = {
                "messageId": message["MessageId"],
                "body": message["Body"],
                "messageAttributes": attributes,
                "eventSourceARN": ARN + queue,
            }
            found.append(record)
    return [record for record in found if order_id in record["body"]]


def stored_order(state: OrderState, *, age: timedelta = timedelta()) -> str:
    """Store an order of that state, whose request had the trace, and return its id."""
    placed_at = datetime.now(UTC) - age
    products = list(classic_products(placed_at))[:1]
    made = make_order(str(uuid4()), BUYER, products, OrderState.PENDING, placed_at=placed_at)
    asyncio.run(add_order(get_table(), replace(made, state=state, trace_id=TRACE)))
    return made.order_id


def traces(records: list[dict[str, Any]]) -> list[str]:
    texts = [record["messageAttributes"][TRACEPARENT]["stringValue"] for record in records]
    return [trace.trace_id for text in texts if (trace := read_traceparent(text))]


async def test_the_id_of_a_request_stays_with_its_order_to_the_end(client: AsyncClient) -> None:
    table = get_table()
    product = await stored_product(table)
    user_id, key = fresh(), {"Idempotency-Key": fresh(), "Prefer": "respond-async"}
    body = {
        "card": {"number": "4111111111111111", "expMonth": "12", "expYear": "2099", "ccv": "123"},
        "cart": [{"id": product.product_id, "quantity": 1}],
        "delivery": "UPS",
    }
    headers = {**await bearer(user_id), **key}

    placed = await client.post(f"/order/add/{user_id}", json=body, headers=headers | HEADERS)
    repeated = await client.post(f"/order/add/{user_id}", json=body, headers=headers)

    assert (placed.status_code, repeated.status_code) == (202, 202)
    order_id = placed.json()["order_id"]
    assert placed.headers["x-request-id"] == TRACE
    # The repeat is another request, and sends the order's message once more.
    assert repeated.headers["x-request-id"] != TRACE
    assert (await get_order(table, order_id)).trace_id == TRACE
    steps = [
        (PAYMENT_REQUEST, payment, 2),
        (PAYMENT_RESPONSE, order, 2),
        (SHIPMENT_REQUEST, shipment, 2),
        # The reports of the delivery are delayed messages.
        (SHIPMENT_RESPONSE, order, 2),
    ]
    for queue, worker, count in steps:
        records = await asyncio.to_thread(take, queue, order_id)
        assert traces(records) == [TRACE] * count, queue
        answer = await asyncio.to_thread(worker.handler, {"Records": records}, CONTEXT)
        assert answer == {"batchItemFailures": []}


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    "attributes",
    [
        # Of the release before, or sent by hand.
        {},
        None,
        {"traceparent": {"stringValue": "x", "dataType": "String"}},
        {"traceparent": {"binaryValue": "AAAA", "dataType": "Binary"}},
        {"traceparent": {"stringValue": 5}},
        {"traceparent": "x"},
        "x",
    ],
)
def test_a_message_without_a_trace_begins_one(attributes: Any) -> None:
    seen: list[str] = []

    async def handle(record: dict[str, Any], _: object) -> None:
        seen.append(str(current_trace_id()))

    record = sqs_record("{}") | {"messageAttributes": attributes}
    bare = {name: value for name, value in sqs_record("{}").items() if name != "messageAttributes"}

    answer = asyncio.run(
        handle_batch({"Records": [record, bare]}, CONTEXT, handle, AWS_DEPENDENCIES)
    )

    assert answer == {"batchItemFailures": []}
    assert [len(trace) for trace in seen] == [32, 32]
    assert len(set(seen)) == 2


def test_a_message_without_a_trace_gets_on_under_the_orders_id(stack: dict[str, str]) -> None:
    order_id = stored_order(OrderState.PENDING)
    data = {"orderID": order_id, "success": "true", "transactionID": str(uuid4()), "status": 200}
    body = json.dumps({"metadata": {"type": "CreditCardValidated"}, "data": data})

    order.handler(sqs_event(body, queue=PAYMENT_RESPONSE), CONTEXT)

    assert traces(take(SHIPMENT_REQUEST, order_id)) == [TRACE]


def test_the_sweeper_sends_under_the_orders_id(own_stack: dict[str, str]) -> None:
    order_id = stored_order(OrderState.PAID, age=timedelta(hours=3))

    order.handler({}, CONTEXT)

    assert traces(take(SHIPMENT_REQUEST, order_id)) == [TRACE]
