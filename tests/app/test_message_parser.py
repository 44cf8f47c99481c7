"""Events are read in every form that was ever documented; the rest is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.card import Card
from app.domain.errors import InvalidInputError
from app.message_parser import find_event_type, parse_event
from app.messages import (
    EVENTS,
    CreditCardValidated,
    Event,
    EventType,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentSent,
)
from infra.sample_events import NAMES, sample_event

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CARD = {
    "Type": "Visa",
    "Number": "4222222222222",
    "ExpiryYear": 2022,
    "ExpiryMonth": 12,
    "CVV": "123",
}


def text(event_type: str, data: dict[str, Any], **metadata: str) -> str:
    known = {"domain": "d", "source": "s", "type": event_type, "status": "success"}
    return json.dumps({"metadata": known | metadata, "data": data})


@pytest.mark.parametrize("name", ["orderID", "order_id", "_id", "orderNumber", "ORDERID"])
@pytest.mark.parametrize("spelled", ["PaymentRequested", "PaymentRequestedEvent", ""])
@pytest.mark.parametrize("total", ["123", 123, "123.00", 123.0])
def test_a_payment_request_comes_in_under_every_spelling(
    name: str, spelled: str, total: object
) -> None:
    body = text(spelled, {name: "12345", "card": CARD, "total": total, "extra": [1]})

    event = parse_event(body, PaymentRequested)

    assert isinstance(event, PaymentRequested)
    assert (event.order_id, event.total_cents) == ("12345", 12300)
    assert event.card == Card("4222222222222", 12, 2022, "123", "Visa")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (["a", "b"], ("a", "b")),
        (["a", "b", "c"], ()),
        (["a" * 65], ()),
        ([""], ()),
        ([5], ()),
        ("a", ()),
        (None, ()),
    ],
)
def test_counters_that_are_none_stop_no_payment(sent: object, read: tuple[str, ...]) -> None:
    body = text("", {"orderID": "1", "card": CARD, "total": 1, "declineCounters": sent})

    assert parse_event(body, PaymentRequested).decline_counters == read


@pytest.mark.parametrize(
    "card",
    [
        {"type": "amex", "number": "4111", "expMonth": "01", "expYear": "29", "ccv": "123"},
        {"number": "4111", "expirymonth": 1, "expiryyear": 29, "cvv": 123},
        {"NUMBER": 4111, "EXPMONTH": 1, "EXPYEAR": "29", "CCV": "123", "Type": "visa"},
    ],
)
def test_a_card_comes_in_in_every_shape(card: dict[str, Any]) -> None:
    body = text("PaymentRequested", {"orderID": "1", "card": card, "total": "1"})

    event = parse_event(body, PaymentRequested)

    assert isinstance(event, PaymentRequested)
    assert event.card == Card("4111", 1, 29, "123", "")


@pytest.mark.parametrize(
    ("success", "expected"),
    [
        ("true", True),
        ("TRUE", True),
        (True, True),
        ("false", False),
        ("False", False),
        (False, False),
    ],
)
@pytest.mark.parametrize("status", [200, "200"])
def test_a_verdict_comes_in_in_every_form(
    *, success: object, expected: bool, status: object
) -> None:
    data = {"success": success, "status": status, "orderID": "1", "transactionID": "t"}

    event = parse_event(text("CreditCardValidatedEvent", data), CreditCardValidated)

    assert isinstance(event, CreditCardValidated)
    assert (event.success, event.status, event.amount_cents) == (expected, 200, None)


REPORTS: tuple[type[Event], ...] = (ShipmentSent, ShipmentDelivered)


@pytest.mark.parametrize(
    ("spelled", "status", "expected"),
    [
        ("ShipmentSent", "shipped - pending delivery", ShipmentSent),
        ("SentShipment", "", ShipmentSent),
        ("DeliveredShipment", "delivered", ShipmentDelivered),
        ("", "delivered", ShipmentDelivered),
        ("", "Shipped - pending delivery", ShipmentSent),
    ],
)
def test_a_report_is_told_by_its_type_or_else_by_its_status(
    spelled: str, status: str, expected: type
) -> None:
    body = text(spelled, {"trackingNumber": "6bc3", "orderNumber": "12345", "status": status})

    event = parse_event(body, *REPORTS)

    assert isinstance(event, expected)


def test_a_whole_order_inside_a_shipment_request_is_read_over() -> None:
    order = {
        "_id": "12345",
        "status": "x",
        "card": {"number": "4111111111111111", "ccv": "123"},
        "cart": [{"id": "1", "quantity": "1", "price": "4"}],
        "delivery": "UPS/FEDEX",
        "total": "100",
    }

    event = parse_event(text("ShipmentRequested", order), ShipmentRequested)

    assert event == ShipmentRequested("12345", delivery="UPS/FEDEX")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("\ud800", "not JSON"),
        ('{"data":{"a":NaN}}', "not JSON"),
        ("[]", "must be an object"),
        ("{}", "data"),
        (text("PaymentRequested", {"card": CARD, "total": "1"}), "order_id"),
        (text("PaymentRequested", {"orderID": "1", "total": "1"}), "card"),
        (text("PaymentRequested", {"orderID": "1", "card": CARD}), "total"),
        (text("PaymentRequested", {"orderID": "1", "card": CARD, "total": "x"}), "total"),
        (text("PaymentRequested", {"orderID": "", "card": CARD, "total": "1"}), "order_id"),
        (
            text("PaymentRequested", {"orderID": "1", "card": CARD | {"CVV": ["1"]}, "total": 1}),
            "cvv",
        ),
        (text("ShipmentSent", {"orderID": "1", "card": CARD, "total": "1"}), "metadata.type"),
    ],
)
def test_a_bad_message_is_refused_without_repeating_it(body: str, complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint) as refused:
        parse_event(body, PaymentRequested)

    assert "4222222222222" not in str(refused.value)


def test_a_report_of_no_known_kind_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"metadata\.type"):
        parse_event(text("", {"orderNumber": "1", "status": "lost"}), *REPORTS)


@pytest.mark.parametrize(("domain", "outcome"), NAMES)
def test_every_sample_is_read_back_as_it_was(domain: str, outcome: str) -> None:
    sample = sample_event(domain, outcome, order_id="12345", now=NOW)
    assert sample is not None

    read = parse_event(sample.to_body(source="CLI"), *EVENTS.values())

    assert read.to_body() == sample.to_body()
    assert '"source":"CLI"' in sample.to_body(source="CLI")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (text("PaymentRequestedEvent", {}), EventType.PAYMENT_REQUESTED),
        (text(" sentSHIPMENT ", {"order_id": []}), EventType.SHIPMENT_SENT),
        (json.dumps({"metadata": {"type": "ShipmentDelivered"}}), EventType.SHIPMENT_DELIVERED),
        (text("Unknown", {}), None),
        (json.dumps({"data": {}}), None),
        (json.dumps({"metadata": 1}), None),
        ("[]", None),
        ("{", None),
    ],
)
def test_the_type_of_a_message_is_found_even_if_the_rest_cannot_be_read(
    body: str, expected: EventType | None
) -> None:
    assert find_event_type(body) is expected
