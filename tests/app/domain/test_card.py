"""The verdict about a card."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.card import Card, CardRefusal, CardRules, detect_brand, mask_number, refuse_card
from tests.support.cards import TODAY, VISA, classic_verdict, verdict, with_check_digit

AMERICAN_EXPRESS = replace(VISA, number="378282246310005", cvv="1234")


# Verdicts, openapi/CONTRACT.md, 4.3. "Future" is 12/2030; the shop shape claims no type.


@pytest.mark.parametrize(
    ("number", "claimed", "cvv", "refusal"),
    [
        ("4111111111111111", "", "123", None),
        ("4111111111111111", "Visa", "123", None),
        ("4012888888881881", "", "123", None),
        ("4012888888881881", "Visa", "123", None),
        ("4111111111111111", "visa", "123", None),
        ("4111 1111 1111 1111", "", "123", None),
        ("41111111111111aa", "", "123", CardRefusal.NUMBER),
        ("4111111111111111", "Visa", "abc", CardRefusal.CVV),
        ("5555555555554444", "", "123", None),
        ("5105105105105100", "", "123", None),
        ("5555555555554444", "Visa", "123", CardRefusal.NUMBER),
        ("2223003122003222", "", "123", None),
        ("2720990000000007", "", "123", None),
        ("378282246310005", "", "1234", None),
        ("371449635398431", "", "1234", None),
        ("378282246310005", "American Express", "123", CardRefusal.CVV),
        ("6011111111111117", "", "123", None),
        ("6011000990139424", "", "123", None),
        ("3530111333300000", "", "123", None),
        ("3586747227367499", "", "123", None),
        ("30569309025904", "", "123", None),
        ("38520000023237", "", "123", None),
        ("30448433197220", "", "123", None),
        ("5019717010103742", "", "123", None),
        ("5019717010103742", "Dankort", "123", None),
        ("5019717010103742", "Something", "123", CardRefusal.NUMBER),
        ("5610591081018250", "", "123", None),
        ("6759649826438453", "", "123", None),
        ("6062826786276634", "", "123", None),
        ("1234567812345678", "", "123", CardRefusal.NUMBER),
        ("349834797981", "", "123", CardRefusal.NUMBER),
        ("3498347979811234", "", "123", CardRefusal.NUMBER),
        ("34983479798", "", "123", CardRefusal.NUMBER),
        ("349834797981", "amex/visa/mastercard/bahubali", "123", CardRefusal.NUMBER),
        ("1234", "", "123", CardRefusal.NUMBER),
        ("0000000000", "", "123", CardRefusal.NUMBER),
        ("", "", "123", CardRefusal.NUMBER),
        ("12", "", "123", CardRefusal.NUMBER),
    ],
)
def test_a_card_that_is_not_expired_gets_the_verdict_of_the_contract(
    number: str, claimed: str, cvv: str, refusal: CardRefusal | None
) -> None:
    assert verdict(replace(VISA, number=number, type=claimed, cvv=cvv)) is refusal


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4111111111111111", "Visa"),
        ("4222222222222", "Visa"),
        ("4012888888881881", "Visa"),
        ("5555555555554444", "Mastercard"),
        ("5105105105105100", "Mastercard"),
        ("2223003122003222", "Mastercard"),
        ("2720990000000007", "Mastercard"),
        ("378282246310005", "American Express"),
        ("371449635398431", "American Express"),
        ("6011111111111117", "Discover"),
        ("6011000990139424", "Discover"),
        ("3530111333300000", "JCB"),
        ("3586747227367499", "JCB"),
        ("30569309025904", "Diners Club International"),
        ("38520000023237", "Diners Club International"),
        ("30448433197220", "Diners Club International"),
        ("5019717010103742", "Dankort"),
        ("5610591081018250", "Bankcard"),
        ("6759649826438453", "Maestro"),
        ("6062826786276634", "Hipercard"),
        ("1234567812345678", None),
    ],
)
def test_the_cards_of_the_contract_have_their_brands(number: str, brand: str | None) -> None:
    assert detect_brand(number) == brand


@pytest.mark.parametrize(
    ("number", "month", "year", "cvv", "today", "refusal"),
    [
        # D's card, one of 13 digits.
        ("4222222222222", 12, 2022, "123", date(2022, 6, 1), None),
        ("4222222222222", 12, 2022, "123", date(2022, 12, 1), None),
        ("4222222222222", 12, 2022, "123", date(2022, 12, 31), None),
        ("4222222222222", 12, 2022, "123", date(2023, 1, 1), CardRefusal.EXPIRED),
        # The sample of a failure, and the till's card.
        ("4222222222222", 12, 2018, "123", TODAY, CardRefusal.EXPIRED),
        ("4222222222222", 7, 2021, "672", TODAY, CardRefusal.EXPIRED),
        ("4111111111111111", 12, 30, "123", TODAY, None),
        ("4111111111111111", 12, 30, "123", date(2030, 12, 31), None),
        ("4111111111111111", 12, 30, "123", date(2031, 1, 1), CardRefusal.EXPIRED),
        ("378282246310005", 1, 2019, "1234", TODAY, CardRefusal.EXPIRED),
        # The load tests' cards: of an unknown number, and of dates gone by.
        ("1234567812345678", 1, 2029, "123", TODAY, CardRefusal.NUMBER),
        ("349834797981", 12, 2022, "123", TODAY, CardRefusal.EXPIRED),
        ("349834797981", 12, 2022, "123", date(2022, 6, 1), CardRefusal.NUMBER),
        ("3498347979811234", 6, 2031, "123", TODAY, CardRefusal.NUMBER),
        ("34983479798", 12, 21, "123", TODAY, CardRefusal.EXPIRED),
        ("34983479798", 12, 21, "123", date(2021, 6, 1), CardRefusal.NUMBER),
        ("4111111111111111", 13, 2030, "123", TODAY, CardRefusal.EXPIRATION),
        ("4111111111111111", 0, 2030, "123", TODAY, CardRefusal.EXPIRATION),
        ("4111111111111111", 6, 2026, "123", date(2026, 6, 1), None),
        ("4111111111111111", 6, 2026, "123", date(2026, 6, 30), None),
        ("4111111111111111", 6, 2026, "123", date(2026, 7, 1), CardRefusal.EXPIRED),
    ],
)
def test_a_card_gets_the_verdict_of_the_contract_for_its_day(
    number: str, month: int, year: int, cvv: str, today: date, refusal: CardRefusal | None
) -> None:
    card = Card(number, expiry_month=month, expiry_year=year, cvv=cvv)

    assert verdict(card, today) is refusal


# Expiry.


@pytest.mark.parametrize(
    ("month", "year", "last_day", "first_day_after"),
    [
        (2, 2028, date(2028, 2, 29), date(2028, 3, 1)),
        (2, 2027, date(2027, 2, 28), date(2027, 3, 1)),
        (4, 2027, date(2027, 4, 30), date(2027, 5, 1)),
        (12, 2026, date(2026, 12, 31), date(2027, 1, 1)),
        (12, 26, date(2026, 12, 31), date(2027, 1, 1)),
        (1, 2027, date(2027, 1, 31), date(2027, 2, 1)),
    ],
)
@pytest.mark.parametrize("judge", [verdict, classic_verdict])
def test_a_card_is_good_through_the_last_day_of_its_month(
    judge: Callable[..., CardRefusal | None],
    month: int,
    year: int,
    last_day: date,
    first_day_after: date,
) -> None:
    card = replace(VISA, expiry_month=month, expiry_year=year)

    assert judge(card, today=last_day) is None
    assert judge(card, today=first_day_after) is CardRefusal.EXPIRED


@pytest.mark.parametrize("year", [100, 1899, 2201, 20300, -1, -30, 10**30])
def test_a_year_beyond_reason_is_a_mistake_and_no_old_card(year: int) -> None:
    assert verdict(replace(VISA, expiry_year=year)) is CardRefusal.EXPIRATION


@pytest.mark.parametrize("year", [1900, 1999, 2025, 0, 25])
def test_a_year_gone_by_is_expired(year: int) -> None:
    assert verdict(replace(VISA, expiry_year=year)) is CardRefusal.EXPIRED


@pytest.mark.parametrize("year", [2027, 2200, 27, 99])
def test_a_year_to_come_is_good(year: int) -> None:
    assert verdict(replace(VISA, expiry_year=year)) is None


@pytest.mark.parametrize("month", [-(10**30), -1, 0, 13, 10**30])
def test_a_month_of_no_calendar_is_refused(month: int) -> None:
    assert verdict(replace(VISA, expiry_month=month)) is CardRefusal.EXPIRATION


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_of_the_calendar_is_taken(month: int) -> None:
    assert verdict(replace(VISA, expiry_month=month)) is None


@pytest.mark.parametrize(
    ("written", "full"), [(21, 2021), (0, 2000), (99, 2099), (100, 100), (2021, 2021), (-1, -1)]
)
def test_two_digits_of_a_year_are_of_this_century(written: int, full: int) -> None:
    assert replace(VISA, expiry_year=written).full_year == full


# The order of checks.


def test_the_first_failure_counts() -> None:
    wrong = Card("junk", expiry_month=13, expiry_year=2018, cvv="")

    assert verdict(wrong) is CardRefusal.EXPIRATION
    assert verdict(replace(wrong, expiry_month=12)) is CardRefusal.EXPIRED
    assert verdict(replace(wrong, expiry_month=12, expiry_year=2030)) is CardRefusal.NUMBER
    assert verdict(replace(VISA, cvv="")) is CardRefusal.CVV


def test_reasons_read_as_in_the_contract() -> None:
    assert {str(refusal) for refusal in CardRefusal} == {
        "creditcard has expired",
        "creditcard number is not valid",
        "creditcard expiration is not valid",
        "creditcard cvv is not valid",
    }


def test_a_setting_names_the_rules() -> None:
    assert CardRules("strict") is CardRules.STRICT
    assert CardRules("classic") is CardRules.CLASSIC


# The claimed type.


@pytest.mark.parametrize(
    ("number", "claimed"),
    [
        ("4111111111111111", "VISA"),
        ("5555555555554444", "mc"),
        ("5555555555554444", "MC"),
        ("5555555555554444", "MasterCard"),
        ("5555555555554444", "master card"),
        ("30569309025904", "Diners-Club International"),
        ("30569309025904", "diners club international"),
        ("4111111111111111", " - "),
    ],
)
def test_a_claimed_type_agrees_whatever_its_case_spaces_and_hyphens(
    number: str, claimed: str
) -> None:
    assert verdict(replace(VISA, number=number, type=claimed)) is None


@pytest.mark.parametrize("claimed", ["amex", "AMEX", "american-express", "AmericanExpress"])
def test_american_express_may_be_claimed_by_its_alias(claimed: str) -> None:
    assert verdict(replace(AMERICAN_EXPRESS, type=claimed)) is None


@pytest.mark.parametrize("claimed", ["mc", "amex", "Visa Electron", "bahubali", "vis", "v\u00ecsa"])
def test_a_claimed_type_that_disagrees_or_does_not_exist_is_refused(claimed: str) -> None:
    assert verdict(replace(VISA, type=claimed)) is CardRefusal.NUMBER


# The CVV.


@pytest.mark.parametrize(
    "cvv", ["", "12", "1234", " 123", "12 ", "1-3", "abc", "-12", "1.2", "123\n"]
)
def test_a_cvv_is_three_digits(cvv: str) -> None:
    assert verdict(VISA) is None
    assert verdict(replace(VISA, cvv=cvv)) is CardRefusal.CVV


@pytest.mark.parametrize("cvv", ["", "123", "12345", "abcd"])
def test_the_cvv_of_american_express_is_four_digits(cvv: str) -> None:
    assert verdict(AMERICAN_EXPRESS) is None
    assert verdict(replace(AMERICAN_EXPRESS, cvv=cvv)) is CardRefusal.CVV


# Each is three characters that str.isdigit() takes for digits.
@pytest.mark.parametrize("cvv", ["١٢٣", "\uff11\uff12\uff13", "²²²", "१२३"])
def test_digits_of_other_alphabets_are_no_cvv(cvv: str) -> None:
    assert cvv.isdigit()
    assert verdict(replace(VISA, cvv=cvv)) is CardRefusal.CVV


# The number.


@pytest.mark.parametrize(
    "number",
    [
        "4\uff1111111111111111",
        "٤١١١١١١١١١١١١١١١",
        "4111\u00a01111\u00a01111\u00a01111",
        "+4111111111111111",
    ],
)
def test_only_ascii_digits_spaces_and_hyphens_make_a_number(number: str) -> None:
    assert verdict(replace(VISA, number=number)) is CardRefusal.NUMBER


@pytest.mark.parametrize("number", ["x" * 10_000, "4" * 10_000, " " * 10_000, "\ud800", "-", "4"])
def test_a_number_of_any_form_is_judged(number: str) -> None:
    assert verdict(replace(VISA, number=number)) is CardRefusal.NUMBER


# No other brand has prefixes within these.
VALID_NUMBERS = st.builds(
    lambda start, rest: with_check_digit(start[0] + rest, start[1]),
    st.sampled_from([("42", 13), ("42", 16), ("51", 16), ("6011", 19), ("508", 18)]),
    st.text("0123456789", min_size=19, max_size=19),
)


@given(VALID_NUMBERS)
def test_a_number_with_its_check_digit_is_taken(number: str) -> None:
    assert verdict(replace(VISA, number=number)) is None


@given(number=VALID_NUMBERS, index=st.integers(0, 18), step=st.integers(1, 9))
def test_changing_one_digit_of_a_valid_number_is_noticed(
    number: str, index: int, step: int
) -> None:
    index %= len(number)
    changed = str((int(number[index]) + step) % 10)

    misread = number[:index] + changed + number[index + 1 :]

    assert verdict(replace(VISA, number=misread)) is CardRefusal.NUMBER


@given(st.lists(st.sampled_from(["", " ", "-", "  ", " - "]), min_size=17, max_size=17))
def test_spaces_and_hyphens_do_not_matter(gaps: list[str]) -> None:
    digits = [*VISA.number, ""]
    written = "".join(gap + digit for gap, digit in zip(gaps, digits, strict=True))
    card = replace(VISA, number=written)

    assert card.digits == VISA.number
    assert verdict(card) is None
    assert classic_verdict(card) is None
    assert mask_number(written) == mask_number(VISA.number)


# Nothing a client sends breaks a rule.

ANY_TEXT = st.text(max_size=40) | st.text("0123456789 -", max_size=24)

ANY_CARDS = st.builds(
    Card,
    number=ANY_TEXT,
    expiry_month=st.integers() | st.integers(0, 13),
    expiry_year=st.integers() | st.integers(2020, 2040) | st.integers(0, 99),
    cvv=ANY_TEXT,
    type=ANY_TEXT | st.sampled_from(["Visa", "mc", "amex"]),
)


@given(
    card=ANY_CARDS,
    today=st.dates(),
    rules=st.sampled_from(CardRules),
    total_cents=st.none() | st.integers(),
)
def test_every_card_gets_a_verdict(
    card: Card, today: date, rules: CardRules, total_cents: int | None
) -> None:
    refusal = refuse_card(card, today=today, rules=rules, total_cents=total_cents)

    assert refusal is None or refusal in CardRefusal
    assert detect_brand(card.digits) is None or card.digits.isdecimal()
