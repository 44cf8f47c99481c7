"""payment-response and shipment-response → order; the schedule → sweeper."""

import asyncio
import logging
from dataclasses import asdict
from typing import Any

from app.messages import (
    CreditCardValidated,
    EventType,
    ShipmentDelivered,
    ShipmentSent,
    parse_event,
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

_EXPECTED = (
    EventType.CREDIT_CARD_VALIDATED,
    EventType.SHIPMENT_SENT,
    EventType.SHIPMENT_DELIVERED,
)


async def handle(record: Record, dependencies: Dependencies) -> None:
    """Move the order that one record names."""
    message = parse_event(record["body"], *_expected_from(record))
    if isinstance(message, CreditCardValidated):
        await settle_payment(
            dependencies.table, dependencies.queues, message, now=dependencies.now()
        )
    elif isinstance(message, ShipmentSent | ShipmentDelivered):
        await record_shipment(dependencies.table, message, now=dependencies.now())


def _expected_from(record: Record) -> tuple[EventType, ...]:
    """Return the events of the queue a record came from; messages need not name their type."""
    source = str(record.get("eventSourceARN", ""))
    if source.endswith("-payment-response"):
        return _EXPECTED[:1]
    if source.endswith("-shipment-response"):
        return _EXPECTED[1:]
    return _EXPECTED


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse | dict[str, Any]:
    """Handle a batch of messages, or sweep when the schedule calls."""
    if isinstance(event, dict) and "Records" in event:
        return asyncio.run(handle_batch(event, context, handle, AWS_DEPENDENCIES))
    return asyncio.run(handle_schedule(context, AWS_DEPENDENCIES))


async def handle_schedule(context: LambdaContext, dependencies: Dependencies) -> dict[str, Any]:
    """Sweep once and return what was done.

    Raises:
        SweepFailedError: some orders could not be looked at or pushed.
    """
    report = await sweep(
        dependencies.table,
        dependencies.queues,
        now=dependencies.now(),
        longest_delivery_seconds=dependencies.settings.delivery_seconds[1],
        may_go_on=lambda: context.get_remaining_time_in_millis() > 2000 * RESERVE_SECONDS,
    )
    facts = asdict(report)
    log.info("sweep.done %s", " ".join(f"{name}={value}" for name, value in facts.items()))
    if report.failed:
        # A function that failed is what the alarms see.
        raise SweepFailedError(f"{report.failed} orders could not be pushed")
    return facts
