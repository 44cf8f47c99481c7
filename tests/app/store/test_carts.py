"""Carts in the table: one item, atomic changes, repeats only of additions."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.cart import MAX_QUANTITY, Cart, CartLine
from app.domain.errors import CartFullError, IdempotencyConflictError, StoreUnavailableError
from app.store.addition_keys import FORGOTTEN_TOGETHER, KEPT, MOST_KEPT
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


@pytest.mark.usefixtures("own_table")
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


@pytest.mark.parametrize("is_made", [True, False])
@pytest.mark.parametrize("key", [None, "a key of the client"])
async def test_an_add_whose_answer_is_lost_counts_once(
    table: Table, *, key: str | None, is_made: bool
) -> None:
    """Such as one on a connection that was reset: the shop repeats it by itself."""
    user = fresh("user")
    client = flaky(table, *LOST[:2], works_first=is_made)

    await add_line(table, user, LINE, key=key, now=NOW)

    assert client.calls == (2 if is_made else 3)
    assert await get_cart(table, user) == Cart(user, (LINE,))


async def test_a_repeat_with_the_key_of_an_addition_changes_nothing(table: Table) -> None:
    user = fresh("user")
    await add_line(table, user, LINE, key="k", now=NOW)
    await set_quantity(table, user, "i", 9)

    await add_line(table, user, replace(LINE, price_cents=1), key="k", now=NOW + KEPT / 2)
    assert (await get_cart(table, user)).item_count == 9

    await add_line(table, user, LINE, key="K", now=NOW)
    assert (await get_cart(table, user)).item_count == 11


@pytest.mark.parametrize("change", [{"quantity": 3}, {"item_id": "j"}])
async def test_a_key_that_was_used_for_another_addition_is_refused(
    table: Table, change: dict[str, Any]
) -> None:
    user = fresh("user")
    await add_line(table, user, LINE, key="k", now=NOW)

    with pytest.raises(IdempotencyConflictError, match="Idempotency-Key"):
        await add_line(table, user, replace(LINE, **change), key="k", now=NOW)

    assert await get_cart(table, user) == Cart(user, (LINE,))


async def test_an_addition_that_was_taken_back_is_refused_again_under_its_key(table: Table) -> None:
    user = fresh("user")
    await add_line(table, user, LINE, now=NOW)

    for _ in range(2):
        with pytest.raises(CartFullError):
            await add_line(
                table, user, replace(LINE, quantity=MAX_QUANTITY), key="one too many", now=NOW
            )

    assert await get_cart(table, user) == Cart(user, (LINE,))


class BesideAnotherTab(Table):
    """The table of a tab; another one sets the quantity to 3 behind its first update."""

    is_alone = False

    async def update(self, *args: Any, **options: Any) -> dict[str, Any]:
        item = await super().update(*args, **options)
        if not self.is_alone:
            self.is_alone = True
            await set_quantity(self, args[0]["PK"].removeprefix("CART#"), "i", 3)
        return item


@pytest.mark.parametrize(
    "change",
    [
        lambda table, user: set_quantity(table, user, "i", MAX_QUANTITY + 1),
        lambda table, user: add_line(table, user, replace(LINE, quantity=MAX_QUANTITY), now=NOW),
    ],
    ids=["set", "add"],
)
async def test_what_is_too_much_takes_nothing_back_that_another_tab_has_set(
    table: Table, change: Callable[[Table, str], Awaitable[None]]
) -> None:
    user = fresh("user")
    await add_line(table, user, LINE, now=NOW)

    with pytest.raises(CartFullError):
        await change(BesideAnotherTab(table.name, table._client), user)

    assert await get_cart(table, user) == Cart(user, (replace(LINE, quantity=3),))


async def key_count(table: Table, user: str) -> int:
    item = await table.get({"PK": f"CART#{user}", "SK": "CART"}, consistent=True)
    return sum(name.startswith("k#") for name in item or ())


async def test_keys_are_kept_for_an_hour_and_not_for_ever(table: Table) -> None:
    user = fresh("user")
    for number in range(FORGOTTEN_TOGETHER):
        await add_line(table, user, LINE, key=f"{number}", now=NOW)
    assert await key_count(table, user) == FORGOTTEN_TOGETHER

    await add_line(table, user, LINE, key="within", now=NOW + KEPT)
    await add_line(table, user, LINE, key="0", now=NOW + KEPT)
    assert await key_count(table, user) == FORGOTTEN_TOGETHER + 1

    await add_line(table, user, LINE, key="after", now=NOW + KEPT + timedelta(seconds=1))
    assert await key_count(table, user) == 2
    assert (await get_cart(table, user)).item_count == 2 * (FORGOTTEN_TOGETHER + 2)


async def test_a_cart_with_any_number_of_additions_keeps_the_newest_keys(table: Table) -> None:
    user, times = fresh("user"), MOST_KEPT + 2 * FORGOTTEN_TOGETHER
    for number in range(times):
        await add_line(table, user, LINE, key=f"{number}", now=NOW + timedelta(seconds=number))
        assert await key_count(table, user) < MOST_KEPT + FORGOTTEN_TOGETHER

    for number in range(times - MOST_KEPT, times):
        await add_line(table, user, LINE, key=f"{number}", now=NOW + timedelta(seconds=number))
    assert (await get_cart(table, user)).item_count == 2 * times


async def test_keys_that_cannot_be_removed_now_are_removed_later(table: Table) -> None:
    user, late = fresh("user"), NOW + 2 * KEPT
    for number in range(FORGOTTEN_TOGETHER):
        await add_line(table, user, LINE, key=f"{number}", now=NOW)
    client = table._client

    class FailsToRemove:
        async def update_item(self, *args: Any, **kwargs: Any) -> Any:
            if kwargs["update_expression"].startswith("REMOVE"):
                raise LOST[0]
            return await client.update_item(*args, **kwargs)

    table._client = FailsToRemove()  # type: ignore[assignment]
    await add_line(table, user, LINE, key="x", now=late)
    table._client = client
    assert await key_count(table, user) == FORGOTTEN_TOGETHER + 1

    await add_line(table, user, LINE, key="y", now=late)
    assert await key_count(table, user) == 2


async def test_a_cart_that_is_emptied_while_its_keys_are_removed_stays_empty(table: Table) -> None:
    user = fresh("user")
    for number in range(FORGOTTEN_TOGETHER):
        await add_line(table, user, LINE, key=f"{number}", now=NOW)
    client = table._client

    class Emptied:
        async def update_item(self, *args: Any, **kwargs: Any) -> Any:
            if kwargs["update_expression"].startswith("REMOVE"):
                await client.delete_item(*args[:2])
            return await client.update_item(*args, **kwargs)

    table._client = Emptied()  # type: ignore[assignment]
    await add_line(table, user, LINE, key="x", now=NOW + 2 * KEPT)
    table._client = client

    assert await table.get({"PK": f"CART#{user}", "SK": "CART"}, consistent=True) is None


async def test_an_add_that_was_refused_for_load_is_repeated(table: Table) -> None:
    flaky(table, BUSY[0])

    await add_line(table, fresh("user"), CartLine("i", "x", "", "", 1, None, 2, NOW), now=NOW)
