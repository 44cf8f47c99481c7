"""Values from outside, in every form that clients and queues send them: one meaning each.

Numbers may come as text and text as numbers (openapi/CONTRACT.md, 1.2 and 1.4).
``app/fields.py`` makes types for the HTTP models of these functions, ``app/message_parser.py``
reads messages with them. Nothing here needs pydantic, which no worker imports.
"""

import json
import re
from typing import Any

from app.domain.errors import InvalidInputError
from app.domain.money import to_cents
from app.field_errors import NOT_BOOL, NOT_TEXT, too_high, too_long, too_low, too_short

_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)

#: The longest text of a field, and of an id.
MAX_TEXT, MAX_ID = 1000, 200
#: The largest whole number, where nothing else bounds it; the smallest is its negative.
MAX_INTEGER = 10**9

#: As deep as pydantic's parser goes, which reads the requests.
_MAX_DEPTH = 200


def number_to_text(value: Any) -> Any:
    """Return a number as text, where text is meant (a postcode, an id); others unchanged."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Python refuses to print an integer of thousands of digits, and no field needs one.
    return str(value) if is_number and abs(value) < 10**40 else value


def to_integer(value: Any) -> int:
    """Return a whole number that may be text.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value.strip())
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


def empty_is_zero(value: Any) -> Any:
    """Return 0 for empty text, anything else unchanged."""
    return 0 if isinstance(value, str) and not value.strip() else value


def cents(value: Any) -> int:
    """Return an amount of money in cents.

    Raises:
        ValueError: it is none.
    """
    try:
        return to_cents(value)
    except InvalidInputError as failure:
        raise ValueError(str(failure)) from failure


def read_text(value: Any, *, shortest: int = 0, longest: int = MAX_TEXT) -> str:
    """Return text, or a number as text.

    Raises:
        ValueError: it is neither, or too long or too short.
    """
    text = number_to_text(value)
    if not isinstance(text, str):
        raise ValueError(NOT_TEXT)
    if len(text) < shortest:
        raise ValueError(too_short(shortest))
    if len(text) > longest:
        raise ValueError(too_long(longest))
    return text


def read_id(value: Any) -> str:
    """Return an id: text that is not empty, or a number as text.

    Raises:
        ValueError: it is none.
    """
    return read_text(value, shortest=1, longest=MAX_ID)


def read_integer(value: Any, *, lowest: int = -MAX_INTEGER) -> int:
    """Return a whole number that may be text, ``lowest`` to :data:`MAX_INTEGER`.

    Raises:
        ValueError: it is none.
    """
    number = to_integer(value)
    if number < lowest:
        raise ValueError(too_low(lowest))
    if number > MAX_INTEGER:
        raise ValueError(too_high(MAX_INTEGER))
    return number


def read_card_date(value: Any) -> int:
    """Return a month or year on a card; empty text is 0, which the card rules refuse.

    Raises:
        ValueError: it is no whole number, or negative.
    """
    return read_integer(empty_is_zero(value), lowest=0)


def read_bool(value: Any) -> bool:
    """Return ``true`` or ``false``, which may be text in any case.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise ValueError(NOT_BOOL)
    return value


def comes_from_pages(card: Any) -> bool:
    """Tell whether a card has the pages' shape.

    They preselect a brand, so that it says nothing there (openapi/CONTRACT.md, 4.1).
    """
    names = {str(name).lower() for name in card} if isinstance(card, dict) else set()
    return bool(names & {"expmonth", "expyear", "ccv"})


#: Names of a card's fields in the shapes that were ever sent, in lower case.
CARD_SPELLINGS = {
    "expmonth": "expiry_month",
    "expirymonth": "expiry_month",
    "expyear": "expiry_year",
    "expiryyear": "expiry_year",
    "ccv": "cvv",
}


def read_json(text: str) -> Any:
    """Return what JSON text says; as strict as the parser of the requests.

    Raises:
        ValueError: it is no JSON, or has ``NaN``, half of a surrogate pair, or hundreds of levels.
    """
    text.encode()  # Refuses half of a surrogate pair that is not escaped.
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("too deep") from None
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()
    if text.count("[") + text.count("{") > _MAX_DEPTH:
        _check_depth(value)
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if any(outer and isinstance(outer, list | dict) for outer in level):
        raise ValueError("too deep")
