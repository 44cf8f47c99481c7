"""shipment-request → shipment: send the goods and report both ends of the journey."""

import asyncio
from typing import Any

from app.messages import EventType, ShipmentRequested, parse_event
from app.services.shipments import ship_order
from workers.batch import BatchResponse, LambdaContext, Record, handle_batch
from workers.dependencies import AWS_DEPENDENCIES, Dependencies


async def handle(record: Record, dependencies: Dependencies) -> None:
    """Send the order that one record names."""
    message = parse_event(record["body"], EventType.SHIPMENT_REQUESTED)
    assert isinstance(message, ShipmentRequested)  # noqa: S101 - the only type expected
    await ship_order(
        dependencies.queues, message, delivery_seconds=dependencies.settings.delivery_seconds
    )


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Return the records that SQS must deliver again."""
    return asyncio.run(handle_batch(event, context, handle, AWS_DEPENDENCIES))
