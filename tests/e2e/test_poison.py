"""Bad messages among good ones: every good one is done, every bad one dies after five receives."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from app.domain.order import OrderState
from app.domain.user import Role, User
from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE
from app.store.orders import add_order, get_order
from app.store.table import Table, open_table
from infra.dead_letters.messages import DEAD_LETTER_QUEUES
from infra.local.environment import CREDENTIALS
from infra.seeds.classic import classic_products, make_order
from infra.topology import MAX_RECEIVES, QUEUES, queue_setting
from tests.e2e.helpers.poison_messages import GOOD, bad_bodies, good_body
from tests.infra.local.helpers.shop_process import ShopProcess, clients
from tests.support.sizes import SIZES

pytestmark = pytest.mark.timeout(3600)

BAD = SIZES.bad_messages
SEED = 1 + SIZES.seed

#: So that five receives take seconds instead of minutes. Thousands of messages, or other
#: tests, keep the workers busy for seconds, and a message that comes again while it is being
#: handled would be received once too often.
VISIBILITY_SECONDS = 4 if BAD < 100 else 8

#: How far the order of a queue's good message has come when it is sent.
STATES = {
    PAYMENT_REQUEST: OrderState.PENDING,
    PAYMENT_RESPONSE: OrderState.PENDING,
    SHIPMENT_REQUEST: OrderState.PAID,
    SHIPMENT_RESPONSE: OrderState.SHIPPED,
}

#: What must not be in a log: a function that failed as a whole, or a record that crashed.
ALARMS = ("record.crashed", "record.out_of_time", "Traceback", "timed out", "failed processing")

NOW = datetime.now(UTC)
BUYER = User("poisoned", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)


class Stack:
    """The queues and the table of a shop, from outside."""

    def __init__(self, shop: ShopProcess) -> None:
        self._environment = shop.facts["environment"]
        self._sqs = clients(shop.facts)("sqs")
        self.table = open_table(
            self._environment["TABLE"],
            region=self._environment["REGION"],
            endpoint_url=shop.facts["endpoint_url"],
            credentials=(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]),
        )

    def url(self, queue: str) -> str:
        found: str = self._environment[queue_setting(queue)]
        return found

    @contextmanager
    def visibility(self, seconds: int) -> Iterator[None]:
        """Have failed messages delivered again sooner, until the end of the block."""
        self._set_visibility({queue.name: seconds for queue in QUEUES})
        try:
            yield
        finally:
            self._set_visibility({queue.name: queue.visibility_seconds for queue in QUEUES})

    def _set_visibility(self, seconds: dict[str, int]) -> None:
        for queue, value in seconds.items():
            self._sqs.set_queue_attributes(
                QueueUrl=self.url(queue), Attributes={"VisibilityTimeout": str(value)}
            )

    def send(self, queue: str, body: str) -> None:
        self._sqs.send_message(QueueUrl=self.url(queue), MessageBody=body)

    def waiting(self, queue: str) -> int:
        found = self._sqs.get_queue_attributes(
            QueueUrl=self.url(queue), AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    def take_dead_letters(self) -> list[tuple[str, str, int]]:
        """Remove all dead letters; return queue, body and how often each was received."""
        taken = []
        for queue in DEAD_LETTER_QUEUES:
            while messages := self._sqs.receive_message(
                QueueUrl=self.url(queue),
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            ).get("Messages"):
                for message in messages:
                    self._sqs.delete_message(
                        QueueUrl=self.url(queue), ReceiptHandle=message["ReceiptHandle"]
                    )
                    # The one that took it counts too.
                    receives = int(message["Attributes"]["ApproximateReceiveCount"]) - 1
                    taken.append((queue, message["Body"], receives))
        return taken


def new_order(state: OrderState) -> Any:
    order = make_order(
        str(uuid4()), BUYER, list(classic_products(NOW))[:1], OrderState.PENDING,
        placed_at=datetime.now(UTC),
    )  # fmt: skip
    return replace(order, state=state)


async def states(table: Table, order_ids: list[str]) -> set[OrderState]:
    return {(await get_order(table, order_id)).state for order_id in order_ids}


def alarms(logs: str) -> list[str]:
    """Return each line that must not be there, with what follows: a trace says why at its end."""
    lines = logs.splitlines()
    return [
        "\n".join(lines[number : number + 80])
        for number, line in enumerate(lines)
        if any(alarm in line for alarm in ALARMS)
    ]


@pytest.mark.proof
def test_good_messages_are_done_and_bad_ones_die_after_five_receives(
    open_shop_process: ShopProcess, figure: Callable[[str], None]
) -> None:
    stack = Stack(open_shop_process)
    assert stack.take_dead_letters() == []
    good_ids = []
    messages = []
    expected: Counter[tuple[str, str, int]] = Counter()
    for queue, state in STATES.items():
        dead_letters = next(
            candidate.dead_letters or "" for candidate in QUEUES if candidate.name == queue
        )
        for body in bad_bodies(queue, BAD, seed=SEED):
            messages.append((queue, body))
            expected[dead_letters, body, MAX_RECEIVES] += 1
        for _ in range(BAD // 4):
            order = new_order(state)
            asyncio.run(add_order(stack.table, order))
            good_ids.append(order.order_id)
            messages.append((queue, good_body(queue, order.order_id)))
    Random(SEED).shuffle(messages)

    with stack.visibility(VISIBILITY_SECONDS):
        for queue, body in messages:
            stack.send(queue, body)
        deadline = time.monotonic() + 120 + 0.2 * len(messages)
        while sum(map(stack.waiting, DEAD_LETTER_QUEUES)) < expected.total():
            assert time.monotonic() < deadline, "some are neither done nor dead"
            time.sleep(0.2)
        while asyncio.run(states(stack.table, good_ids)) != {OrderState.DELIVERED}:
            assert time.monotonic() < deadline, "some good ones are not done"
            time.sleep(0.2)

    assert Counter(stack.take_dead_letters()) == expected
    assert not any(map(stack.waiting, GOOD))
    logs = open_shop_process.errors + open_shop_process.out.read_text()
    logs += (open_shop_process.data / "emulator" / "log").read_text()
    assert alarms(logs) == []
    figure(f"{expected.total():,} bad messages died, {len(good_ids):,} good ones among them done")
