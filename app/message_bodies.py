"""The bodies of the events as they are sent: exactly these fields, of exactly these types.

``app/messages.py`` makes them, ``openapi/asyncapi.json`` is generated from them, with the texts
as descriptions. What is read is wider: ``app/message_parser.py``.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

#: The domains that send events.
Domain = Literal["Order", "Payment", "Shipment"]


class Metadata(TypedDict):
    """What a message is and who sent it."""

    domain: Annotated[Domain, "Domain of the sender."]
    source: Annotated[str, "Operation that sent it; `CLI` for one sent by hand."]
    type: Annotated[str, "Name of the event."]
    status: Annotated[Literal["success", "error"], "`error` for a payment that was refused."]


class CardData(TypedDict):
    """The card to charge, in the event's shape."""

    Type: Annotated[str, "Brand that the client claimed; empty for a card of the pages."]
    Number: Annotated[str, "Number as the client sent it."]
    ExpiryYear: Annotated[int, "Year of expiry, four digits."]
    ExpiryMonth: Annotated[int, "Month of expiry as the client sent it; none of 1 to 12: refused."]
    CVV: Annotated[str, "Security code."]


class PaymentRequestedData(TypedDict):
    """Which order to charge to which card."""

    orderID: Annotated[str, "Id of the order."]
    card: Annotated[CardData, "The card."]
    total: Annotated[str, "Amount in dollars, as text with two decimals."]
    declineCounters: NotRequired[
        Annotated[
            list[str],
            "Under which keyed hashes, of user and of address, a card that is declined is counted;"
            " absent where it is not.",
        ]
    ]


class CreditCardValidatedData(TypedDict):
    """What became of a charge."""

    success: Annotated[
        Literal["true", "false"],
        "Whether the card was charged, as text. The Go shop's types declare a bool.",
    ]
    status: Annotated[int, "200 when the card was charged, else 400."]
    message: Annotated[str, "What happened, as a sentence."]
    amount: Annotated[int | float, "The order's total in dollars, also when refused."]
    transactionID: Annotated[str, "Id of the charge; `-1` if refused."]
    orderID: Annotated[str, "Id of the order."]


class ShipmentRequestedData(TypedDict):
    """Which order to send."""

    _id: Annotated[str, "Id of the order."]
    delivery: Annotated[str, "How to send it, as the client wrote; `instore`: at once."]


class ShipmentReportData(TypedDict):
    """Where a shipment is."""

    trackingNumber: Annotated[str, "Id of the shipment."]
    orderNumber: Annotated[str, "Id of the order."]
    status: Annotated[str, "`shipped - pending delivery` or `delivered`: the order's new status."]


MessageBody = (
    PaymentRequestedData | CreditCardValidatedData | ShipmentRequestedData | ShipmentReportData
)
