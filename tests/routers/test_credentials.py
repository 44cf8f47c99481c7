"""Where tokens are looked for, and when cookies are neither believed nor set."""

import ast
from pathlib import Path
from unittest.mock import Mock

import pytest
from fastapi import Request
from httpx import AsyncClient
from mangum.handlers.api_gateway import HTTPGateway
from mangum.types import LambdaConfig

from app.store.table import Table
from routers.credentials import find_all_tokens, find_token, is_foreign
from routers.lambda_event import validate_event
from tests.image.helpers.lambda_events import http_event
from tests.support.shop import PASSWORD, bearer, fresh, stored_user, tokens_of

_ADAPTER = LambdaConfig(api_gateway_base_path="/", text_mime_types=[], exclude_headers=[])
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
    # Of several values a foreign one.
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Origin": "http://shop,https://evil.example"},
    # An old browser that loads a picture, with and without Referrer-Policy: no-referrer.
    *(
        {"Referer": page}
        for page in (
            "http://shop:8001/",
            "https://evil.example/http://shop/",
            "http://shop.evil.example/a",
            "http://shop/,https://evil.example/",
            "",
        )
    ),
    {"User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/15.6 Safari/605.1.15"},
]
OWN = [
    {},
    *({"Sec-Fetch-Site": site} for site in ("same-origin", "none", "Same-Origin")),
    *({"Origin": origin} for origin in ("http://shop", "https://shop", "http://SHOP:80")),
    {"Origin": "https://front-end.example", "Sec-Fetch-Site": "same-origin"},
    {"Referer": "http://shop/cart?of=a,b", "User-Agent": "Mozilla/5.0"},
    {"Sec-Fetch-Site": "none", "User-Agent": "Mozilla/5.0"},
    {"User-Agent": "python-requests/2.32"},
]


@pytest.mark.unmeasured
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
    # The device cookie.
    assert readers == {("dependencies.py", "cookies")}


def requests_with(*lines: tuple[str, str]) -> list[Request]:
    """Return a request with lines of headers, as it comes locally and through API Gateway."""
    joined: dict[str, str] = {}
    cookies = []
    for name, value in lines:
        if name == "Cookie":
            cookies += value.split("; ")
        else:
            joined[name] = f"{joined[name]},{value}" if name in joined else value
    event = {**http_event("GET", "/cart/all"), "headers": joined, "cookies": cookies}
    adapted = HTTPGateway(validate_event(event), Mock(), _ADAPTER)
    local = {
        "type": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in lines],
    }
    return [Request(local), Request(adapted.scope)]


@pytest.mark.parametrize(
    "lines",
    [
        [("Authorization", "Bearer a"), ("Authorization", "Bearer b")],
        [("Authorization", "Basic a"), ("Authorization", "bearer b")],
        [("Authorization", "Bearer guest"), ("Authorization", "Bearer b")],
        [("Authorization", "Bearer a"), ("Authorization", "")],
        [("X-Access-Token", "a"), ("X-Access-Token", "b")],
        [("X-Access-Token", "guest"), ("X-Access-Token", "b")],
        [("Cookie", "logged_in=a; logged_in=b")],
        [("Cookie", "logged_in=a; x=y"), ("Cookie", "logged_in=b")],
    ],
    ids=str,
)
def test_two_tokens_in_one_place_are_none_that_was_signed(lines: list[tuple[str, str]]) -> None:
    for request in requests_with(*lines):
        assert "," in (find_token(request) or "")
        assert {"b"} <= set(find_all_tokens(request)) or lines[-1][1] == ""


@pytest.mark.parametrize(
    ("lines", "token"),
    [
        ([("Authorization", "Bearer a"), ("X-Access-Token", "b")], "a"),
        ([("Authorization", "Basic a"), ("X-Access-Token", "b")], "b"),
        ([("Authorization", "Bearer undefined"), ("Cookie", "logged_in=a")], "a"),
        ([("Cookie", "logged_in=; logged_in=a; logged_in=a")], "a"),
        ([("Cookie", "logged_in=guest; logged_in=a; logged_in=undefined")], "a"),
        ([("Authorization", "Bearer guest"), ("Cookie", "logged_in=guest; a")], None),
    ],
    ids=str,
)
def test_one_token_in_a_place_is_taken(lines: list[tuple[str, str]], token: str | None) -> None:
    for request in requests_with(*lines):
        assert find_token(request) == token


@pytest.mark.parametrize("name", ["Sec-Fetch-Site", "Origin", "Referer"])
def test_of_two_values_the_foreign_one_counts(name: str) -> None:
    own, foreign = ("same-origin", "cross-site") if name[0] == "S" else ("http://x/", "http://y/")
    for values in ((own, foreign), (foreign, own)):
        for request in requests_with(("Host", "x"), *((name, value) for value in values)):
            assert is_foreign(request)
    for request in requests_with(("Host", "x"), (name, own), (name, own)):
        assert not is_foreign(request)


async def test_doubled_credentials_are_refused(client: AsyncClient, stack: dict[str, str]) -> None:
    user_id = fresh()
    own, other = (await bearer(user_id), await bearer(fresh()))

    answer = await client.get(f"/cart/items/{user_id}", headers=[*own.items(), *other.items()])

    assert answer.status_code == 401


@pytest.mark.unmeasured
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


@pytest.mark.unmeasured
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


@pytest.mark.unmeasured
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
