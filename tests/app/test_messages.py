"""Events go out in exactly the shape of openapi/CONTRACT.md, 2."""

import json
from datetime import UTC, datetime

import pytest

from app.domain.card import Card
from app.domain.payment import DECLINED_MESSAGE, NO_TRANSACTION, PaymentDecision
from app.domain.shipment import Shipment
from app.messages import (
    EVENTS,
    PAYMENT_REQUEST,
    PAYMENT_RESPONSE,
    QUEUE_OF,
    SHIPMENT_REQUEST,
    SHIPMENT_RESPONSE,
    CreditCardValidated,
    EventType,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentSent,
    list_events,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CARD = {
    "Type": "Visa",
    "Number": "4222222222222",
    "ExpiryYear": 2022,
    "ExpiryMonth": 12,
    "CVV": "123",
}


def decision(*, success: bool) -> PaymentDecision:
    return PaymentDecision(
        order_id="12345",
        success=success,
        amount_cents=12300,
        transaction_id="3f84" if success else NO_TRANSACTION,
        message="transaction successful" if success else DECLINED_MESSAGE,
        reason="",
        decided_at=NOW,
    )


def test_a_payment_request_goes_out_as_the_contract_shows_it() -> None:
    card = Card("4222222222222", 12, 22, "123", "Visa")

    body = json.loads(PaymentRequested("12345", card, total_cents=12300).to_body())

    assert body == {
        "metadata": {
            "domain": "Order",
            "source": "AddOrder",
            "type": "PaymentRequested",
            "status": "success",
        },
        "data": {"orderID": "12345", "card": CARD, "total": "123.00"},
    }


@pytest.mark.parametrize("success", [True, False])
def test_a_verdict_goes_out_as_the_contract_shows_it(*, success: bool) -> None:
    body = json.loads(CreditCardValidated.from_decision(decision(success=success)).to_body())

    assert body["metadata"] == {
        "domain": "Payment",
        "source": "ValidateCreditCard",
        "type": "CreditCardValidated",
        "status": "success" if success else "error",
    }
    assert body["data"] == {
        "success": "true" if success else "false",
        "status": 200 if success else 400,
        "message": "transaction successful" if success else DECLINED_MESSAGE,
        "amount": 123,
        "transactionID": "3f84" if success else "-1",
        "orderID": "12345",
    }


def test_shipment_events_go_out_as_the_contract_shows_them() -> None:
    request = ShipmentRequested(order_id="12345", delivery="UPS/FEDEX")
    shipment = Shipment("12345", "6bc3", in_store=False, delivery_seconds=5)

    bodies = [
        json.loads(event.to_body())
        for event in (
            request,
            ShipmentSent.from_shipment(shipment),
            ShipmentDelivered.from_shipment(shipment),
        )
    ]

    assert [body["data"] for body in bodies] == [
        {"_id": "12345", "delivery": "UPS/FEDEX"},
        {"trackingNumber": "6bc3", "orderNumber": "12345", "status": "shipped - pending delivery"},
        {"trackingNumber": "6bc3", "orderNumber": "12345", "status": "delivered"},
    ]
    assert [tuple(body["metadata"].values()) for body in bodies] == [
        ("Order", "ShipOrder", "ShipmentRequested", "success"),
        ("Shipment", "SendShipment", "ShipmentSent", "success"),
        ("Shipment", "SendShipment", "ShipmentDelivered", "success"),
    ]


def test_every_event_has_a_queue_and_every_queue_lists_its_events() -> None:
    assert set(EVENTS) == set(EventType)
    assert {
        queue: {event.event_type for event in list_events(queue)} for queue in QUEUE_OF.values()
    } == {
        PAYMENT_REQUEST: {EventType.PAYMENT_REQUESTED},
        PAYMENT_RESPONSE: {EventType.CREDIT_CARD_VALIDATED},
        SHIPMENT_REQUEST: {EventType.SHIPMENT_REQUESTED},
        SHIPMENT_RESPONSE: {EventType.SHIPMENT_SENT, EventType.SHIPMENT_DELIVERED},
    }
    assert list_events("payment-error") == ()
