"""The events on the queues: one class each, shared by sender and receiver.

What the shop sends has exactly the contract's shape (openapi/CONTRACT.md, chapter 2).
``app/message_parser.py`` reads what arrives, in every form that was ever documented.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Self

from app.domain.card import Card
from app.domain.money import cents_to_number, cents_to_text
from app.domain.order import DELIVERED_TEXT, SHIPPED_TEXT
from app.domain.payment import PaymentDecision
from app.domain.shipment import Shipment
from app.message_bodies import (
    CardData,
    CreditCardValidatedData,
    Domain,
    MessageBody,
    Metadata,
    PaymentRequestedData,
    ShipmentReportData,
    ShipmentRequestedData,
)

PAYMENT_REQUEST = "payment-request"
PAYMENT_RESPONSE = "payment-response"
SHIPMENT_REQUEST = "shipment-request"
SHIPMENT_RESPONSE = "shipment-response"


class EventType(StrEnum):
    """The five events of the shop."""

    PAYMENT_REQUESTED = "PaymentRequested"
    CREDIT_CARD_VALIDATED = "CreditCardValidated"
    SHIPMENT_REQUESTED = "ShipmentRequested"
    SHIPMENT_SENT = "ShipmentSent"
    SHIPMENT_DELIVERED = "ShipmentDelivered"


@dataclass(frozen=True)
class Event(ABC):
    """What all events have in common; ``domain`` and ``source`` name the sender."""

    event_type: ClassVar[EventType]
    domain: ClassVar[Domain]
    source: ClassVar[str]

    order_id: str

    @abstractmethod
    def data(self) -> MessageBody:
        """Return the ``data`` of the message."""

    @property
    def reports_success(self) -> bool:
        """Whether ``metadata.status`` is ``success``, else ``error``."""
        return True

    def metadata(self, *, source: str | None = None) -> Metadata:
        """Return what the message says of itself; ``source`` replaces the usual sender."""
        return Metadata(
            domain=self.domain,
            source=source or self.source,
            type=str(self.event_type),
            status="success" if self.reports_success else "error",
        )

    def to_body(self, *, source: str | None = None) -> str:
        """Return the text of the message; ``source`` replaces the usual sender."""
        body = {"metadata": self.metadata(source=source), "data": self.data()}
        return json.dumps(body, separators=(",", ":"))


@dataclass(frozen=True)
class PaymentRequested(Event):
    """Order asks payment to charge a card. The only message that carries card data."""

    event_type: ClassVar[EventType] = EventType.PAYMENT_REQUESTED
    domain: ClassVar[Domain] = "Order"
    source: ClassVar[str] = "AddOrder"

    card: Card
    total_cents: int
    #: The keyed hashes under which payment counts the card if it is declined.
    decline_counters: tuple[str, ...] = ()

    def data(self) -> PaymentRequestedData:
        """Return the order's id, its card, its total as decimal text, and the counters."""
        card = self.card
        data = PaymentRequestedData(
            orderID=self.order_id,
            card=CardData(
                Type=card.type,
                Number=card.number,
                ExpiryYear=card.full_year,
                ExpiryMonth=card.expiry_month,
                CVV=card.cvv,
            ),
            total=cents_to_text(self.total_cents),
        )
        if self.decline_counters:
            data["declineCounters"] = list(self.decline_counters)
        return data


@dataclass(frozen=True)
class CreditCardValidated(Event):
    """Payment tells order whether the card was charged."""

    event_type: ClassVar[EventType] = EventType.CREDIT_CARD_VALIDATED
    domain: ClassVar[Domain] = "Payment"
    source: ClassVar[str] = "ValidateCreditCard"

    success: bool
    status: int = 0
    message: str = ""
    amount_cents: int | None = None
    transaction_id: str = ""

    @classmethod
    def from_decision(cls, decision: PaymentDecision) -> "CreditCardValidated":
        """Return the message that announces ``decision``."""
        return cls(
            order_id=decision.order_id,
            success=decision.success,
            status=200 if decision.success else 400,
            message=decision.message,
            amount_cents=decision.amount_cents,
            transaction_id=decision.transaction_id,
        )

    @property
    def reports_success(self) -> bool:
        """Whether the card was charged."""
        return self.success

    def data(self) -> CreditCardValidatedData:
        """Return the decision; ``success`` is text (openapi/CONTRACT.md, chapter 2)."""
        return CreditCardValidatedData(
            success="true" if self.success else "false",
            status=self.status,
            message=self.message,
            amount=cents_to_number(self.amount_cents or 0),
            transactionID=self.transaction_id,
            orderID=self.order_id,
        )


@dataclass(frozen=True)
class ShipmentRequested(Event):
    """Order asks shipment to send the goods."""

    event_type: ClassVar[EventType] = EventType.SHIPMENT_REQUESTED
    domain: ClassVar[Domain] = "Order"
    source: ClassVar[str] = "ShipOrder"

    delivery: str = ""

    def data(self) -> ShipmentRequestedData:
        """Return the order's id and its delivery method."""
        return ShipmentRequestedData(_id=self.order_id, delivery=self.delivery)


@dataclass(frozen=True)
class ShipmentReport(Event):
    """What both reports about a shipment say."""

    domain: ClassVar[Domain] = "Shipment"
    source: ClassVar[str] = "SendShipment"
    status_text: ClassVar[str]

    tracking_number: str = ""

    @classmethod
    def from_shipment(cls, shipment: Shipment) -> Self:
        """Return the report about ``shipment``."""
        return cls(order_id=shipment.order_id, tracking_number=shipment.tracking_number)

    def data(self) -> ShipmentReportData:
        """Return the order's id, its tracking number and its new status."""
        return ShipmentReportData(
            trackingNumber=self.tracking_number,
            orderNumber=self.order_id,
            status=self.status_text,
        )


class ShipmentSent(ShipmentReport):
    """Shipment tells order that the goods are on their way."""

    event_type: ClassVar[EventType] = EventType.SHIPMENT_SENT
    status_text: ClassVar[str] = SHIPPED_TEXT


class ShipmentDelivered(ShipmentReport):
    """Shipment tells order that the goods have arrived."""

    event_type: ClassVar[EventType] = EventType.SHIPMENT_DELIVERED
    status_text: ClassVar[str] = DELIVERED_TEXT


#: The queue of each event (openapi/CONTRACT.md, chapter 2).
QUEUE_OF: Mapping[type[Event], str] = MappingProxyType(
    {
        PaymentRequested: PAYMENT_REQUEST,
        CreditCardValidated: PAYMENT_RESPONSE,
        ShipmentRequested: SHIPMENT_REQUEST,
        ShipmentSent: SHIPMENT_RESPONSE,
        ShipmentDelivered: SHIPMENT_RESPONSE,
    }
)

EVENTS: Mapping[EventType, type[Event]] = MappingProxyType(
    {event.event_type: event for event in QUEUE_OF}
)


def list_events(queue: str) -> tuple[type[Event], ...]:
    """Return the events that are sent to a queue; none for an unknown one."""
    return tuple(event for event, its_queue in QUEUE_OF.items() if its_queue == queue)
