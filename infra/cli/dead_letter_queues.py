"""The dead-letter queues of a stack in SQS."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from app.trace_context import TRACEPARENT
from infra.cli.queue_client import QueueClient
from infra.dead_letters.messages import DeadLetter
from infra.topology import MAX_RECEIVES, queue_name

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef

_WAIT_SECONDS = 1
_BATCH = 10


class SQSDeadLetterQueues(QueueClient):
    """The real queues of one stack."""

    def receive(self, queue: str, *, visibility_seconds: int) -> list[DeadLetter]:
        """Return up to ten dead letters of a queue, hidden from other readers for a while."""
        found = self._receive(queue, visibility_seconds, wait_seconds=0)
        if not found and self.depth(queue, is_dead=True).waiting:
            # A short poll asks only a part of SQS's servers.
            found = self._receive(queue, visibility_seconds, wait_seconds=_WAIT_SECONDS)
        return found

    def _receive(
        self, queue: str, visibility_seconds: int, *, wait_seconds: int
    ) -> list[DeadLetter]:
        try:
            found = self._sqs.receive_message(
                QueueUrl=self.url(queue),
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=visibility_seconds,
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=[
                    "DeadLetterQueueSourceArn",
                    "SentTimestamp",
                ],
                MessageAttributeNames=[TRACEPARENT],
            )
        except (BotoCoreError, ClientError) as failure:
            raise self._unreachable(queue, failure) from failure
        return [self._dead_letter(queue, message) for message in found.get("Messages", [])]

    def release(self, dead_letters: Iterable[DeadLetter]) -> None:
        """Make dead letters visible again at once; those that are gone meanwhile are left out."""
        waiting = iter(dead_letters)
        while batch := list(islice(waiting, _BATCH)):
            queue = batch[0].queue
            try:
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self.url(queue),
                    Entries=[
                        {
                            "Id": str(index),
                            "ReceiptHandle": dead_letter.handle,
                            "VisibilityTimeout": 0,
                        }
                        for index, dead_letter in enumerate(batch)
                    ],
                )
            except (BotoCoreError, ClientError) as failure:
                raise self._unreachable(queue, failure) from failure

    def delete(self, dead_letter: DeadLetter) -> None:
        """Remove a dead letter; one that another reader has received since then stays."""
        try:
            self._sqs.delete_message(
                QueueUrl=self.url(dead_letter.queue), ReceiptHandle=dead_letter.handle
            )
        except self._sqs.exceptions.ReceiptHandleIsInvalid:
            return
        except (BotoCoreError, ClientError) as failure:
            raise self._unreachable(dead_letter.queue, failure) from failure

    def _dead_letter(self, queue: str, message: "MessageTypeDef") -> DeadLetter:
        attributes = message["Attributes"]
        carried = message.get("MessageAttributes", {}).get(TRACEPARENT)
        source = attributes.get("DeadLetterQueueSourceArn", "").rpartition(":")[2]
        return DeadLetter(
            queue=queue,
            message_id=message["MessageId"],
            handle=message["ReceiptHandle"],
            body=message["Body"],
            sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
            # SQS goes on counting at each look into a dead-letter queue. What the queue itself
            # did not send there was put there by hand.
            receives=MAX_RECEIVES if source else 0,
            source=source.removeprefix(queue_name(self._stack, "")) or None,
            traceparent=carried["StringValue"] if carried else None,
        )
