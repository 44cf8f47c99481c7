"""The list of all carts, and how it clears with GET."""

import pytest
from httpx import AsyncClient

from tests.support.carts import FITBAND, REDPANT
from tests.support.shop import (
    Shopper,
    fresh,
    refusal,
    shop_client,
    staff,
)

# The list of all carts.


async def test_the_list_of_all_carts_is_for_staff(client: AsyncClient, shopper: Shopper) -> None:
    anonymous = await client.get("/cart/all")
    customer = await client.get("/cart/all", headers=shopper.headers)
    employee = await client.get("/cart/all", headers=await staff())

    assert [answer.status_code for answer in (anonymous, customer, employee)] == [401, 403, 200]
    assert refusal(customer)["message"] == "this is for staff"


@pytest.mark.parametrize("slash", ["", "/"])
async def test_all_carts_are_a_bare_list_with_both_ids(
    own_table: dict[str, str], open_mode: None, slash: str
) -> None:
    async with shop_client() as client:
        empty = await client.get(f"/cart/all{slash}")
        for user in ("dan", "shri"):
            await client.post(f"/cart/modify/{user}", json={"cart": [FITBAND]})
        await client.post("/cart/item/add/dan", json=REDPANT)

        answer = await client.get(f"/cart/all{slash}")

    fitband = {**FITBAND, "description": "", "shortDescription": ""}
    redpant = {**REDPANT, "description": "", "shortDescription": ""}
    assert empty.json() == []
    assert answer.json() == [
        {"cart": [fitband, redpant], "id": "dan", "userid": "dan"},
        {"cart": [fitband], "id": "shri", "userid": "shri"},
    ]


async def test_prices_in_the_list_of_all_carts_are_numbers(
    own_table: dict[str, str], open_mode: None
) -> None:
    async with shop_client() as client:
        for price in ("1,234.50", "62.5", 4):
            await client.post("/cart/item/add/dan", json={"itemid": str(price), "price": price})

        own = await client.get("/cart/items/dan")
        listed = await client.get("/cart/all")

    assert [item["price"] for item in own.json()["cart"]] == ["1,234.50", "62.5", 4]
    assert [item["price"] for item in listed.json()[0]["cart"]] == [1234.5, 62.5, 4]


async def test_clearing_with_get_says_that_it_is_deprecated(
    client: AsyncClient, open_mode: None
) -> None:
    old = await client.get(f"/cart/clear/{fresh()}")
    new = await client.post(f"/cart/clear/{fresh()}")

    assert old.headers["deprecation"] == "@1796083200"
    assert 'rel="deprecation"' in old.headers["link"]
    assert "deprecation" not in new.headers


async def test_a_cart_that_was_cleared_is_not_listed(
    own_table: dict[str, str], open_mode: None
) -> None:
    async with shop_client() as client:
        await client.post("/cart/item/add/dan", json=FITBAND)
        await client.post("/cart/clear/dan")

        answer = await client.get("/cart/all")

    assert answer.json() == []


async def test_all_carts_come_in_pages(own_table: dict[str, str], open_mode: None) -> None:
    users = [f"u{number}" for number in range(7)]
    seen: list[str] = []
    async with shop_client() as client:
        for user in users:
            await client.post(f"/cart/item/add/{user}", json=FITBAND)

        path: str | None = "/cart/all?limit=3"
        while path:
            answer = await client.get(path)
            seen += [cart["id"] for cart in answer.json()]
            path = answer.links.get("next", {}).get("url")

    assert seen == users


async def test_the_longest_user_ids_do_not_outgrow_the_token_of_a_page(
    own_table: dict[str, str], open_mode: None
) -> None:
    users = ["\U0001f600" * 199 + str(number) for number in range(2)]
    async with shop_client() as client:
        for user in users:
            added = await client.post(f"/cart/item/add/{user}", json=FITBAND)
            assert added.status_code == 200

        first = await client.get("/cart/all?limit=1")
        second = await client.get(first.links["next"]["url"])

    assert [cart["id"] for cart in (*first.json(), *second.json())] == users
