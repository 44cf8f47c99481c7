"""Orders in the table: forward only, decided by the write itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from app.domain.errors import OrderNotFoundError, OrderNotPaidError
from app.domain.order import ALLOWED_FROM, Order, OrderState, OrderStep
from app.domain.user import Role, User
from app.store.orders import (
    add_order,
    advance_order,
    get_order,
    list_user_orders,
)
from app.store.pagination import PageRequest
from app.store.table import Table
from infra.seeds.classic import classic_products, make_order
from tests.support.shop import count_calls

pytestmark = pytest.mark.unmeasured

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
FACTS = {
    OrderState.PAID: {"transaction_id": "t"},
    OrderState.SHIPPED: {"tracking_number": "n"},
    OrderState.DELIVERED: {"tracking_number": "n"},
    OrderState.DECLINED: {},
}


def order(state: OrderState = OrderState.PENDING, user_id: str = "u-1") -> Order:
    buyer = User(user_id, "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)
    made = make_order(
        str(uuid4()), buyer, list(classic_products(NOW))[:2], OrderState.PENDING, placed_at=NOW
    )
    return replace(made, state=state, status=state.name)


async def test_an_order_is_read_as_it_was_stored(table: Table) -> None:
    placed = replace(order(), fingerprint="f")

    assert await add_order(table, placed) is None

    assert await get_order(table, placed.order_id) == placed


async def test_an_id_is_given_once(table: Table) -> None:
    first = order()
    await add_order(table, first)

    assert await add_order(table, replace(first, delivery="elsewhere")) == first

    assert await get_order(table, first.order_id) == first


async def test_an_unknown_order_is_not_found(table: Table) -> None:
    with pytest.raises(OrderNotFoundError):
        await get_order(table, "unknown")
    with pytest.raises(OrderNotFoundError):
        await advance_order(table, "unknown", OrderState.PAID, status="s", now=NOW, by="order@1")


@pytest.mark.parametrize(("origin", "target"), list(product(OrderState, ALLOWED_FROM)))
async def test_an_order_only_moves_forward(
    table: Table, origin: OrderState, target: OrderState
) -> None:
    placed = order(origin)
    await add_order(table, placed)

    async def advance() -> Order:
        facts: dict[str, Any] = FACTS[target]
        return await advance_order(
            table, placed.order_id, target, status="new", now=LATER, by="order@1", **facts
        )

    too_early = origin is OrderState.PENDING and target in {
        OrderState.SHIPPED,
        OrderState.DELIVERED,
    }
    if too_early:
        with pytest.raises(OrderNotPaidError):
            await advance()
        assert await get_order(table, placed.order_id) == placed
        return
    found = await advance()
    if origin in ALLOWED_FROM[target]:
        assert (found.state, found.status, found.updated_at) == (target, "new", LATER)
        assert found.history == (OrderStep(target, LATER, "order@1"),)
    else:
        assert (found.state, found.status) == (origin, placed.status)
        assert found.history == ()
    assert found == await get_order(table, placed.order_id)


async def test_a_late_event_fills_in_what_is_missing_and_overwrites_nothing(table: Table) -> None:
    placed = replace(order(OrderState.DELIVERED), tracking_number="first")
    await add_order(table, placed)

    await advance_order(
        table,
        placed.order_id,
        OrderState.SHIPPED,
        status="s",
        now=LATER,
        by="order@1",
        tracking_number="second",
    )
    found = await advance_order(
        table,
        placed.order_id,
        OrderState.PAID,
        status="s",
        now=LATER,
        by="order@1",
        transaction_id="t",
    )

    assert (found.tracking_number, found.transaction_id) == ("first", "t")
    assert found.state is OrderState.DELIVERED


async def test_a_users_orders_are_a_query_and_a_batch_and_a_move_is_one_call(table: Table) -> None:
    user_id = str(uuid4())
    placed = [replace(order(user_id=user_id), placed_at=NOW + timedelta(hours=n)) for n in range(3)]
    for placed_order in placed:
        await add_order(table, placed_order)

    listing = count_calls(table)
    page = await list_user_orders(table, user_id, PageRequest())
    listed = len(listing)
    await advance_order(
        table, placed[0].order_id, OrderState.PAID, status="s", now=NOW, by="order@1"
    )

    assert page.entries == tuple(placed[::-1])
    assert (listed, len(listing)) == (2, 3)
