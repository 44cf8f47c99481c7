"""Reading events from the text of messages, in every form that was ever documented.

Other spellings of the type, text for numbers, four names of the order id
(openapi/CONTRACT.md, chapter 2).
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from app.domain.errors import InvalidInputError
from app.domain.order import DELIVERED_TEXT, SHIPPED_TEXT
from app.fields import LiberalModel, Text
from app.messages import Event, EventType

E = TypeVar("E", bound=Event)

#: Names under which an event was documented, in lower case.
_TYPE_SPELLINGS = {
    **{event_type.lower(): event_type for event_type in EventType},
    "paymentrequestedevent": EventType.PAYMENT_REQUESTED,
    "creditcardvalidatedevent": EventType.CREDIT_CARD_VALIDATED,
    "sentshipment": EventType.SHIPMENT_SENT,
    "deliveredshipment": EventType.SHIPMENT_DELIVERED,
}

#: Tells the two shipment reports apart when a message does not name its type.
_STATUS_TYPES = {
    SHIPPED_TEXT: EventType.SHIPMENT_SENT,
    DELIVERED_TEXT: EventType.SHIPMENT_DELIVERED,
}


class _Metadata(LiberalModel):
    type: Text = ""


class _Header(LiberalModel):
    metadata: _Metadata = _Metadata()


class _Envelope(_Header):
    data: dict[str, Any]


def parse_event(body: str, *expected: type[E]) -> E:
    """Return the event in the text of a message.

    ``expected`` are the events of the queue it came from. On a queue with one event the
    message need not name its type; on a queue with two, ``metadata.type`` tells them apart,
    or else ``data.status``.

    Raises:
        InvalidInputError: it is none of them; names the field, repeats no value.
    """
    try:
        # Strict about NaN and depth, and never quotes the text in an error: cards are in it.
        envelope = _Envelope.model_validate(from_json(body.encode(), allow_inf_nan=False))
        return _choose(envelope, expected).model_validate(envelope.data)
    except ValidationError as failure:
        raise InvalidInputError(_explain(failure)) from None
    except ValueError:
        raise InvalidInputError("the message is not JSON") from None


def find_event_type(body: str) -> EventType | None:
    """Return the type that a message names, even if the rest of it cannot be read."""
    try:
        header = _Header.model_validate(from_json(body.encode(), allow_inf_nan=False))
    except ValueError:
        return None
    return _named_type(header)


def _choose(envelope: _Envelope, expected: Sequence[type[E]]) -> type[E]:
    named = _named_type(envelope)
    if named is None and len(expected) == 1:
        return expected[0]
    if named is None:
        named = _STATUS_TYPES.get(_status_in(envelope.data))
    for event in expected:
        if event.event_type is named:
            return event
    types = " or ".join(event.event_type for event in expected)
    raise InvalidInputError(f"metadata.type: must be {types}")


def _named_type(header: _Header) -> EventType | None:
    return _TYPE_SPELLINGS.get(header.metadata.type.strip().lower())


def _status_in(data: dict[str, Any]) -> str:
    status = next((value for name, value in data.items() if name.lower() == "status"), "")
    return status.strip().lower() if isinstance(status, str) else ""


def _explain(failure: ValidationError) -> str:
    """Return what is wrong with which field, without repeating any value."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg'].removeprefix('Value error, ')}"
        for error in failure.errors(include_input=False, include_url=False, include_context=False)
    )
