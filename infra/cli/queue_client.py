"""The queues of one stack, for the commands: names instead of URLs, sizes, sending."""

from collections.abc import Container
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import QueueUnavailableError
from app.queues import trace_attribute
from infra.cli.stacks import StackConnection
from infra.local.data_folder import data_path
from infra.local.emulator_requests import UNSAVED
from infra.topology import QUEUES, queue_name

ALL = frozenset(queue.name for queue in QUEUES)

#: SQS's codes for a queue that does not exist, of its two protocols.
_MISSING = frozenset(
    {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NonExistentQueue"}
)


class QueueMissingError(QueueUnavailableError):
    """A queue does not exist: it was deleted, or there is no such stack."""

    obstacle = "does not exist"

    def __init__(self, name: str) -> None:
        """Say which one."""
        super().__init__(f"the queue {name} {self.obstacle}")


class DataUnsavedError(QueueUnavailableError):
    """The local shop cannot write its data, as on a full disk."""

    obstacle = "neither takes nor gives messages"
    begin = "the shop cannot save its data"

    def __init__(self, reason: str) -> None:
        """Say what helps; ``reason`` is the system's."""
        super().__init__(
            f"{self.begin} ({reason}): make room on the disk of {data_path()}, or let the shop "
            "write there; it goes on by itself some seconds later, so do not start it again"
        )


@dataclass(frozen=True)
class Depth:
    """How many messages of a queue are visible, in flight, or delayed.

    ``oldest_seconds`` is the age of the oldest one, where it was asked for and is known.
    ``obstacle`` says why the numbers are not known.
    """

    queue: str
    waiting: int
    in_flight: int
    delayed: int
    is_dead_letters: bool
    oldest_seconds: int | None = None
    obstacle: str | None = None


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
            raise self._unreachable(queue, failure) from failure

    def depths(self, queues: Container[str] = ALL) -> list[Depth]:
        """Return the depth of every queue, or of those named; one that is missing says so.

        Raises:
            QueueUnavailableError: none of them is there, or SQS does not answer.
        """
        found = []
        for queue in QUEUES:
            if queue.name not in queues:
                continue
            is_dead = queue.dead_letters is None
            try:
                found.append(self.depth(queue.name, is_dead=is_dead))
            except QueueMissingError as failure:
                absent = Depth(queue.name, 0, 0, 0, is_dead, obstacle=failure.obstacle)
                found.append(absent)
        if found and all(depth.obstacle for depth in found):
            raise QueueMissingError(queue_name(self._stack, found[0].queue))
        return found

    def depth(self, queue: str, *, is_dead: bool) -> Depth:
        """Return the depth of one queue.

        Raises:
            QueueMissingError: it does not exist.
            QueueUnavailableError: SQS does not answer.
        """
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
            raise self._unreachable(queue, failure) from failure
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
            QueueMissingError: it does not exist, as in a stack that there is not.
            QueueUnavailableError: SQS does not answer.
        """
        if queue not in self._urls:
            name = queue_name(self._stack, queue)
            try:
                self._urls[queue] = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
            except (BotoCoreError, ClientError) as failure:
                raise self._unreachable(queue, failure) from failure
        return self._urls[queue]

    def _unreachable(self, queue: str, failure: Exception) -> QueueUnavailableError:
        """Return the error of a queue that does not answer, or does not exist."""
        name = queue_name(self._stack, queue)
        if isinstance(failure, ClientError):
            code = str(failure.response.get("Error", {}).get("Code"))
            if code in _MISSING:
                return QueueMissingError(name)
            message = str(failure.response.get("Error", {}).get("Message"))
            if message.startswith(UNSAVED):
                return DataUnsavedError(message.removeprefix(UNSAVED).rstrip("."))
            return QueueUnavailableError(f"the queue {name} does not answer: {code}")
        return QueueUnavailableError(f"the queue {name} does not answer")
