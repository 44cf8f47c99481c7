"""Money is cents inside and decimal at the edge."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError
from app.domain.money import MAX_CENTS, cents_to_number, cents_to_text, strip_quotes, to_cents

amounts = st.integers(min_value=0, max_value=MAX_CENTS)


@pytest.mark.parametrize(
    ("given_form", "cents"),
    [
        (0, 0),
        (100, 10000),
        (62.5, 6250),
        (34.99, 3499),
        (34.9900016784668, 3499),
        (399.5899963378906, 39959),
        (Decimal("4.5"), 450),
        ("34.99", 3499),
        ("4", 400),
        ("100", 10000),
        ("1402", 140200),
        ("1,234.50", 123450),
        ("1,234,567", 123456700),
        ("130.98999999999998", 13099),
        ('"73.76"', 7376),
        (' " 73.76 " ', 7376),
        ("  5 ", 500),
        (".5", 50),
        ("5.", 500),
        ("007", 700),
        ("999999999.99", MAX_CENTS),
    ],
)
def test_every_form_of_the_clients_is_read(given_form: Any, cents: int) -> None:
    assert to_cents(given_form) == cents


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("0.005", 1), ("0.0049", 0), ("1.005", 101), ("2.675", 268), (2.675, 268), (1.005, 101)],
)
def test_halves_are_rounded_up(amount: Any, cents: int) -> None:
    assert to_cents(amount) == cents


@pytest.mark.parametrize(
    "junk",
    [
        "",
        " ",
        ".",
        ",",
        '""',
        "junk",
        "1e3",
        "0x10",
        "1_000",
        "1,23",
        "12,34.5",
        "1.2.3",
        "1 000",
        "$5",
        "5 EUR",
        "-1",
        "+1",
        "\u0663",
        "\uff11",
        "NaN",
        "Infinity",
        "9" * 41,
        None,
        True,
        False,
        [],
        {},
        b"1",
        object(),
    ],
)
def test_what_is_no_amount_is_refused(junk: Any) -> None:
    with pytest.raises(InvalidInputError):
        to_cents(junk)


@pytest.mark.parametrize(
    "amount",
    [
        -1,
        -0.01,
        10**9,
        pytest.param(10**5000, id="huge"),
        pytest.param(-(10**5000), id="minus huge"),
        1e300,
        999999999.995,
        "999999999.995",
        "1000000000",
        float("inf"),
        float("-inf"),
        float("nan"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1e999999"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_bounds(amount: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^must be between 0 and 999999999\.99$"):
        to_cents(amount)


@given(amounts)
def test_cents_survive_as_a_number(cents: int) -> None:
    assert to_cents(cents_to_number(cents)) == cents


@given(amounts)
def test_cents_survive_as_text(cents: int) -> None:
    assert to_cents(cents_to_text(cents)) == cents
    assert to_cents(f"{Decimal(cents) / 100:,.2f}") == cents


@given(st.one_of(st.text(), st.floats(), st.integers(), st.decimals(), st.none(), st.booleans()))
def test_anything_is_cents_within_bounds_or_refused(value: Any) -> None:
    try:
        cents = to_cents(value)
    except InvalidInputError:
        return

    assert type(cents) is int
    assert 0 <= cents <= MAX_CENTS


@pytest.mark.parametrize(
    ("cents", "number"), [(0, 0), (9900, 99), (6250, 62.5), (3499, 34.99), (1, 0.01)]
)
def test_a_number_is_an_integer_when_it_can_be(cents: int, number: float) -> None:
    assert cents_to_number(cents) == number
    assert type(cents_to_number(cents)) is type(number)


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "0.00"), (5, "0.05"), (50, "0.50"), (3499, "34.99")]
)
def test_text_has_two_places(cents: int, text: str) -> None:
    assert cents_to_text(cents) == text


def test_the_tills_quotes_are_taken_off() -> None:
    assert strip_quotes(' "73.76" ') == "73.76"
