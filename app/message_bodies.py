"""The bodies of the events as they are sent: exactly these fields, of exactly these types.

``app/messages.py`` makes them, ``openapi/asyncapi.json`` is generated from them. What is read is
wider: ``app/message_parser.py``.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.domain.order import DELIVERED_TEXT, SHIPPED_TEXT

#: The domains that send events.
Domain = Literal["Order", "Payment", "Shipment"]


class MessageBody(BaseModel):
    """A part of a message; another field or another type is a bug of the sender."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Metadata(MessageBody):
    """What a message is and who sent it."""

    domain: Domain = Field(description="Domain of the sender.")
    source: str = Field(description="Operation that sent it; `CLI` for one sent by hand.")
    type: str = Field(description="Name of the event.")
    status: Literal["success", "error"] = Field(
        description="`error` for a payment that was refused."
    )


class CardData(MessageBody):
    """The card to charge, in the event's shape."""

    Type: str = Field(description="Brand that the client claimed; empty for a card of the pages.")
    Number: str = Field(description="Number as the client sent it.")
    ExpiryYear: int = Field(description="Year of expiry, four digits.")
    ExpiryMonth: int = Field(description="Month of expiry, 1 to 12.")
    CVV: str = Field(description="Security code.")


class PaymentRequestedData(MessageBody):
    """Which order to charge to which card."""

    orderID: str = Field(description="Id of the order.")
    card: CardData = Field(description="The card.")
    total: str = Field(description="Amount in dollars, as text with two decimals.")


class CreditCardValidatedData(MessageBody):
    """What became of a charge."""

    success: Literal["true", "false"] = Field(
        description="Whether the card was charged, as text. The Go shop's types declare a bool."
    )
    status: int = Field(description="200 when the card was charged, else 400.")
    message: str = Field(description="What happened, as a sentence.")
    amount: int | float = Field(description="The order's total in dollars, also when refused.")
    transactionID: str = Field(description="Id of the charge; `-1` if refused.")
    orderID: str = Field(description="Id of the order.")


class ShipmentRequestedData(MessageBody):
    """Which order to send."""

    id: str = Field(serialization_alias="_id", description="Id of the order.")
    delivery: str = Field(description="How to send it, as the client wrote; `instore`: at once.")


class ShipmentReportData(MessageBody):
    """Where a shipment is."""

    trackingNumber: str = Field(description="Id of the shipment.")
    orderNumber: str = Field(description="Id of the order.")
    status: str = Field(
        description=f"`{SHIPPED_TEXT}` or `{DELIVERED_TEXT}`: the order's new status."
    )
