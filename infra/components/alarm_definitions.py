"""What is watched, as data: a figure, the value it must not pass, and what that would mean."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import pulumi

from app.messages import SHIPMENT_RESPONSE
from app.settings import Settings
from app.store.schema import SHAPE
from infra.components.functions import ShopFunction
from infra.components.gateway import Gateway
from infra.components.queues import Queues
from infra.components.table import Table
from infra.components.triggers import ScheduleTrigger
from infra.topology import QUEUES

#: A message this old is stuck, however slow its journey may be.
_STUCK_SECONDS = 5 * 60
#: How much longer than it waits for a payment the API may take, for 95 of 100 requests.
_API_MILLISECONDS = 1000


@dataclass(frozen=True)
class AlarmDefinition:
    """One alarm: ``statistic`` of a metric over ``period_seconds``, above ``threshold``.

    With ``at_least`` it is below the threshold that is wrong, and silence is too.
    ``ends_release`` are those that say whether a new version works.
    """

    name: str
    meaning: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str = "Sum"
    threshold: float = 0
    period_seconds: int = 60
    at_least: bool = False
    ends_release: bool = False


def queue_alarms(queues: Queues, settings: Settings) -> Iterator[AlarmDefinition]:
    """Yield a watch for letters in each dead-letter queue and for old messages elsewhere."""
    for queue in QUEUES:
        dimensions = {"QueueName": queues.by_name[queue.name].name}
        if queue.dead_letters is None:
            yield AlarmDefinition(
                f"{queue.name}-letters",
                "Messages were given up; look with `acme-shop dead-letters`, then redrive them.",
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                dimensions,
                statistic="Maximum",
            )
            continue
        # Deliveries wait on this queue until it is time.
        delay = settings.delivery_seconds[1] if queue.name == SHIPMENT_RESPONSE else 0
        yield AlarmDefinition(
            f"{queue.name}-age",
            "Messages wait for longer than they should: the worker behind does not keep up.",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            dimensions,
            statistic="Maximum",
            threshold=_STUCK_SECONDS + delay,
        )


def table_alarms(table: Table) -> Iterator[AlarmDefinition]:
    """Yield watches for reads and writes that the table or an index turned away."""
    for index, kind in product([None, *SHAPE.indexes], ("Read", "Write")):
        of_index = {"GlobalSecondaryIndexName": index.name} if index else {}
        place = f"table-{index.name.lower()}" if index else "table"
        yield AlarmDefinition(
            f"{place}-{kind.lower()}-throttles",
            "The table turns calls away: a key is too popular, or capacity is too small.",
            "AWS/DynamoDB",
            f"{kind}ThrottleEvents",
            {"TableName": table.name, **of_index},
        )


def function_alarms(functions: Mapping[str, ShopFunction]) -> Iterator[AlarmDefinition]:
    """Yield watches for crashes and throttles of every function."""
    for name, function in functions.items():
        for metric, meaning in (
            ("Errors", "The function crashed or ran out of time; its log says why."),
            ("Throttles", "Calls were turned away: the account's concurrency is used up."),
        ):
            yield AlarmDefinition(
                f"{name}-{metric.lower()}",
                meaning,
                "AWS/Lambda",
                metric,
                {"FunctionName": function.name},
                ends_release=True,
            )


def gateway_alarms(gateway: Gateway, settings: Settings) -> Iterator[AlarmDefinition]:
    """Yield watches for what customers see: failures, and answers that take long."""
    dimensions = {"ApiId": gateway.api_id}
    yield AlarmDefinition(
        "api-5xx",
        "Requests fail through no fault of their own.",
        "AWS/ApiGateway",
        "5xx",
        dimensions,
        threshold=5,
        period_seconds=300,
        ends_release=True,
    )
    yield AlarmDefinition(
        "api-latency",
        "One in twenty requests takes longer than a customer should wait.",
        "AWS/ApiGateway",
        "Latency",
        dimensions,
        statistic="p95",
        threshold=settings.payment_wait_seconds * 1000 + _API_MILLISECONDS,
        period_seconds=300,
        ends_release=True,
    )


def sweeper_alarms(trigger: ScheduleTrigger) -> Iterator[AlarmDefinition]:
    """Yield watches for a sweeper that cannot be called, and for one that is not."""
    dimensions = {"ScheduleGroup": trigger.group}
    yield AlarmDefinition(
        "sweeper-failures",
        "The clock could not call the sweeper: orders that got stuck stay so.",
        "AWS/Scheduler",
        "TargetErrorCount",
        dimensions,
    )
    yield AlarmDefinition(
        "sweeper-silence",
        "The sweeper was not called for a quarter of an hour: is its schedule switched off?",
        "AWS/Scheduler",
        "InvocationAttemptCount",
        dimensions,
        threshold=1,
        period_seconds=900,
        at_least=True,
    )
