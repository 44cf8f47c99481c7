"""SQS events as Lambda passes them, and the context beside them."""

from dataclasses import dataclass
from itertools import count
from typing import Any

ARN = "arn:aws:sqs:eu-west-1:000000000000:local-acmeserverless-sqs-"

_numbers = count(1)


@dataclass
class Context:
    """A Lambda context with a fixed time left, in milliseconds."""

    left: int = 6000

    def get_remaining_time_in_millis(self) -> int:
        return self.left


CONTEXT = Context()


def sqs_record(body: str, *, queue: str = "payment-request", receives: int = 1) -> dict[str, Any]:
    number = next(_numbers)
    return {
        "messageId": f"m-{number}",
        "receiptHandle": f"r-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN + queue,
        "awsRegion": "eu-west-1",
    }


def sqs_event(*bodies: str, queue: str) -> dict[str, Any]:
    return {"Records": [sqs_record(body, queue=queue) for body in bodies]}


def failed_places(event: dict[str, Any], answer: dict[str, Any]) -> list[int]:
    """Return the places of the records that a handler reported as failed."""
    ids = [record["messageId"] for record in event["Records"]]
    return [ids.index(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]
