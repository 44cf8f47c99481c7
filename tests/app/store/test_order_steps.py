"""History and trace id in an order's item: compact, and a damaged value hides nothing else."""

from datetime import UTC, datetime

import pytest

from app.domain.order import OrderState, OrderStep
from app.settings import TableLayout
from app.store.order_steps import (
    item_to_history,
    step_name,
    step_to_text,
    text_to_trace_id,
    trace_id_to_text,
)

AT = datetime(2026, 11, 30, 6, 1, 2, 345678, tzinfo=UTC)
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("layout", TableLayout)
def test_steps_are_read_as_they_were_stored_in_the_order_of_their_ranks(
    layout: TableLayout,
) -> None:
    steps = tuple(
        OrderStep(OrderState(state), AT, by)
        for state, by in ((1, "api@1 a"), (2, "order@"), (4, "sweeper@3"), (5, "robot@1"))
    )
    item = {step_name(step.state): step_to_text(step, layout=layout) for step in reversed(steps)}

    assert item_to_history(item) == steps


def test_a_step_takes_a_letter_ten_characters_and_the_version() -> None:
    """Stored ones are read as long as there are orders: a letter keeps its meaning."""
    step = OrderStep(OrderState.PAID, AT, "order@1a2b3c4")

    assert step_to_text(step) == "oBmF4InVJzg1a2b3c4"
    assert step_to_text(step, layout=TableLayout.FORMER) == "1796018462345678 order@1a2b3c4"
    assert item_to_history({"h1": "aBmF4InVJzg", "h3": "sBmF4InVJzg1"}) == (
        OrderStep(OrderState.PENDING, AT, "api@"),
        OrderStep(OrderState.SHIPPED, AT, "sweeper@1"),
    )


@pytest.mark.parametrize(
    "damaged",
    [None, 5, "", "soon order@1", "9" * 30 + " order@1", {"at": 1}, "o", "a!!", "sBmF4"],
)
def test_a_damaged_step_is_left_out(damaged: object) -> None:
    kept = OrderStep(OrderState.PENDING, AT, "api@1")

    assert item_to_history({"h1": step_to_text(kept), "h2": damaged}) == (kept,)


def test_a_trace_id_takes_22_characters() -> None:
    stored = trace_id_to_text(TRACE_ID)

    assert len(stored) == 22
    assert text_to_trace_id(stored) == TRACE_ID


@pytest.mark.parametrize(
    "damaged", [None, 5, "", "ü", "A", "AAAA", trace_id_to_text(TRACE_ID) + "AA"]
)
def test_a_damaged_trace_id_is_none(damaged: object) -> None:
    assert text_to_trace_id(damaged) is None
