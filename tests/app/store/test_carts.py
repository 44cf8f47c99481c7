"""Carts in the table: one item, atomic changes, no repeat after a lost answer."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.cart import Cart, CartLine
from app.domain.errors import CartFullError, StoreUnavailableError
from app.store.carts import (
    add_line,
    cart_to_item,
    delete_cart,
    get_cart,
    item_to_cart,
    list_carts,
    replace_cart,
    set_quantity,
)
from app.store.pagination import PageRequest
from app.store.table import Table, get_table
from tests.support.flaky_dynamodb import BUSY, LOST, flaky
from tests.support.shop import fresh

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LINE = CartLine("i", "Thing", "d", "s", 3499, "34.99", 2, NOW)


@pytest.fixture
def table(stack: dict[str, str]) -> Table:
    """A handle of one's own, whose client may be replaced."""
    return Table(get_table().name, get_table()._client)


def test_a_cart_is_read_as_it_was_stored() -> None:
    lines = (LINE, CartLine("j", "", "", "", 0, None, 1, NOW + timedelta(seconds=1)))
    cart = Cart("dan", lines)

    assert item_to_cart(cart_to_item(cart, now=NOW)) == cart


async def test_a_second_addition_adds_up_and_keeps_the_first_price(table: Table) -> None:
    user = fresh("user")
    await add_line(table, user, LINE, now=NOW)

    await add_line(table, user, replace(LINE, price_cents=1, quantity=3), now=NOW)

    assert await get_cart(table, user) == Cart(user, (replace(LINE, quantity=5),))


async def test_a_quantity_is_set_and_0_removes_the_line(table: Table) -> None:
    user = fresh("user")
    await add_line(table, user, LINE, now=NOW)

    await set_quantity(table, user, "i", 7)
    assert (await get_cart(table, user)).item_count == 7

    await set_quantity(table, user, "i", 0)
    assert (await get_cart(table, user)).lines == ()


@pytest.mark.parametrize("quantity", [0, 3])
async def test_a_quantity_of_a_missing_line_changes_nothing(table: Table, quantity: int) -> None:
    user = fresh("user")

    await set_quantity(table, user, "missing", quantity)

    assert await get_cart(table, user) == Cart(user)
    assert await table.get({"PK": f"CART#{user}", "SK": "CART"}) is None


async def test_a_cart_that_does_not_fit_into_an_item_is_full(table: Table) -> None:
    large = replace(LINE, description="x" * 410_000)

    with pytest.raises(CartFullError):
        await add_line(table, fresh("user"), large, now=NOW)
    with pytest.raises(CartFullError):
        await replace_cart(table, Cart(fresh("user"), (large,)), now=NOW)


@pytest.mark.usefixtures("own_stack")
async def test_carts_are_listed_oldest_first() -> None:
    table = get_table()
    for number, user in enumerate(("b", "a", "c")):
        await add_line(table, user, LINE, now=NOW + timedelta(seconds=number))

    page = await list_carts(table, PageRequest())

    assert [cart.user_id for cart in page.entries] == ["b", "a", "c"]


CART_CHANGES: dict[str, Callable[[Table, str], Awaitable[None]]] = {
    "clear": delete_cart,
    "set": lambda table, user: set_quantity(table, user, "i", 2),
    "remove": lambda table, user: set_quantity(table, user, "i", 0),
    "replace": lambda table, user: replace_cart(table, Cart(user), now=NOW),
}


@pytest.mark.parametrize("change", CART_CHANGES)
async def test_a_change_of_a_cart_whose_answer_is_lost_is_not_made_twice(
    table: Table, change: str
) -> None:
    """The second time it would undo what another tab has done in between."""
    user = fresh("user")
    await add_line(table, user, CartLine("i", "x", "", "", 1, None, 1, NOW), now=NOW)
    client = flaky(table, LOST[0], works_first=True)

    with pytest.raises(StoreUnavailableError):
        await CART_CHANGES[change](table, user)

    assert client.calls == 1


@pytest.mark.parametrize("failure", LOST[:2])
async def test_an_add_whose_answer_is_lost_counts_once(table: Table, failure: Exception) -> None:
    user = fresh("user")
    line = CartLine("i", "x", "", "", 1, None, 2, NOW)
    client = flaky(table, failure, works_first=True)

    with pytest.raises(StoreUnavailableError):
        await add_line(table, user, line, now=NOW)

    assert client.calls == 1
    item = await table.get({"PK": f"CART#{user}", "SK": "CART"})
    assert item is None or item["q#i"] == 2


async def test_an_add_that_was_refused_for_load_is_repeated(table: Table) -> None:
    flaky(table, BUSY[0])

    await add_line(table, fresh("user"), CartLine("i", "x", "", "", 1, None, 2, NOW), now=NOW)
