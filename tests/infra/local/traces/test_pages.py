"""``/dev/orders``: what is answered, and to whom."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient

from app.domain.order import OrderState
from app.domain.user import Role, User
from app.main import app
from app.static_files import CONTENT_POLICY
from app.store.order_items import order_to_item
from app.store.table import Table
from infra.local.supervisor import _shows_traces
from infra.local.traces.collector import Collector
from infra.local.traces.pages import DevPages, _facts
from infra.local.welcome import welcome
from infra.seeds.classic import classic_products, make_order

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.close()


@pytest.mark.parametrize(
    ("environment", "is_shown"),
    [
        ({}, True),
        ({"STAGE": "local"}, True),
        ({"STAGE": "demo"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
    ],
)
def test_only_a_local_shop_without_another_collector_has_the_page(
    environment: dict[str, str], *, is_shown: bool
) -> None:
    lines = "\n".join(welcome("http://x", has_traces=_shows_traces(environment)))

    assert ("http://x/dev/orders " in lines) == is_shown


async def test_the_shop_itself_has_no_such_page(client: AsyncClient) -> None:
    for path in ("/dev/orders", "/dev/orders/data", "/dev/orders/orders.js"):
        assert (await client.get(path)).status_code == 404


async def test_the_page_runs_under_the_policy_of_the_others(
    stack: dict[str, str], collector: Collector
) -> None:
    pages = ASGITransport(DevPages(app, collector.url))
    async with AsyncClient(transport=pages, base_url="http://localhost") as client:
        page = await client.get("/dev/orders")
        script = await client.get("/dev/orders/orders.js")
        empty = await client.get("/dev/orders/data")
        same = await client.get("/dev/orders/data?version=0")
        unknown = await client.get(f"/dev/orders/data/{uuid4()}")
        missing = [
            (await client.get(path)).status_code
            for path in ("/dev/orders/x.js", "/dev/orders/types.d.ts", "/dev/orders/..%2fpages.py")
        ]
        shop = await client.get("/healthz")

    for answer in (page, script):
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == CONTENT_POLICY
    # No other site may read what is in it.
    assert "access-control-allow-origin" not in {*page.headers, *empty.headers}
    assert (empty.json(), same.json()) == ({"version": 0, "orders": []}, {"version": 0})
    assert unknown.status_code == 404
    assert missing == [404, 404, 404]
    assert shop.status_code == 200


@pytest.mark.parametrize(
    ("host", "method", "path", "status"),
    [
        ("127.0.0.1:8080", "GET", "/dev/orders/", 200),
        ("[::1]:8080", "HEAD", "/dev/orders", 200),
        ("LOCALHOST", "POST", "/dev/orders", 405),
        ("localhost", "GET", "/dev/orders/data/x/y", 404),
        ("localhost", "GET", "/dev/orders/data/x", 404),
        ("localhost", "OPTIONS", "/dev/orders", 204),
        ("evil.com", "GET", "/dev/orders", 403),
        ("evil.com", "GET", "/dev/orders/", 403),
        ("localhost.evil.com", "GET", "/dev/orders/data", 403),
        ("localhost@evil.com", "GET", "/dev/orders/data", 403),
        ("", "GET", "/dev/orders/orders.js", 403),
    ],
)
async def test_it_is_read_at_this_machine_and_answers_like_the_shop(
    collector: Collector, host: str, method: str, path: str, status: int
) -> None:
    """A site whose name leads here has pages that this browser takes for its own."""
    pages = ASGITransport(DevPages(app, collector.url))
    async with AsyncClient(transport=pages, base_url="http://x") as client:
        answer = await client.request(method, path, headers={"Host": host})

    assert answer.status_code == status
    assert len(answer.headers["x-request-id"]) == 32
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "location" not in answer.headers
    if status >= 400:
        problem = answer.json()
        assert problem["status"] == status
        assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/traces", "{}", 200),
        ("/v1/traces", "[]", 400),
        ("/v1/traces", "{", 400),
        ("/v1/traces", '{"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}', 400),
        ("/v1/metrics", "{}", 404),
    ],
)
def test_what_is_no_export_is_refused(
    collector: Collector, path: str, body: str, status: int
) -> None:
    host, port = collector.url.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=10)

    connection.request("POST", path, body)
    assert connection.getresponse().status == status
    connection.close()


async def test_an_order_that_cannot_be_read_hides_no_other(table: Table) -> None:
    products = list(classic_products(NOW))[:1]
    good, odd = (
        make_order(str(uuid4()), BUYER, products, OrderState.PENDING, placed_at=NOW)
        for _ in range(2)
    )
    await table.put(order_to_item(good))
    await table.put(order_to_item(odd) | {"lines": "x"})

    facts = await _facts([{"order_id": order.order_id} for order in (good, odd)])

    assert facts == [
        {"state": "pending", "total_cents": good.total_cents, "lines": 1},
        {"state": "unreadable (lines: is not a list)"},
    ]
