"""``/dev/orders``: what is answered, and to whom."""

from collections.abc import Iterator
from http.client import HTTPConnection
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient

from app.main import app
from app.static_files import CONTENT_POLICY
from infra.local.supervisor import _shows_traces
from infra.local.traces.collector import Collector
from infra.local.traces.pages import DevPages
from infra.local.welcome import welcome


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
    async with AsyncClient(transport=pages, base_url="http://shop") as client:
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
