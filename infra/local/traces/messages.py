"""What the messages of an order said, for the page of the local shop; cards are masked."""

import json
import time
from collections.abc import Iterator
from typing import Any

import urllib3

from app.domain.card_text import mask_card_numbers
from app.trace_context import TRACEPARENT, read_traceparent

#: A message is smaller, and so is an item; what is sent by hand may be anything.
_MAX_CHARACTERS = 100_000
_TIMEOUT_SECONDS = 1.0

#: Members whose value is hidden wherever they stand, and those of a card that may be seen.
_HIDDEN = frozenset({"cvv", "ccv", "cvc", "securitycode"})
_CARD, _BRAND = "card", "type"
_MASK, _SHOWN_DIGITS = "****", 4


def masked(body: str) -> str:
    """Return the text of a message without card number, security code and expiry date.

    What is no JSON object is not shown: nothing says where a card would stand in it.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or len(body) > _MAX_CHARACTERS:
        return json.dumps({"not shown": f"{len(body)} characters, or no JSON object"})
    return json.dumps(_mask(content), ensure_ascii=False)


def _mask(value: Any) -> Any:
    match value:
        case dict():
            return {name: _mask_member(str(name), part) for name, part in value.items()}
        case list():
            return [_mask(part) for part in value]
        case str():
            return mask_card_numbers(value)
        case bool() | None:
            return value
        case _:
            text = mask_card_numbers(str(value))
            return value if text == str(value) else text


def _mask_member(name: str, value: Any) -> Any:
    folded = name.casefold().replace("_", "").replace("-", "")
    if folded in _HIDDEN:
        return _MASK
    if folded == _CARD and isinstance(value, dict):
        return {part: _mask_card(part, content) for part, content in value.items()}
    return _mask(value)


def _mask_card(name: str, value: Any) -> Any:
    if name.casefold() == _BRAND:
        return _mask(value)
    text = str(value)
    if _MASK in text:  # An item's, which never held more.
        return mask_card_numbers(text)
    # Longer than any date or code: a number, of which receipts show the end, too.
    is_number = name.casefold() not in _HIDDEN and sum(map(str.isdigit, text)) > 2 * _SHOWN_DIGITS
    return _MASK + text[-_SHOWN_DIGITS:] if is_number else _MASK


class MessageReporter:
    """Tells the local collector what a function was sent, as logs under the sender's span."""

    def __init__(self, collector_url: str) -> None:
        """Report to the collector at this address."""
        self._url = f"{collector_url}/v1/logs"
        self._pool = urllib3.PoolManager()

    def report(self, event: Any) -> None:
        """Report the messages of an event; one that does not arrive is not reported again."""
        records = list(_log_records(event))
        if not records:
            return
        body = {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}
        try:
            self._pool.request(
                "POST", self._url, json=body, timeout=_TIMEOUT_SECONDS, retries=False
            )
        except urllib3.exceptions.HTTPError:
            return


def _log_records(event: Any) -> Iterator[dict[str, Any]]:
    records = event.get("Records") if isinstance(event, dict) else None
    for record in records or ():
        attribute = record["messageAttributes"].get(TRACEPARENT, {})
        trace = read_traceparent(attribute.get("stringValue", ""))
        if trace is None:
            continue
        facts = {
            "id": record["messageId"],
            "queue": record["eventSourceARN"].rpartition(":")[2],
            "receives": record["attributes"]["ApproximateReceiveCount"],
        }
        yield {
            "timeUnixNano": str(time.time_ns()),
            "traceId": trace.trace_id,
            "spanId": trace.parent_id,
            "body": {"stringValue": masked(record["body"])},
            "attributes": [
                {"key": name, "value": {"stringValue": str(value)}} for name, value in facts.items()
            ],
        }
