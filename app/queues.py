"""Sending events to SQS.

The client is imported with the first message: the api answers most requests without it. Its
calls block, so they go through a thread.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from app.aws_refusals import call_failures, permanent_code, report
from app.deadlines import call_seconds, run_in_thread
from app.domain.errors import QueueMisconfiguredError, QueueUnavailableError
from app.messages import QUEUE_OF, Event
from app.send_group import Message, current_group
from app.settings import AwsClient, get_settings
from app.spans import Span, SpanKind
from app.trace_context import TRACEPARENT, make_traceparent
from app.tracing import child_span, current_span, queue_attributes

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

    from app.aws_json import JsonService

T = TypeVar("T")


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
        """Put an event on its queue; one call to SQS, or a tenth of one among a batch's."""
        url = get_settings().queue_url(QUEUE_OF[type(event)])
        with _sending(url, event.order_id) as span:
            traceparent = make_traceparent(span.span_id if span else None)
            message = Message(url, event.to_body(), delay_seconds, traceparent, span)
            if group := current_group():
                await group.send(message, self)
            else:
                await _in_thread(lambda client: _send(client, message))

    async def send_messages(self, messages: Sequence[Message]) -> Sequence[Exception | None]:
        """Send up to ten messages of one queue; return the failure of each, or None.

        One call to SQS.

        Raises:
            QueueUnavailableError: each of them may or may not have been stored.
        """
        if len(messages) == 1:
            await _in_thread(lambda client: _send(client, messages[0]))
            return [None]
        for message in messages:
            if message.span:
                message.span.attributes["messaging.batch.message_count"] = len(messages)
        return await _in_thread(lambda client: _send_batch(client, messages))

    async def check(self, queue: str) -> None:
        """Return once a queue answers; one call to SQS."""
        url = get_settings().queue_url(queue)
        await _in_thread(lambda client: _check(client, url))


class Sender(Protocol):
    """The calls of SQS that the shop makes, in boto3's words."""

    def send_message(self, **parameters: Any) -> Any:
        """Send one message."""

    def send_message_batch(self, **parameters: Any) -> Any:
        """Send up to ten messages to one queue; the answer says which were not stored."""

    def get_queue_attributes(self, **parameters: Any) -> Any:
        """Return what is known about a queue."""


class _LightSender:
    """Calls SQS without boto3, until ``deadline`` (of ``time.monotonic``)."""

    def __init__(self, service: "JsonService", deadline: float) -> None:
        self._service, self._deadline = service, deadline

    def send_message(self, **parameters: Any) -> Any:
        return self._call("SendMessage", parameters)

    def send_message_batch(self, **parameters: Any) -> Any:
        return self._call("SendMessageBatch", parameters)

    def get_queue_attributes(self, **parameters: Any) -> Any:
        return self._call("GetQueueAttributes", parameters)

    def _call(self, operation: str, parameters: dict[str, Any]) -> Any:
        seconds = self._deadline - time.monotonic()
        return self._service.call(operation, parameters, seconds=seconds)


@contextmanager
def _sending(url: str, order_id: str) -> Iterator[Span | None]:
    """Record the block as the sending of a message; the request around it is about its order."""
    if around := current_span():
        around.note_order(order_id)
    queue = url.rpartition("/")[2]
    attributes = queue_attributes(queue, "send")
    with child_span(f"send {queue}", SpanKind.PRODUCER, attributes) as span:
        if span:
            span.note_order(order_id)
        yield span


async def _in_thread(call: Callable[[Sender], T]) -> T:
    # A thread cannot be cancelled, so the call itself knows when its caller gives up.
    deadline = time.monotonic() + call_seconds()
    return await run_in_thread(
        lambda: call(get_sender(deadline)),
        error=QueueUnavailableError(),
    )


@contextmanager
def _translated(operation: str) -> Iterator[None]:
    try:
        yield
    except call_failures() as failure:
        if code := permanent_code(failure):
            text = "the shop has no access to a queue"
            raise report(QueueMisconfiguredError(text, code=code, operation=operation)) from failure
        raise QueueUnavailableError from failure


def _send(client: Sender, message: Message) -> None:
    with _translated("SendMessage"):
        client.send_message(QueueUrl=message.url, **_parameters(message))


def _send_batch(client: Sender, messages: Sequence[Message]) -> Sequence[Exception | None]:
    """Send messages of one queue; return the failure of each that SQS did not store."""
    entries = [
        {"Id": str(number), **_parameters(message)} for number, message in enumerate(messages)
    ]
    with _translated("SendMessageBatch"):
        answer = client.send_message_batch(QueueUrl=messages[0].url, Entries=entries)
    stored = {entry["Id"] for entry in answer.get("Successful", ())}
    return [None if entry["Id"] in stored else QueueUnavailableError() for entry in entries]


def _parameters(message: Message) -> dict[str, Any]:
    return {
        "MessageBody": message.body,
        "DelaySeconds": message.delay_seconds,
        **trace_attribute(message.traceparent),
    }


def trace_attribute(traceparent: str | None) -> dict[str, Any]:
    """Return the parameter of SQS that carries a trace on; nothing without a trace."""
    if traceparent is None:
        return {}
    return {"MessageAttributes": {TRACEPARENT: {"DataType": "String", "StringValue": traceparent}}}


def _check(client: Sender, url: str) -> None:
    with _translated("GetQueueAttributes"):
        client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


def get_sender(deadline: float) -> Sender:
    """Return what sends until ``deadline``: the light client, or boto3's by setting."""
    settings = get_settings()
    if settings.aws_client is AwsClient.BOTO3:
        with _client_lock:
            return cast("Sender", get_client())
    from app.aws_json import sqs  # noqa: PLC0415

    return _LightSender(sqs(settings.region), deadline)


# boto3's default session is not thread-safe: it must not make two clients at once.
_client_lock = threading.Lock()


@lru_cache(maxsize=1)
def get_client() -> "SQSClient":
    """Return boto3's client of SQS, for tools and ``AWS_CLIENT=boto3``; threads may share it."""
    import boto3  # noqa: PLC0415

    from app.aws import client_config  # noqa: PLC0415

    return boto3.client("sqs", region_name=get_settings().region, config=client_config())


@lru_cache(maxsize=1)
def get_queues() -> Queues:
    """Return this process's queues."""
    return SQSQueues()
