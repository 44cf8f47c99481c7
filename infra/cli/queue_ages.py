"""How old the oldest message of each queue is."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.cli.queue_client import QueueClient
from infra.cli.stacks import StackConnection
from infra.orders.queued_messages import list_emulated_messages
from infra.topology import queue_name

if TYPE_CHECKING:
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

#: SQS writes the metric every minute, some minutes late.
_LOOK_BACK = timedelta(minutes=10)


def find_ages(
    connection: StackConnection, client: QueueClient, queues: Iterable[str]
) -> dict[str, int]:
    """Return the age in seconds of each queue's oldest message, where it is known.

    In AWS it is CloudWatch's last value, so some minutes old. Locally the emulator is asked,
    which receives nothing for it.
    """
    names = list(queues)
    if connection.endpoint_url is not None:
        ages = {queue: _local_age(connection.endpoint_url, client.url(queue)) for queue in names}
        return {queue: age for queue, age in ages.items() if age is not None}
    return _metric_ages(connection, names)


def _local_age(endpoint_url: str, queue_url: str) -> int | None:
    messages = list_emulated_messages(endpoint_url, queue_url)
    if not messages:
        return None
    now = datetime.now(UTC).timestamp()
    return max(0, int(now - min(message["SentTimestamp"] for message in messages)))


def _metric_ages(connection: StackConnection, queues: list[str]) -> dict[str, int]:
    now = datetime.now(UTC)
    asked: list[MetricDataQueryTypeDef] = [
        {
            "Id": f"q{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [
                        {"Name": "QueueName", "Value": queue_name(connection.name, queue)}
                    ],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        }
        for number, queue in enumerate(queues)
    ]
    try:
        results = connection.metrics.get_metric_data(
            MetricDataQueries=asked, StartTime=now - _LOOK_BACK, EndTime=now
        )["MetricDataResults"]
    except (BotoCoreError, ClientError):
        return {}
    return {
        queues[int(result["Id"][1:])]: int(result["Values"][0])
        for result in results
        if result["Values"]
    }
