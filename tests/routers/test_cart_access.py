"""Whose cart it is, and under which id."""

from typing import Any

import pytest
from httpx import AsyncClient

from routers.schemas.order_examples import CARD
from tests.support.carts import FITBAND, add, items_of
from tests.support.shop import (
    UNAUTHORIZED,
    Shopper,
    bearer,
    fresh,
    refusal,
    shop_client,
    staff,
)

# Whose cart it is.

_OPERATIONS: list[tuple[str, str, Any]] = [
    ("GET", "/cart/items/{}", None),
    ("GET", "/cart/total/{}", None),
    ("GET", "/cart/items/total/{}", None),
    ("GET", "/cart/clear/{}", None),
    ("POST", "/cart/clear/{}", None),
    ("POST", "/cart/item/add/{}", FITBAND),
    ("POST", "/cart/item/modify/{}", {"itemid": FITBAND["itemid"], "quantity": 0}),
    ("POST", "/cart/modify/{}", {"cart": []}),
]


@pytest.mark.unmeasured
@pytest.mark.parametrize(("method", "path", "body"), _OPERATIONS)
async def test_without_a_token_a_cart_is_closed(
    client: AsyncClient, shopper: Shopper, method: str, path: str, body: Any
) -> None:
    await add(client, shopper, FITBAND)

    answer = await client.request(method, path.format(shopper.user_id), json=body)
    as_guest = await client.request(
        method, path.format("guest"), json=body, headers={"Authorization": "Bearer guest"}
    )

    assert answer.status_code == 401
    assert refusal(answer) == UNAUTHORIZED
    assert as_guest.status_code == 401
    assert (await items_of(client, shopper))[0]["quantity"] == 1


@pytest.mark.parametrize(("method", "path", "body"), _OPERATIONS)
async def test_no_customer_reaches_the_cart_of_another(
    client: AsyncClient, shopper: Shopper, method: str, path: str, body: Any
) -> None:
    await add(client, shopper, FITBAND)
    stranger = await bearer(fresh("stranger"))

    answer = await client.request(method, path.format(shopper.user_id), json=body, headers=stranger)

    assert answer.status_code == 403
    assert refusal(answer)["message"] == "this belongs to another user"
    assert (await items_of(client, shopper))[0]["quantity"] == 1


async def test_staff_do_not_fill_the_carts_of_customers(
    client: AsyncClient, shopper: Shopper
) -> None:
    answer = await add(client, Shopper(shopper.user_id, await staff()), FITBAND)

    assert answer.status_code == 403


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("method", "path", "body"), _OPERATIONS)
async def test_in_open_mode_a_guest_uses_any_cart(
    client: AsyncClient, open_mode: None, method: str, path: str, body: Any, slash: str
) -> None:
    answer = await client.request(method, path.format(fresh("dan")) + slash, json=body)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "user_id",
    ["guest", "undefined", "dan", "5c393a111d41c892ce243829", "8888", "a b", "ü😀", "a#b"],
)
async def test_a_user_id_is_any_text(client: AsyncClient, open_mode: None, user_id: str) -> None:
    item_id = fresh("item")
    path = user_id.replace("#", "%23")

    added = await client.post(f"/cart/item/add/{path}", json={"itemid": item_id})
    found = await client.get(f"/cart/items/{path}")

    assert added.json() == {"userid": user_id}
    assert found.json()["userid"] == user_id
    assert item_id in {item["itemid"] for item in found.json()["cart"]}


@pytest.mark.unmeasured
@pytest.mark.parametrize("length", [200, 220, 800, 801, 5000])
async def test_a_user_id_has_any_length(
    own_table: dict[str, str], open_mode: None, length: int
) -> None:
    """Load generators use their token, of some 220 characters, as path id."""
    long, other = "é" * (length // 2), "é" * (length // 2 - 1) + "e"
    async with shop_client() as client:
        added = await client.post(f"/cart/item/add/{long}", json={"itemid": "a", "price": 1})
        placed = await client.post(
            f"/order/add/{long}",
            json={
                "userid": long,
                "card": CARD,
                "cart": [{"itemid": "a", "quantity": 1, "price": 1}],
                "total": 1,
            },
        )
        listed = await client.get("/cart/all")
        carts = [await client.get(f"/cart/items/{user}") for user in (long, other)]
        orders = await client.get(f"/order/{long}")
        everyones = await client.get("/order/all?limit=1")

    assert (added.status_code, placed.status_code) == (200, 200)
    assert [cart["userid"] for cart in listed.json()] == [long]
    assert [len(cart.json()["cart"]) for cart in carts] == [1, 0]
    assert [order["userid"] for order in orders.json()] == [long]
    assert [order["userid"] for order in everyones.json()] == [long]


async def test_the_callers_own_token_as_path_id_means_the_caller(client: AsyncClient) -> None:
    user_id = fresh()
    headers = await bearer(user_id)
    token = headers["Authorization"].removeprefix("Bearer ")

    added = await client.post(f"/cart/item/add/{token}", json={"itemid": "a"}, headers=headers)
    orders = await client.get(f"/order/{token}", headers=headers)
    other = await client.get(f"/cart/items/{token}", headers=await bearer(fresh()))

    assert (added.status_code, added.json()) == (200, {"userid": user_id})
    assert (orders.status_code, orders.json()) == (200, [])
    assert other.status_code == 403


async def test_in_open_mode_a_path_id_is_what_it_says_with_a_token_or_without(
    client: AsyncClient, open_mode: None
) -> None:
    headers = await bearer(fresh())
    token = headers["Authorization"].removeprefix("Bearer ")

    await client.post(f"/cart/item/add/{token}", json={"itemid": "a", "price": 1}, headers=headers)
    cart = await client.get(f"/cart/items/{token}")

    assert [line["itemid"] for line in cart.json()["cart"]] == ["a"]
