"""Changes at the same time, and what they cost in calls."""

from asyncio import gather

from httpx import AsyncClient

from app.store.table import Table
from tests.support.carts import FITBAND, REDPANT, add, items_of, modify, read, replace
from tests.support.shop import (
    Shopper,
    count_calls,
    fresh,
    stored_product,
)

# Many at once.


async def test_no_add_of_the_same_item_is_lost(client: AsyncClient, shopper: Shopper) -> None:
    answers = await gather(*(add(client, shopper, FITBAND) for _ in range(32)))

    (item,) = await items_of(client, shopper)
    assert {answer.status_code for answer in answers} == {200}
    assert item["quantity"] == 32
    assert (await read(client, shopper, "total"))["carttotal"] == 144


async def test_no_add_of_different_items_is_lost(client: AsyncClient, shopper: Shopper) -> None:
    names = {f"item-{number}" for number in range(32)}

    answers = await gather(*(add(client, shopper, {"itemid": name}) for name in names))

    assert {answer.status_code for answer in answers} == {200}
    assert {item["itemid"] for item in await items_of(client, shopper)} == names


async def test_a_removal_in_between_leaves_a_cart_that_can_be_read(
    client: AsyncClient, shopper: Shopper
) -> None:
    remove = {"itemid": FITBAND["itemid"], "quantity": 0}

    await gather(
        *(add(client, shopper, FITBAND) for _ in range(12)),
        *(modify(client, shopper, remove) for _ in range(12)),
        *(client.post(f"/cart/clear/{shopper.user_id}", headers=shopper.headers) for _ in range(4)),
    )

    items = await items_of(client, shopper)
    assert all(item["name"] == "fitband" and item["quantity"] >= 1 for item in items)


# What it costs.


async def test_reading_a_cart_is_one_call(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    made = count_calls(table)

    for what in ("items", "total", "items/total"):
        await read(client, shopper, what)

    assert made == ["get_item"] * 3


async def test_changing_a_cart_is_one_call_each(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    made = count_calls(table)

    await add(client, shopper, FITBAND)
    await modify(client, shopper, {"itemid": FITBAND["itemid"], "quantity": 2})
    await modify(client, shopper, {"itemid": FITBAND["itemid"], "quantity": 0})
    await replace(client, shopper, {"cart": [FITBAND, REDPANT]})
    await client.post(f"/cart/clear/{shopper.user_id}", headers=shopper.headers)

    assert made == ["update_item", "update_item", "update_item", "put_item", "delete_item"]


async def test_missing_prices_cost_one_read_for_the_whole_cart(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    products = [await stored_product(table) for _ in range(3)]
    made = count_calls(table)

    await replace(
        client, shopper, {"cart": [{"itemid": product.product_id} for product in products]}
    )
    await add(client, shopper, {"itemid": products[0].product_id})

    assert made == ["batch_get", "put_item", "batch_get", "update_item"]


async def test_a_refused_change_costs_no_call(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    made = count_calls(table)

    await add(client, shopper, {**FITBAND, "quantity": -1})
    await add(client, Shopper(fresh("other"), shopper.headers), FITBAND)

    assert made == []
