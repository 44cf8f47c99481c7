"""Reading events from the text of messages, in every form that was ever documented.

Other spellings of the type, text for numbers, four names of the order id
(openapi/CONTRACT.md, chapter 2). By tables and without pydantic, whose import would be a third of
a worker's start; ``tests/app/test_message_models.py`` compares both.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from app.domain.card import Card
from app.domain.errors import InvalidInputError
from app.domain.ids import UUID_PATTERN
from app.domain.order import DELIVERED_TEXT, SHIPPED_TEXT
from app.messages import (
    CreditCardValidated,
    Event,
    EventType,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentSent,
)
from app.object_reader import Field, InvalidFieldsError, ObjectReader
from app.values import (
    CARD_SPELLINGS,
    cents,
    comes_from_pages,
    read_bool,
    read_card_date,
    read_id,
    read_integer,
    read_json,
    read_text,
)

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

_METADATA = ObjectReader(Field("type", read_text, default=""))
_HEADER = ObjectReader(Field("metadata", _METADATA.read, default={"type": ""}))


def _read_data(value: Any) -> Any:
    if not isinstance(value, dict):
        raise InvalidFieldsError.no_object()
    return value


_ENVELOPE = ObjectReader(*_HEADER.fields, Field("data", _read_data))

#: A user's and an address', each short enough for a key of the table.
_MOST_COUNTERS, _LONGEST_COUNTER = 2, 64

_CARD = ObjectReader(
    Field("type", read_text, default=""),
    Field("number", read_text, default=""),
    Field("expiry_month", read_card_date, default=0),
    Field("expiry_year", read_card_date, default=0),
    Field("cvv", read_text, default=""),
    also_known_as=CARD_SPELLINGS,
)


def _read_card(value: Any) -> Card:
    found = _CARD.read(value)
    return Card(**({**found, "type": ""} if comes_from_pages(value) else found))


def read_counters(value: Any) -> tuple[str, ...]:
    """Return the keys of counters; none where it is anything else, which stops no payment."""
    if not isinstance(value, list) or len(value) > _MOST_COUNTERS:
        return ()
    is_key = (isinstance(key, str) and 0 < len(key) <= _LONGEST_COUNTER for key in value)
    return tuple(value) if all(is_key) else ()


def _event_reader(*fields: Field) -> ObjectReader:
    """Return the reader of an event, whose order has every name that was ever sent."""
    names = {"orderid": "order_id", "_id": "order_id", "ordernumber": "order_id"}
    return ObjectReader(Field("order_id", read_id), *fields, also_known_as=names)


#: The shop's own order ids, in any case, under each name above; also in JSON inside of JSON.
_ORDER_ID = re.compile(
    rf'"(?:order_?id|_id|ordernumber)\\{{0,3}}"\s{{0,9}}:\s{{0,9}}\\{{0,3}}"({UUID_PATTERN})',
    re.IGNORECASE,
)

_REPORT = _event_reader(Field("tracking_number", read_text, wire="trackingNumber", default=""))

_READERS: Mapping[type[Event], ObjectReader] = {
    PaymentRequested: _event_reader(
        Field("card", _read_card),
        Field("total_cents", cents, wire="total"),
        Field("decline_counters", read_counters, wire="declineCounters", default=()),
    ),
    CreditCardValidated: _event_reader(
        Field("success", read_bool),
        Field("status", read_integer, default=0),
        Field("message", read_text, default=""),
        Field("amount_cents", cents, wire="amount", default=None),
        Field("transaction_id", read_text, wire="transactionID", default=""),
    ),
    ShipmentRequested: _event_reader(Field("delivery", read_text, default="")),
    ShipmentSent: _REPORT,
    ShipmentDelivered: _REPORT,
}


def parse_event(body: str, *expected: type[E]) -> E:
    """Return the event in the text of a message.

    ``expected`` are the events of the queue it came from. On a queue with one event the
    message need not name its type; on a queue with two, ``metadata.type`` tells them apart,
    or else ``data.status``.

    Raises:
        InvalidInputError: it is none of them; names the field, repeats no value.
    """
    try:
        given = read_json(body)
    except ValueError:
        raise InvalidInputError("the message is not JSON") from None
    try:
        envelope = _ENVELOPE.read(given)
        event = _choose(envelope["metadata"]["type"], envelope["data"], expected)
        return event(**_READERS[event].read(envelope["data"]))
    except InvalidFieldsError as failure:
        raise InvalidInputError(str(failure)) from None


def find_event_type(body: str) -> EventType | None:
    """Return the type that a message names, even if the rest of it cannot be read."""
    try:
        header = _HEADER.read(read_json(body))
    except ValueError:
        return None
    return _named_type(header["metadata"]["type"])


def find_order_id(body: str) -> str | None:
    """Return the order that a body names, whether it is JSON or not; only an id of the shop's."""
    named = _ORDER_ID.search(body)
    return named[1].lower() if named else None


def _choose(type_text: str, data: dict[str, Any], expected: Sequence[type[E]]) -> type[E]:
    named = _named_type(type_text)
    if named is None and len(expected) == 1:
        return expected[0]
    if named is None:
        named = _STATUS_TYPES.get(_status_in(data))
    for event in expected:
        if event.event_type is named:
            return event
    types = " or ".join(event.event_type for event in expected)
    raise InvalidInputError(f"metadata.type: must be {types}")


def _named_type(text: str) -> EventType | None:
    return _TYPE_SPELLINGS.get(text.strip().lower())


def _status_in(data: dict[str, Any]) -> str:
    status = next((value for name, value in data.items() if name.lower() == "status"), "")
    return status.strip().lower() if isinstance(status, str) else ""
