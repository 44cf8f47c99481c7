"""Handling the records of an SQS batch in parallel and reporting the failed ones.

Not Powertools' processor, because this one stops before the function's time-out. A batch that
runs into the time-out is delivered again as a whole, with the records that succeeded.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

from app.domain.errors import ServiceMisconfiguredError, ShopError
from app.domain.ids import is_uuid
from app.message_parser import find_order_id
from app.metrics import FAILED_RECORDS, emit_metrics
from app.send_group import send_together
from app.spans import RECEIVES, SpanKind
from app.trace_context import TRACEPARENT, TraceContext, following, new_trace, read_traceparent
from app.tracing import LambdaContext, current_span, entry_span, queue_attributes
from workers.dependencies import Dependencies

log = logging.getLogger("shop.worker")

#: Time that a batch leaves unused, for reporting.
RESERVE_SECONDS = 1.0

Record = dict[str, Any]
BatchResponse = dict[str, list[dict[str, str]]]


class Step(NamedTuple):
    """What became of a record, for the log: ``order.paid``, and the id of its order."""

    name: str
    order_id: str


#: Handles one record and returns the step that its order took, if it has one.
Handle = Callable[[Record, Dependencies], Awaitable[Step | None]]


async def handle_batch(
    event: dict[str, Any], context: LambdaContext, handle: Handle, dependencies: Dependencies
) -> BatchResponse:
    """Handle every record of an SQS event; return those that SQS must deliver again.

    Records run in parallel, and a failing one does not affect the others. A record that is
    not done ``RESERVE_SECONDS`` before the function's time-out counts as failed. An event
    without a list of records is reported with an empty id, on which Lambda delivers the
    whole batch again.
    """
    records = _list_records(event)
    seconds = max(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS, 0.1)
    # One record has nothing to send together with.
    with send_together(len(records)) if len(records) > 1 else nullcontext() as group:
        tasks = [
            asyncio.create_task(_try_record(record, handle, dependencies)) for record in records
        ]
    if group:
        for task in tasks:
            task.add_done_callback(lambda _: group.leave())
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    failed = []
    for record, task in zip(records, tasks, strict=True):
        if not task.done():
            task.cancel()
            with following(_trace_of(record)):
                log.error("record.out_of_time %s", _about(record))
            failed.append(record)
        elif task.cancelled() or not task.result():
            failed.append(record)
    await asyncio.gather(*tasks, return_exceptions=True)
    if failed:
        emit_metrics({FAILED_RECORDS: len(failed)}, now=dependencies.now())
    ids = dict.fromkeys(map(_message_id, failed))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in ids]}


def _list_records(event: object) -> list[Any]:
    """Return the records of an event; one malformed record where there is no list."""
    records = event.get("Records") if isinstance(event, dict) else None
    return records if isinstance(records, list) else [None]


def _message_id(record: Any) -> str:
    """Return the id to report a record with; empty if it has none."""
    message_id = record.get("messageId") if isinstance(record, dict) else None
    return message_id if isinstance(message_id, str) else ""


def _receives(record: Record) -> str:
    attributes = record.get("attributes")
    return str(attributes.get("ApproximateReceiveCount")) if isinstance(attributes, dict) else "?"


async def _try_record(record: Any, handle: Handle, dependencies: Dependencies) -> bool:
    if not (isinstance(record, dict) and isinstance(record.get("body"), str)):
        log.error("record.malformed %s", _about(record))
        return False
    queue = str(record.get("eventSourceARN", "?")).rpartition(":")[2]
    attributes = queue_attributes(queue, "process")
    with entry_span(
        _trace_of(record), f"process {queue}", SpanKind.CONSUMER, attributes, is_linked=True
    ) as span:
        if span:
            receives = _receives(record)
            span.attributes[RECEIVES] = int(receives) if receives.isdecimal() else 0
        return await _handle_record(record, handle, dependencies)


def _trace_of(record: Record) -> TraceContext:
    """Return the trace that a message carries on; a new one for a message without any."""
    try:
        given = record["messageAttributes"][TRACEPARENT]["stringValue"]
    except (KeyError, TypeError):
        return new_trace()
    return (read_traceparent(given) if isinstance(given, str) else None) or new_trace()


async def _handle_record(record: Record, handle: Handle, dependencies: Dependencies) -> bool:
    loop = asyncio.get_running_loop()
    started = loop.time()
    try:
        step = await handle(record, dependencies) or Step("record.done", "")
    except ShopError as failure:
        # The texts of our own errors repeat no value of the message.
        # The duration comes last: where a line has no room for all, it goes first.
        cause, ms = _cause(failure), (loop.time() - started) * 1000
        log.warning("record.failed %s cause=%s ms=%d", _about(record), cause, ms)
        _note_failure(failure)
        return False
    except Exception as failure:  # One bad record must not fail the others.
        log.exception("record.crashed %s", _about(record))
        _note_failure(failure)
        return False
    if span := current_span():
        span.note_order(step.order_id)
    log.info(
        "%s order_id=%s queue=%s receives=%s ms=%d",
        step.name,
        _shown(step.order_id),
        _queue(record),
        _receives(record),
        (loop.time() - started) * 1000,
    )
    return True


def _about(record: Any) -> str:
    """Return what the log says of a record that is not done, whatever it is.

    Its message is named where its order is not known.
    """
    record = record if isinstance(record, dict) else {}
    body = record.get("body")
    order_id = find_order_id(body) if isinstance(body, str) else None
    which = f"order_id={order_id}" if order_id else f"message_id={_message_id(record)}"
    return f"{which} queue={_queue(record)} receives={_receives(record)}"


def _cause(failure: ShopError) -> str:
    """Return why a record failed, in few words: a line has room for some twenty letters."""
    if isinstance(failure, ServiceMisconfiguredError) and failure.code:
        return f"{failure.operation} {failure.code.removesuffix('Exception')}"
    return str(failure)


def _note_failure(failure: Exception) -> None:
    if span := current_span():
        span.fail(type(failure).__name__)


def _shown(order_id: str) -> str:
    """Return an id as it may stand in a log; events sent by hand may hold any text, or a card."""
    return order_id if is_uuid(order_id) else "?"


def _queue(record: Record) -> str:
    return str(record.get("eventSourceARN", "?")).rpartition("-sqs-")[2]
