"""The rules of the old shop, for its old clients."""

from dataclasses import replace

import pytest

from app.domain.card import Card, CardRefusal, CardRules, refuse_card
from tests.support.cards import TODAY, VISA, classic_verdict

# The old shop's rules.


@pytest.mark.parametrize("number", ["1234567812345678", "349834797981", "3498347979811234"])
@pytest.mark.parametrize("claimed", ["", "amex", "amex/visa/mastercard/bahubali"])
def test_the_old_rules_take_the_cards_of_the_old_clients(number: str, claimed: str) -> None:
    card = Card(number, expiry_month=1, expiry_year=2029, cvv="123", type=claimed)

    assert classic_verdict(card) is None


@pytest.mark.parametrize("number", ["4111111111111112", "abcd", "1234 5678", "12-34"])
@pytest.mark.parametrize("cvv", ["1", "abc", "12345"])
def test_the_old_rules_know_neither_brands_nor_check_digits(number: str, cvv: str) -> None:
    assert classic_verdict(replace(VISA, number=number, cvv=cvv)) is None


@pytest.mark.parametrize(
    "number", ["34983479798", "378282246310005", "30569309025904", "1", "12345"]
)
def test_the_old_rules_want_a_length_that_is_a_multiple_of_four(number: str) -> None:
    assert classic_verdict(replace(VISA, number=number)) is CardRefusal.NUMBER


@pytest.mark.parametrize(
    ("card", "total_cents", "refusal"),
    [
        (replace(VISA, number=""), 3499, CardRefusal.NUMBER),
        (replace(VISA, number="    "), 3499, CardRefusal.NUMBER),
        (VISA, None, CardRefusal.NUMBER),
        (replace(VISA, cvv=""), 3499, CardRefusal.CVV),
        (replace(VISA, expiry_month=0), 3499, CardRefusal.EXPIRATION),
        (replace(VISA, expiry_month=0, expiry_year=0), 3499, CardRefusal.EXPIRATION),
        (replace(VISA, expiry_year=0), 3499, CardRefusal.EXPIRED),
        (replace(VISA, expiry_year=2025), 3499, CardRefusal.EXPIRED),
        (VISA, 0, None),
    ],
)
def test_the_old_rules_want_everything_present(
    card: Card, total_cents: int | None, refusal: CardRefusal | None
) -> None:
    assert classic_verdict(card, total_cents=total_cents) is refusal


def test_the_strict_rules_want_no_total() -> None:
    assert refuse_card(VISA, today=TODAY, rules=CardRules.STRICT, total_cents=None) is None
