"""Export of spans over OTLP: its form, and what a collector that fails costs."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace import SpanKind as StockKind

from app import otlp
from app.domain.errors import SettingsError
from app.otlp import Exporter, describe_resource, encode, read_pairs
from app.settings import read_settings
from app.spans import Span, SpanKind
from tests.support.trace_collector import Collector, collecting, parse

TRACE, OTHER = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"
PARENT, CAUSE = "00f067aa0ba902b7", "b7ad6b7169203331"
RESOURCE: dict[str, Any] = {"service.name": "shop", "faas.max_memory": 512, "x": True, "y": 0.5}


def made(name: str = "GetItem", **changes: Any) -> Span:
    span = Span(name, SpanKind.CLIENT, TRACE, PARENT, {"db.system.name": "aws.dynamodb"})
    span.end_ns = span.start_ns + 1_500_000
    for field, value in changes.items():
        setattr(span, field, value)
    return span


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


def exporter(collector: Collector, *, waits_for_flush: bool = True, **headers: str) -> Exporter:
    url = f"{collector.url}/v1/traces"
    return Exporter(url, headers, RESOURCE, waits_for_flush=waits_for_flush)


def stock(span: Span) -> ReadableSpan:
    """Return the span as OpenTelemetry's own SDK has it."""

    def context(trace_id: str, span_id: str) -> SpanContext:
        sampled = TraceFlags(TraceFlags.SAMPLED)
        return SpanContext(
            int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=sampled
        )

    return ReadableSpan(
        name=span.name,
        context=context(span.trace_id, span.span_id),
        parent=context(span.trace_id, span.parent_id) if span.parent_id else None,
        resource=Resource(RESOURCE),
        attributes=span.attributes,
        links=[Link(context(*link)) for link in span.links],
        kind=StockKind(span.kind - 1),
        instrumentation_scope=InstrumentationScope("acme-shop"),
        status=Status(StatusCode.ERROR if span.error else StatusCode.UNSET),
        start_time=span.start_ns,
        end_time=span.end_ns,
    )


@pytest.mark.parametrize(
    "span",
    [
        made(),
        made(parent_id=None),
        *(made(kind=kind) for kind in SpanKind),
        made(links=((OTHER, CAUSE), (TRACE, PARENT))),
        made(error="StoreUnavailableError"),
        made(attributes={}),
        made(attributes={"s": "ü\n\u20ac", "t": True, "f": False, "n": -(2**53), "d": 1.5}),
        made(attributes={"list": ("a", "b"), "none": (), "big": 2**62, "empty": ""}),
        made(start_ns=1, end_ns=2**63 - 1),
    ],
    ids=lambda span: span.kind.name,
)
def test_the_export_says_what_the_stock_exporter_says(span: Span) -> None:
    ours = parse(json.dumps(encode([span, span], RESOURCE)).encode())
    theirs = encode_spans([stock(span), stock(span)])

    # In flags they repeat which parents are of another process; an empty status says nothing.
    for group in theirs.resource_spans:
        for one in group.scope_spans[0].spans:
            one.ClearField("flags")
            if not one.status.code:
                one.ClearField("status")
            for link in one.links:
                link.ClearField("flags")
    assert ours == theirs


def test_a_flush_sends_everything_with_the_headers(collector: Collector) -> None:
    sender = exporter(collector, api_key="k-1")
    for number in range(otlp.MAX_BATCH + 3):
        sender.add(made(f"span {number}"))
    assert collector.bodies == []

    sender.flush(60)

    names = [span.name for span in collector.spans]
    assert names == [f"span {number}" for number in range(otlp.MAX_BATCH + 3)]
    assert collector.paths == ["/v1/traces"] * 2
    assert {headers["api_key"] for headers in collector.headers} == {"k-1"}
    assert {headers["content-type"] for headers in collector.headers} == {"application/json"}


def test_outside_of_lambda_nobody_has_to_flush(collector: Collector) -> None:
    sender = exporter(collector, waits_for_flush=False)

    sender.add(made())

    assert collector.arrived.wait(10)
    assert [span.name for span in collector.spans] == ["GetItem"]


def test_a_connection_that_was_cut_meanwhile_is_opened_again(collector: Collector) -> None:
    collector.cuts = True
    sender = exporter(collector)

    for _ in range(3):
        sender.add(made())
        sender.flush(60)

    assert len(collector.spans) == 3


@pytest.mark.parametrize("status", [302, 400, 401, 429, 503])
def test_a_refusal_is_told_once_and_pauses(
    collector: Collector, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    collector.status = status
    sender = exporter(collector, authorization="Bearer canary")

    for _ in range(3):
        sender.add(made())
        sender.flush(60)

    assert len(collector.bodies) == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"traces.lost cause=HTTP{status} pause_seconds=30"
    ]


def test_a_dead_collector_is_asked_again_after_the_pause(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "PAUSE_SECONDS", 0.0)
    sender = Exporter("http://127.0.0.1:9/v1/traces", {}, {}, waits_for_flush=True)

    for _ in range(2):
        sender.add(made())
        sender.flush(60)

    assert [record.getMessage() for record in caplog.records] == [
        "traces.lost cause=NewConnectionError pause_seconds=0"
    ] * 2


def test_a_hanging_collector_holds_up_one_call_only(
    collector: Collector, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "FLUSH_SECONDS", 0.05)
    collector.hang.set()
    sender = exporter(collector)

    sender.add(made())
    sender.flush(60)
    sender.add(made())
    sender.flush(60)

    assert [record.getMessage() for record in caplog.records] == [
        "traces.lost cause=FlushTimeout pause_seconds=30"
    ]


def test_a_call_without_time_left_does_not_wait(collector: Collector) -> None:
    collector.hang.set()
    sender = exporter(collector)

    sender.add(made())
    sender.flush(-1)


def test_what_waits_is_bounded(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "MAX_SPANS", 5)
    sender = exporter(collector)

    for number in range(9):
        sender.add(made(f"span {number}"))
    sender.flush(60)

    assert [span.name for span in collector.spans] == [f"span {number}" for number in range(5)]


def test_spans_of_many_threads_all_arrive(collector: Collector) -> None:
    sender = exporter(collector)

    def work() -> None:
        for _ in range(20):
            sender.add(made())
            sender.flush(60)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(collector.spans) == 160


def test_a_resource_is_what_the_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/30/[7]abc")
    given = {
        "STAGE": "dev",
        "VERSION": "7f3a",
        "OTEL_RESOURCE_ATTRIBUTES": "team=fit%20ness, service.name=x",
        "OTEL_SERVICE_NAME": "orders",
    }

    in_lambda = describe_resource(read_settings(given), "dev-api")
    outside = describe_resource(read_settings({}), None)

    assert in_lambda == {
        "service.name": "orders",
        "service.version": "7f3a",
        "deployment.environment.name": "dev",
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": "eu-west-1",
        "faas.name": "dev-api",
        "faas.instance": "2026/11/30/[7]abc",
        "team": "fit ness",
    }
    assert outside["service.name"] == "acme-shop"


def test_pairs_are_read_as_published() -> None:
    assert read_pairs("") == {}
    assert read_pairs("api-key=a%2Cb=c, x = 1 ,") == {"api-key": "a,b=c", "x": "1"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector/?key=canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=canary\r\nX: y"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_their_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        read_settings({name: value})

    assert "canary" not in str(refused.value)
