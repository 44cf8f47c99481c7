"""Shipping orders."""

from app.domain.shipment import Shipment, plan_shipment
from app.messages import ShipmentDelivered, ShipmentRequested, ShipmentSent
from app.queues import Queues


async def ship_order(
    queues: Queues, message: ShipmentRequested, *, delivery_seconds: tuple[int, int]
) -> Shipment:
    """Report an order as shipped and as delivered; a repeat sends the same reports.

    SQS delays the second report by the delivery time. In-store orders are delivered at once
    and only that is reported.
    """
    shipment = plan_shipment(message.order_id, delivery=message.delivery, seconds=delivery_seconds)
    if not shipment.in_store:
        await queues.send(ShipmentSent.from_shipment(shipment))
    await queues.send(
        ShipmentDelivered.from_shipment(shipment), delay_seconds=shipment.delivery_seconds
    )
    return shipment
