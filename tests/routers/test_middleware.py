"""The rules for every endpoint (openapi/CONTRACT.md, 1.1)."""

import json
import re
import socket
from asyncio import sleep
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from app.domain.errors import SettingsError
from app.settings import get_settings
from app.store.table import Table, get_table
from routers.error_catalogue import CATALOGUE, entry_for
from routers.middleware import HTTPMiddleware
from routers.problems import status_for
from routers.requests import MAX_BODY_BYTES
from tests.conftest import forget_clients
from tests.support.shop import PASSWORD, bearer, fresh, refusal, staff, stored_product, stored_user

ITEM = {"itemid": "a", "quantity": 1}

#: One request of every kind, and what it answers in the open mode.
REQUESTS: list[tuple[str, str, Any, int]] = [
    ("GET", "/products", None, 200),
    ("GET", "/products/unknown", None, 404),
    ("POST", "/products", {"name": "x", "price": 1}, 201),
    ("POST", "/product", {"name": "x", "price": 1}, 201),
    ("GET", "/catalogliveness", None, 200),
    ("GET", "/liveness", None, 200),
    ("GET", "/static/images/unknown_square.jpg", None, 404),
    ("GET", "/cart/items/dan", None, 200),
    ("POST", "/cart/item/add/dan", ITEM, 200),
    ("POST", "/cart/item/modify/dan", ITEM, 200),
    ("POST", "/cart/modify/dan", {"cart": [ITEM]}, 200),
    ("GET", "/cart/total/dan", None, 200),
    ("GET", "/cart/items/total/dan", None, 200),
    ("GET", "/cart/clear/dan", None, 200),
    ("POST", "/cart/clear/dan", None, 200),
    ("GET", "/cart/all", None, 200),
    ("GET", "/order/all", None, 200),
    ("GET", "/order/dan", None, 200),
    ("POST", "/order/add/dan", None, 400),
    ("POST", "/order/add", None, 400),
    ("POST", "/login", {"username": "x-nobody", "password": "x"}, 401),
    ("POST", "/acme-login", {"username": "x-nobody", "password": "x"}, 401),
    ("POST", "/register", {}, 400),
    ("POST", "/refresh-token", {"refresh_token": "x"}, 401),
    ("POST", "/verify-token", {"access_token": "x"}, 401),
    ("POST", "/logout", None, 202),
    ("POST", "/users/logout", None, 202),
    ("GET", "/users", None, 200),
    ("GET", "/users/unknown", None, 404),
    ("GET", "/userinfo", None, 200),
    ("GET", "/whoami", None, 200),
    ("GET", "/acme-login", None, 200),
    ("GET", "/scg-logout", None, 302),
    ("GET", "/healthz", None, 200),
    ("GET", "/readyz", None, 200),
    ("GET", "/live", None, 200),
    ("GET", "/docs", None, 200),
    ("GET", "/openapi.json", None, 200),
]

_PAGE = "text/html; charset=utf-8"
#: Answers that are no JSON, and say so.
NOT_JSON = {"/live": "text/plain; charset=utf-8", "/docs": _PAGE, "/acme-login": _PAGE}


# Rules 1 and 4: content types.


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "junk",
        "",
        None,
    ],
)
async def test_a_body_is_json_whatever_its_type_says(
    client: AsyncClient, content_type: str | None
) -> None:
    user_id = fresh()
    headers = await bearer(user_id)
    typed = headers if content_type is None else {**headers, "Content-Type": content_type}

    answer = await client.post(
        f"/cart/item/add/{user_id}", content='{"itemid": "a", "name": "ü"}', headers=typed
    )

    assert (answer.status_code, answer.json()) == (200, {"userid": user_id})
    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert cart.json()["cart"][0]["name"] == "ü"


async def test_a_login_may_come_as_a_form_that_is_json(client: AsyncClient, table: Table) -> None:
    user = await stored_user(table)

    answer = await client.post(
        "/login",
        content=json.dumps({"username": user.username, "password": PASSWORD}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 200


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


FAULT = "a fault of the shop; tell its operators the request_id"
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


# The id of a request.


_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("OPTIONS", "/products", 204),
        ("GET", "/unknown", 404),
        ("GET", "/cart/items/dan", 401),
        ("GET", "/static/%FF", 400),
    ],
)
async def test_a_request_keeps_the_id_it_came_with(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    headers = {"traceparent": f"00-{_TRACE}-00f067aa0ba902b7-01"}

    answer = await client.request(method, path, headers=headers)

    assert (answer.status_code, answer.headers["x-request-id"]) == (status, _TRACE)


@pytest.mark.parametrize(
    "given",
    [
        ["x"],
        [""],
        [f"00-{_TRACE}-00f067aa0ba902b7-01", f"00-{_TRACE}-00f067aa0ba902b7-01"],
        [f"00-{_TRACE}-00f067aa0ba902b7-01\x00"],
        ["\xff" * 5000],
        [f"00-{_TRACE.upper()}-00f067aa0ba902b7-01"],
    ],
)
async def test_a_hostile_id_is_ignored(client: AsyncClient, given: list[str]) -> None:
    headers = [(b"traceparent", value.encode("latin-1")) for value in given]

    answers = [await client.get("/healthz", headers=headers) for _ in range(2)]

    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in ids)
    assert _TRACE not in ids


# Rule 13: nothing of the request in the headers of the answer.


@pytest.mark.parametrize("path", ["/products", "/cart/items/dan", "/unknown", "/"])
async def test_request_headers_do_not_come_back(client: AsyncClient, path: str) -> None:
    headers = {
        "Authorization": "Bearer secret-token",
        "Cookie": "logged_in=secret-cookie",
        "X-Access-Token": "secret-header",
        "X-Anything": "secret-thing",
        "Origin": "https://secret.example",
    }

    answer = await client.get(path, headers=headers)

    assert "secret" not in str(answer.headers.raw)
    assert "x-anything" not in answer.headers


async def test_answers_are_not_kept_nor_guessed(client: AsyncClient) -> None:
    answer = await client.get("/catalogliveness")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


_EVERY_KIND_OF_ANSWER = [
    ("OPTIONS", "/products", 204),
    ("GET", "/products", 200),
    ("HEAD", "/", 200),
    ("GET", "/static/pos/till.js", 200),
    ("GET", "/scg-logout", 302),
    ("GET", "/%ff", 400),
    ("GET", "/cart/items/dan", 401),
    ("GET", "/unknown", 404),
    ("PATCH", "/login", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), _EVERY_KIND_OF_ANSWER)
async def test_every_answer_forbids_frames_and_plain_http(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, f"https://shop{path}")

    assert answer.status_code == status
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "x-auth-mode" not in answer.headers


@pytest.mark.parametrize(("method", "path", "status"), _EVERY_KIND_OF_ANSWER)
async def test_every_answer_of_the_open_mode_says_so(
    client: AsyncClient, open_mode: None, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.headers["x-auth-mode"] == "open"
    is_file = path.startswith("/static/")
    assert is_file or "X-Auth-Mode" in answer.headers["access-control-expose-headers"]


async def test_a_crash_has_the_headers_of_every_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the settings are wrong, which is not told to the caller."""
    monkeypatch.setenv("AUTH_MODE", "maybe")
    get_settings.cache_clear()

    async def crash(*_: object) -> None:
        raise RuntimeError("a fault")

    async with AsyncClient(
        transport=ASGITransport(HTTPMiddleware(crash)), base_url="https://shop"
    ) as client:
        answer = await client.get("/")

    assert answer.status_code == 500
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "strict-transport-security" in answer.headers
    assert "x-auth-mode" not in answer.headers


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("https", "max-age=31536000"),
        ("https, http", "max-age=31536000"),
        ("HTTPS ", "max-age=31536000"),
        ("http, https", None),
    ],
)
async def test_what_the_first_proxy_says_counts(
    client: AsyncClient, forwarded: str, expected: str | None
) -> None:
    answer = await client.get("/products", headers={"X-Forwarded-Proto": forwarded})

    assert answer.headers.get("strict-transport-security") == expected


# Bodies that are none.


async def post_text(client: AsyncClient, content: bytes | str) -> Any:
    user_id = fresh()
    headers = await bearer(user_id)

    answer = await client.post(f"/cart/item/add/{user_id}", content=content, headers=headers)

    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert cart.json()["cart"] == []
    return answer


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "content",
    [
        '{"itemid": "a", "price": NaN}',
        '{"itemid": "a", "price": Infinity}',
        '{"itemid": "a", "price": -Infinity}',
        '{"itemid": "a", "name": "\\ud800"}',
        '{"itemid": "a", "name": "\\udc00\\ud800"}',
        b'{"itemid": "a", "name": "\xed\xa0\x80"}',
        b'{"itemid": "a", "name": "\xff"}',
        '{"itemid": "a", "price": ' + "1" * 5000 + "}",
        '{"itemid": "a", "extra": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"itemid": "a", "extra": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}",
        "[" * 100_000,
        '{"itemid": "a"',
        '{"itemid": "a"} {}',
        "{'itemid': 'a'}",
        '{"itemid": "a",}',
        "itemid=a&quantity=1",
        "\x00",
        "\ufeff\ufeff{}",
        '{"itemid": "a"}'.encode("utf-16"),
    ],
)
async def test_what_is_not_json_is_400(client: AsyncClient, content: bytes | str) -> None:
    answer = await post_text(client, content)

    assert refusal(answer) == {"message": "body: is not valid JSON", "status": 400}


@pytest.mark.parametrize("content", ["[]", "null", '"itemid"', "1", "true", "[{}]", ""])
async def test_json_that_is_no_object_is_400(client: AsyncClient, content: str) -> None:
    answer = await post_text(client, content)

    assert answer.status_code == 400
    assert refusal(answer)["message"].startswith("body: ")


@pytest.mark.unmeasured
@pytest.mark.parametrize("field", ["price", "quantity", "itemid", "name"])
@pytest.mark.parametrize(
    "number", ["1" * 4000, "-" + "1" * 4000, "1e999", "1" * 400 + ".5", "1e300"]
)
async def test_a_number_of_any_size_never_breaks_the_shop(
    client: AsyncClient, field: str, number: str
) -> None:
    user_id = fresh()
    body = {"itemid": '"a"', "quantity": "1"} | {field: number}
    text = "{" + ", ".join(f'"{name}": {value}' for name, value in body.items()) + "}"

    answer = await client.post(
        f"/cart/item/add/{user_id}", content=text, headers=await bearer(user_id)
    )

    # A number may stand for text: too long a one is no text either.
    assert answer.status_code == 400 or (field == "name" and answer.status_code == 200)
    assert number not in answer.text


@pytest.mark.parametrize(
    "text", ["\x00", "\u2028", "\U0001f600", "\ufffe", "<script>", "a\r\nb: c"]
)
async def test_strange_text_is_only_text(client: AsyncClient, text: str) -> None:
    user_id = fresh()
    headers = await bearer(user_id)

    answer = await client.post(
        f"/cart/item/add/{user_id}", json={"itemid": text, "name": text}, headers=headers
    )

    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert answer.status_code == 200
    assert [(item["itemid"], item["name"]) for item in cart.json()["cart"]] == [(text, text)]


@pytest.mark.parametrize("user_id", ["%00", "%ED%A0%80", "%FF", "%0D%0A", "%E2%80%A8", "*", "{x}"])
async def test_a_strange_path_is_only_a_path(
    client: AsyncClient, open_mode: None, user_id: str
) -> None:
    answer = await client.get(f"/cart/items/{user_id}")

    assert answer.status_code in {200, 400, 404}


async def test_a_body_may_be_256_kib_and_no_more(client: AsyncClient) -> None:
    user_id = fresh()
    headers = await bearer(user_id)
    start = '{"itemid": "a", "extra": "'
    fitting = start + "x" * (MAX_BODY_BYTES - len(start) - 2) + '"}'

    fits = await client.post(f"/cart/item/add/{user_id}", content=fitting, headers=headers)
    exceeds = await client.post(f"/cart/item/add/{user_id}", content=fitting + " ", headers=headers)

    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert fits.status_code == 200
    assert refusal(exceeds) == {"message": "the body is larger than 256 KiB", "status": 413}
    assert cart.json()["cart"][0]["quantity"] == 1


async def test_a_body_that_is_too_large_is_not_read_to_its_end(client: AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100:
            sent += 1
            yield b" " * 64 * 1024
            await sleep(0)

    answer = await client.post("/login", content=endless())

    assert answer.status_code == 413
    assert sent < 10


# What the caller cannot help.


@pytest.fixture
def closed_port() -> Iterator[int]:
    # Bound, so that no other process gets it, and not listening, so that it refuses connections.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


@pytest.fixture
def aws_unreachable(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("AUTH_MODE", "0")
    forget_clients()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/products", None),
        ("GET", "/products/x", None),
        ("POST", "/cart/item/add/dan", {**ITEM, "price": 1}),
        ("POST", "/cart/item/add/dan", ITEM),
        ("GET", "/cart/clear/dan", None),
        (
            "POST",
            "/register",
            dict.fromkeys(("username", "firstname", "lastname"), "x") | {"password": PASSWORD},
        ),
    ],
)
async def test_without_the_store_the_shop_asks_to_come_back(
    client: AsyncClient, aws_unreachable: None, method: str, path: str, body: Any
) -> None:
    answer = await client.request(method, path, json=body)

    assert answer.status_code == 503
    # A registration reads the keys first: the address that is counted is hashed with one.
    first = (
        "the signing keys cannot be read" if path == "/register" else "the store does not answer"
    )
    assert refusal(answer)["message"] == first
    assert answer.headers["retry-after"] == "1"


async def test_without_store_and_queue_the_shop_is_not_ready(
    client: AsyncClient, aws_unreachable: None
) -> None:
    answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert refusal(answer)["message"].endswith("does not answer")
    assert answer.headers["retry-after"] == "1"


async def test_without_the_keys_the_shop_asks_to_come_back(
    client: AsyncClient, aws_unreachable: None
) -> None:
    answer = await client.post("/verify-token", json={"access_token": "x"})

    assert answer.status_code == 503
    assert refusal(answer)["message"] == "the signing keys cannot be read"
    assert answer.headers["retry-after"] == "1"


async def test_without_anything_the_process_is_still_up(
    client: AsyncClient, aws_unreachable: None
) -> None:
    answer = await client.get("/healthz")

    assert answer.status_code == 200


async def test_a_crash_is_told_without_its_cause(
    client: AsyncClient, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        async def get_item(self, *_: Any, **__: Any) -> None:
            raise RuntimeError("secret cause")

    get_table()._client = Broken()  # type: ignore[assignment]

    answer = await client.get("/products/x")

    assert answer.status_code == 500
    assert refusal(answer) == {"message": FAULT, "status": 500}
    assert "request.crashed" in caplog.text


async def test_a_setting_that_is_missing_is_not_told_to_callers(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TABLE")
    forget_clients()

    answer = await client.get("/products")

    assert refusal(answer) == {"message": FAULT, "status": 500}


async def test_a_crash_in_mid_answer_is_not_covered_up() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in mid-answer")

    async with AsyncClient(
        transport=ASGITransport(HTTPMiddleware(app)), base_url="http://shop"
    ) as http:
        with pytest.raises(RuntimeError, match="in mid-answer"):
            await http.get("/")


async def test_what_is_not_http_passes_through() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Any:
        raise NotImplementedError

    async def send(_: Any) -> None:
        raise NotImplementedError

    await HTTPMiddleware(app)({"type": "lifespan"}, receive, send)

    assert seen == ["lifespan"]


def test_every_refusal_has_a_status() -> None:
    errors = [entry.error for entry in CATALOGUE if entry.error]
    assert {status_for(error) for error in errors} == {400, 401, 403, 404, 409, 422, 429, 503}
    assert [entry_for(error).error for error in errors] == errors
    assert status_for(SettingsError("x")) == 500


async def test_staff_are_no_exception_to_the_shape_of_errors(client: AsyncClient) -> None:
    answer = await client.post("/products", json={}, headers=await staff())

    assert refusal(answer) == {"message": "name: is missing; price: is missing", "status": 400}
    assert answer.json()["code"] == "invalid_request"
    assert answer.json()["fields"] == [
        {"field": "name", "message": "is missing"},
        {"field": "price", "message": "is missing"},
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "fields"),
    [
        ("GET", "/products/unknown", None, "product_not_found", []),
        ("GET", "/order/dan/unknown", None, "order_not_found", []),
        ("GET", "/users/unknown", None, "user_not_found", []),
        ("GET", "/nowhere", None, "not_found", []),
        ("GET", "/cart/items/total/", None, "not_found", []),
        ("PUT", "/products", None, "method_not_allowed", []),
        ("POST", "/login", {"username": "nobody", "password": "x"}, "invalid_credentials", []),
        ("POST", "/verify-token", {"access_token": "x"}, "unauthorized", []),
        ("POST", "/order/add", {"cart": [], "card": {}}, "invalid_request", None),
        ("GET", "/products?next=x", None, "invalid_request", ["next"]),
    ],
)
async def test_an_error_has_a_code_and_names_its_fields(
    client: AsyncClient,
    open_mode: None,
    method: str,
    path: str,
    body: Any,
    code: str,
    fields: list[str] | None,
) -> None:
    answer = await client.request(method, path, json=body)

    refusal(answer)
    assert answer.json()["code"] == code
    named = [field["field"] for field in answer.json()["fields"]]
    assert named == fields if fields is not None else named


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


async def test_a_byte_order_mark_before_json_is_ignored(
    client: AsyncClient, open_mode: None
) -> None:
    body = json.dumps(ITEM).encode("utf-8-sig")

    answer = await client.post(f"/cart/item/add/{fresh()}", content=body)
    twice = await client.post(f"/cart/item/add/{fresh()}", content=b"\xef\xbb\xbf" + body)

    assert (answer.status_code, twice.status_code) == (200, 400)
