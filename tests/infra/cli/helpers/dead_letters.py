"""A stack whose queues tests fill and read, and orders on it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.domain.order import OrderState
from app.domain.user import Role, User
from app.queues import get_client, trace_attribute
from app.store.orders import add_order
from app.store.table import get_table
from infra.cli import dead_letters
from infra.sample_events import sample_event
from infra.seeds.classic import classic_products, make_order

NOW = datetime.now(UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)
CARD = "4111111111111111"


def url(shop: str, queue: str) -> str:
    name = f"{shop}-acmeserverless-sqs-{queue}"
    return get_client().get_queue_url(QueueName=name)["QueueUrl"]


def put(shop: str, queue: str, body: str, *, traceparent: str | None = None) -> None:
    get_client().send_message(
        QueueUrl=url(shop, queue), MessageBody=body, **trace_attribute(traceparent)
    )


def die(shop: str, queue: str, body: str, *, traceparent: str | None = None) -> None:
    """Turn a message into a dead letter by five deliveries."""
    put(shop, queue, body, traceparent=traceparent)
    for _ in range(5):
        get_client().receive_message(QueueUrl=url(shop, queue), VisibilityTimeout=0)
    get_client().receive_message(QueueUrl=url(shop, queue), VisibilityTimeout=0)


def bodies(shop: str, queue: str) -> list[str]:
    found = []
    while (
        messages := get_client()
        .receive_message(QueueUrl=url(shop, queue), MaxNumberOfMessages=10)
        .get("Messages")
    ):
        found += [message["Body"] for message in messages]
    return found


def depth(shop: str, queue: str) -> int:
    found = get_client().get_queue_attributes(
        QueueUrl=url(shop, queue), AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessagesNotVisible"])


def sample(domain: str, outcome: str, order_id: str) -> str:
    event = sample_event(domain, outcome, order_id=order_id, now=NOW)
    assert event is not None
    return event.to_body()


def new_order(
    state: OrderState = OrderState.PENDING, *, age: timedelta = timedelta(minutes=1)
) -> str:
    # Not since this file was read, which may have been minutes ago.
    placed_at = datetime.now(UTC) - age
    products = list(classic_products(NOW))[:1]
    order = make_order(str(uuid4()), BUYER, products, state, placed_at=placed_at)
    asyncio.run(add_order(get_table(), order))
    return order.order_id


def printed_json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def list_dead_letters(
    shop: str, capsys: pytest.CaptureFixture[str], queue: str = ""
) -> list[dict[str, Any]]:
    dead_letters.command(queue, stack=shop, as_json=True)
    found: list[dict[str, Any]] = printed_json(capsys)
    return found
