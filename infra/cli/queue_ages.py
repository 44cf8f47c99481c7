"""How old the oldest message of each queue is."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import urlopen

from botocore.exceptions import BotoCoreError, ClientError

from infra.cli.queue_client import QueueClient
from infra.cli.stacks import StackConnection
from infra.topology import queue_name

if TYPE_CHECKING:
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

#: SQS writes the metric every minute, some minutes late.
_LOOK_BACK = timedelta(minutes=10)
_ANSWER_SECONDS = 5.0


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
    query = urlencode({"QueueUrl": queue_url})
    try:
        with urlopen(  # noqa: S310  # The emulator's own address.
            f"{endpoint_url}/_ministack/sqs/messages?{query}", timeout=_ANSWER_SECONDS
        ) as answer:
            accounts = json.load(answer)["messages"].values()
    except (OSError, ValueError):
        return None
    queues = [
        queue for regions in accounts for named in regions.values() for queue in named.values()
    ]
    sent = [message["SentTimestamp"] for queue in queues for message in queue]
    now = datetime.now(UTC).timestamp()
    return max(0, int(now - min(sent))) if sent else None


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
