"""One trace from a request to the delivery, as a collector gets it (app/DECISIONS.md, 20)."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from httpx import AsyncClient

from app.domain.order import OrderState
from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE
from app.settings import get_settings
from app.spans import ORDER_ID, RECEIVES, SpanKind
from app.store.table import get_table
from tests.support.shop import bearer, fresh, stored_product
from tests.support.sqs_events import CONTEXT
from tests.support.trace_collector import Collector, ReceivedSpan, collecting, flush
from tests.workers.test_one_id import stored_order, take
from workers import order, payment, shipment

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CARD, CVV = "4111111111111111", "987"
ADDRESS = {"street": "12 Canary Street", "city": "Canaryville", "zip": "12345", "state": "OR"}


@pytest.fixture
def collector(stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20collector-key")
        get_settings.cache_clear()
        get_table.cache_clear()
        yield running


def children(spans: list[ReceivedSpan], parent: ReceivedSpan, kind: SpanKind) -> list[ReceivedSpan]:
    return [span for span in spans if span.parent_id == parent.span_id and span.kind == kind]


async def test_an_order_is_one_trace_through_all_functions(
    collector: Collector, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DELIVERY_SECONDS", "0")
    get_settings.cache_clear()
    product = await stored_product(get_table())
    user_id = fresh()
    headers = {
        **await bearer(user_id),
        "Prefer": "respond-async",
        "traceparent": f"00-{TRACE}-{CALLER}-01",
    }
    body = {
        "card": {"number": CARD, "expMonth": "12", "expYear": "2099", "ccv": CVV},
        "cart": [{"id": product.product_id, "quantity": 1}],
        "firstname": "Canarina",
        "email": "canary@example.com",
        "address": ADDRESS,
        "delivery": "UPS",
    }

    placed = await client.post(f"/order/add/{user_id}?canary=1", json=body, headers=headers)
    order_id = placed.json()["order_id"]
    steps = [
        (PAYMENT_REQUEST, payment),
        (PAYMENT_RESPONSE, order),
        (SHIPMENT_REQUEST, shipment),
        (SHIPMENT_RESPONSE, order),
    ]
    for queue, worker in steps:
        records = await asyncio.to_thread(take, queue, order_id)
        for number, record in enumerate(records, 1):
            record["attributes"] = {"ApproximateReceiveCount": str(number)}
        again = [{**record, "attributes": {"ApproximateReceiveCount": "2"}} for record in records]
        for part in (records, again if worker is payment else []):
            answer = await asyncio.to_thread(worker.handler, {"Records": part}, CONTEXT)
            assert answer == {"batchItemFailures": []}
    flush()

    spans = [span for span in collector.spans if span.trace_id == TRACE]
    (request,) = (span for span in spans if span.kind == SpanKind.SERVER)
    assert (request.name, request.parent_id) == ("POST /order/add/{userid}", CALLER)
    assert request.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 202,
        "http.route": "/order/add/{userid}",
        "url.scheme": "http",
        ORDER_ID: order_id,
    }
    # The charge was delivered twice: two receivers of one sender, and each sends its answer.
    (asked,) = children(spans, request, SpanKind.PRODUCER)
    assert asked.name.startswith("send ")
    assert asked.name.endswith("-payment-request")
    charges = children(spans, asked, SpanKind.CONSUMER)
    assert [charge.attributes[RECEIVES] for charge in charges] == [1, 2]
    for charge in charges:
        assert charge.name.endswith("-payment-request")
        assert charge.links == [(TRACE, asked.span_id)]
        assert charge.attributes[ORDER_ID] == order_id
        assert charge.attributes["messaging.system"] == "aws_sqs"
        (told,) = children(spans, charge, SpanKind.PRODUCER)
        (settled,) = children(spans, told, SpanKind.CONSUMER)
        names = {span.name for span in children(spans, settled, SpanKind.CLIENT)}
        assert "UpdateItem" in names
        (shipped,) = children(spans, settled, SpanKind.PRODUCER)
        (journey,) = children(spans, shipped, SpanKind.CONSUMER)
        # Sent together, in one request to SQS.
        reports = children(spans, journey, SpanKind.PRODUCER)
        assert len(reports) == 2
        assert all(len(children(spans, report, SpanKind.CONSUMER)) == 1 for report in reports)
    batches = [span.attributes.get("messaging.batch.message_count") for span in spans]
    assert 2 in batches
    assert all(span.seconds >= 0 for span in spans)
    # The second delivery finds done what it would do.
    errors = {span.attributes["error.type"] for span in spans if span.is_error}
    assert errors == {"ConditionalCheckFailedException"}
    # Nothing of what a client sent, who it is, or what proves the sender to the collector.
    said = b"".join(collector.bodies)
    secrets = (CARD, "anary", user_id, headers["Authorization"][7:40], "collector-key")
    assert [text for text in secrets if text.encode() in said] == []
    values = {str(value) for span in collector.spans for value in span.attributes.values()}
    assert not values & {CVV, CARD[-4:]}
    assert {header["authorization"] for header in collector.headers} == {"Bearer collector-key"}


async def test_a_request_that_fails_and_one_for_no_route(
    collector: Collector, client: AsyncClient
) -> None:
    await client.get("/canary-no-route/")
    await client.head("/products")
    await client.options("/products")
    flush()

    spans = {span.name: span for span in collector.spans if span.kind == SpanKind.SERVER}
    assert set(spans) == {"GET", "HEAD /products", "OPTIONS /products"}
    assert spans["GET"].attributes["http.response.status_code"] == 404
    assert not spans["GET"].is_error
    assert b"canary" not in b"".join(collector.bodies)


def test_a_record_that_fails_is_an_error(collector: Collector) -> None:
    record = {"messageId": "m-1", "body": '{"canary": 1}', "attributes": {}}

    answer = payment.handler({"Records": [record]}, CONTEXT)

    assert answer["batchItemFailures"] == [{"itemIdentifier": "m-1"}]
    (span,) = collector.spans
    assert (span.name, span.is_error, span.attributes[RECEIVES]) == ("process ?", True, 0)
    assert span.attributes["error.type"] == "InvalidInputError"
    assert b"canary" not in collector.bodies[0]


def test_what_the_sweeper_sends_is_linked_to_its_sweep(
    own_stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = stored_order(OrderState.PAID, age=timedelta(hours=3))
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        get_settings.cache_clear()
        get_table.cache_clear()
        order.handler({}, CONTEXT)

        (sweep,) = (span for span in collector.spans if span.name == "sweep")
        (sent,) = (span for span in collector.spans if span.kind == SpanKind.PRODUCER)
        assert sent.trace_id == TRACE
        assert sent.links == [(sweep.trace_id, sweep.span_id)]
        assert sent.attributes[ORDER_ID] == order_id
        assert take(SHIPMENT_REQUEST, order_id)
