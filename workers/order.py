"""The queues payment-response and shipment-response: move orders; the schedule: sweep."""

import asyncio
import logging
from dataclasses import asdict
from typing import Any

from app.message_parser import parse_event
from app.messages import (
    PAYMENT_RESPONSE,
    SHIPMENT_RESPONSE,
    CreditCardValidated,
    Event,
    ShipmentDelivered,
    ShipmentSent,
    list_events,
)
from app.services.orders import record_shipment, settle_payment
from app.services.sweeper import SweepFailedError, sweep
from workers.batch import (
    RESERVE_SECONDS,
    BatchResponse,
    LambdaContext,
    Record,
    handle_batch,
)
from workers.dependencies import AWS_DEPENDENCIES, Dependencies

log = logging.getLogger("shop.worker")

_QUEUES = (PAYMENT_RESPONSE, SHIPMENT_RESPONSE)


async def handle(record: Record, dependencies: Dependencies) -> None:
    """Move the order that one record names."""
    message = parse_event(record["body"], *_expected_events(record))
    if isinstance(message, CreditCardValidated):
        await settle_payment(
            dependencies.table, dependencies.queues, message, now=dependencies.now()
        )
    elif isinstance(message, ShipmentSent | ShipmentDelivered):
        await record_shipment(dependencies.table, message, now=dependencies.now())


def _expected_events(record: Record) -> tuple[type[Event], ...]:
    """Return the events of the queue a record came from; of both where it does not say."""
    source = str(record.get("eventSourceARN", ""))
    named = [queue for queue in _QUEUES if source.endswith(f"-{queue}")]
    return tuple(event for queue in named or _QUEUES for event in list_events(queue))


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse | dict[str, Any]:
    """Handle a batch of messages, or sweep when the schedule calls."""
    if isinstance(event, dict) and "Records" in event:
        return asyncio.run(handle_batch(event, context, handle, AWS_DEPENDENCIES))
    return asyncio.run(handle_schedule(context, AWS_DEPENDENCIES))


async def handle_schedule(context: LambdaContext, dependencies: Dependencies) -> dict[str, Any]:
    """Sweep once and return the counts of what was done.

    Raises:
        SweepFailedError: some orders could not be read or moved on; the alarm for failed
            functions sees it.
    """
    report = await sweep(
        dependencies.table,
        dependencies.queues,
        now=dependencies.now(),
        longest_delivery_seconds=dependencies.settings.delivery_seconds[1],
        may_go_on=lambda: context.get_remaining_time_in_millis() > 2000 * RESERVE_SECONDS,
    )
    counts = asdict(report)
    log.info("sweep.done %s", " ".join(f"{name}={value}" for name, value in counts.items()))
    if report.failed:
        raise SweepFailedError(f"{report.failed} orders could not be moved on")
    return counts
