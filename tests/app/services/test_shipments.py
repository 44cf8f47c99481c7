"""A shipment is reported as sent and, after its delivery time, as delivered."""

import pytest

from app.domain.ids import tracking_number_for
from app.domain.shipment import plan_shipment
from app.messages import ShipmentDelivered, ShipmentReport, ShipmentRequested, ShipmentSent
from app.services.shipments import ship_order
from tests.support.sent_events import SentEvents

SECONDS = (5, 120)


async def ship(delivery: str) -> SentEvents:
    queues = SentEvents()
    request = ShipmentRequested("o-1", delivery=delivery)
    await ship_order(queues, request, delivery_seconds=SECONDS)
    return queues


async def test_goods_are_sent_at_once_and_delivered_later() -> None:
    queues = await ship("UPS/FEDEX")

    planned = plan_shipment("o-1", delivery="UPS/FEDEX", seconds=SECONDS)
    assert [type(event) for event in queues.events] == [ShipmentSent, ShipmentDelivered]
    assert queues.delays == [0, planned.delivery_seconds]


@pytest.mark.parametrize("delivery", ["instore", " InStore "])
async def test_goods_in_the_store_are_delivered_at_once_and_never_sent(delivery: str) -> None:
    queues = await ship(delivery)

    assert [type(event) for event in queues.events] == [ShipmentDelivered]
    assert queues.delays == [0]


async def test_both_reports_carry_the_tracking_number_of_the_order() -> None:
    queues = await ship("UPS/FEDEX")

    numbers = {
        event.tracking_number for event in queues.events if isinstance(event, ShipmentReport)
    }
    assert numbers == {tracking_number_for("o-1")}


async def test_a_repeat_reports_the_same() -> None:
    first, again = await ship("UPS/FEDEX"), await ship("UPS/FEDEX")

    assert (first.events, first.delays) == (again.events, again.delays)
