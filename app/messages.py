"""The events on the queues: one model each, shared by sender and receiver.

What the shop sends has exactly the shape of openapi/CONTRACT.md, 2; what it accepts is every
form that was ever documented: other spellings, text for numbers, four names of the order id.
"""

import json
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import from_json

from app.domain.card import Card
from app.domain.errors import InvalidInputError
from app.domain.money import cents_to_number, cents_to_text
from app.domain.order import DELIVERED_TEXT, SHIPPED_TEXT
from app.domain.payment import PaymentDecision
from app.domain.shipment import Shipment
from app.fields import CardDate, Cents, Id, Integer, LiberalModel, Text

#: Every name under which an order id was ever sent.
_ORDER_ID_NAMES = {"orderid": "order_id", "_id": "order_id", "ordernumber": "order_id"}


class EventType(StrEnum):
    """The five events of the shop."""

    PAYMENT_REQUESTED = "PaymentRequested"
    CREDIT_CARD_VALIDATED = "CreditCardValidated"
    SHIPMENT_REQUESTED = "ShipmentRequested"
    SHIPMENT_SENT = "ShipmentSent"
    SHIPMENT_DELIVERED = "ShipmentDelivered"


#: Names under which an event was documented elsewhere, in lower case.
_TYPE_SPELLINGS = {
    **{each.lower(): each for each in EventType},
    "paymentrequestedevent": EventType.PAYMENT_REQUESTED,
    "creditcardvalidatedevent": EventType.CREDIT_CARD_VALIDATED,
    "sentshipment": EventType.SHIPMENT_SENT,
    "deliveredshipment": EventType.SHIPMENT_DELIVERED,
}

#: What tells the two shipment reports apart when a message does not name its type.
_STATUS_TYPES = {
    SHIPPED_TEXT: EventType.SHIPMENT_SENT,
    DELIVERED_TEXT: EventType.SHIPMENT_DELIVERED,
}


def _success(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    return value


Success = Annotated[bool, BeforeValidator(_success), Field(strict=True)]


class EventCard(LiberalModel):
    """A card inside ``PaymentRequested``, in any shape that was ever sent."""

    also_known_as: ClassVar[dict[str, str]] = {
        "expmonth": "expiry_month",
        "expirymonth": "expiry_month",
        "expyear": "expiry_year",
        "expiryyear": "expiry_year",
        "ccv": "cvv",
    }

    type: Text = ""
    number: Text = ""
    expiry_month: CardDate = 0
    expiry_year: CardDate = 0
    cvv: Text = ""

    @model_validator(mode="wrap")
    @classmethod
    def _shop_shape_claims_no_brand(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Forget the type of a shop-shape card: pages preselect one.

        The rule is openapi/CONTRACT.md, 4.1.
        """
        card = read(given)
        names = {str(name).lower() for name in given} if isinstance(given, dict) else set()
        is_shop_shape = bool(names & {"expmonth", "expyear", "ccv"})
        return card.model_copy(update={"type": ""}) if is_shop_shape else card

    def to_card(self) -> Card:
        """Return the card as the payment rules see it."""
        return Card(
            number=self.number,
            expiry_month=self.expiry_month,
            expiry_year=self.expiry_year,
            cvv=self.cvv,
            type=self.type,
        )


class PaymentRequested(LiberalModel):
    """Order asks payment to charge a card. The only message that carries card data."""

    event_type: ClassVar[EventType] = EventType.PAYMENT_REQUESTED
    also_known_as: ClassVar[dict[str, str]] = _ORDER_ID_NAMES

    order_id: Id
    card: EventCard
    total_cents: Cents = Field(alias="total")

    @classmethod
    def for_order(cls, order_id: str, card: Card, *, total_cents: int) -> "PaymentRequested":
        """Return the message that asks for ``total_cents`` from ``card``."""
        # Constructed as it is: validation would read the cents as an amount.
        return cls.model_construct(
            order_id=order_id,
            card=EventCard.model_construct(
                number=card.number,
                expiry_month=card.expiry_month,
                expiry_year=card.expiry_year,
                cvv=card.cvv,
                type=card.type,
            ),
            total_cents=total_cents,
        )

    def to_body(self, *, source: str = "AddOrder") -> str:
        """Return the text of the message."""
        card = self.card.to_card()
        data = {
            "orderID": self.order_id,
            "card": {
                "Type": card.type,
                "Number": card.number,
                "ExpiryYear": card.full_year,
                "ExpiryMonth": card.expiry_month,
                "CVV": card.cvv,
            },
            "total": cents_to_text(self.total_cents),
        }
        return _body("Order", source, self.event_type, data)


class CreditCardValidated(LiberalModel):
    """Payment tells order what became of the charge."""

    event_type: ClassVar[EventType] = EventType.CREDIT_CARD_VALIDATED
    also_known_as: ClassVar[dict[str, str]] = _ORDER_ID_NAMES

    order_id: Id
    success: Success
    status: Integer = 0
    message: Text = ""
    amount_cents: Cents | None = Field(None, alias="amount")
    transaction_id: Text = Field("", alias="transactionID")

    @classmethod
    def from_decision(cls, decision: PaymentDecision) -> "CreditCardValidated":
        """Return the message that announces ``decision``."""
        # Constructed as it is: validation would read the cents as an amount.
        return cls.model_construct(
            order_id=decision.order_id,
            success=decision.success,
            status=200 if decision.success else 400,
            message=decision.message,
            amount_cents=decision.amount_cents,
            transaction_id=decision.transaction_id,
        )

    def to_body(self, *, source: str = "ValidateCreditCard") -> str:
        """Return the text of the message."""
        data = {
            "success": "true" if self.success else "false",
            "status": self.status,
            "message": self.message,
            "amount": cents_to_number(self.amount_cents or 0),
            "transactionID": self.transaction_id,
            "orderID": self.order_id,
        }
        return _body("Payment", source, self.event_type, data, success=self.success)


class ShipmentRequested(LiberalModel):
    """Order asks shipment to send the goods."""

    event_type: ClassVar[EventType] = EventType.SHIPMENT_REQUESTED
    also_known_as: ClassVar[dict[str, str]] = _ORDER_ID_NAMES

    order_id: Id
    delivery: Text = ""

    def to_body(self, *, source: str = "ShipOrder") -> str:
        """Return the text of the message."""
        data = {"_id": self.order_id, "delivery": self.delivery}
        return _body("Order", source, self.event_type, data)


class _ShipmentReport(LiberalModel):
    """What both reports about a shipment say."""

    event_type: ClassVar[EventType]
    status_text: ClassVar[str]
    also_known_as: ClassVar[dict[str, str]] = _ORDER_ID_NAMES

    order_id: Id
    tracking_number: Text = Field("", alias="trackingNumber")

    @classmethod
    def from_shipment(cls, shipment: Shipment) -> Self:
        """Return the message about ``shipment``."""
        return cls(order_id=shipment.order_id, tracking_number=shipment.tracking_number)

    def to_body(self, *, source: str = "SendShipment") -> str:
        """Return the text of the message."""
        data = {
            "trackingNumber": self.tracking_number,
            "orderNumber": self.order_id,
            "status": self.status_text,
        }
        return _body("Shipment", source, self.event_type, data)


class ShipmentSent(_ShipmentReport):
    """Shipment tells order that the goods are on their way."""

    event_type: ClassVar[EventType] = EventType.SHIPMENT_SENT
    status_text: ClassVar[str] = SHIPPED_TEXT


class ShipmentDelivered(_ShipmentReport):
    """Shipment tells order that the goods have arrived."""

    event_type: ClassVar[EventType] = EventType.SHIPMENT_DELIVERED
    status_text: ClassVar[str] = DELIVERED_TEXT


Event = (
    PaymentRequested | CreditCardValidated | ShipmentRequested | ShipmentSent | ShipmentDelivered
)

EVENTS: dict[EventType, type[Event]] = {
    EventType.PAYMENT_REQUESTED: PaymentRequested,
    EventType.CREDIT_CARD_VALIDATED: CreditCardValidated,
    EventType.SHIPMENT_REQUESTED: ShipmentRequested,
    EventType.SHIPMENT_SENT: ShipmentSent,
    EventType.SHIPMENT_DELIVERED: ShipmentDelivered,
}


def _body(
    domain: str,
    source: str,
    event_type: EventType,
    data: dict[str, Any],
    *,
    success: bool = True,
) -> str:
    status: Literal["success", "error"] = "success" if success else "error"
    metadata = {
        "domain": domain,
        "source": source,
        "type": str(event_type),
        "status": status,
    }
    return json.dumps({"metadata": metadata, "data": data}, separators=(",", ":"))


class _Metadata(LiberalModel):
    type: Text = ""


class _Heading(LiberalModel):
    metadata: _Metadata = _Metadata()


class _Envelope(LiberalModel):
    metadata: _Metadata = _Metadata()
    data: dict[str, Any]


def parse_event(body: str, *expected: EventType) -> Event:
    """Return the event in the text of a message.

    ``expected`` are the events of the queue it came from. A queue with one event needs no
    type in the message; with two, the type tells them apart, else the status in the data.

    Raises:
        InvalidInputError: it is none of the expected events; the text repeats no value.
    """
    try:
        envelope = _Envelope.model_validate(from_json(body.encode(), allow_inf_nan=False))
        return EVENTS[_type_of(envelope, expected)].model_validate(envelope.data)
    except ValidationError as failure:
        raise InvalidInputError(explain(failure)) from None
    except ValueError:
        raise InvalidInputError("the message is not JSON") from None


def find_event_type(body: str) -> EventType | None:
    """Return the event that the text of a message names, whatever else is wrong with it."""
    try:
        heading = _Heading.model_validate(from_json(body.encode(), allow_inf_nan=False))
    except ValueError:
        return None
    return _TYPE_SPELLINGS.get(heading.metadata.type.strip().lower())


def _type_of(envelope: _Envelope, expected: tuple[EventType, ...]) -> EventType:
    named = _TYPE_SPELLINGS.get(envelope.metadata.type.strip().lower())
    if named is None and len(expected) == 1:
        return expected[0]
    if named is None:
        named = _STATUS_TYPES.get(_status_in(envelope.data))
    if named not in expected:
        raise InvalidInputError(f"metadata.type: must be {' or '.join(expected)}")
    return named


def _status_in(data: dict[str, Any]) -> str:
    status = next((value for name, value in data.items() if name.lower() == "status"), "")
    return status.strip().lower() if isinstance(status, str) else ""


def explain(failure: ValidationError) -> str:
    """Return what is wrong with which field, without repeating any value."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg'].removeprefix('Value error, ')}"
        for error in failure.errors(include_input=False, include_url=False, include_context=False)
    )
