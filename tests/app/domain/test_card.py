"""The verdicts of openapi/CONTRACT.md, 4.2 and 4.3, the edges of ranges, what never happens."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.card import Card, CardRefusal, CardRules, detect_brand, mask_number, refuse_card
from app.domain.card_brands import BRANDS

TODAY = date(2026, 6, 15)
VISA = Card("4111111111111111", expiry_month=12, expiry_year=2030, cvv="123")
AMERICAN_EXPRESS = replace(VISA, number="378282246310005", cvv="1234")


def verdict(card: Card, today: date = TODAY) -> CardRefusal | None:
    return refuse_card(card, today=today, rules=CardRules.STRICT)


def classic_verdict(
    card: Card, *, today: date = TODAY, total_cents: int | None = 3499
) -> CardRefusal | None:
    return refuse_card(card, today=today, rules=CardRules.CLASSIC, total_cents=total_cents)


def with_check_digit(prefix: str, length: int) -> str:
    """Return the number of this length that starts so, then has zeros, and passes Luhn.

    A prefix as long as the number keeps all of its digits but the last.
    """
    body = prefix[: length - 1].ljust(length - 1, "0")
    doubled = (int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(body[::-1]))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return f"{body}{-total % 10}"


def valid_card(prefix: str, length: int) -> Card:
    """Return an unexpired card with a right check digit and a CVV as long as its brand wants."""
    number = with_check_digit(prefix, length)
    cvv = "1234" if detect_brand(number) == "American Express" else "123"
    return replace(VISA, number=number, cvv=cvv)


# Detection, openapi/CONTRACT.md, 4.2.


@pytest.mark.parametrize(
    ("digits", "brand"),
    [
        ("655021246310005", "Elo"),
        ("604201246310005", "Cabal"),
        ("384140246310005", "Hipercard"),
        ("560221246310005", "Bankcard"),
        ("620221246310005", "China UnionPay"),
        ("300221246310005", "Diners Club Carte Blanche"),
        ("201421246310005", "Diners Club Enroute"),
        ("39022124631000", "Diners Club International"),
        ("601121246310005", "Discover"),
        ("63612124631000500", "InterPayment"),
        ("6371212463100050", "InstaPayment"),
        ("501821246310005", "Maestro"),
        ("511821246310005", "Mastercard"),
        ("351821246310005", "JCB"),
        ("508821246310005", "Aura"),
        ("402621246310005", "Visa Electron"),
        ("409921246310005", "Visa"),
        ("0000000000", None),
    ],
)
def test_the_numbers_of_the_originals_own_tests_have_their_brands(
    digits: str, brand: str | None
) -> None:
    assert detect_brand(digits) == brand


# First and last of each range, one below and one above, filled up with zeros to 16 digits.
# fmt: off
EDGES = [
    ("Elo", ["4011", "4576", "431274", "438935", "451416", "457393", "457630", "457631",
             "457632", "457633", "504175", "627780", "636297", "636368", "636369",
             "506699", "506778", "509000",
             "509999", "650031", "650051", "650405", "650439", "650485", "650538", "650541",
             "650598", "650700", "650718", "650720", "650727", "650901", "650920", "651652",
             "651679", "655000", "655019", "655021"]),
    ("Visa", ["4", "4010", "4012", "4575", "4577", "431273", "431275", "438934", "438936",
              "451415", "451417", "457392", "457394", "4025", "4027", "417499", "417501",
              "4404", "4406", "4507", "4509", "4843", "4845", "4912", "4914", "4916", "4918",
              "49"]),
    ("Aura", ["50", "504174", "504176", "506698", "506779", "508999", "5017", "5021", "5037",
              "5039"]),
    ("Mastercard", ["51", "510000", "55", "559999", "222100", "272099"]),
    (None, ["", "1", "12", "0", "0603", "0605", "222099", "272100", "5609", "5611", "5613",
            "560220", "560226", "5892", "5894", "6010", "6012", "604200", "604220", "606281",
            "606283", "61", "6303", "6305", "635", "66", "6758", "6760", "6764", "640", "643",
            "2013", "2015", "2148", "2150", "306", "308", "31", "33", "36", "300", "40é",
            "4 11", "4-11", "٤١١١"]),
    ("China UnionPay", ["62", "627779", "627781", "622126", "622925", "620000", "629999"]),
    ("Discover", ["6011", "644", "649", "65", "650030", "650052", "650404", "650440", "650484",
                  "650539", "650540", "650599", "650699", "650719", "650728", "650900",
                  "650921", "651651", "651680", "654999", "655020", "655022", "659999"]),
    ("Cabal", ["604201", "604219"]),
    ("Hipercard", ["384100", "384140", "384160", "606282", "637095", "637568", "637599",
                   "637609", "637612"]),
    ("American Express", ["34", "37"]),
    ("Bankcard", ["5610", "560221", "560225"]),
    ("InterPayment", ["636", "636296", "636298", "636367", "636370"]),
    ("InstaPayment", ["637", "639", "6390", "637094", "637096", "637567", "637569", "637598",
                      "637600", "637608", "637610", "637611", "637613"]),
    ("Maestro", ["5018", "5020", "5038", "5612", "5893", "6304", "6759", "6761", "6762", "6763",
                 "0604"]),
    ("Dankort", ["5019"]),
    ("JCB", ["35"]),
    ("Visa Electron", ["4026", "417500", "4405", "4508", "4844", "4913", "4917"]),
    ("Diners Club Enroute", ["2014", "2149"]),
]
# fmt: on


@pytest.mark.parametrize(
    ("prefix", "brand"), [(prefix, brand) for brand, prefixes in EDGES for prefix in prefixes]
)
def test_a_brand_begins_and_ends_where_its_range_does(prefix: str, brand: str | None) -> None:
    assert detect_brand(prefix.ljust(16, "0")) == brand


@pytest.mark.parametrize(
    ("prefix", "length", "brand"),
    [
        ("299", 14, None),
        ("300", 14, "Diners Club International"),
        ("305", 14, "Diners Club International"),
        ("306", 14, None),
        ("308", 14, None),
        ("309", 14, "Diners Club International"),
        ("310", 14, None),
        ("36", 14, "Diners Club International"),
        ("38", 14, "Diners Club International"),
        ("39", 14, "Diners Club International"),
        ("36", 13, "Diners Club International"),
        ("36", 15, None),
        ("299", 15, None),
        ("300", 15, "Diners Club Carte Blanche"),
        ("305", 15, "Diners Club Carte Blanche"),
        ("306", 15, None),
        ("309", 15, None),
        ("300", 16, None),
        ("636", 15, None),
        ("636", 16, "InterPayment"),
        ("636", 19, "InterPayment"),
        ("636", 20, None),
        ("637", 15, None),
        ("637", 17, None),
        ("6390", 15, "Maestro"),
        ("6390", 16, "InstaPayment"),
        ("6390", 17, "Maestro"),
        ("638", 16, "InstaPayment"),
        ("640", 16, None),
    ],
)
def test_brands_that_share_prefixes_are_told_apart_by_length(
    prefix: str, length: int, brand: str | None
) -> None:
    assert detect_brand(prefix.ljust(length, "0")) == brand


@pytest.mark.parametrize("digits", ["4", "411111", "4111111111111112", "4" + "0" * 9_999])
def test_detection_looks_at_neither_length_nor_check_digit(digits: str) -> None:
    assert detect_brand(digits) == "Visa"


@pytest.mark.parametrize("digits", ["50670a0000000000", "41111111111111aa", "4111111111111111\n"])
def test_a_number_with_junk_has_no_brand(digits: str) -> None:
    assert detect_brand(digits) is None


# Lengths, openapi/CONTRACT.md, 4.2.

LENGTHS = [
    ("Elo", "4011", {16}),
    ("Cabal", "604201", {16}),
    ("Hipercard", "384100", set(range(13, 20))),
    ("American Express", "34", {15}),
    ("Bankcard", "5610", {16}),
    ("China UnionPay", "62", set(range(16, 20))),
    ("Diners Club Enroute", "2014", {15}),
    ("Discover", "6011", set(range(16, 20))),
    ("InterPayment", "636", set(range(16, 20))),
    ("InstaPayment", "637", {16}),
    ("Maestro", "5018", set(range(13, 20))),
    ("Dankort", "5019", {16}),
    ("Mastercard", "51", {16}),
    ("JCB", "35", set(range(16, 20))),
    ("Aura", "50", set(range(16, 20))),
    ("Visa Electron", "4026", {16}),
    ("Visa", "4", {13, 16, 19}),
    # Two Diners Club brands share these prefixes and differ in length.
    ("Diners Club International or Carte Blanche", "300", {14, 15}),
    ("Diners Club International", "36", {14}),
]


@pytest.mark.parametrize("length", range(11, 22))
@pytest.mark.parametrize(
    ("prefix", "lengths"), [pytest.param(p, taken, id=name) for name, p, taken in LENGTHS]
)
def test_a_brand_has_numbers_of_its_own_lengths_only(
    prefix: str, lengths: set[int], length: int
) -> None:
    refused = None if length in lengths else CardRefusal.NUMBER

    assert verdict(valid_card(prefix, length)) is refused


def test_every_brand_has_a_test_of_its_lengths() -> None:
    tested = {detect_brand(prefix.ljust(min(taken), "0")) for _, prefix, taken in LENGTHS}
    tested.add(detect_brand("300".ljust(15, "0")))

    assert tested == {brand.name for brand in BRANDS}


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
