"""Handling a batch of SQS records side by side and reporting the failed ones.

Our own instead of Powertools' processor: this one stops in time. A batch that is cut off by
the function's time-out would be reported as failed as a whole, good records included.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from app.domain.errors import ShopError
from workers.dependencies import Dependencies

log = logging.getLogger("shop.worker")

#: What a batch leaves of the function's time, for reporting.
RESERVE_SECONDS = 1.0

Record = dict[str, Any]
BatchResponse = dict[str, list[dict[str, str]]]


class LambdaContext(Protocol):
    """What the shop's handlers use of the context that Lambda passes."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how much of the function's time is left."""


Handle = Callable[[Record, Dependencies], Awaitable[object]]


async def handle_batch(
    event: dict[str, Any], context: LambdaContext, handle: Handle, dependencies: Dependencies
) -> BatchResponse:
    """Handle every record of an SQS event; return those that SQS must deliver again.

    Records run side by side and cannot disturb each other. What is not done shortly before
    the function's time is up counts as failed. What is no batch at all is reported as a
    whole, by the empty id: Lambda then takes nothing of it for done.
    """
    records = _records_in(event)
    seconds = max(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS, 0.1)
    tasks = [asyncio.create_task(_is_done(record, handle, dependencies)) for record in records]
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    failed = []
    for record, task in zip(records, tasks, strict=True):
        if not task.done():
            task.cancel()
            log.error("record.out_of_time message_id=%s", _id_of(record))
            failed.append(record)
        elif task.cancelled() or not task.result():
            failed.append(record)
    await asyncio.gather(*tasks, return_exceptions=True)
    ids = dict.fromkeys(map(_id_of, failed))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in ids]}


def _records_in(event: object) -> list[Any]:
    """Return the records of an event; of one that is no batch, one that cannot be done."""
    records = event.get("Records") if isinstance(event, dict) else None
    return records if isinstance(records, list) else [None]


def _id_of(record: Any) -> str:
    """Return the id to report a record by; it is empty where there is none."""
    message_id = record.get("messageId") if isinstance(record, dict) else None
    return message_id if isinstance(message_id, str) else ""


def _receives(record: Record) -> str:
    attributes = record.get("attributes")
    return str(attributes.get("ApproximateReceiveCount")) if isinstance(attributes, dict) else "?"


async def _is_done(record: Any, handle: Handle, dependencies: Dependencies) -> bool:
    if not (isinstance(record, dict) and isinstance(record.get("body"), str)):
        log.error("record.malformed message_id=%s", _id_of(record))
        return False
    try:
        await handle(record, dependencies)
    except ShopError as failure:
        # Our own texts repeat no value of the message.
        log.warning(
            "record.failed message_id=%s receives=%s cause=%s: %s",
            _id_of(record),
            _receives(record),
            type(failure).__name__,
            failure,
        )
        return False
    except Exception:  # One bad record must not fail its neighbours.
        log.exception("record.crashed message_id=%s receives=%s", _id_of(record), _receives(record))
        return False
    return True
