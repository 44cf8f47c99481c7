"""The queues of a running stack, for the commands that handle dead letters."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from app.queues import get_client
from app.settings import get_settings
from infra import topology
from infra.cli.queue_client import QueueClient, unreachable
from infra.cli.stacks import speak_to
from infra.dead_letters.messages import Letter

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef

_WAIT_SECONDS = 1
_BATCH = 10


def letter_box_of(stack: str, region: str) -> "QueueLetterBox":
    """Make this process speak to a shop and return its queues.

    Raises:
        NotRunningError: no shop is running on this machine.
        QueueUnavailableError: there is no such stack.
    """
    speak_to(stack, region)
    box = QueueLetterBox(stack)
    for queue in topology.QUEUES:
        os.environ[topology.queue_setting(queue.name)] = box.url(queue.name)
    get_settings.cache_clear()
    return box


class QueueLetterBox(QueueClient):
    """The real queues of one stack."""

    def receive(self, queue: str, *, hidden_seconds: int) -> list[Letter]:
        """Return up to ten letters of a queue, hidden from other readers for a while."""
        found = self._receive(queue, hidden_seconds, wait_seconds=0)
        if not found and self._depth(queue, is_dead=True).waiting:
            # In a hurry, SQS looks at some of its servers only.
            found = self._receive(queue, hidden_seconds, wait_seconds=_WAIT_SECONDS)
        return found

    def _receive(self, queue: str, hidden_seconds: int, *, wait_seconds: int) -> list[Letter]:
        try:
            found = get_client().receive_message(
                QueueUrl=self.url(queue),
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=hidden_seconds,
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=[
                    "ApproximateReceiveCount",
                    "DeadLetterQueueSourceArn",
                    "SentTimestamp",
                ],
            )
        except (BotoCoreError, ClientError) as failure:
            raise unreachable(self._stack, queue) from failure
        return [self._letter(queue, each) for each in found.get("Messages", [])]

    def release(self, letters: Iterable[Letter]) -> None:
        """Show letters again at once; those that are gone meanwhile are left out."""
        waiting = iter(letters)
        while some := list(islice(waiting, _BATCH)):
            queue = some[0].queue
            try:
                get_client().change_message_visibility_batch(
                    QueueUrl=self.url(queue),
                    Entries=[
                        {"Id": str(place), "ReceiptHandle": each.handle, "VisibilityTimeout": 0}
                        for place, each in enumerate(some)
                    ],
                )
            except (BotoCoreError, ClientError) as failure:
                raise unreachable(self._stack, queue) from failure

    def delete(self, letter: Letter) -> None:
        """Remove a letter; one that somebody else has taken over stays theirs."""
        try:
            get_client().delete_message(
                QueueUrl=self.url(letter.queue), ReceiptHandle=letter.handle
            )
        except get_client().exceptions.ReceiptHandleIsInvalid:
            return
        except (BotoCoreError, ClientError) as failure:
            raise unreachable(self._stack, letter.queue) from failure

    def _letter(self, queue: str, message: "MessageTypeDef") -> Letter:
        attributes = message["Attributes"]
        source = attributes.get("DeadLetterQueueSourceArn", "").rpartition(":")[2]
        return Letter(
            queue=queue,
            message_id=message["MessageId"],
            handle=message["ReceiptHandle"],
            body=message["Body"],
            sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
            # This very look counts too.
            receives=int(attributes["ApproximateReceiveCount"]) - 1,
            source=source.removeprefix(topology.queue_name(self._stack, "")) or None,
        )
