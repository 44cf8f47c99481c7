"""Orders as items: below one write unit, and in both layouts nothing is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_origin, get_type_hints

import pytest

from app.domain.errors import UnreadableItemError
from app.domain.order import WALK_IN, Address, CardSummary, Order, OrderLine, OrderState, OrderStep
from app.settings import TableLayout
from app.store.order_items import item_to_order, order_to_item
from tests.golden import examples
from tests.simulation.simulator.memory_table import size_of

NOW = datetime(2026, 11, 29, 12, 30, 15, 123456, tzinfo=UTC)
UNIT = 1024
LAYOUTS = list(TableLayout)


def shipped() -> Order:
    """An order of two lines, by a user who registered, in the state in which it is largest."""
    order = examples.with_history(examples.orders()["shipped"])
    lines = (
        OrderLine(
            "533445d-530e-4a76-9398-5d16713b827b",
            "Yoga Mat",
            "Lies down so that you can, too",
            1,
            6250,
        ),
        OrderLine(
            "0b3a1e5a-e520-4f1e-bdf4-5f721f728bfd",
            "Water Bottle",
            "Holds water. Does it well",
            2,
            3499,
        ),
    )
    return replace(
        order,
        user_id="5c393a11-1d41-4c89-8ce2-43829aaaabbb",
        status="shipped - pending delivery",
        lines=lines,
        history=tuple(
            replace(step, by=f"{step.by.partition('@')[0]}@4f2a9c1b7d3e") for step in order.history
        ),
    )


def test_an_order_with_its_history_is_one_write_unit_with_room_for_longer_texts() -> None:
    assert size_of(order_to_item(shipped())) <= UNIT - 80


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("state", ["pending", "paid", "shipped", "delivered", "declined"])
def test_an_order_is_read_as_it_was_stored(state: str, layout: TableLayout) -> None:
    order = examples.with_history(examples.orders()[state])

    assert item_to_order(order_to_item(order, layout=layout)) == order


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": WALK_IN},
        {"user_id": "x" * 900},
        {"user_id": "BUYER#u"},
        {"updated_at": NOW + timedelta(days=1)},
        {"history": (), "updated_at": NOW + timedelta(days=1)},
        {"history": (OrderStep(OrderState.PENDING, NOW, "robot@1"),)},
        {"fingerprint": ""},
        {"fingerprint": "3:" + "ab" * 32},
        {"fingerprint": "3:abc"},
        {"transaction_id": "by hand", "tracking_number": ""},
        {"lines": (), "total_cents": 0},
        {"lines": (OrderLine("", "", "", 0, 0),)},
        {"address": Address(), "card": CardSummary(), "email": "", "delivery": "", "status": ""},
        {"address": Address(state="s", country="="), "first_name": "="},
        {"placed_by": "staff", "decline_reason": "="},
    ],
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_left_out_is_found_again(changes: dict[str, object], layout: TableLayout) -> None:
    order = replace(shipped(), history=(), updated_at=NOW, placed_at=NOW)
    order = replace(order, **changes)  # type: ignore[arg-type]

    assert item_to_order(order_to_item(order, layout=layout)) == order


def test_an_item_whose_buyer_cannot_be_told_is_refused() -> None:
    item = order_to_item(shipped())

    for partition in ("WALKIN#3", "CATALOG#BUYER#u"):
        with pytest.raises(UnreadableItemError, match="user_id"):
            item_to_order({**item, "GSI1PK": partition})


def test_the_former_layout_has_every_name_that_earlier_releases_read() -> None:
    """The first release raises KeyError without one of them."""
    item = order_to_item(examples.orders()["pending"], layout=TableLayout.FORMER)

    assert set(item) == {
        *("PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK", "GSI3PK", "GSI3SK"),
        *("order_id", "user_id", "state", "status", "first_name", "last_name", "email"),
        *("address", "delivery", "card", "lines", "total_cents", "placed_at", "updated_at"),
        "fingerprint",
    }


WRONG_VALUES = ["x", "", "0001-01-01T00:00:00+23:00", "²", 1, -1, 1.5, True, None, b"x", [], ["x"]]
WRONG_VALUES += [[None], [{}], {}, {"i": 1}, {"x"}]


def variants(value: Any) -> Iterator[Any]:
    """Yield what could stand in the place of a stored value, at every depth of it."""
    yield from WRONG_VALUES
    if isinstance(value, dict):
        for name, part in value.items():
            yield {other: value[other] for other in value if other != name}
            yield from ({**value, name: variant} for variant in variants(part))
    elif isinstance(value, list):
        yield from ([variant, *value[1:]] for variant in variants(value[0]))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_damaged_item_is_read_with_right_types_or_is_unreadable(layout: TableLayout) -> None:
    item = order_to_item(replace(shipped(), placed_by="staff"), layout=layout)
    damaged = [{other: item[other] for other in item if other != name} for name in item]
    damaged += [{**item, name: variant} for name in item for variant in variants(item[name])]
    unreadable = 0
    for one in damaged:
        try:
            order = item_to_order(one)
        except UnreadableItemError:
            unreadable += 1
        else:
            assert_types(order)
    assert unreadable > len(damaged) / 3


_TUPLES = {"lines", "history"}


def assert_types(order: Order) -> None:
    for value in (order, order.address, order.card, *order.lines):
        for name, hint in get_type_hints(type(value)).items():
            part = getattr(value, name)
            assert isinstance(part, get_origin(hint) if name in _TUPLES else hint), (name, part)
            assert not isinstance(part, bool), name


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"lines": "x"}, "lines: is not a list"),
        ({"card": "x"}, "card: is not a map"),
        ({"address": ["x"]}, "address: is not a map"),
        ({"total_cents": "abc"}, "total_cents: is not a whole number"),
        ({"placed_at": "yesterday"}, "placed_at: is not an instant"),
        ({"state": "banana"}, "state: is not a whole number"),
        ({"lines": [{"i": "i", "q": 1, "p": "free"}]}, "price_cents: is not a whole number"),
        ({"lines": [{"i": "i", "p": 1}]}, "quantity: is missing"),
    ],
)
def test_what_is_damaged_is_named(changes: dict[str, object], what: str) -> None:
    with pytest.raises(UnreadableItemError) as failure:
        item_to_order(order_to_item(shipped()) | changes)

    assert str(failure.value) == what
