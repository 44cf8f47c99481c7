"""Where tokens are looked for, and when cookies are neither believed nor set."""

import ast
from pathlib import Path

import pytest
from httpx import AsyncClient

from app.store.table import Table
from tests.support.shop import PASSWORD, bearer, fresh, stored_user, tokens_of

ROUTERS = Path(__file__).parents[2] / "routers"
#: What browsers say of the page that causes a request: new ones, and old ones or over plain http.
FOREIGN = [
    *({"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "Cross-Site", "", "x")),
    *(
        {"Origin": origin}
        for origin in (
            "null",
            "",
            "https://evil.example",
            "http://shop:8001",
            "http://shop.evil.example",
            "http://sub.shop",
            "shop",
            "http://",
        )
    ),
    # A page cannot choose this header, and a proxy in front of the shop may pass it on.
    {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    # What a new browser says counts.
    {"Origin": "http://shop", "Sec-Fetch-Site": "cross-site"},
]
OWN = [
    {},
    *({"Sec-Fetch-Site": site} for site in ("same-origin", "none", "Same-Origin")),
    *({"Origin": origin} for origin in ("http://shop", "https://shop", "http://SHOP:80")),
    {"Origin": "https://front-end.example", "Sec-Fetch-Site": "same-origin"},
]


def test_tokens_are_looked_for_in_four_places_of_one_module() -> None:
    """Another place to take a token from is a decision, not an accident."""
    names = {"authorization", "x-access-token", "logged_in", "refresh_token"}
    found = {
        (path.name, node.value)
        for path in ROUTERS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and str(node.value).lower() in names
    }
    readers = {
        (path.name, node.attr)
        for path in ROUTERS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"cookies", "query_params"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "request"
    }

    assert {name for name in found if name[0] == "credentials.py"} == {
        ("credentials.py", name) for name in names
    }
    # The documents name them, and the lists of headers that other origins may send.
    assert {file for file, _ in found} <= {
        "credentials.py",
        "documents.py",
        "cors.py",
        "user.py",
    }
    # The device cookie is the other one that is read.
    assert readers == {("credentials.py", "cookies"), ("dependencies.py", "cookies")}


@pytest.mark.parametrize("page", FOREIGN, ids=str)
async def test_for_a_page_of_another_origin_the_cookie_is_no_token(
    client: AsyncClient, stack: dict[str, str], page: dict[str, str]
) -> None:
    user_id = fresh()
    token = (await tokens_of(user_id)).access
    cookie = {"Cookie": f"logged_in={token}", **page}

    for path in (f"/cart/items/{user_id}", f"/cart/clear/{user_id}"):
        assert (await client.get(path, headers=cookie)).status_code == 401
    by_header = await client.get(
        f"/cart/items/{user_id}", headers={**await bearer(user_id), **page}
    )
    assert by_header.status_code == 200


@pytest.mark.parametrize("page", OWN, ids=str)
async def test_for_the_shops_own_pages_it_is_one(
    client: AsyncClient, stack: dict[str, str], page: dict[str, str]
) -> None:
    user_id = fresh()
    token = (await tokens_of(user_id)).access

    answer = await client.get(
        f"/cart/items/{user_id}",
        headers={"Cookie": f"logged_in={token}", **page},
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("page", OWN, ids=str)
async def test_the_shops_own_page_logs_in(
    client: AsyncClient, table: Table, page: dict[str, str]
) -> None:
    user = await stored_user(table)

    login = await client.post(
        "/login", json={"username": user.username, "password": PASSWORD}, headers=page
    )

    names = {cookie.partition("=")[0] for cookie in login.headers.get_list("set-cookie")}
    assert names == {"logged_in", "refresh_token", "device"}


@pytest.mark.parametrize("page", FOREIGN, ids=str)
async def test_a_page_of_another_origin_logs_nobody_in_or_out(
    client: AsyncClient, table: Table, page: dict[str, str]
) -> None:
    user = await stored_user(table)
    body = {"username": user.username, "password": PASSWORD}
    login = await client.post("/login", json=body, headers=page)
    cookies = f"refresh_token={login.json()['refresh_token']}"

    logout = await client.post("/logout", headers={**page, "Cookie": cookies})
    leaving = await client.get("/scg-logout", headers={**page, "Cookie": cookies})

    assert login.status_code == 200
    for answer in (login, logout, leaving):
        assert "set-cookie" not in answer.headers
    refresh = {"refresh_token": login.json()["refresh_token"]}
    assert (await client.post("/refresh-token", json=refresh)).status_code == 200


@pytest.mark.parametrize("host", ["[", "[::1", "a b", "x:99999999", "é", "//", "a@b:c"])
@pytest.mark.parametrize("proto", ["https, http", "https,https", "ftp", "[", ""])
async def test_a_hostile_host_or_doubled_protocol_is_no_crash(
    client: AsyncClient, stack: dict[str, str], host: str, proto: str
) -> None:
    headers = {b"Host": host.encode(), b"X-Forwarded-Proto": proto.encode()}

    for method, path in (("GET", "/scg-logout"), ("POST", "/logout"), ("GET", "/products")):
        answer = await client.request(method, path, headers=headers)
        assert answer.status_code < 400
    cookies = (await client.get("/scg-logout", headers=headers)).headers.get_list("set-cookie")
    assert all(("Secure" in cookie) is proto.startswith("https") for cookie in cookies)
