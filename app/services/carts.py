"""Filling carts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.cart import Cart, CartLine
from app.domain.product import Product
from app.store import carts as store
from app.store.products import find_products
from app.store.table import Table


@dataclass(frozen=True)
class NewLine:
    """A line as the client wrote it; None for a price it left out, in cents."""

    item_id: str
    name: str
    description: str
    short_description: str
    price_cents: int | None
    price_text: str | None
    quantity: int


async def add_to_cart(table: Table, user_id: str, line: NewLine, *, now: datetime) -> None:
    """Put a line into a cart with one atomic call, plus a read if it came without a price.

    Raises:
        CartFullError: the cart cannot hold more.
    """
    products = await _products_behind(table, [line])
    await store.add_line(table, user_id, _priced(line, products, now=now), now=now)


async def replace_cart(
    table: Table, user_id: str, lines: Sequence[NewLine], *, now: datetime
) -> None:
    """Store a whole cart; the same article twice adds up.

    Raises:
        CartFullError: the cart cannot hold so much.
    """
    products = await _products_behind(table, lines)
    merged: dict[str, CartLine] = {}
    for place, line in enumerate(lines):
        # A microsecond apart, so that the cart keeps the order of the list.
        priced = _priced(line, products, now=now + timedelta(microseconds=place))
        there = merged.get(line.item_id)
        merged[line.item_id] = (
            replace(there, quantity=there.quantity + priced.quantity) if there else priced
        )
    filled = tuple(line for line in merged.values() if line.quantity > 0)
    await store.replace_cart(table, Cart(user_id, filled), now=now)


async def _products_behind(table: Table, lines: Sequence[NewLine]) -> dict[str, Product]:
    return await find_products(table, [each.item_id for each in lines if each.price_cents is None])


def _priced(line: NewLine, products: dict[str, Product], *, now: datetime) -> CartLine:
    product = products.get(line.item_id)
    price_cents = line.price_cents
    if price_cents is None:
        price_cents = product.price_cents if product else 0
    return CartLine(
        item_id=line.item_id,
        name=line.name or (product.name if product else ""),
        description=line.description,
        short_description=line.short_description,
        price_cents=price_cents,
        price_text=line.price_text,
        quantity=line.quantity,
        added_at=now,
    )
