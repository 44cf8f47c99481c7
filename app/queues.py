"""Sending events to SQS."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from app.aws.json_service import Service, sqs
from app.aws.refusals import call_failures, permanent_code, report
from app.deadlines import call_deadline, call_seconds
from app.domain.errors import QueueMisconfiguredError, QueueUnavailableError
from app.messages import QUEUE_OF, Event
from app.send_group import Message, current_group
from app.settings import AwsClient, get_settings
from app.spans import Span, SpanKind
from app.trace_context import TRACEPARENT, make_traceparent
from app.tracing import child_span, current_span, queue_attributes

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
        """Put an event on its queue; one call to SQS, or a tenth of one among a batch's."""
        url = get_settings().queue_url(QUEUE_OF[type(event)])
        with _sending(url, event.order_id) as span:
            traceparent = make_traceparent(span.span_id if span else None)
            message = Message(url, event.to_body(), delay_seconds, traceparent, span)
            if group := current_group():
                await group.send(message, self)
            else:
                await _send(message)

    async def send_messages(self, messages: Sequence[Message]) -> Sequence[Exception | None]:
        """Send up to ten messages of one queue; return the failure of each, or None.

        One call to SQS.

        Raises:
            QueueUnavailableError: each of them may or may not have been stored.
        """
        if len(messages) == 1:
            await _send(messages[0])
            return [None]
        for message in messages:
            if message.span:
                message.span.attributes["messaging.batch.message_count"] = len(messages)
        return await _send_batch(messages)

    async def check(self, queue: str) -> None:
        """Return once a queue answers; one call to SQS."""
        url = get_settings().queue_url(queue)
        await _call("GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["QueueArn"]})


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


async def _send(message: Message) -> None:
    await _call("SendMessage", {"QueueUrl": message.url, **_parameters(message)})


async def _send_batch(messages: Sequence[Message]) -> Sequence[Exception | None]:
    """Send messages of one queue; return the failure of each that SQS did not store."""
    entries = [
        {"Id": str(number), **_parameters(message)} for number, message in enumerate(messages)
    ]
    parameters = {"QueueUrl": messages[0].url, "Entries": entries}
    answer = await _call("SendMessageBatch", parameters)
    stored = {entry["Id"] for entry in answer.get("Successful", ())}
    return [None if entry["Id"] in stored else QueueUnavailableError() for entry in entries]


async def _call(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what SQS answers, before the deadline (``app.deadlines``).

    Raises:
        QueueUnavailableError: it does not; it may have done what it was asked for.
    """
    try:
        # The client knows the deadline, too, and begins no attempt that could not end in time.
        async with call_deadline(QueueUnavailableError()):
            return await get_service().call(operation, parameters, seconds=call_seconds())
    except call_failures() as failure:
        if code := permanent_code(failure):
            text = "the shop has no access to a queue"
            raise report(QueueMisconfiguredError(text, code=code, operation=operation)) from failure
        raise QueueUnavailableError from failure


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


def get_service() -> Service:
    """Return what calls SQS: the light client, or boto3's by setting."""
    settings = get_settings()
    if settings.aws_client is AwsClient.BOTO3:
        from app.aws.boto3_calls import Boto3Service  # noqa: PLC0415

        return Boto3Service(get_client)
    return sqs(settings.region)


@lru_cache(maxsize=1)
def get_client() -> "SQSClient":
    """Return boto3's client of SQS, for tools and ``AWS_CLIENT=boto3``; threads may share it."""
    import boto3  # noqa: PLC0415

    from app.aws.boto3_calls import client_config  # noqa: PLC0415

    return boto3.client("sqs", region_name=get_settings().region, config=client_config())


@lru_cache(maxsize=1)
def get_queues() -> Queues:
    """Return this process's queues."""
    return SQSQueues()
