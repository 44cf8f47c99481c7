"""The queues as a person at the command line sees them."""

from collections.abc import Container
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import QueueUnavailableError
from app.queues import get_client
from infra.topology import QUEUES, queue_name

ALL = frozenset(each.name for each in QUEUES)


@dataclass(frozen=True)
class Depth:
    """How many messages of a queue wait, are being handled, or are held back."""

    queue: str
    waiting: int
    in_flight: int
    delayed: int
    is_dead_letters: bool


class QueueClient:
    """The queues of one stack."""

    def __init__(self, stack: str) -> None:
        """Look at the queues of ``stack``."""
        self._stack = stack
        self._urls: dict[str, str] = {}

    def send(self, queue: str, body: str) -> str:
        """Put ``body`` on a queue and return the message's id."""
        try:
            return get_client().send_message(QueueUrl=self.url(queue), MessageBody=body)[
                "MessageId"
            ]
        except (BotoCoreError, ClientError) as failure:
            raise unreachable(self._stack, queue) from failure

    def depths(self, queues: Container[str] = ALL) -> list[Depth]:
        """Return the depth of every queue, or of some."""
        return [
            self._depth(each.name, is_dead=each.dead_letters is None)
            for each in QUEUES
            if each.name in queues
        ]

    def _depth(self, queue: str, *, is_dead: bool) -> Depth:
        try:
            found = get_client().get_queue_attributes(
                QueueUrl=self.url(queue),
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )["Attributes"]
        except (BotoCoreError, ClientError) as failure:
            raise unreachable(self._stack, queue) from failure
        return Depth(
            queue=queue,
            waiting=int(found["ApproximateNumberOfMessages"]),
            in_flight=int(found["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(found["ApproximateNumberOfMessagesDelayed"]),
            is_dead_letters=is_dead,
        )

    def url(self, queue: str) -> str:
        """Return the URL of a queue, looked up once.

        Raises:
            QueueUnavailableError: there is no such stack, or nothing answers.
        """
        if queue not in self._urls:
            name = queue_name(self._stack, queue)
            try:
                self._urls[queue] = get_client().get_queue_url(QueueName=name)["QueueUrl"]
            except (BotoCoreError, ClientError) as failure:
                raise unreachable(self._stack, queue) from failure
        return self._urls[queue]


def unreachable(stack: str, queue: str) -> QueueUnavailableError:
    """Return the error of a queue that does not answer, or is not there."""
    return QueueUnavailableError(f"the queue {queue_name(stack, queue)} does not answer")
