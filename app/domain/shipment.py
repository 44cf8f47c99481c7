"""The shipment of an order. A delayed message simulates the delivery."""

import hashlib
from dataclasses import dataclass

from app.domain.ids import tracking_number_for

#: The till's value of ``delivery``: the customer takes the goods along.
IN_STORE = "instore"


@dataclass(frozen=True)
class Shipment:
    """The shipment of an order; ``delivery_seconds`` pass between sent and delivered."""

    order_id: str
    tracking_number: str
    in_store: bool
    delivery_seconds: int


def plan_shipment(order_id: str, *, delivery: str, seconds: tuple[int, int]) -> Shipment:
    """Return the shipment of an order; the same order always gets the same one.

    ``seconds`` are the shortest and the longest delivery time. The actual time is derived
    from the order id, so that a repeated message results in the same delivery.
    """
    in_store = delivery.strip().casefold() == IN_STORE
    shortest, longest = seconds
    draw = int.from_bytes(hashlib.sha256(order_id.encode()).digest()[:4])
    return Shipment(
        order_id=order_id,
        tracking_number=tracking_number_for(order_id),
        in_store=in_store,
        delivery_seconds=0 if in_store else shortest + draw % (longest - shortest + 1),
    )
