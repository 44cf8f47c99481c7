"""What counts as the same order under one key, today and after the next release."""

from dataclasses import fields, replace

import pytest

from app.domain.card import Card
from app.domain.draft import DraftLine, OrderDraft
from app.domain.order import Address
from app.services.fingerprints import compute_fingerprint

KEY = b"k" * 32
CARD = Card("4111111111111111", 12, 2030, "123", "Visa")
LINE = DraftLine("i", "Mat", "soft", 2, 6250)
DRAFT = OrderDraft(
    user_id="u",
    first_name="A",
    last_name="B",
    email="a@example.com",
    address=Address("1 Way", "Town", "1", "ST", "US"),
    delivery="UPS",
    card=CARD,
    lines=(LINE,),
    total_cents=12500,
)


def test_a_fingerprint_stays_as_long_as_orders_live() -> None:
    """A release that changes it answers 422 to clients that repeat an order across it."""
    assert compute_fingerprint(DRAFT, KEY) == (
        "1:7e617e49a0d76699e0cf2f21aba56c328bdff3054cd53bdfdcd9fb486c93a2cd"
    )


def test_a_card_counts_by_what_it_says() -> None:
    same = replace(DRAFT, card=replace(CARD, number="4111 1111-11111111", expiry_year=30))

    assert compute_fingerprint(same, KEY) == compute_fingerprint(DRAFT, KEY)


CHANGES = {
    "user_id": "v",
    "first_name": "C",
    "last_name": "C",
    "email": "c@example.com",
    "address": replace(DRAFT.address, country="CA"),
    "delivery": "instore",
    "card": replace(CARD, cvv="124"),
    "lines": (replace(LINE, quantity=3),),
    "total_cents": None,
}


def test_every_field_is_tried() -> None:
    assert set(CHANGES) == {field.name for field in fields(OrderDraft)}


@pytest.mark.parametrize("name", CHANGES)
def test_every_field_counts(name: str) -> None:
    other = replace(DRAFT, **{name: CHANGES[name]})  # type: ignore[arg-type]

    assert compute_fingerprint(other, KEY) != compute_fingerprint(DRAFT, KEY)


def test_the_card_cannot_be_found_without_the_key() -> None:
    assert compute_fingerprint(DRAFT, b"another") != compute_fingerprint(DRAFT, KEY)
