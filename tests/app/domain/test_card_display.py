"""What may be shown of a card."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.card import mask_number
from tests.support.cards import VISA

# What may be shown.


@pytest.mark.parametrize(
    ("number", "masked", "last_four"),
    [
        ("4111111111111111", "************1111", "1111"),
        ("4222222222222", "************2222", "2222"),
        ("3782 822463 10005", "************0005", "0005"),
        ("4111-1111-1111-1234", "************1234", "1234"),
        ("349834797981", "************7981", "7981"),
        ("34983479798", "************", ""),
        ("1234", "************", ""),
        ("12", "************", ""),
        ("", "************", ""),
        ("41111111111111aa", "************", ""),
        ("٤١١١١١١١١١١١١١١١", "************", ""),
    ],
)
def test_the_last_four_digits_of_a_whole_number_may_be_shown(
    number: str, masked: str, last_four: str
) -> None:
    assert mask_number(number) == masked
    assert replace(VISA, number=number).last_four == last_four


def test_a_card_shows_its_last_four_digits_and_nothing_of_its_cvv() -> None:
    assert repr(replace(VISA, cvv="987")) == "Card(number='************1111')"
    assert str(replace(VISA, cvv="987")) == "Card(number='************1111')"
    assert f"{[VISA]}" == "[Card(number='************1111')]"


@given(
    digits=st.text("0123456789", min_size=1, max_size=30),
    cvv=st.text("0123456789", min_size=3, max_size=4),
)
def test_a_card_never_shows_more_than_four_digits(digits: str, cvv: str) -> None:
    card = replace(VISA, number=digits, cvv=cvv)

    shown = "".join(re.findall(r"\d", repr(card)))

    assert shown == card.last_four
    assert len(shown) <= 4
    assert digits not in repr(card)


@given(st.text(min_size=17))
def test_a_number_that_is_none_is_not_shown(number: str) -> None:
    card = replace(VISA, number=number)

    assert number not in repr(card)
    assert number not in mask_number(number)
