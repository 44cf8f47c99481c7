"""Without AWS, and after a fault of the shop's own."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from app.store.table import Table, get_table
from routers.middleware import HTTPMiddleware
from tests.conftest import forget_clients
from tests.support.requests import ITEM
from tests.support.shop import PASSWORD, refusal

FAULT = "a fault of the shop; tell its operators the request_id"


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
