"""Where a deployed stack is not what ``infra/topology.py`` and the table's shape say."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from app.store.schema import FORMER_GSI1, SHAPE, TableShape
from infra import topology
from infra.verify.sources.aliases import find_routing

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_sqs import SQSClient

#: What AWS calls something that is not there, by service.
_MISSING = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)

T = TypeVar("T")


@dataclass(frozen=True)
class Drift:
    """One difference: ``what`` of ``subject`` is ``found`` and should be ``wanted``."""

    subject: str
    what: str
    wanted: str
    found: str

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{self.what} is {self.found}, the definitions say {self.wanted}"


def _differences(
    subject: str, wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Drift]:
    for what, value in wanted.items():
        if found.get(what) != value:
            yield Drift(subject, what, str(value), str(found.get(what, "missing")))


def _compare(subject: str, look: Callable[[T], Iterator[Drift]], wanted: T) -> list[Drift]:
    """Return where one thing is not as ``wanted``; that it is missing is a difference too."""
    try:
        return list(look(wanted))
    except ClientError as failure:
        if failure.response["Error"]["Code"] not in _MISSING:
            raise
        return [Drift(subject, "it", "there", "missing")]


def _function_in(arn: str) -> str:
    """Return the name of a function; its alias may stand behind it."""
    return arn.partition(":function:")[2].partition(":")[0]


def queues_drift(client: "SQSClient", stack: str) -> list[Drift]:
    """Compare times, encryption and dead-letter queue of every queue."""

    def look(queue: topology.Queue) -> Iterator[Drift]:
        url = client.get_queue_url(QueueName=topology.queue_name(stack, queue.name))["QueueUrl"]
        there = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(there.get("RedrivePolicy") or "{}")
        target = redrive.get("deadLetterTargetArn", "none").rpartition(":")[2]
        yield from _differences(
            queue.name,
            {
                "visibility time": queue.visibility_seconds,
                "retention": queue.retention_seconds,
                "own key": queue.carries_cards,
                "dead-letter queue": topology.queue_name(stack, queue.dead_letters)
                if queue.dead_letters
                else "none",
                "receives": topology.MAX_RECEIVES if queue.dead_letters else 0,
            },
            {
                "visibility time": int(there["VisibilityTimeout"]),
                "retention": int(there["MessageRetentionPeriod"]),
                "own key": bool(there.get("KmsMasterKeyId")),
                "dead-letter queue": target,
                "receives": int(redrive.get("maxReceiveCount", 0)),
            },
        )

    return [drift for queue in topology.QUEUES for drift in _compare(queue.name, look, queue)]


def table_drift(client: "DynamoDBClient", stack: str) -> list[Drift]:
    """Compare keys and indexes of the table."""

    def keys(schema: Any) -> dict[str, str]:
        return {key["KeyType"]: key["AttributeName"] for key in schema}

    def look(shape: TableShape) -> Iterator[Drift]:
        there = client.describe_table(TableName=topology.table_name(stack))["Table"]
        wanted: dict[str, Any] = {"keys": {"HASH": shape.hash_key, "RANGE": shape.range_key}}
        found: dict[str, Any] = {"keys": keys(there["KeySchema"])}
        for index in shape.indexes:
            wanted[index.name] = (
                index.projection,
                sorted(index.attributes),
                {"HASH": index.hash_key, "RANGE": index.range_key},
            )
        for deployed in there.get("GlobalSecondaryIndexes", []):
            found[deployed["IndexName"]] = (
                deployed["Projection"].get("ProjectionType"),
                sorted(deployed["Projection"].get("NonKeyAttributes", [])),
                keys(deployed["KeySchema"]),
            )
        yield from _differences("table", wanted, found)
        # A stack with the former layout has one index more.
        for name in found.keys() - wanted.keys() - {FORMER_GSI1.name}:
            yield Drift("table", name, "no such index", "there")

    return _compare("table", look, SHAPE)


def functions_drift(client: "LambdaClient", stack: str, *, is_local: bool) -> list[Drift]:
    """Compare handler, time-out and memory of every function, and which settings it has.

    On this machine the api is no function and settings are not given through the emulator.
    """

    def look(function: topology.Function) -> Iterator[Drift]:
        name = topology.function_name(stack, function.name)
        routing = find_routing(client, name)
        version = {"Qualifier": routing.newest} if routing else {}
        there = client.get_function_configuration(FunctionName=name, **version)
        image = there.get("ImageConfigResponse", {}).get("ImageConfig", {})
        yield from _differences(
            function.name,
            {
                "handler": [function.handler],
                "time-out": function.timeout_seconds,
                "memory": function.memory_mb,
            },
            {
                "handler": image.get("Command"),
                "time-out": there.get("Timeout"),
                "memory": there.get("MemorySize"),
            },
        )
        if not is_local:
            # Names only: values can be secret.
            given = set(there.get("Environment", {}).get("Variables", {}))
            for setting in sorted(given ^ set(function.settings)):
                wanted = "given" if setting in function.settings else "not given"
                found = "given" if setting in given else "missing"
                yield Drift(function.name, setting, wanted, found)

    mapped = {mapping.function for mapping in topology.MAPPINGS}
    return [
        drift
        for function in topology.FUNCTIONS
        if not is_local or function.name in mapped
        for drift in _compare(function.name, look, function)
    ]


def triggers_drift(
    functions: "LambdaClient",
    queues: "SQSClient",
    scheduler: "EventBridgeSchedulerClient",
    stack: str,
) -> list[Drift]:
    """Compare what calls the functions: one mapping per queue, and the schedule."""

    def look(mapping: topology.Mapping) -> Iterator[Drift]:
        name = topology.queue_name(stack, mapping.queue)
        url = queues.get_queue_url(QueueName=name)["QueueUrl"]
        source = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        found = functions.list_event_source_mappings(
            EventSourceArn=source["Attributes"]["QueueArn"]
        )["EventSourceMappings"]
        subject = f"{mapping.queue} to {mapping.function}"
        if len(found) != 1:
            yield Drift(subject, "number of mappings", "1", str(len(found)))
            return
        there = found[0]
        yield from _differences(
            subject,
            {
                "function": topology.function_name(stack, mapping.function),
                "batch size": mapping.batch_size,
                "window": mapping.window_seconds,
                "concurrency": mapping.max_concurrency,
                "reports": ["ReportBatchItemFailures"],
                "state": "Enabled",
            },
            {
                "function": _function_in(there["FunctionArn"]),
                "batch size": there.get("BatchSize"),
                "window": there.get("MaximumBatchingWindowInSeconds", 0),
                "concurrency": there.get("ScalingConfig", {}).get("MaximumConcurrency"),
                "reports": there.get("FunctionResponseTypes"),
                "state": there.get("State"),
            },
        )

    def look_at_schedule(wanted: topology.Schedule) -> Iterator[Drift]:
        name = topology.schedule_name(stack, wanted.name)
        # Whatever group it is in: that is a matter of who deploys it.
        listed = scheduler.list_schedules(NamePrefix=name)["Schedules"]
        groups = [schedule["GroupName"] for schedule in listed if schedule["Name"] == name]
        if len(groups) != 1:
            yield Drift(wanted.name, "number of schedules", "1", str(len(groups)))
            return
        there = scheduler.get_schedule(Name=name, GroupName=groups[0])
        yield from _differences(
            wanted.name,
            {
                "function": topology.function_name(stack, wanted.function),
                "expression": wanted.expression,
                "state": "ENABLED",
            },
            {
                "function": _function_in(there["Target"]["Arn"]),
                "expression": there.get("ScheduleExpression"),
                "state": there.get("State"),
            },
        )

    mappings = [
        drift for mapping in topology.MAPPINGS for drift in _compare(mapping.queue, look, mapping)
    ]
    return mappings + _compare(topology.SWEEPER.name, look_at_schedule, topology.SWEEPER)
