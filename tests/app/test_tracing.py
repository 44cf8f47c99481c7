"""Which spans are recorded, and how they hang together."""

import asyncio
from collections.abc import Iterator

import pytest

from app.settings import get_settings
from app.spans import ORDER_ID, Span, SpanKind
from app.trace_context import TraceContext, current_trace_id, following_order, make_traceparent
from app.tracing import child_span, current_span, entry_span, get_exporter
from tests.support.trace_collector import Collector, ReceivedSpan, collecting, flush

TRACE, OTHER = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"
PARENT = "00f067aa0ba902b7"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "shop-payment")
    monkeypatch.setenv("STAGE", "test")
    with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        get_settings.cache_clear()
        yield running
    get_settings.cache_clear()


def sent(collector: Collector) -> dict[str, ReceivedSpan]:
    flush()
    return {span.name: span for span in collector.spans}


def entered(trace: TraceContext) -> Span | None:
    with entry_span(trace, "entry", SpanKind.SERVER, {}) as span:
        return span


def test_without_a_collector_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    get_settings.cache_clear()

    with (
        entry_span(TraceContext(TRACE, "01", PARENT), "entry", SpanKind.SERVER, {}) as span,
        child_span("child", SpanKind.CLIENT, {}) as child,
    ):
        carried = str(make_traceparent())
    flush()

    assert (span, child, get_exporter()) == (None, None, None)
    assert carried.startswith(f"00-{TRACE}-")
    assert carried.endswith("-01")
    assert PARENT not in carried


def test_settings_that_are_refused_are_not_a_matter_of_traces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AUTH_MODE", "7")
    get_settings.cache_clear()

    assert entered(TraceContext(TRACE)) is None
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("trace", "is_recorded"),
    [
        (TraceContext(TRACE), True),
        (TraceContext(TRACE, "01", PARENT), True),
        (TraceContext(TRACE, "00", PARENT), False),
    ],
    ids=["begins here", "sampled parent", "unsampled parent"],
)
def test_sampling_is_by_parent(
    collector: Collector, trace: TraceContext, *, is_recorded: bool
) -> None:
    with entry_span(trace, "entry", SpanKind.SERVER, {}) as span:
        with child_span("child", SpanKind.CLIENT, {}):
            pass
        carried = str(make_traceparent())
        inside = current_trace_id()

    assert (span is not None) == is_recorded
    assert carried.endswith("-01" if is_recorded else "-00")
    assert inside == TRACE
    found = sent(collector)
    assert set(found) == ({"entry", "child"} if is_recorded else set())
    if is_recorded:
        assert found["entry"].parent_id == trace.parent_id
        assert found["child"].parent_id == found["entry"].span_id
        assert found["entry"].resource["service.name"] == "shop-payment"


def test_a_branch_of_another_trace_is_linked(collector: Collector) -> None:
    with (
        entry_span(TraceContext(TRACE), "entry", SpanKind.SERVER, {}),
        following_order(OTHER),
        child_span("branch", SpanKind.PRODUCER, {}),
        child_span("leaf", SpanKind.CLIENT, {}),
    ):
        pass

    found = sent(collector)
    entry, branch, leaf = found["entry"], found["branch"], found["leaf"]
    assert (entry.trace_id, branch.trace_id, leaf.trace_id) == (TRACE, OTHER, OTHER)
    assert (branch.parent_id, branch.links) == (None, [(TRACE, entry.span_id)])
    assert (leaf.parent_id, leaf.links) == (branch.span_id, [])


def test_a_message_has_its_sender_as_parent_and_as_link(collector: Collector) -> None:
    trace = TraceContext(TRACE, "01", PARENT)
    with entry_span(trace, "message", SpanKind.CONSUMER, {}, is_linked=True):
        pass

    message = sent(collector)["message"]
    assert (message.parent_id, message.links) == (PARENT, [(TRACE, PARENT)])


@pytest.mark.parametrize("failure", [ValueError("canary"), asyncio.CancelledError("canary")])
def test_what_fails_is_an_error_without_its_text(
    collector: Collector, failure: BaseException
) -> None:
    with (
        pytest.raises(type(failure)),
        entry_span(TraceContext(TRACE), "entry", SpanKind.SERVER, {}),
    ):
        raise failure

    entry = sent(collector)["entry"]
    assert entry.is_error
    assert entry.attributes == {"error.type": type(failure).__name__}
    assert current_span() is None
    assert b"canary" not in b"".join(collector.bodies)


@pytest.mark.parametrize("order_id", ["", "4111111111111111", "eric", None, "x" * 36])
def test_only_ids_of_the_shop_are_noted(order_id: object) -> None:
    span = Span("send", SpanKind.PRODUCER, TRACE, None, {})

    span.note_order(order_id)
    assert span.attributes == {}

    span.note_order("a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1")
    assert span.attributes == {ORDER_ID: "a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1"}
