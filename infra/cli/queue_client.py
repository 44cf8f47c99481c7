"""The queues of one stack, for the commands: names instead of URLs, sizes, sending."""

from collections.abc import Container
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import QueueUnavailableError
from app.queues import trace_attribute
from infra.cli.stacks import StackConnection
from infra.topology import QUEUES, queue_name

ALL = frozenset(queue.name for queue in QUEUES)


@dataclass(frozen=True)
class Depth:
    """How many messages of a queue are visible, in flight, or delayed.

    ``oldest_seconds`` is the age of the oldest one, where it was asked for and is known.
    """

    queue: str
    waiting: int
    in_flight: int
    delayed: int
    is_dead_letters: bool
    oldest_seconds: int | None = None


class QueueClient:
    """The queues of one stack."""

    def __init__(self, connection: StackConnection) -> None:
        """Use the queues of a stack; nothing is asked of them yet."""
        self._stack = connection.name
        self._sqs = connection.sqs
        self._urls: dict[str, str] = {}

    def send(
        self, queue: str, body: str, *, delay_seconds: int = 0, traceparent: str | None = None
    ) -> str:
        """Put ``body`` on a queue and return the message's id; ``traceparent`` goes with it."""
        try:
            return self._sqs.send_message(
                QueueUrl=self.url(queue),
                MessageBody=body,
                DelaySeconds=delay_seconds,
                **trace_attribute(traceparent),
            )["MessageId"]
        except (BotoCoreError, ClientError) as failure:
            raise self._unreachable(queue) from failure

    def depths(self, queues: Container[str] = ALL) -> list[Depth]:
        """Return the depth of every queue, or of those named."""
        return [
            self._depth(queue.name, is_dead=queue.dead_letters is None)
            for queue in QUEUES
            if queue.name in queues
        ]

    def _depth(self, queue: str, *, is_dead: bool) -> Depth:
        try:
            found = self._sqs.get_queue_attributes(
                QueueUrl=self.url(queue),
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )["Attributes"]
        except (BotoCoreError, ClientError) as failure:
            raise self._unreachable(queue) from failure
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
            QueueUnavailableError: there is no such stack, or SQS does not answer.
        """
        if queue not in self._urls:
            name = queue_name(self._stack, queue)
            try:
                self._urls[queue] = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
            except (BotoCoreError, ClientError) as failure:
                raise self._unreachable(queue) from failure
        return self._urls[queue]

    def _unreachable(self, queue: str) -> QueueUnavailableError:
        """Return the error of a queue that does not answer, or does not exist."""
        return QueueUnavailableError(f"the queue {queue_name(self._stack, queue)} does not answer")
