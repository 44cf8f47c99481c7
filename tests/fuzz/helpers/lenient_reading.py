"""How the shop reads what the document does not describe (openapi/CONTRACT.md, 1.1, rule 8).

The document shows the one form in which integrators should write. The shop also reads what
the old clients and the originals' decoders allowed: nulls and unknown fields are left out, a
number may stand for text and text for a number, a cart may be JSON text, a delivery an object.
A request that is right in this reading need not be refused.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from app.domain.errors import InvalidInputError
from app.domain.money import to_cents
from tests.fuzz.helpers.openapi_document import Operation

_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_WHOLE = re.compile(r"\s*[+-]?\d[\d_]*(\.0*)?\s*")


def is_right_as_read(
    operation: Operation, *, body: Any, query: dict[str, Any], path: dict[str, Any], headers: Any
) -> bool:
    """Tell whether a request makes sense in the shop's lenient reading."""
    return (
        all(0 < len(str(value)) <= 200 for value in path.values())
        and _is_right_query(query)
        and all(
            len(str(value)) in range(1, 256)
            for name, value in dict(headers or {}).items()
            if name.lower() == "idempotency-key"
        )
        and (operation.example is None or _is_right_body(operation, body))
    )


def _is_right_query(query: dict[str, Any]) -> bool:
    limit, position = (_last(query.get(name)) for name in ("limit", "next"))
    return (limit is None or bool(_WHOLE.fullmatch(limit))) and (
        position is None or len(position) <= 1200
    )


def _last(value: Any) -> str | None:
    if isinstance(value, list):
        # The same name several times: the last one counts; none at all is not sent.
        return _last(value[-1]) if value else None
    return None if value is None else str(value)


def _is_right_body(operation: Operation, body: Any) -> bool:
    without_nulls = _without_nulls(body)
    return operation.takes(without_nulls) or operation.takes(_published(without_nulls))


def _published(body: Any) -> Any:
    """Return a body with every field in the form that the document shows, as far as it can be."""
    if not isinstance(body, dict):
        return body
    plain = _plain({name: _unwrapped(name, value) for name, value in body.items()})
    if "card" in plain and isinstance(plain.get("cart"), list):
        # An article of an order without an id is one of the open mode, or not in the catalog.
        plain["cart"] = [_identified(item) for item in plain["cart"]]
    return plain


def _identified(item: Any) -> Any:
    return {"itemid": "", **item} if isinstance(item, dict) else item


def _unwrapped(name: str, value: Any) -> Any:
    if name.lower() == "cart" and isinstance(value, str):
        with suppress(ValueError, RecursionError):
            return _without_nulls(json.loads(value))
    if name.lower() == "delivery" and isinstance(value, dict):
        return json.dumps(value)[:1000]
    return value


def _plain(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _plain(content, key.lower()) for key, content in value.items()}
    if isinstance(value, list):
        return [_plain(element, name) for element in value]
    return value if isinstance(value, bool) else _READERS.get(name, _number_as_text)(value)


def _whole_number(value: Any) -> Any:
    text = str(value).strip()
    is_whole = isinstance(value, str | int | float) and _INTEGER.fullmatch(text.removesuffix(".0"))
    return int(text.removesuffix(".0")) if is_whole else value


def _amount(value: Any) -> Any:
    """Return an amount as a number, as the shop reads it; what is none stays as it is."""
    try:
        return to_cents(value) / 100
    except InvalidInputError:
        return value


def _total(value: Any) -> Any:
    amount = _amount(value)
    return value if amount is value else f"{amount:.2f}"


def _card_date(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        return "0"
    number = _whole_number(value)
    # Four digits are shown; more are read, and refused by the card rules with a 200.
    is_read = isinstance(number, int) and 0 <= number <= 10**9
    return str(number % 10_000) if is_read else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_nulls(content) for name, content in value.items() if content is not None
        }
    return [_without_nulls(element) for element in value] if isinstance(value, list) else value


def _number_as_text(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_READERS: dict[str, Callable[[Any], Any]] = {
    "quantity": _whole_number,
    "price": _amount,
    "total": _total,
    **dict.fromkeys(("expmonth", "expirymonth", "expyear", "expiryyear"), _card_date),
}
