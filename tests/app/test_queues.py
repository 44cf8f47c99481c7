"""Sending events to SQS."""

import json
from typing import Any

import pytest

from app.domain.errors import SettingsError
from app.messages import (
    PAYMENT_RESPONSE,
    QUEUE_OF,
    SHIPMENT_RESPONSE,
    CreditCardValidated,
    Event,
    ShipmentDelivered,
    ShipmentSent,
)
from app.queues import SQSQueues, get_client
from app.settings import get_settings
from app.trace_context import TRACEPARENT, following, new_trace, read_traceparent
from tests.support.shop import fresh
from tests.support.sqs_events import Context, failed_places, sqs_event
from workers.batch import handle_batch
from workers.dependencies import AWS_DEPENDENCIES


def use_queue(monkeypatch: pytest.MonkeyPatch, queue: str) -> str:
    """Make a queue of one's own and let the setting of ``queue`` name it; return its URL."""
    url = get_client().create_queue(QueueName=fresh("q"))["QueueUrl"]
    monkeypatch.setenv(f"{queue.upper().replace('-', '_')}_QUEUE_URL", url)
    get_settings.cache_clear()
    return url


def bodies(url: str) -> list[dict[str, Any]]:
    found = get_client().receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in found.get("Messages", [])]


@pytest.mark.parametrize(
    ("event", "queue"),
    [
        (CreditCardValidated(order_id="1", success=True), PAYMENT_RESPONSE),
        (ShipmentSent(order_id="1"), SHIPMENT_RESPONSE),
        (ShipmentDelivered(order_id="1"), SHIPMENT_RESPONSE),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_an_event_goes_to_its_queue(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch, event: Event, queue: str
) -> None:
    url = use_queue(monkeypatch, queue)

    await SQSQueues().send(event)

    assert bodies(url) == [json.loads(event.to_body())]


async def test_a_message_carries_the_trace_on(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = use_queue(monkeypatch, SHIPMENT_RESPONSE)
    trace = new_trace()

    with following(trace):
        await SQSQueues().send(ShipmentSent(order_id="1"))
    await SQSQueues().send(ShipmentSent(order_id="2"))

    found = get_client().receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )["Messages"]
    carried = {
        message["Body"].partition('orderNumber":"')[2][0]: message.get("MessageAttributes", {})
        for message in found
    }
    read = read_traceparent(carried["1"][TRACEPARENT]["StringValue"])
    assert read is not None
    assert read.trace_id == trace.trace_id
    assert carried["2"] == {}


async def test_a_delayed_event_is_not_there_at_once(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = use_queue(monkeypatch, SHIPMENT_RESPONSE)

    await SQSQueues().send(ShipmentDelivered(order_id="1"), delay_seconds=900)

    assert bodies(url) == []
    counts = get_client().get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesDelayed"] == "1"


@pytest.mark.parametrize("queue", sorted(set(QUEUE_OF.values())))
async def test_a_queue_without_a_setting_is_named(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch, queue: str
) -> None:
    name = f"{queue.upper().replace('-', '_')}_QUEUE_URL"
    monkeypatch.delenv(name, raising=False)
    get_settings.cache_clear()

    with pytest.raises(SettingsError, match=name):
        await SQSQueues().check(queue)


async def test_ten_first_messages_at_once_make_one_client(stack: dict[str, str]) -> None:
    async def send(record: dict[str, Any], _: object) -> None:
        await SQSQueues().send(ShipmentSent(order_id=record["body"]))

    event = sqs_event(*["x"] * 10, queue="payment-request")

    assert failed_places(event, await handle_batch(event, Context(), send, AWS_DEPENDENCIES)) == []


class PartlyRefusing:
    """An SQS that stores all entries of a batch but the second."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    async def call(
        self, operation: str, parameters: dict[str, Any], *, seconds: float
    ) -> dict[str, Any]:
        assert operation == "SendMessageBatch"
        self.requests.append(parameters)
        ids = [entry["Id"] for entry in parameters["Entries"]]
        failed = {"Id": ids.pop(1), "Code": "InternalError", "SenderFault": False}
        return {"Successful": [{"Id": stored} for stored in ids], "Failed": [failed]}


async def test_the_records_of_a_batch_share_a_request_but_not_its_failures(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = PartlyRefusing()
    monkeypatch.setattr("app.queues.get_service", lambda: client)

    async def send(record: dict[str, Any], _: object) -> None:
        await SQSQueues().send(ShipmentSent(order_id=record["body"]), delay_seconds=3)

    event = sqs_event(*map(str, range(10)), queue="shipment-request")

    assert failed_places(event, await handle_batch(event, Context(), send, AWS_DEPENDENCIES)) == [1]
    [request] = client.requests
    assert request["QueueUrl"] == get_settings().queue_url(SHIPMENT_RESPONSE)
    sent = [json.loads(entry["MessageBody"])["data"] for entry in request["Entries"]]
    assert [data["orderNumber"] for data in sent] == list(map(str, range(10)))
    assert {entry["DelaySeconds"] for entry in request["Entries"]} == {3}
