"""Sending events to SQS.

boto3 takes a quarter of a second to import, so it is imported when the first message is
sent: the api answers most requests without it. Its clients block, so calls run in threads.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from app.deadlines import run_in_thread
from app.domain.errors import QueueUnavailableError
from app.messages import QUEUE_OF, Event
from app.settings import get_settings

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


class Queues(Protocol):
    """Where services send their events."""

    async def send(self, event: Event, *, delay_seconds: int = 0) -> None:
        """Put an event on its queue; SQS holds it back for ``delay_seconds``, at most 900.

        Raises:
            QueueUnavailableError: the event may or may not have been stored; send it again.
        """

    async def check(self, queue: str) -> None:
        """Return once a queue answers.

        Raises:
            QueueUnavailableError: it does not.
        """


class SQSQueues:
    """The queues in SQS; their URLs are settings."""

    async def send(self, event: Event, *, delay_seconds: int = 0) -> None:
        """Put an event on its queue; one call to SQS."""
        url, body = get_settings().queue_url(QUEUE_OF[type(event)]), event.to_body()
        await _in_thread(lambda: _send(url, body, delay_seconds))

    async def check(self, queue: str) -> None:
        """Return once a queue answers; one call to SQS."""
        url = get_settings().queue_url(queue)
        await _in_thread(lambda: _check(url))


# boto3's default session is not thread-safe: it must not make two clients at once.
_making = threading.Lock()


async def _in_thread(call: Callable[[], None]) -> None:
    await run_in_thread(call, error=QueueUnavailableError("the queue does not answer"))


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except (BotoCoreError, ClientError) as failure:
        raise QueueUnavailableError("the queue does not answer") from failure


def _send(url: str, body: str, delay_seconds: int) -> None:
    with _translated():
        _shared_client().send_message(QueueUrl=url, MessageBody=body, DelaySeconds=delay_seconds)


def _check(url: str) -> None:
    with _translated():
        _shared_client().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


def _shared_client() -> "SQSClient":
    with _making:
        return get_client()


@lru_cache(maxsize=1)
def get_client() -> "SQSClient":
    """Return this process's SQS client; clients are safe to share between threads."""
    import boto3  # noqa: PLC0415

    from app.aws import client_config  # noqa: PLC0415

    return boto3.client("sqs", region_name=get_settings().region, config=client_config())


@lru_cache(maxsize=1)
def get_queues() -> Queues:
    """Return this process's queues."""
    return SQSQueues()
