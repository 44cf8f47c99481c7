"""Filling carts."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.cart import CartLineDraft, fill_cart
from app.domain.product import Product
from app.store import carts as store
from app.store.products import find_products
from app.store.table import Table


async def add_to_cart(
    table: Table, user_id: str, draft: CartLineDraft, *, key: str | None = None, now: datetime
) -> None:
    """Put a line into a cart: one atomic call, and a read if it came without a price.

    An addition that was made under ``key`` within the last hour is not made again.

    Raises:
        CartFullError: the cart cannot hold more.
        IdempotencyConflictError: something else was added under ``key``.
    """
    products = await _find_missing_prices(table, [draft])
    line = draft.to_line(products.get(draft.item_id), added_at=now)
    await store.add_line(table, user_id, line, key=key, now=now)


async def replace_cart(
    table: Table, user_id: str, drafts: Sequence[CartLineDraft], *, now: datetime
) -> None:
    """Store a whole cart over the one that is there.

    Raises:
        CartFullError: the cart cannot hold so much.
    """
    products = await _find_missing_prices(table, drafts)
    cart = fill_cart(user_id, drafts, products, now=now)
    cart.check_bounds()
    await store.replace_cart(table, cart, now=now)


async def _find_missing_prices(table: Table, drafts: Sequence[CartLineDraft]) -> dict[str, Product]:
    return await find_products(table, [draft.item_id for draft in drafts if draft.needs_product])
