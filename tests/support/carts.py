"""Articles, and what a shopper does with a cart over HTTP."""

from typing import Any

from httpx import AsyncClient, Response

from tests.support.shop import Shopper

FITBAND = {"itemid": "sdfsdfsfs", "name": "fitband", "price": 4.5, "quantity": 1}
REDPANT = {"itemid": "sfsdsda3343", "name": "redpant", "price": 400, "quantity": 1}


async def add(client: AsyncClient, shopper: Shopper, item: Any) -> Response:
    return await client.post(
        f"/cart/item/add/{shopper.user_id}", json=item, headers=shopper.headers
    )


async def replace(client: AsyncClient, shopper: Shopper, body: Any) -> Response:
    return await client.post(f"/cart/modify/{shopper.user_id}", json=body, headers=shopper.headers)


async def modify(client: AsyncClient, shopper: Shopper, body: Any) -> Response:
    return await client.post(
        f"/cart/item/modify/{shopper.user_id}", json=body, headers=shopper.headers
    )


async def read(client: AsyncClient, shopper: Shopper, what: str = "items") -> dict[str, Any]:
    answer = await client.get(f"/cart/{what}/{shopper.user_id}", headers=shopper.headers)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


async def items_of(client: AsyncClient, shopper: Shopper) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await read(client, shopper))["cart"]
    return items
