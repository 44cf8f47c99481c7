"""What is in a cart, and how it goes out."""

from asyncio import gather
from typing import Any

import pytest
from httpx import AsyncClient

from tests.support.carts import FITBAND, REDPANT, add, items_of, modify, read, replace
from tests.support.shop import (
    Shopper,
    refusal,
)

# The README's walk-throughs.


async def test_dans_walk_through_comes_to_804_50(client: AsyncClient, shopper: Shopper) -> None:
    await replace(client, shopper, {"cart": [FITBAND, REDPANT], "userid": "dan"})

    modified = await modify(client, shopper, {"itemid": "sfsdsda3343", "quantity": 2})

    assert (modified.status_code, modified.json()) == (200, {"userid": shopper.user_id})
    assert await read(client, shopper, "total") == {
        "carttotal": 804.5,
        "userid": shopper.user_id,
    }


async def test_shris_walk_through_counts_five_items(client: AsyncClient, shopper: Shopper) -> None:
    await replace(client, shopper, {"cart": [FITBAND, REDPANT]})

    added = await add(client, shopper, {"itemid": "xyz", "quantity": 3})

    assert (added.status_code, added.json()) == (200, {"userid": shopper.user_id})
    total = await read(client, shopper, "items/total")
    assert total == {"cartitemtotal": 5, "userid": shopper.user_id}
    assert type(total["cartitemtotal"]) is int


# Reading.


async def test_an_unknown_cart_is_empty(client: AsyncClient, shopper: Shopper) -> None:
    body = await read(client, shopper)

    assert body == {"cart": [], "userid": shopper.user_id}


async def test_an_unknown_cart_comes_to_nothing(client: AsyncClient, shopper: Shopper) -> None:
    total = await read(client, shopper, "total")
    count = await read(client, shopper, "items/total")

    assert total == {"carttotal": 0, "userid": shopper.user_id}
    assert count == {"cartitemtotal": 0, "userid": shopper.user_id}


async def test_a_cart_that_was_emptied_comes_to_nothing(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, FITBAND)

    await modify(client, shopper, {"itemid": FITBAND["itemid"], "quantity": 0})

    assert await items_of(client, shopper) == []
    assert (await read(client, shopper, "total"))["carttotal"] == 0
    assert (await read(client, shopper, "items/total"))["cartitemtotal"] == 0


async def test_an_item_goes_out_with_its_six_fields(client: AsyncClient, shopper: Shopper) -> None:
    item = {
        "itemid": "5d2d79a4d7e0d05bd2ff76b3",
        "name": "TEST",
        "description": "long",
        "shortDescription": "short",
        "price": "1",
        "quantity": 1,
    }

    await add(client, shopper, item)

    assert await items_of(client, shopper) == [item]


async def test_a_cart_keeps_the_order_of_adding(client: AsyncClient, shopper: Shopper) -> None:
    names = ["c", "a", "b"]

    for name in names:
        await add(client, shopper, {"itemid": name})

    assert [item["itemid"] for item in await items_of(client, shopper)] == names


async def test_a_replaced_cart_keeps_the_order_of_the_list(
    client: AsyncClient, shopper: Shopper
) -> None:
    names = [str(number) for number in (3, 1, 2, 10, 5)]

    await replace(client, shopper, {"cart": [{"itemid": name} for name in names]})

    assert [item["itemid"] for item in await items_of(client, shopper)] == names


# Adding.


async def test_an_addition_with_a_key_is_made_once(client: AsyncClient, shopper: Shopper) -> None:
    path = f"/cart/item/add/{shopper.user_id}"
    keyed = {**shopper.headers, "Idempotency-Key": "one click"}

    answers = await gather(*(client.post(path, json=FITBAND, headers=keyed) for _ in range(8)))
    other = await client.post(path, json=REDPANT, headers=keyed)

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text for answer in answers} == {f'{{"userid":"{shopper.user_id}"}}'}
    assert [item["quantity"] for item in await items_of(client, shopper)] == [1]
    assert other.status_code == 422
    assert refusal(other)["message"] == "Idempotency-Key: was used for another addition"


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_of_an_impossible_length_is_refused(
    client: AsyncClient, shopper: Shopper, key: str
) -> None:
    keyed = {**shopper.headers, "Idempotency-Key": key}

    answer = await client.post(f"/cart/item/add/{shopper.user_id}", json=FITBAND, headers=keyed)

    assert answer.status_code == 400
    assert "idempotency-key" in refusal(answer)["message"].lower()


async def test_a_second_add_adds_up_and_keeps_the_first_fields(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, FITBAND)

    await add(client, shopper, {**FITBAND, "name": "other", "price": "9.99", "quantity": 2})

    (item,) = await items_of(client, shopper)
    assert (item["name"], item["price"], item["quantity"]) == ("fitband", 4.5, 3)


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("sent", "given_back", "total"),
    [
        (62.5, 62.5, 62.5),
        (400, 400, 400),
        (0, 0, 0),
        (34.9900016784668, 34.99, 34.99),
        ("62.5", "62.5", 62.5),
        ("34.99", "34.99", 34.99),
        ("1,234.50", "1,234.50", 1234.5),
        ("100", "100", 100),
        ('"73.76"', "73.76", 73.76),
        ("130.98999999999998", "130.99", 130.99),
    ],
)
async def test_a_price_goes_out_in_the_type_it_came_in(
    client: AsyncClient, shopper: Shopper, sent: Any, given_back: Any, total: float
) -> None:
    await add(client, shopper, {"itemid": "a", "price": sent, "quantity": 1})

    (item,) = await items_of(client, shopper)
    assert item["price"] == given_back
    assert isinstance(item["price"], str) is isinstance(sent, str)
    assert (await read(client, shopper, "total"))["carttotal"] == total


@pytest.mark.parametrize("quantity", [2, "2", 2.0, " 2 ", "+2"])
async def test_a_quantity_goes_out_as_an_integer(
    client: AsyncClient, shopper: Shopper, quantity: Any
) -> None:
    await add(client, shopper, {"itemid": "a", "quantity": quantity})

    (item,) = await items_of(client, shopper)
    assert (item["quantity"], type(item["quantity"])) == (2, int)


async def test_a_missing_quantity_is_one(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, {"itemid": "a", "quantity": None})

    (item,) = await items_of(client, shopper)
    assert item["quantity"] == 1
