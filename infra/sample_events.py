"""One ready-made event of each kind, for trying the queues by hand."""

from datetime import datetime

from app.domain.card import Card
from app.domain.ids import tracking_number_for, transaction_id_for
from app.domain.payment import DECLINED_MESSAGE, NO_TRANSACTION, PAID_MESSAGE
from app.messages import (
    CreditCardValidated,
    Event,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentSent,
)

_TOTAL_CENTS = 12_300

#: What can be sent: domain and outcome, as two words on the command line.
NAMES = (
    ("payment", "success"),
    ("payment", "failure"),
    ("payment", "accepted"),
    ("payment", "declined"),
    ("shipment", "requested"),
    ("shipment", "sent"),
    ("shipment", "delivered"),
)


def sample_event(domain: str, outcome: str, *, order_id: str, now: datetime) -> Event | None:
    """Return the sample called ``domain outcome`` about an order, or None for no such name."""
    # Public test numbers (openapi/CONTRACT.md, 4.3); the failing one expired in 2018.
    good = Card("4111111111111111", 12, now.year + 2, "123", "Visa")
    expired = Card("4222222222222", 12, 2018, "123", "Visa")
    samples: dict[tuple[str, str], Event] = {
        ("payment", "success"): PaymentRequested(order_id, good, total_cents=_TOTAL_CENTS),
        ("payment", "failure"): PaymentRequested(order_id, expired, total_cents=_TOTAL_CENTS),
        ("payment", "accepted"): CreditCardValidated(
            order_id=order_id,
            success=True,
            status=200,
            message=PAID_MESSAGE,
            amount_cents=_TOTAL_CENTS,
            transaction_id=transaction_id_for(order_id),
        ),
        ("payment", "declined"): CreditCardValidated(
            order_id=order_id,
            success=False,
            status=400,
            message=DECLINED_MESSAGE,
            amount_cents=_TOTAL_CENTS,
            transaction_id=NO_TRANSACTION,
        ),
        ("shipment", "requested"): ShipmentRequested(order_id=order_id, delivery="UPS/FEDEX"),
        ("shipment", "sent"): ShipmentSent(
            order_id=order_id, tracking_number=tracking_number_for(order_id)
        ),
        ("shipment", "delivered"): ShipmentDelivered(
            order_id=order_id, tracking_number=tracking_number_for(order_id)
        ),
    }
    return samples.get((domain, outcome))
