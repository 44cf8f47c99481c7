"""Which keys of an order's item are damaged, and what stands in their place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.order import Order, OrderState
from app.domain.sweeping import LATEST_LOOK
from app.settings import TableLayout
from app.store.order_items import item_to_order, order_to_item
from infra.orders.facts import OrderContext
from infra.orders.filing import filing_faults, right_filing
from infra.orders.obstacles import misfiled
from tests.golden.examples import orders

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FAR, LATE = "2099-01-01T00:00:00.000000Z#x", "2026-11-30T13:04:59.000000Z#x"


def order(state: OrderState, **changes: Any) -> Order:
    return replace(
        orders()["pending"], state=state, placed_at=NOW, updated_at=NOW, history=(), **changes
    )


@pytest.mark.parametrize("layout", TableLayout)
@pytest.mark.parametrize("user_id", ["u-1", "walk-in"])
@pytest.mark.parametrize("state", [*OrderState])
def test_what_any_layout_writes_is_right(
    state: OrderState, user_id: str, layout: TableLayout
) -> None:
    made = order(state, user_id=user_id)
    item = order_to_item(made, layout=layout)

    assert filing_faults(item, item_to_order(item), now=NOW) == ()
    assert right_filing(item, made, now=NOW, layout=TableLayout.CURRENT) == {}


@pytest.mark.parametrize(
    ("state", "damage", "told"),
    [
        (OrderState.PAID, {"GSI3PK": None}, ["GSI3PK is missing"]),
        (OrderState.PAID, {"GSI3PK": "OPEN"}, ["GSI3PK is no partition of the sweeper's list"]),
        (OrderState.PAID, {"GSI3SK": None}, ["GSI3SK is missing"]),
        (OrderState.PAID, {"GSI3SK": "soon"}, ["GSI3SK is not a time and an id"]),
        (OrderState.PAID, {"GSI3SK": "soon#x"}, ["GSI3SK is not a time and an id"]),
        (OrderState.PAID, {"GSI3SK": 7}, ["GSI3SK is not a time and an id"]),
        (OrderState.PAID, {"GSI3SK": FAR}, ["GSI3SK is in the future: 2099-01-01 00:00 UTC"]),
        (OrderState.PAID, {"GSI3SK": LATE}, []),
        (OrderState.UNKNOWN, {"GSI3PK": "OPEN#0", "GSI3SK": FAR}, ["GSI3SK is in the future"]),
        (OrderState.DELIVERED, {"GSI3PK": "OPEN#0", "GSI3SK": LATE}, ["GSI3PK is left", "GSI3SK"]),
        (OrderState.PAID, {"GSI2PK": "ORDERS"}, ["GSI2PK is not that of the list of all orders"]),
        (OrderState.PAID, {"GSI1SK": "x"}, ["GSI1SK is not that of the list of its user's orders"]),
    ],
)
def test_damaged_keys_are_told_and_written_anew(
    state: OrderState, damage: dict[str, Any], told: list[str]
) -> None:
    made = order(state)
    whole = order_to_item(made) | damage
    item = {name: value for name, value in whole.items() if value is not None}

    faults = filing_faults(item, made, now=NOW)
    right = right_filing(item, made, now=NOW, layout=TableLayout.CURRENT)
    mended = {name: value for name, value in (item | right).items() if value is not None}

    said = [f"{fault.attribute} {fault.problem}" for fault in faults]
    assert len(said) == len(told)
    assert all(text.startswith(begin) for text, begin in zip(said, told, strict=True))
    assert filing_faults(mended, made, now=NOW) == ()
    assert bool(right) is bool(told)


def test_an_order_that_a_wrong_clock_has_placed_is_not_called_damaged() -> None:
    made = replace(order(OrderState.PENDING), placed_at=NOW + timedelta(days=2))

    assert filing_faults(order_to_item(made), made, now=NOW) == ()
    assert filing_faults(order_to_item(made) | {"GSI3SK": FAR}, made, now=NOW) != ()
    assert timedelta(days=2) > LATEST_LOOK


def test_a_time_that_differs_from_both_lists_is_what_was_changed() -> None:
    made = order(OrderState.PAID)
    changed = replace(made, placed_at=NOW + timedelta(days=365))
    item = order_to_item(made)

    faults = filing_faults(item, changed, now=NOW)
    told = misfiled("o-1", OrderContext(filing=faults))

    assert [fault.attribute for fault in faults] == ["placed_at"]
    assert told is not None
    assert "placed_at is not 2026-11-30 12:00:00 UTC, as its lists say" in told.why
    assert told.next_step.startswith("Correct it by hand")
    # Filing it anew would put it under the wrong time.
    assert right_filing(item, changed, now=NOW, layout=TableLayout.CURRENT) == {}
