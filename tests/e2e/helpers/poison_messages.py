"""Messages no worker can do anything with, and good ones, for each of the four queues."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

from app.messages import (
    PAYMENT_REQUEST,
    PAYMENT_RESPONSE,
    SHIPMENT_REQUEST,
    SHIPMENT_RESPONSE,
    EventType,
)
from infra.sample_events import sample_event

#: The good event of each queue, as a sample of the command line.
GOOD = {
    PAYMENT_REQUEST: ("payment", "success"),
    PAYMENT_RESPONSE: ("payment", "accepted"),
    SHIPMENT_REQUEST: ("shipment", "requested"),
    SHIPMENT_RESPONSE: ("shipment", "delivered"),
}

_TYPES = {
    PAYMENT_REQUEST: EventType.PAYMENT_REQUESTED,
    PAYMENT_RESPONSE: EventType.CREDIT_CARD_VALIDATED,
    SHIPMENT_REQUEST: EventType.SHIPMENT_REQUESTED,
    SHIPMENT_RESPONSE: EventType.SHIPMENT_DELIVERED,
}

#: Those whose worker has to find the order.
_NEEDS_AN_ORDER = (PAYMENT_RESPONSE, SHIPMENT_RESPONSE)

_LARGE = 200_000
_ID_NAMES = ("orderID", "_id", "orderNumber")


def good_body(queue: str, order_id: str) -> str:
    """Return the good message of a queue about an order."""
    event = sample_event(*GOOD[queue], order_id=order_id, now=datetime.now(UTC))
    assert event is not None
    return event.to_body()


def bad_bodies(queue: str, count: int, *, seed: int) -> list[str]:
    """Return different bad messages for a queue, every kind in turn."""
    chance = Random(f"{seed}/{queue}")
    kinds = list(_kinds(queue, chance))
    bodies: dict[str, None] = {}
    number = 0
    while len(bodies) < count:
        bodies[kinds[number % len(kinds)](f"{seed}-{number}")] = None
        number += 1
    return list(bodies)


def _kinds(queue: str, chance: Random) -> Iterator[Callable[[str], str]]:
    """Yield what makes a bad message from a mark that no other has."""

    def event(change: Callable[[dict[str, Any]], Any], mark: str) -> str:
        body = json.loads(good_body(queue, mark))
        change(body)
        return json.dumps(body)

    def with_id(value: Any) -> Callable[[str], str]:
        def change(body: dict[str, Any]) -> None:
            name = next(id_name for id_name in _ID_NAMES if id_name in body["data"])
            body["data"][name] = value

        return lambda mark: event(change, mark).replace('"mark"', f'"{mark}"')

    yield lambda mark: f"not json {mark}"
    yield lambda mark: f'{{"cut": "{mark}'
    yield lambda mark: f"{good_body(queue, mark)} and more"
    yield lambda mark: " " * (1 + int(mark.rpartition("-")[2]))
    yield lambda mark: f'["{mark}"]'
    yield lambda mark: f'"{mark}"'
    yield lambda mark: mark.replace("-", "")
    yield lambda mark: json.dumps({"mark": mark})
    yield lambda mark: json.dumps({"data": None, "mark": mark})
    yield lambda mark: json.dumps({"data": [mark]})
    yield lambda mark: json.dumps({"data": mark, "metadata": mark})
    for value in (None, "", {}, [], ["mark"], {"id": "mark"}, True, "x" * 201):
        yield with_id(value)
    # No store can hold half of a character.
    yield lambda mark: good_body(queue, "MARK").replace("MARK", f"{mark}\\ud800")
    yield lambda mark: good_body(queue, "MARK").replace('"MARK"', f'"{mark}", "x": NaN')
    yield lambda mark: good_body(queue, "MARK").replace('"MARK"', f"-Infinity, {mark!r}: 1")
    yield lambda mark: good_body(queue, "MARK").replace('"MARK"', f'1e999, "{mark}": 1')
    yield lambda mark: "[" * 3000 + mark
    yield lambda mark: f'{{"mark": "{mark}", "data": ' + '{"a": ' * 3000 + "1" + "}" * 3001
    yield lambda mark: mark + "x" * _LARGE
    yield lambda mark: json.dumps({"data": {"filling": "x" * _LARGE, "mark": mark}})
    others = [candidate for candidate in GOOD if candidate != queue]
    yield lambda mark: good_body(chance.choice(others), mark)
    yield (
        lambda mark: (
            event(lambda body: body["metadata"].update(type="Refund", x=mark), "")
            if (queue == SHIPMENT_RESPONSE)
            else event(lambda body: body["data"].clear(), mark).replace(
                "}}", f'}}, "x": "{mark}"}}'
            )
        )
    )
    if queue in _NEEDS_AN_ORDER:
        yield lambda mark: good_body(queue, f"unknown-{mark}")
        yield lambda mark: good_body(queue, f"../{mark}/\u00e9\U0001f600")
    if queue == PAYMENT_REQUEST:
        for field, value in (("card", None), ("card", "4111"), ("total", {}), ("total", "1e999")):
            yield lambda mark, field=field, value=value: event(  # type: ignore[misc]
                lambda body: body["data"].update({field: value}), mark
            )
        yield lambda mark: event(lambda body: body["data"].update(total=10**30), mark)
        yield lambda mark: event(lambda body: body["data"]["card"].update(CVV={}), mark)
    if queue == PAYMENT_RESPONSE:
        answers: tuple[Any, ...] = ("maybe", 1, None, [], "")
        for success in answers:
            yield lambda mark, success=success: event(  # type: ignore[misc]
                lambda body: body["data"].update(success=success), mark
            )
