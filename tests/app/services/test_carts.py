"""Filling carts: one atomic write, and a read only where a price is missing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.cart import CartLineDraft
from app.services.carts import add_to_cart, replace_cart
from app.store.carts import get_cart
from app.store.table import Table, get_table
from tests.support.shop import count_calls, fresh, stored_product

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DRAFT = CartLineDraft("x-1", "Thing", "", "", 3499, "34.99", 1)


@pytest.fixture
def counted(stack: dict[str, str]) -> tuple[Table, list[str]]:
    """A table of one's own, and the calls it makes."""
    own = Table(get_table().name, get_table()._client)
    return own, count_calls(own)


async def test_a_line_with_a_price_is_one_call(counted: tuple[Table, list[str]]) -> None:
    (table, calls), user = counted, fresh("user")

    await add_to_cart(table, user, DRAFT, now=NOW)

    assert calls == ["update_item"]
    [line] = (await get_cart(table, user)).lines
    assert (line.price_cents, line.price_text) == (3499, "34.99")


async def test_missing_prices_cost_one_read_for_all_lines(
    counted: tuple[Table, list[str]],
) -> None:
    (table, calls), user = counted, fresh("user")
    first, second = [await stored_product(table, price_cents=price) for price in (100, 200)]
    drafts = [
        replace(DRAFT, item_id=product.product_id, price_cents=None, price_text=None)
        for product in (first, second)
    ]
    calls.clear()

    await replace_cart(table, user, drafts, now=NOW)

    assert calls == ["batch_get", "put_item"]
    assert (await get_cart(table, user)).total_cents == 300


async def test_replacing_a_cart_forgets_what_was_in_it(table: Table) -> None:
    user = fresh("user")
    await add_to_cart(table, user, DRAFT, now=NOW)

    await replace_cart(table, user, [replace(DRAFT, item_id="y-1")], now=NOW)

    assert [line.item_id for line in (await get_cart(table, user)).lines] == ["y-1"]
