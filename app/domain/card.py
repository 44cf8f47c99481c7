"""Whether the shop accepts a card (openapi/CONTRACT.md, 4)."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.card_brands import AMERICAN_EXPRESS, BRANDS_BY_DIGIT, MASTERCARD, Brand

_DIGITS = re.compile(r"\d+", re.ASCII)
_SEPARATORS = re.compile(r"[ -]")
_ALIASES = {"mc": MASTERCARD, "amex": AMERICAN_EXPRESS}

#: Expiry years that are possible; any other is a typing error, not an expired card.
_YEARS = range(1900, 2201)
_MONTHS = range(1, 13)
_TWO_DIGIT_YEARS = range(100)
_CENTURY = 2000

#: Shorter numbers are masked whole: four digits would be too much of them.
_SHORTEST_READABLE = 12


class CardRules(StrEnum):
    """Which rules decide about a card; ``classic`` are the old shop's."""

    STRICT = "strict"
    CLASSIC = "classic"


class CardRefusal(StrEnum):
    """Why a card is refused."""

    EXPIRED = "creditcard has expired"
    NUMBER = "creditcard number is not valid"
    EXPIRATION = "creditcard expiration is not valid"
    CVV = "creditcard cvv is not valid"


@dataclass(frozen=True)
class Card:
    """A card as the client sent it; two-digit years are still possible.

    ``type`` is the brand that the client claims; empty means no claim.
    """

    number: str
    expiry_month: int
    expiry_year: int
    cvv: str
    type: str = ""

    def __repr__(self) -> str:
        """Return a text that is safe in logs: the last four digits, no CVV."""
        return f"Card(number={mask_number(self.number)!r})"

    @property
    def digits(self) -> str:
        """Return the number without spaces and hyphens; other characters stay."""
        return _SEPARATORS.sub("", self.number)

    @property
    def last_four(self) -> str:
        """Return the digits that may be shown: four, or none (see :func:`mask_number`)."""
        return _readable_end(self.digits)

    @property
    def full_year(self) -> int:
        """Return the expiry year with its century: two digits mean 20YY."""
        year = self.expiry_year
        return _CENTURY + year if year in _TWO_DIGIT_YEARS else year


def mask_number(number: str) -> str:
    """Return a number with all but the last four digits masked.

    A short or malformed number is masked whole, because four digits would be most of it.
    """
    return "*" * 12 + _readable_end(_SEPARATORS.sub("", number))


def _readable_end(digits: str) -> str:
    return digits[-4:] if len(digits) >= _SHORTEST_READABLE and _DIGITS.fullmatch(digits) else ""


def detect_brand(digits: str) -> str | None:
    """Return the name of a number's brand by its first digits; None for what is no number.

    The check digit is not checked here, and the length only where the
    table in openapi/CONTRACT.md, 4.2 names one beside the prefixes.
    """
    brand = _find_brand(digits)
    return brand.name if brand else None


def _find_brand(digits: str) -> Brand | None:
    # Prefixes are compared as text, where "50670a" lies between 506699 and 506778.
    if not _DIGITS.fullmatch(digits):
        return None
    return next((brand for brand in BRANDS_BY_DIGIT[digits[0]] if brand.owns(digits)), None)


def refuse_card(
    card: Card, *, today: date, rules: CardRules, total_cents: int | None = None
) -> CardRefusal | None:
    """Return why a card is refused, or None if the shop accepts it.

    The first failure counts, in the order of openapi/CONTRACT.md, 4.1: expiry, number, CVV.
    ``total_cents`` only matters to the classic rules. Those are the old shop's: everything
    present, a number whose length is a multiple of four, not expired; no brand, no check
    digit. Under them a missing month (0, as any other that is no month) is refused as
    EXPIRATION, a missing year (0, which reads as 2000) as EXPIRED, a number that is missing
    or of another length and a missing total as NUMBER, a missing CVV as CVV.
    """
    if card.expiry_month not in _MONTHS or card.full_year not in _YEARS:
        return CardRefusal.EXPIRATION
    # Good through the last day of its month.
    if (card.full_year, card.expiry_month) < (today.year, today.month):
        return CardRefusal.EXPIRED
    if rules is CardRules.CLASSIC:
        return _refuse_by_classic_rules(card, total_cents)
    brand = _find_brand(card.digits)
    if brand is None or not _is_number_of(brand, card):
        return CardRefusal.NUMBER
    if len(card.cvv) != brand.cvv_length or not _DIGITS.fullmatch(card.cvv):
        return CardRefusal.CVV
    return None


def _is_number_of(brand: Brand, card: Card) -> bool:
    return (
        len(card.digits) in brand.lengths
        and _claims(card.type, brand.name)
        and passes_luhn(card.digits)
    )


def _claims(claimed: str, brand: str) -> bool:
    """Tell whether a claimed brand agrees; spaces and hyphens alone are no claim."""
    name = _plain(claimed)
    return not name or _plain(_ALIASES.get(name, name)) == _plain(brand)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


def passes_luhn(digits: str) -> bool:
    """Tell whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def _refuse_by_classic_rules(card: Card, total_cents: int | None) -> CardRefusal | None:
    # The length is that of the digits, so that spaces alone are no number.
    if not card.digits or len(card.digits) % 4 or total_cents is None:
        return CardRefusal.NUMBER
    if not card.cvv:
        return CardRefusal.CVV
    return None
