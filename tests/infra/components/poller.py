"""What Lambda does between a queue and a function, as an event source mapping tells it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.components.resource_graph import PlannedResource
from tests.support.lambda_runtime import LambdaError

Message = dict[str, Any]

#: What SQS hands out at once.
_MOST_MESSAGES = 10


class Poller:
    """Takes messages with the function's own role, as Lambda does, and calls the function.

    ``batches`` has the number of records of every call.
    """

    def __init__(
        self,
        mapping: PlannedResource,
        *,
        sqs: Any,
        owner: Any,
        queue_url: str,
        invoke: Callable[[Any], Any],
    ) -> None:
        """Prepare to poll with the role behind the client ``sqs``; ``owner`` may do anything."""
        self._owner = owner
        self._source = str(mapping["eventSourceArn"])
        self._batch_size = int(mapping["batchSize"])
        self._window_seconds = float(mapping["maximumBatchingWindowInSeconds"])
        self._concurrency = int(mapping["scalingConfig"]["maximumConcurrency"])
        self._reports_records = "ReportBatchItemFailures" in mapping["functionResponseTypes"]
        self._sqs, self._url, self._invoke = sqs, queue_url, invoke
        self.batches: list[int] = []
        self._in_flight: dict[str, Message] = {}

    def backlog(self) -> int:
        """Return how many messages wait; Lambda looks at it to decide how much to call."""
        name = "ApproximateNumberOfMessages"
        there = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])
        return int(there["Attributes"][name])

    def poll(self, *, times: int = 1) -> int:
        """Call the function with what is there, as often and as much at once as it may be.

        Deliver every batch ``times``: SQS promises once, and sometimes more. Return how many
        messages were taken.
        """
        if not self.backlog():
            return 0
        taken: list[list[Message]] = []
        while len(taken) < self._concurrency and (batch := self._batch()):
            taken.append(batch)
        if taken:
            with ThreadPoolExecutor(len(taken)) as callers:
                list(callers.map(lambda batch: self._handle(batch, times), taken))
        return sum(map(len, taken))

    def let_time_pass(self) -> None:
        """Bring back what was not deleted, as the end of its visibility time would."""
        self._bring_back(list(self._in_flight.values()))

    def forget(self) -> None:
        """Know nothing of messages that failed; they are gone, or back."""
        self._in_flight.clear()

    def _batch(self) -> list[Message]:
        """Return the messages of one call: as many as fit and come within the window."""
        batch: list[Message] = []
        closes_at = time.monotonic() + self._window_seconds
        while len(batch) < self._batch_size:
            received = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(_MOST_MESSAGES, self._batch_size - len(batch)),
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            batch += received
            if not received and (not batch or time.monotonic() >= closes_at):
                break
        return batch

    def _bring_back(self, messages: list[Message]) -> None:
        for message in messages:
            self._owner.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
            del self._in_flight[message["MessageId"]]

    def _handle(self, batch: list[Message], times: int) -> None:
        self._in_flight |= {message["MessageId"]: message for message in batch}
        event = {"Records": [self._record(message) for message in batch]}
        try:
            for _ in range(times):
                self.batches.append(len(batch))
                answer = self._invoke(event)
        except LambdaError:
            # A machine that is busy makes functions run out of time. All of the batch comes
            # again when its visibility time is over, and this test does not wait for that.
            self._bring_back(batch)
            return
        failed = {
            failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures", [])
        }
        if not self._reports_records:
            failed = set()
        for message in batch:
            if message["MessageId"] in failed:
                # It may be no more than a function that had to load everything on a busy machine.
                if message["Attributes"]["ApproximateReceiveCount"] == "1":
                    self._bring_back([message])
            else:
                del self._in_flight[message["MessageId"]]
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._source,
            "awsRegion": self._source.split(":")[3],
        }
