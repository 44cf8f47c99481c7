"""Paths and verbs: with and without a slash, unknown, broken, HEAD and OPTIONS."""

import re
from typing import Any

import pytest
from httpx import AsyncClient

from app.settings import get_settings
from app.store.table import Table
from tests.support.requests import ITEM, REQUESTS
from tests.support.shop import fresh, refusal, stored_product

_PAGE = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"

#: Answers that are no JSON, and say so; one that has no body is none.
NOT_JSON = {"/live": _TEXT, "/cart/clear/dan": _TEXT, "/docs": _PAGE, "/acme-login": _PAGE}


# Rules 2, 3, 4 and 10, for every path.


@pytest.mark.unmeasured
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("method", "path", "body", "status"), REQUESTS)
async def test_every_path_answers_with_and_without_a_slash(
    client: AsyncClient,
    open_mode: None,
    method: str,
    path: str,
    body: Any,
    status: int,
    slash: str,
) -> None:
    answer = await client.request(method, path + slash, json=body)

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    if status < 300:
        expected = NOT_JSON.get(path, "application/json")
        assert answer.headers["content-type"] == expected
        assert answer.content or expected == _TEXT
    elif status >= 400:
        refusal(answer)


async def test_the_slash_costs_no_part_of_the_query(client: AsyncClient, table: Table) -> None:
    for _ in range(2):
        await stored_product(table)

    answer = await client.get("/products/?limit=1")

    assert len(answer.json()["data"]) == 1
    assert answer.links["next"]["url"].startswith("/products?limit=1&next=")


async def test_the_next_page_of_a_user_with_any_name_can_be_fetched(
    client: AsyncClient, open_mode: None
) -> None:
    order = {
        "card": {"number": "4111111111111111", "expMonth": "12", "expYear": "2099", "ccv": "123"},
        "cart": [{"id": "x", "price": 1, "quantity": 1}],
        "total": "1",
    }
    user_id = fresh("ü😀 ?#%")
    path = "/order/" + "".join(f"%{byte:02X}" for byte in user_id.encode())
    for _ in range(3):
        placed = await client.post(path.replace("/order/", "/order/add/"), json=order)
        assert placed.status_code == 200

    first = await client.get(f"{path}?limit=2")
    second = await client.get(first.links["next"]["url"])

    assert [len(first.json()), len(second.json())] == [2, 1]
    assert {listed["userid"] for listed in [*first.json(), *second.json()]} == {user_id}


# Rule 9: errors.


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/unknown", 404),
        ("GET", "/cart", 404),
        ("GET", "/users/a/b", 404),
        ("GET", "/products/a%2Fb", 404),
        ("GET", "/static/unknown", 404),
        ("GET", "/static", 404),
        ("GET", "/static/../main.py", 404),
        ("GET", "/static/%2E%2E/%2E%2E/main.py", 404),
        ("GET", "/redoc", 404),
        ("GET", "/env", 404),
        ("POST", "/pay", 404),
        ("POST", "/ship", 404),
        ("DELETE", "/products", 405),
        ("PUT", "/products/x", 405),
        ("PATCH", "/users/x", 405),
        ("GET", "/register", 405),
        ("GET", "/logout", 405),
        ("POST", "/cart/items/dan", 405),
        ("GET", "/cart/item/add/dan", 405),
        ("POST", "/healthz", 405),
        ("TRACE", "/", 405),
        ("BREW", "/products", 405),
    ],
)
async def test_an_unknown_path_or_verb_is_told_in_the_same_shape(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
    refusal(answer)


_SECRET = "4111111111111111"


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        ("GET", "/Prod/cart/itemz", "there is no path /Prod/cart/itemz; /docs lists all"),
        ("GET", f"/carts/{_SECRET}/list", "there is no path /carts/…/list; /docs lists all"),
        ("POST", "/eyJhbGciOiJIUzI1NiJ9", "there is no path /…; /docs lists all"),
        ("GET", "/static/none.css", "there is no path /static/…; /docs lists all"),
        ("GET", "/" + 9 * "a/", f"there is no path {8 * '/a'}; /docs lists all"),
        ("GET", "/cart/items/total/", "the id is missing behind /cart/items/total/"),
        ("PUT", "/products", "PUT is not allowed for /products; allowed: GET, HEAD, OPTIONS, POST"),
        (
            "DELETE",
            "/openapi.json",
            "DELETE is not allowed for /openapi.json; allowed: GET, HEAD, OPTIONS",
        ),
        (
            "PATCH",
            f"/cart/clear/{_SECRET}",
            "PATCH is not allowed for /cart/clear/{userid}; allowed: GET, HEAD, OPTIONS, POST",
        ),
        (
            "BREW",
            "/static/images/x.jpg",
            "this method is not allowed for /static/images/{name}; allowed: GET, HEAD, OPTIONS",
        ),
        (
            "POST",
            "/static/shop/shop.css",
            "POST is not allowed for /static/shop/…; allowed: GET, HEAD, OPTIONS",
        ),
    ],
)
async def test_an_unknown_path_or_verb_is_told_with_what_there_is(
    client: AsyncClient, method: str, path: str, message: str
) -> None:
    answer = await client.request(method, path)

    assert refusal(answer)["message"] == message


async def test_an_order_is_not_updated_over_http(client: AsyncClient, open_mode: None) -> None:
    answer = await client.post("/order/update", json={"data": {}})

    assert answer.status_code in {404, 405}
    refusal(answer)


# Rule 11: empty ids.


@pytest.mark.parametrize("mode", ["1", "0"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/cart/item/modify/"),
        ("POST", "/cart/item/add/"),
        ("POST", "/cart/modify/"),
        ("GET", "/cart/items/"),
        ("GET", "/cart/items//"),
        ("GET", "/cart/total/"),
        ("GET", "/cart/clear/"),
        ("POST", "/cart/clear/"),
        ("GET", "/products//"),
        ("GET", "/users//"),
        ("GET", "/order//"),
        ("POST", "/order/add//"),
    ],
)
async def test_an_empty_id_is_nowhere(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, mode: str, method: str, path: str
) -> None:
    monkeypatch.setenv("AUTH_MODE", mode)
    get_settings.cache_clear()

    answer = await client.request(method, path, json=ITEM)

    assert answer.status_code in {404, 405}
    refusal(answer)


# Rule 10: other origins.


@pytest.mark.parametrize(
    "path", ["/products", "/cart/item/add/dan", "/order/add/dan/", "/", "/unknown", "/static/x"]
)
async def test_a_preflight_is_answered_everywhere(client: AsyncClient, path: str) -> None:
    answer = await client.options(
        path,
        headers={
            "Origin": "https://till.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, DELETE, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == (
        "Authorization, Content-Type, X-Access-Token, Idempotency-Key, If-None-Match, Prefer, "
        "traceparent, tracestate"
    )
    assert answer.headers["access-control-max-age"] == "3600"
    assert "access-control-allow-credentials" not in answer.headers
    assert "content-length" not in answer.headers


@pytest.mark.parametrize("user_id", ["%00", "%ED%A0%80", "%FF", "%0D%0A", "%E2%80%A8", "*", "{x}"])
async def test_a_strange_path_is_only_a_path(
    client: AsyncClient, open_mode: None, user_id: str
) -> None:
    answer = await client.get(f"/cart/items/{user_id}")

    assert answer.status_code in {200, 400, 404}


# HEAD, Allow, and paths.


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "path",
    [
        *(path for method, path, _, status in REQUESTS if method == "GET" and status == 200),
        "/",
        "/pos",
        "/static/pos/till.js",
        "/static/images/yogamat_square.jpg",
        "/static/images/yogamat_square.svg",
        "/products/unknown",
    ],
)
async def test_head_is_get_without_the_body(
    client: AsyncClient, open_mode: None, path: str
) -> None:
    whole = await client.get(path)
    answer = await client.head(path)

    assert (answer.status_code, answer.content) == (whole.status_code, b"")
    kept = ("content-length", "content-type", "etag", "cache-control")
    assert [answer.headers.get(name) for name in kept] == [whole.headers.get(name) for name in kept]


async def test_head_empties_no_cart(client: AsyncClient, open_mode: None) -> None:
    user_id = fresh()
    await client.post(f"/cart/item/add/{user_id}", json=ITEM)

    answer = await client.head(f"/cart/clear/{user_id}")

    assert answer.status_code == 200
    assert (await client.get(f"/cart/items/total/{user_id}")).json()["cartitemtotal"] == 1


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/products", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/products/", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/cart/clear/dan", "GET, HEAD, OPTIONS, POST"),
        ("HEAD", "/register", "OPTIONS, POST"),
        ("POST", "/users/dan", "GET, HEAD, OPTIONS"),
        ("GET", "/users/logout/", None),
        ("PUT", "/order/add", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/pos", "GET, HEAD, OPTIONS"),
        ("POST", "/static/pos/till.js", "GET, HEAD, OPTIONS"),
        ("POST", "/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_wrong_method_is_told_all_the_right_ones(
    client: AsyncClient, open_mode: None, method: str, path: str, allowed: str | None
) -> None:
    answer = await client.request(method, path)

    assert answer.headers.get("allow") == allowed
    assert answer.status_code == (405 if allowed else 404)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/cart/items/total/", 404),
        ("HEAD", "/cart/items/total/", 404),
        ("GET", "/cart/items/total", 200),
        ("GET", "/cart/items/dan/", 200),
        ("GET", "/cart/items/", 404),
        ("POST", "/cart/item/add/", 404),
        ("POST", "/cart/clear/", 404),
        ("GET", "/order/add/", 404),
        ("GET", "/order/dan/", 200),
        ("GET", "/order/", 404),
        ("GET", "/users/", 200),
        ("GET", "/cart/items/%ff", 400),
        ("GET", "/cart/items/%C3%28", 400),
        ("GET", "/%fe", 400),
    ],
)
async def test_a_path_without_an_id_or_with_a_broken_one_names_no_user(
    client: AsyncClient, open_mode: None, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
