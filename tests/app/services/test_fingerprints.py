"""What counts as the same order under one key, today and after the next release."""

from dataclasses import fields, replace

import pytest

from app.domain.card import Card
from app.domain.draft import DraftLine, OrderDraft
from app.domain.order import Address
from app.services.fingerprints import compute_fingerprint, is_repeat

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


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("1", "7e617e49a0d76699e0cf2f21aba56c328bdff3054cd53bdfdcd9fb486c93a2cd"),
        ("2", "d8216c1f892444c46e8c915ae1042dcc1baf772c1cf0ac308b77769b66a50bde"),
    ],
)
def test_a_fingerprint_stays_as_long_as_orders_live(version: str, known: str) -> None:
    """A release that changes it answers 422 to clients that repeat an order across it."""
    made = compute_fingerprint(DRAFT, KEY, version=version)

    assert made == f"{version}:{known}"
    assert is_repeat(DRAFT, KEY, stored=made)
    assert not is_repeat(replace(DRAFT, delivery="instore"), KEY, stored=made)


def test_nothing_that_is_stored_follows_from_the_cvv() -> None:
    other = replace(DRAFT, card=replace(CARD, cvv="999"))

    assert compute_fingerprint(other, KEY) == compute_fingerprint(DRAFT, KEY)
    # Orders of earlier releases have it in theirs.
    assert not is_repeat(other, KEY, stored=compute_fingerprint(DRAFT, KEY, version="1"))


@pytest.mark.parametrize(
    ("stored", "is_same"), [("3:abc", True), ("", False), ("x", False), ("2:abc", False)]
)
def test_a_fingerprint_of_a_later_release_is_not_judged(stored: str, is_same: bool) -> None:  # noqa: FBT001
    assert is_repeat(DRAFT, KEY, stored=stored) is is_same


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
    "card": replace(CARD, expiry_month=11),
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
