"""Lists are written in slices as FastAPI writes them at once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from app.domain.order import Address, CardSummary, Order, OrderLine, OrderState
from app.slices import SLICE
from routers.json_lists import encode_list
from routers.schemas.order_public import OrderPublic

_PLACED_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
_ORDER = Order(
    order_id="1",
    user_id="gül",
    state=OrderState.PENDING,
    status="Pending Payment",
    first_name='J"o\\n\u2028',
    last_name="Müller",
    email="",
    address=Address(),
    delivery="",
    card=CardSummary("Visa", "************1111", "12", "2030"),
    lines=(OrderLine("mat", "Yoga Mat", "", 1, 6250), OrderLine("rope", "Rope", "", 2, 999)),
    total_cents=8248,
    placed_at=_PLACED_AT,
    updated_at=_PLACED_AT,
)


@pytest.mark.parametrize("count", [0, 1, SLICE + 1])
async def test_a_list_is_the_same_bytes_as_written_at_once(count: int) -> None:
    orders = [replace(_ORDER, order_id=str(number)) for number in range(count)]
    at_once = TypeAdapter(list[OrderPublic]).dump_json(
        [OrderPublic.from_order(order) for order in orders], by_alias=True
    )

    assert await encode_list(orders, OrderPublic.from_order) == at_once
