"""shipment-request → shipment: send the goods and report both ends of the journey."""

from typing import Any

from app.messages import EventType, ShipmentRequested, parse_event
from app.queues import get_queues
from app.services.shipments import ship_order
from app.settings import get_settings
from workers.batch import BatchResponse, LambdaContext, Record, handle_batch


async def handle(record: Record) -> None:
    """Send the order that one record names."""
    message = parse_event(record["body"], EventType.SHIPMENT_REQUESTED)
    assert isinstance(message, ShipmentRequested)  # noqa: S101 - the only type expected
    await ship_order(get_queues(), message, delivery_seconds=get_settings().delivery_seconds)


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Return the records that SQS must deliver again."""
    return handle_batch(event, context, handle)
