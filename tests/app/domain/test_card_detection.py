"""Which brand a number has."""

from dataclasses import replace

import pytest

from app.domain.card import Card, CardRefusal, detect_brand
from app.domain.card_brands import BRANDS
from tests.support.cards import VISA, verdict, with_check_digit


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
