"""The list of products from memory is the route's own answer, and no older than it may be."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
from httpx import ASGITransport, AsyncClient, Response

from app.domain.errors import StoreUnavailableError
from app.main import create_app
from app.settings import get_settings
from app.store import products as store
from app.store.table import get_table
from infra.seeds.load import seed_once
from routers import product_list
from tests.support.shop import stored_product

#: One trace for all requests, so that their answers can be compared whole.
_TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


@pytest.fixture
async def client(
    own_table: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AsyncClient]:
    """A client of an application that keeps its lists for a minute."""
    monkeypatch.setenv("SHOP_CATALOG_SECONDS", "60")
    monkeypatch.setenv("AUTH_MODE", "0")
    get_settings.cache_clear()
    await seed_once(get_table())
    transport = ASGITransport(create_app())
    async with AsyncClient(transport=transport, base_url="http://shop", headers=_TRACE) as client:
        yield client


def content(answer: Response) -> tuple[int, list[tuple[str, str]], bytes]:
    return answer.status_code, sorted(answer.headers.items()), answer.content


def names(answer: Response) -> list[str]:
    return [product["name"] for product in answer.json()["data"]]


@pytest.mark.parametrize("query", ["", "?include=codes", "?limit=3", "?include=no"])
@pytest.mark.parametrize("condition", [None, '"other"', "*", "same", "weak"])
async def test_the_lane_answers_what_the_route_answers(
    client: AsyncClient, query: str, condition: str | None
) -> None:
    with patch.object(product_list, "PATH", "/nowhere"):
        tag = (await client.get(f"/products{query}")).headers.get("etag", '"none"')
        tested = {"same": tag, "weak": f'W/{tag}, "x"'}.get(condition or "", condition)
        headers = {"If-None-Match": tested} if tested else {}
        by_route = content(await client.get(f"/products{query}", headers=headers))

    first = content(await client.get(f"/products{query}", headers=headers))
    again = content(await client.get(f"/products{query}", headers=headers))

    assert first == by_route
    assert again == by_route


async def test_a_kept_list_asks_nothing_of_the_table(client: AsyncClient) -> None:
    with patch.object(store, "list_products", side_effect=store.list_products) as asked:
        whole = [await client.get("/products") for _ in range(3)]
        head = await client.head("/products/")

    assert asked.call_count == 1
    assert len({answer.content for answer in whole}) == 1
    assert (head.content, head.headers["etag"]) == (b"", whole[0].headers["etag"])


async def test_a_product_added_here_is_in_the_next_list(client: AsyncClient) -> None:
    before = await client.get("/products")
    added = await client.post("/products", json={"name": "Rope", "price": 12.5})

    after = await client.get("/products", headers={"If-None-Match": before.headers["etag"]})

    assert added.status_code == 201
    assert sorted(names(after)) == sorted([*names(before), "Rope"])


async def test_a_product_added_elsewhere_appears_when_the_list_is_old(
    client: AsyncClient,
) -> None:
    before = await client.get("/products")
    await stored_product(get_table(), name="Elsewhere")

    assert names(await client.get("/products")) == names(before)
    with patch.object(product_list, "time") as clock:
        clock.time.return_value = 4e9
        assert "Elsewhere" in names(await client.get("/products"))
        clock.time.return_value = 1.0  # A clock that was put back tells no age.
        assert "Elsewhere" in names(await client.get("/products"))


async def test_a_list_that_was_read_before_a_change_is_not_kept(client: AsyncClient) -> None:
    read = store.list_products

    async def read_slowly(*arguments: Any) -> Any:
        page = await read(*arguments)
        if not added:
            added.append(True)
            await client.post("/products", json={"name": "Meanwhile", "price": 1})
        return page

    added: list[bool] = []
    with patch.object(store, "list_products", read_slowly):
        await client.get("/products")

    assert "Meanwhile" in names(await client.get("/products"))


async def test_a_refusal_is_not_kept(client: AsyncClient) -> None:
    with patch.object(store, "list_products", side_effect=StoreUnavailableError("away")):
        assert (await client.get("/products")).status_code == 503

    assert (await client.get("/products")).status_code == 200
