"""``openapi/asyncapi.json`` says what the shop sends, and the workers take its examples."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from app.domain.order import OrderState
from app.domain.user import Role, User
from app.message_parser import parse_event
from app.messages import EVENTS, QUEUE_OF, EventType
from app.store.orders import add_order, get_order
from app.store.table import get_table
from infra.cli.openapi import documents
from infra.event_document import build_event_document
from infra.seeds.classic import classic_products, make_order
from infra.topology import MAPPINGS, MAX_RECEIVES, QUEUES
from tests.support.citations import ROOT
from tests.support.sqs_events import CONTEXT, sqs_event
from workers import order as order_worker
from workers import payment as payment_worker
from workers import shipment as shipment_worker

DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi" / "asyncapi.json").read_text())
MESSAGES: dict[str, dict[str, Any]] = DOCUMENT["components"]["messages"]
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
EXAMPLES = [
    pytest.param(name, example["payload"], id=f"{name} {example['name']}")
    for name, message in MESSAGES.items()
    for example in message["examples"]
]
each_example = pytest.mark.parametrize(("name", "payload"), EXAMPLES)

#: What is sent with some orders only.
OPTIONAL = {"declineCounters"}

HANDLERS = {
    "payment": payment_worker.handler,
    "order": order_worker.handler,
    "shipment": shipment_worker.handler,
}
BUYER = User(
    "u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, datetime.now(UTC)
)  # fmt: skip

#: Where an order is before an example, and where the example leads it.
JOURNEY = {
    "PaymentRequested": (OrderState.PENDING, OrderState.PENDING),
    "CreditCardValidated": (OrderState.PENDING, OrderState.PAID),
    "ShipmentRequested": (OrderState.PAID, OrderState.PAID),
    "ShipmentSent": (OrderState.PAID, OrderState.SHIPPED),
    "ShipmentDelivered": (OrderState.SHIPPED, OrderState.DELIVERED),
}


def test_the_committed_document_is_the_generated_one() -> None:
    assert build_event_document() == DOCUMENT


def test_every_event_and_every_queue_that_carries_one_is_in_it() -> None:
    channels = DOCUMENT["channels"]

    assert set(MESSAGES) == {str(kind) for kind in EventType}
    assert set(channels) == set(QUEUE_OF.values())
    for event, queue in QUEUE_OF.items():
        assert str(event.event_type) in channels[queue]["messages"]


def test_a_binding_says_what_is_deployed() -> None:
    by_name = {queue.name: queue for queue in QUEUES}
    for name, channel in DOCUMENT["channels"].items():
        binding, queue = channel["bindings"]["sqs"], by_name[name]
        assert binding["queue"]["name"] == channel["address"]
        assert binding["queue"]["visibilityTimeout"] == queue.visibility_seconds
        assert binding["queue"]["messageRetentionPeriod"] == queue.retention_seconds
        assert binding["queue"]["redrivePolicy"]["maxReceiveCount"] == MAX_RECEIVES
        assert binding["deadLetterQueue"]["name"].endswith(f"-{queue.dead_letters}")


def test_every_event_is_sent_by_one_domain_and_received_by_one() -> None:
    operations = DOCUMENT["operations"]

    assert set(operations) == {f"{way}{name}" for way in ("send", "receive") for name in MESSAGES}


@each_example
def test_an_example_fits_its_schema(name: str, payload: dict[str, Any]) -> None:
    # The references point into the document, so it is the schema.
    Draft202012Validator({**DOCUMENT, **MESSAGES[name]["payload"]}).validate(payload)


def test_every_object_and_enumeration_has_a_name_for_generators_of_code() -> None:
    for message in MESSAGES.values():
        assert set(message["payload"]) == set(message["headers"]) == {"$ref"}
    for name, schema in SCHEMAS.items():
        assert name.isalnum()
        assert ("enum" in schema) == (schema["type"] == "string")
        for field in schema.get("properties", {}).values():
            assert set(field) == {"$ref"} or (field["type"] != "object" and "enum" not in field)

    assert {"PaymentRequested", "PaymentRequestedMetadata", "PaymentRequestedData"} <= set(SCHEMAS)
    assert SCHEMAS["PaymentRequestedData"]["properties"]["card"] == {
        "$ref": "#/components/schemas/CardData"
    }


@each_example
def test_what_is_sent_has_no_field_that_the_schema_does_not_describe(
    name: str, payload: dict[str, Any]
) -> None:
    schema = _resolve(MESSAGES[name]["payload"])["properties"]

    for part in ("metadata", "data"):
        found = _resolve(schema[part])
        described = [field for field in found["properties"] if field not in OPTIONAL]
        assert list(payload[part]) == described == found["required"]
        assert all(_resolve(field)["description"] for field in found["properties"].values())


@each_example
def test_an_example_is_what_the_shop_sends_to_the_letter(
    name: str, payload: dict[str, Any]
) -> None:
    event = parse_event(json.dumps(payload), EVENTS[EventType(name)])

    assert json.loads(event.to_body()) == payload


@pytest.mark.usefixtures("stack")
@each_example
def test_a_worker_takes_an_example(name: str, payload: dict[str, Any]) -> None:
    before, after = JOURNEY[name]
    if payload["metadata"]["status"] == "error":
        after = OrderState.DECLINED
    order_id = _store_order(before)
    queue = QUEUE_OF[EVENTS[EventType(name)]]
    worker = next(mapping.function for mapping in MAPPINGS if mapping.queue == queue)
    body = json.dumps(payload).replace(_id_in(payload), order_id)

    answer = HANDLERS[worker](sqs_event(body, queue=queue), CONTEXT)

    assert answer == {"batchItemFailures": []}
    assert asyncio.run(get_order(get_table(), order_id)).state is after


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema, or the named one that it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return SCHEMAS[name] if name else schema


def _store_order(state: OrderState) -> str:
    now = datetime.now(UTC)
    products = [classic_products(now)[0]]
    order = make_order(str(uuid4()), BUYER, products, OrderState.PENDING, placed_at=now)
    asyncio.run(add_order(get_table(), replace(order, state=state)))
    return order.order_id


def _id_in(payload: dict[str, Any]) -> str:
    names = ("orderID", "_id", "orderNumber")
    found: str = next(payload["data"][name] for name in names if name in payload["data"])
    return found


async def test_the_document_of_the_api_and_of_the_events_have_one_version() -> None:
    assert documents()["openapi.json"]["info"]["version"] == DOCUMENT["info"]["version"]
