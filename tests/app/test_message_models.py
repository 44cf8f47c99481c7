"""The tables that read messages accept, refuse and say what pydantic's models would.

The models are those that read messages until workers stopped importing pydantic.
"""

import json
from dataclasses import asdict
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import from_json

from app.domain.errors import InvalidInputError
from app.field_errors import describe
from app.fields import Cents, Id, LiberalCard, LiberalModel, Text
from app.message_parser import find_event_type, parse_event, read_counters
from app.messages import EVENTS, Event, EventType
from app.values import MAX_INTEGER, read_json, to_integer


class Metadata(LiberalModel):
    type: Text = ""


class Envelope(LiberalModel):
    metadata: Metadata = Metadata()
    data: dict[str, Any]


class EventModel(LiberalModel):
    also_known_as: ClassVar[dict[str, str]] = {
        "orderid": "order_id",
        "_id": "order_id",
        "ordernumber": "order_id",
    }

    order_id: Id


class PaymentRequestedModel(EventModel):
    card: LiberalCard
    total_cents: Cents = Field(alias="total")
    decline_counters: Annotated[tuple[str, ...], BeforeValidator(read_counters)] = Field(
        (), alias="declineCounters"
    )


def _read_success(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    return value


class CreditCardValidatedModel(EventModel):
    success: Annotated[bool, BeforeValidator(_read_success), Field(strict=True)]
    status: Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER), BeforeValidator(to_integer)] = 0
    message: Text = ""
    amount_cents: Cents | None = Field(None, alias="amount")
    transaction_id: Text = Field("", alias="transactionID")


class ShipmentRequestedModel(EventModel):
    delivery: Text = ""


class ShipmentReportModel(EventModel):
    tracking_number: Text = Field("", alias="trackingNumber")


MODELS: dict[EventType, type[BaseModel]] = {
    EventType.PAYMENT_REQUESTED: PaymentRequestedModel,
    EventType.CREDIT_CARD_VALIDATED: CreditCardValidatedModel,
    EventType.SHIPMENT_REQUESTED: ShipmentRequestedModel,
    EventType.SHIPMENT_SENT: ShipmentReportModel,
    EventType.SHIPMENT_DELIVERED: ShipmentReportModel,
}


def _in_order(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _in_order(value) if isinstance(value, dict) else value
        for name, value in sorted(found.items())
    }


def by_model(body: str, kind: EventType) -> dict[str, Any] | str:
    """Return the fields that pydantic finds, or what it complains about."""
    try:
        envelope = Envelope.model_validate(from_json(body.encode(), allow_inf_nan=False))
        return _in_order(MODELS[kind].model_validate(envelope.data).model_dump())
    except ValidationError as failure:
        return "; ".join(
            ": ".join(
                filter(
                    None,
                    [
                        ".".join(map(str, error["loc"])),
                        describe(error),
                    ],
                )
            )
            for error in failure.errors(include_url=False)
        )
    except ValueError:
        return "the message is not JSON"


def by_table(body: str, kind: EventType) -> dict[str, Any] | str:
    """Return the fields that the shop finds, or what it complains about."""
    try:
        return _in_order(asdict(parse_event(body, EVENTS[kind])))
    except InvalidInputError as refusal:
        return str(refusal)


_NAMES = (
    "order_id", "orderID", "_id", "orderNumber", "card", "total", "total_cents", "success",
    "status", "message", "amount", "amount_cents", "transactionID", "transaction_id", "delivery",
    "trackingNumber", "tracking_number", "declineCounters", "type", "number", "expMonth",
    "expirymonth",
    "expiry_month", "expYear", "expiryYear", "expiry_year", "ccv", "cvv", "extra", "",
)  # fmt: skip
_TEXTS = (
    "", " ", "1", " 7 ", "+7", "-3", "007", "true", " FALSE ", "yes", "12.345", "1,234.5",
    '"73.76"', "1e3", "9999999999", "x" * 200, "x" * 201, "x" * 1001, "é\U0001f600", "\ud83d",
    "nan",
)  # fmt: skip
_NUMBERS = (
    0, 1, -1, 12, 2030, 2.0, 2.5, -0.0, 1e22, 1e308, 10**9, 10**9 + 1, -(10**9), -(10**9) - 1,
    10**39, 10**40, 10**400, 0.005, 123.455, float("inf"), float("nan"),
)  # fmt: skip
_plain = st.none() | st.booleans() | st.sampled_from(_TEXTS) | st.sampled_from(_NUMBERS)
_names = st.tuples(
    st.sampled_from(_NAMES), st.sampled_from(("lower", "upper", "title", "strip"))
).map(lambda pair: str(getattr(pair[0], pair[1])()))
_good = {
    "orderID": "o-1",
    "card": {"Type": "Visa", "Number": "4111", "ExpiryYear": 2030, "ExpiryMonth": 1, "CVV": "1"},
    "total": "12.50",
    "success": "true",
}
_cards = st.dictionaries(_names, _plain, max_size=5)
_noise = st.dictionaries(_names, _plain | _cards | st.lists(_plain, max_size=2), max_size=5)
_data: st.SearchStrategy[Any] = st.tuples(
    _noise, st.permutations(list(_good.items())), st.integers(0, 4)
).map(lambda parts: {**dict(parts[1][: parts[2]]), **parts[0]}) | st.sampled_from(
    (None, [], "x", 1)
)
_bodies: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "data": _data,
        "Data": _data,
        "metadata": st.none() | st.just({}) | _plain | st.fixed_dictionaries({"TYPE": _plain}),
    },
) | st.sampled_from(([], 1, "x", None))


@given(_bodies, st.sampled_from(sorted(EventType)))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_message_is_read_as_a_model_would(body: Any, kind: EventType) -> None:
    text = json.dumps(body)
    expected = by_model(text, kind)
    if find_event_type(text) not in {None, kind}:
        return

    assert repr(by_table(text, kind)) == repr(expected)


@pytest.mark.parametrize("kind", sorted(EventType))
def test_a_good_message_is_read_by_both(kind: EventType) -> None:
    found = by_table(json.dumps({"data": _good}), kind)

    assert found == by_model(json.dumps({"data": _good}), kind)
    assert isinstance(found, dict)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        "[Infinity]",
        "-0",
        "1e999",
        "01",
        "1" * 4301,
        '"\\ud800"',
        '{"\\udc00": 1}',
        '"\\ud83d\\ude00"',
        "\ud800",
        '"\x00"',
        "\ufeff1",
        '{"a": 1, "a": 2}',
        *("[" * depth + "1" + "]" * depth for depth in (200, 201, 100_000)),
        *('{"a":' * depth + "{}" + "}" * depth for depth in (200, 201)),
        "[" + ",".join(["[1]"] * 300) + "]",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_json_is_read_as_strictly_as_requests_are(text: str) -> None:
    def outcome(read: Any) -> Any:
        try:
            return read(text)
        except ValueError:
            return "refused"

    assert repr(outcome(read_json)) == repr(
        outcome(lambda given: from_json(given.encode(), allow_inf_nan=False))
    )


def test_every_event_has_a_model() -> None:
    assert set(MODELS) == set(EventType)
    assert all(issubclass(event, Event) for event in EVENTS.values())
