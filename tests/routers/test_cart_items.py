"""How an item may be written, and what of it is kept."""

import pytest
from httpx import AsyncClient

from app.store.table import Table
from tests.support.carts import FITBAND, add, items_of, modify, read, replace
from tests.support.shop import (
    Shopper,
    stored_product,
)


async def test_field_names_match_in_any_case(client: AsyncClient, shopper: Shopper) -> None:
    item = {
        "ITEMID": "a",
        "Name": "n",
        "DESCRIPTION": "d",
        "shortdescription": "s",
        "PRICE": "1",
        "Quantity": 1,
    }

    await add(client, shopper, item)

    assert await items_of(client, shopper) == [
        {
            "itemid": "a",
            "name": "n",
            "description": "d",
            "shortDescription": "s",
            "price": "1",
            "quantity": 1,
        }
    ]


async def test_id_is_another_name_of_itemid(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, {"id": "a", "quantity": 1})
    await add(client, shopper, {"ID": "lost", "itemid": "a"})
    await add(client, shopper, {"itemid": "a", "Id": "lost"})

    (item,) = await items_of(client, shopper)
    assert (item["itemid"], item["quantity"]) == ("a", 3)


async def test_a_number_may_stand_for_an_id(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, {"itemid": 8888})

    (item,) = await items_of(client, shopper)
    assert item["itemid"] == "8888"


async def test_extra_fields_are_ignored(client: AsyncClient, shopper: Shopper) -> None:
    answer = await add(
        client,
        shopper,
        {"itemid": "a", "imageUrl1": "x", "l#b": {"price_cents": 1}, "price_cents": 9, "user": {}},
    )

    assert answer.status_code == 200
    assert await items_of(client, shopper) == [
        {
            "itemid": "a",
            "name": "",
            "description": "",
            "shortDescription": "",
            "price": 0,
            "quantity": 1,
        }
    ]


async def test_an_item_without_a_price_gets_name_and_price_of_the_catalog(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    product = await stored_product(table, price_cents=3499, name="Water Bottle")

    await add(client, shopper, {"itemid": product.product_id, "quantity": 2})

    (item,) = await items_of(client, shopper)
    assert (item["name"], item["price"]) == ("Water Bottle", 34.99)
    assert (await read(client, shopper, "total"))["carttotal"] == 69.98


async def test_a_replaced_cart_gets_missing_prices_from_the_catalog(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    product = await stored_product(table, price_cents=3499, name="Water Bottle")
    cart = [{"itemid": product.product_id}, {"itemid": "unknown"}, FITBAND]

    await replace(client, shopper, {"cart": cart})

    items = await items_of(client, shopper)
    assert [(item["name"], item["price"]) for item in items] == [
        ("Water Bottle", 34.99),
        ("", 0),
        ("fitband", 4.5),
    ]


async def test_a_name_that_was_sent_outweighs_the_catalog(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    product = await stored_product(table)

    await add(client, shopper, {"itemid": product.product_id, "name": "mine"})

    (item,) = await items_of(client, shopper)
    assert (item["name"], item["price"]) == ("mine", 62.5)


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "item_id", ["l#a", "q#a", "a.b", "#a", ":a", "a b", "PK", "user_id", "ü😀", "x" * 200, "'\"\\"]
)
async def test_an_item_id_is_opaque(client: AsyncClient, shopper: Shopper, item_id: str) -> None:
    added = await add(client, shopper, {"itemid": item_id, "quantity": 2})
    await add(client, shopper, {"itemid": "a", "quantity": 1})
    await modify(client, shopper, {"itemid": item_id, "quantity": 5})

    items = await items_of(client, shopper)
    assert added.status_code == 200
    assert {item["itemid"]: item["quantity"] for item in items} == {item_id: 5, "a": 1}
