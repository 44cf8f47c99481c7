"""How often the sweeper looks at one order in days of sweeps, on a table in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.order import OrderState
from app.domain.sweeping import SweepReport
from app.services.sweeper import sweep
from app.store.order_items import order_to_item
from infra.seeds.classic import classic_products, make_order
from tests.app.services.test_sweeper import BUYER, NOW
from tests.simulation.simulator.small_shop import SmallShop

pytestmark = pytest.mark.unmeasured

HOUR = 60


def shop_with_order(state: OrderState) -> SmallShop:
    """Return a shop with one order that was placed at ``NOW``."""
    shop = SmallShop()
    products = list(classic_products(NOW))[:1]
    order = make_order("o", BUYER, products, OrderState.PENDING, placed_at=NOW)
    shop.put(order_to_item(replace(order, state=state)))
    return shop


async def sweep_at(shop: SmallShop, minute: int) -> SweepReport:
    """Sweep as the schedule does, some minutes after the order was placed."""
    return await sweep(
        shop.table,
        shop.queues,
        now=NOW + timedelta(minutes=minute),
        by="sweeper@1",
        longest_delivery_seconds=120,
    )


def test_orders_that_nothing_can_push_cost_less_and_less() -> None:
    shop = shop_with_order(OrderState.PENDING)

    async def two_days() -> list[int]:
        minutes = range(0, 48 * HOUR, 5)
        return [minute for minute in minutes if (await sweep_at(shop, minute)).seen]

    looked = shop.run(two_days())

    assert looked[:5] == [5, 10, 20, 40, 80]
    assert len(looked) < 60
    assert shop.run(sweep_at(shop, 48 * HOUR)).timed_out == 1


def test_a_shipper_that_is_away_is_asked_less_and_less() -> None:
    shop = shop_with_order(OrderState.PAID)

    async def a_day() -> None:
        for minute in range(0, 24 * HOUR, 5):
            await sweep_at(shop, minute)

    shop.run(a_day())

    assert 20 < len(shop.sent.messages) < 40
    assert {queue for queue, _, _ in shop.sent.messages} == {"shipment-request"}
