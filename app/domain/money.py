"""Money as integer cents, parsed from every form that clients send.

The forms are in openapi/CONTRACT.md, 1.2 and 1.4.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

from app.domain.errors import InvalidInputError

#: 999,999,999.99; JSON numbers beyond it could lose cents.
MAX_CENTS = 99_999_999_999

# Plain digits, or groups of three after commas; at most 40 characters, which is enough for
# a sum of binary floats written out ("130.98999999999998").
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)?(\.\d*)?", re.ASCII)
_MAX_TEXT = 40


def to_cents(value: object) -> int:
    """Return an amount as cents, rounded half up.

    Takes numbers, numeric text (``"34.99"``, ``"1,234.50"``) and the old till's doubly
    quoted text (``'"73.76"'``).

    Raises:
        InvalidInputError: it is not an amount, negative, or above :data:`MAX_CENTS`.
    """
    cents = int((_to_decimal(value) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if not 0 <= cents <= MAX_CENTS:
        raise InvalidInputError(f"must be between 0 and {cents_to_text(MAX_CENTS)}")
    return cents


def _to_decimal(value: object) -> Decimal:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        # The shortest text of a float is what the client wrote.
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
        # The bound also keeps quantize() within its precision.
        if number.is_finite() and abs(number) <= MAX_CENTS:
            return number
        raise InvalidInputError(f"must be between 0 and {cents_to_text(MAX_CENTS)}")
    if isinstance(value, str):
        text = strip_quotes(value)
        match = _AMOUNT.fullmatch(text) if len(text) <= _MAX_TEXT else None
        if match and any(character.isdigit() for character in text):
            return Decimal(text.replace(",", ""))
    raise InvalidInputError("must be an amount of money")


def strip_quotes(text: str) -> str:
    """Return the text without surrounding space and the old till's extra quotes."""
    return text.strip().strip('"').strip()


def cents_to_text(cents: int) -> str:
    """Return cents as decimal text with two places: 3499 is ``34.99``."""
    return f"{cents // 100}.{cents % 100:02d}"


def cents_to_number(cents: int) -> int | float:
    """Return cents as the JSON number nearest to them; whole amounts are integers."""
    return cents // 100 if cents % 100 == 0 else cents / 100
