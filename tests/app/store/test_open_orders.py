"""Open orders in the sweeper's index, on a table in memory."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.order import ALLOWED_FROM, Order, OrderState
from app.domain.sweeping import GRACE, LATEST_LOOK
from app.store.keys import order_key
from app.store.open_orders import (
    OpenEntry,
    list_due_orders,
    list_misfiled_orders,
    list_open_orders,
    postpone_sweep,
)
from app.store.order_items import order_to_item
from app.store.orders import advance_order
from app.store.pagination import PageRequest
from tests.golden.examples import orders
from tests.simulation.simulator.lambdas import EPOCH
from tests.simulation.simulator.small_shop import SmallShop

LATER = EPOCH + timedelta(minutes=1)
DUE_AT = EPOCH + GRACE


def placed(shop: SmallShop, state: OrderState = OrderState.PENDING, **damage: Any) -> Order:
    order = replace(
        orders()["pending"], order_id=f"o-{len(shop.memory.items) - 1}", state=state,
        placed_at=EPOCH, updated_at=EPOCH, history=(),
    )  # fmt: skip
    shop.put(order_to_item(order) | damage)
    return order


def due(shop: SmallShop, now: Any = DUE_AT) -> tuple[OpenEntry, ...]:
    return shop.run(list_due_orders(shop.table, PageRequest(), now=now)).entries


def test_an_open_order_is_listed_when_it_is_due() -> None:
    shop = SmallShop()
    order = placed(shop)

    assert due(shop, DUE_AT - timedelta(microseconds=1)) == ()
    [entry] = due(shop)
    shop.run(postpone_sweep(shop.table, entry, until=LATER + GRACE))
    assert due(shop) == ()
    # What was read before another sweeper filed the order anew puts nothing off.
    shop.run(postpone_sweep(shop.table, entry, until=LATER + timedelta(days=1)))
    [again] = due(shop, LATER + GRACE)
    assert again.order == order


@pytest.mark.parametrize("target", [OrderState.DECLINED, OrderState.DELIVERED])
def test_a_final_order_is_no_longer_swept_nor_put_off(target: OrderState) -> None:
    shop = SmallShop()
    order = placed(shop, min(ALLOWED_FROM[target]))
    [entry] = due(shop)

    move = advance_order(shop.table, order.order_id, target, status="s", now=EPOCH, by="order@1")
    shop.run(move)
    shop.run(postpone_sweep(shop.table, entry, until=LATER))

    assert due(shop) == ()
    item = shop.memory.items[order_key(order.order_id)["PK"], "ORDER"]
    assert not {"GSI3PK", "GSI3SK"} & set(item)


@pytest.mark.parametrize(
    ("filed_under", "is_misfiled"),
    [
        ("2099-01-01T00:00:00.000000Z#x", True),
        ("far away", True),
        (f"{(EPOCH + LATEST_LOOK).isoformat()[:19]}.000000Z", False),
    ],
)
def test_what_is_filed_where_it_is_never_due_is_a_list_of_its_own(
    filed_under: str, *, is_misfiled: bool
) -> None:
    shop = SmallShop()
    placed(shop)
    odd = placed(shop, GSI3SK=filed_under)

    misfiled = shop.run(list_misfiled_orders(shop.table, PageRequest(), now=EPOCH)).entries
    everything = shop.run(list_open_orders(shop.table, PageRequest())).entries

    assert [entry.order_id for entry in misfiled] == [odd.order_id] * is_misfiled
    assert [entry.order_id for entry in everything] == ["o-0", "o-1"]


def test_the_pages_of_misfiled_orders_miss_none() -> None:
    shop = SmallShop()
    for number in range(5):
        placed(shop, GSI3SK=f"209{number}-01-01T00:00:00.000000Z#x")
    found: list[str] = []
    token = None

    while True:
        request = PageRequest(2, token)
        page = shop.run(list_misfiled_orders(shop.table, request, now=EPOCH))
        found += [entry.order_id for entry in page.entries]
        token = page.next_token
        if token is None:
            break

    assert found == [f"o-{number}" for number in range(5)]
