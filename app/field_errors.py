"""What is wrong with a field, in the shop's words: one table for requests, messages and settings.

The texts go behind the name of the field and say what is wanted, never what was sent. Nothing
here needs pydantic, which no worker imports.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

IS_MISSING = "is missing"
NOT_EMPTY = "must not be empty"
NOT_TEXT = "must be text"
NOT_OBJECT = "must be an object"
NOT_BOOL = "must be true or false"
NOT_WHOLE = "must be a whole number"
NOT_NUMBER = "must be a number"
NOT_LIST = "must be a list"
NOT_DAY = "must be a day, such as 2026-11-23"
NOT_INSTANT = "must be an instant with an offset, such as 2026-11-23T09:00:00Z"
#: For what has no words of its own; ``tests/routers/test_field_errors.py`` finds none.
IS_WRONG = "is not valid"

#: Text that is not only space; written out, because engines disagree on which characters beyond
#: ASCII "\\s" matches.
NOT_BLANK = r"[^\s\x85\uFEFF]"
#: The one value of ``include``.
CODES = "^codes$"

_FORMS = {NOT_BLANK: "must not be blank", CODES: 'must be "codes"'}


def too_short(shortest: int, unit: str = "characters") -> str:
    """Return what is wrong with text, or a list of ``unit``, that is too short."""
    return NOT_EMPTY if shortest == 1 else f"must have at least {shortest} {unit}"


def too_long(longest: int, unit: str = "characters") -> str:
    """Return what is wrong with text, or a list of ``unit``, that is too long."""
    return f"must have at most {longest} {unit}"


def too_low(lowest: float | datetime) -> str:
    """Return what is wrong with a number or an instant below its bound."""
    return f"must be at least {_shown(lowest)}"


def too_high(highest: float | datetime) -> str:
    """Return what is wrong with a number or an instant above its bound."""
    return f"must be at most {_shown(highest)}"


def _shown(bound: float | datetime) -> str:
    if isinstance(bound, datetime):
        return f"{bound:%Y-%m-%dT%H:%M:%SZ}"
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


#: By the type of pydantic's error, from what it knows of the bound that was missed.
#: https://docs.pydantic.dev/latest/errors/validation_errors/
_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: IS_MISSING,
    "json_invalid": lambda _: "is not valid JSON",
    "value_error": lambda known: str(known["error"]),
    "model_attributes_type": lambda _: NOT_OBJECT,
    "dict_type": lambda _: NOT_OBJECT,
    "model_type": lambda _: NOT_OBJECT,
    "list_type": lambda _: NOT_LIST,
    "tuple_type": lambda _: NOT_LIST,
    "extra_forbidden": lambda _: "is unknown",
    "enum": lambda known: f"must be {known['expected'].replace(chr(39), '')}",
    "too_short": lambda known: too_short(known["min_length"], "items"),
    "too_long": lambda known: too_long(known["max_length"], "items"),
    "string_type": lambda _: NOT_TEXT,
    "string_too_short": lambda known: too_short(known["min_length"]),
    "string_too_long": lambda known: too_long(known["max_length"]),
    "string_pattern_mismatch": lambda known: _FORMS.get(known["pattern"], IS_WRONG),
    "bool_type": lambda _: NOT_BOOL,
    "bool_parsing": lambda _: NOT_BOOL,
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_parsing_size", "int_from_float"), lambda _: NOT_WHOLE
    ),
    **dict.fromkeys(("float_type", "float_parsing"), lambda _: NOT_NUMBER),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        lambda _: NOT_DAY,
    ),
    "finite_number": lambda _: "must be a finite number",
    "greater_than_equal": lambda known: too_low(known["ge"]),
    "less_than_equal": lambda known: too_high(known["le"]),
    "datetime_type": lambda _: NOT_INSTANT,
    "datetime_parsing": lambda _: NOT_INSTANT,
    "datetime_from_date_parsing": lambda _: NOT_INSTANT,
    "datetime_object_invalid": lambda _: NOT_INSTANT,
    "timezone_aware": lambda _: NOT_INSTANT,
}


def describe(error: Mapping[str, Any]) -> str:
    """Return what is wrong by one of the errors that pydantic or FastAPI found."""
    words = _WORDS.get(error["type"])
    return words(error.get("ctx", {})) if words else IS_WRONG
