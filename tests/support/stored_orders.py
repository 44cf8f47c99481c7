"""Orders as another part of the shop has stored them before."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from app.domain.order import Order, OrderState
from app.domain.user import Role, User
from app.store.orders import add_order, get_order
from app.store.table import Table
from infra.seeds.classic import classic_products, make_order

PLACED_AT = datetime(2026, 11, 23, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, PLACED_AT)


async def stored_order(table: Table, state: OrderState = OrderState.PENDING) -> Order:
    """Store an order of one classic product in a state, and return it as it is read."""
    goods = list(classic_products(PLACED_AT))[:1]
    made = make_order(str(uuid4()), BUYER, goods, OrderState.PENDING, placed_at=PLACED_AT)
    await add_order(table, replace(made, state=state))
    return await get_order(table, made.order_id)
