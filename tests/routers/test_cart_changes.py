"""Changing, removing, replacing, clearing."""

import pytest
from httpx import AsyncClient

from tests.support.carts import FITBAND, REDPANT, add, items_of, modify, replace
from tests.support.shop import (
    Shopper,
    new_shopper,
)

# Changing.


async def test_quantity_0_removes_the_item(client: AsyncClient, shopper: Shopper) -> None:
    await replace(client, shopper, {"cart": [FITBAND, REDPANT]})

    answer = await modify(
        client,
        shopper,
        {"itemid": FITBAND["itemid"], "quantity": 0, "name": "", "shortDescription": ""},
    )

    assert (answer.status_code, answer.json()) == (200, {"userid": shopper.user_id})
    assert [item["itemid"] for item in await items_of(client, shopper)] == [REDPANT["itemid"]]


async def test_modify_changes_the_quantity_only(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, {**FITBAND, "shortDescription": "s"})
    (before,) = await items_of(client, shopper)

    await modify(
        client,
        shopper,
        {"ItemID": FITBAND["itemid"], "quantity": "7", "name": "x", "price": "junk"},
    )

    assert await items_of(client, shopper) == [{**before, "quantity": 7}]


@pytest.mark.parametrize("quantity", [0, 3])
async def test_modifying_what_is_not_there_changes_nothing(
    client: AsyncClient, shopper: Shopper, quantity: int
) -> None:
    to_no_cart = await modify(client, shopper, {"itemid": "gone", "quantity": quantity})
    nothing = await items_of(client, shopper)
    await add(client, shopper, FITBAND)

    to_no_item = await modify(client, shopper, {"itemid": "gone", "quantity": quantity})

    assert (to_no_cart.status_code, nothing) == (200, [])
    assert (to_no_item.status_code, to_no_item.json()) == (200, {"userid": shopper.user_id})
    assert [item["itemid"] for item in await items_of(client, shopper)] == [FITBAND["itemid"]]


async def test_an_item_that_was_removed_can_be_added_again(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, {**FITBAND, "quantity": 5})
    await modify(client, shopper, {"itemid": FITBAND["itemid"], "quantity": 0})

    await add(client, shopper, {**FITBAND, "price": "5"})

    (item,) = await items_of(client, shopper)
    assert (item["quantity"], item["price"]) == (1, "5")


# Replacing and clearing.


async def test_replacing_leaves_nothing_of_the_old_cart(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, FITBAND)

    answer = await replace(client, shopper, {"cart": [REDPANT]})

    assert (answer.status_code, answer.json()) == (200, {"userid": shopper.user_id})
    assert [item["itemid"] for item in await items_of(client, shopper)] == [REDPANT["itemid"]]


async def test_the_path_says_whose_cart_is_replaced(client: AsyncClient, shopper: Shopper) -> None:
    other = await new_shopper()

    await replace(client, shopper, {"cart": [REDPANT], "userid": other.user_id})

    assert await items_of(client, other) == []
    assert len(await items_of(client, shopper)) == 1


async def test_the_same_item_twice_in_a_new_cart_adds_up(
    client: AsyncClient, shopper: Shopper
) -> None:
    await replace(client, shopper, {"cart": [FITBAND, REDPANT, {**FITBAND, "quantity": "2"}]})

    quantities = {item["itemid"]: item["quantity"] for item in await items_of(client, shopper)}
    assert quantities == {FITBAND["itemid"]: 3, REDPANT["itemid"]: 1}


async def test_a_cart_may_come_as_text_and_quantity_0_is_left_out(
    client: AsyncClient, shopper: Shopper
) -> None:
    text = '[{"itemid": "a", "price": "4", "quantity": "1"}, {"id": "b", "quantity": 0}]'

    answer = await replace(client, shopper, {"CART": text})

    assert answer.status_code == 200
    assert [item["itemid"] for item in await items_of(client, shopper)] == ["a"]


async def test_a_cart_can_be_replaced_by_an_empty_one(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, FITBAND)

    answer = await replace(client, shopper, {"cart": []})

    assert answer.status_code == 200
    assert await items_of(client, shopper) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_clearing_answers_nothing_and_leaves_an_empty_cart(
    client: AsyncClient, shopper: Shopper, method: str, slash: str
) -> None:
    await add(client, shopper, FITBAND)
    path = f"/cart/clear/{shopper.user_id}{slash}"

    first = await client.request(method, path, headers=shopper.headers)
    again = await client.request(method, path, headers=shopper.headers)

    assert (first.status_code, first.content) == (200, b"")
    assert first.headers["content-type"] == "text/plain; charset=utf-8"
    assert again.status_code == 200
    assert await items_of(client, shopper) == []
    assert (await add(client, shopper, FITBAND)).status_code == 200
    assert len(await items_of(client, shopper)) == 1
