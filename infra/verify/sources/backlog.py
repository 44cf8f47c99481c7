"""What the queues and the table have left over: dead letters, old messages, stuck orders."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.domain.sweeping import GRACE
from app.settings import MAX_DELIVERY_SECONDS
from app.store.open_orders import list_stuck_order_ids
from app.store.table import open_table
from infra.seeds.classic import SAMPLE_ORDER_ID
from infra.topology import QUEUES, queue_name, table_name

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

#: Longer than any delivery, and than two rounds of the sweeper after its grace.
STUCK_AFTER = timedelta(seconds=MAX_DELIVERY_SECONDS) + 3 * GRACE

#: Beyond this, how many more are stuck changes nothing any more.
_MOST = 100


@dataclass(frozen=True)
class DeadLetters:
    """How many messages one dead-letter queue holds."""

    queue: str
    count: int


def count_dead_letters(client: "SQSClient", stack: str) -> list[DeadLetters]:
    """Return what every dead-letter queue holds; those being looked at count too."""
    return [
        DeadLetters(queue.name, _count(client, queue_name(stack, queue.name)))
        for queue in QUEUES
        if queue.dead_letters is None
    ]


def _count(client: "SQSClient", name: str) -> int:
    attributes = client.get_queue_attributes(
        QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(map(int, attributes.values()))


async def stuck_orders(stack: str, region: str, *, now: datetime) -> tuple[str, ...]:
    """Return the ids of up to 100 orders that should long be delivered or declined.

    The order of the contract's sample events is left out: it stays open until it is used
    with ``acme-shop send-event``.
    """
    table = open_table(table_name(stack), region=region)
    found = await list_stuck_order_ids(table, placed_before=now - STUCK_AFTER, limit=_MOST)
    return tuple(order_id for order_id in found if order_id != SAMPLE_ORDER_ID)
