"""Sending the goods."""

from app.domain.shipment import Shipment, plan_shipment
from app.messages import ShipmentDelivered, ShipmentRequested, ShipmentSent
from app.queues import Queues


async def ship_order(
    queues: Queues, message: ShipmentRequested, *, delivery_seconds: tuple[int, int]
) -> Shipment:
    """Send an order on its way and report both ends of it; a repeat reports the same.

    The delivery is a message that SQS holds back. In-store goods change hands at once.
    """
    shipment = plan_shipment(message.order_id, delivery=message.delivery, seconds=delivery_seconds)
    if not shipment.in_store:
        await queues.send(ShipmentSent.from_shipment(shipment))
    await queues.send(
        ShipmentDelivered.from_shipment(shipment), delay_seconds=shipment.delivery_seconds
    )
    return shipment
