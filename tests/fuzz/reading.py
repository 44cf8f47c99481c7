"""How the shop reads what the document does not describe (openapi/CONTRACT.md, 1.1, rule 8).

The document shows the form in which integrators should write; the shop also reads what the
old clients and the originals' decoders allowed: nulls and unknown fields are left out, and a
number may stand for text. A request that is right in this reading need not be refused.
"""

import re
from typing import Any

from tests.fuzz.document import Operation

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
    return operation.takes(without_nulls) or operation.takes(_numbers_as_text(without_nulls))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _numbers_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers_as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_numbers_as_text(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
