"""Which spans and messages belong to an order, and how many are kept."""

from typing import Any
from uuid import UUID

from app.otlp import encode
from app.spans import ORDER_ID, Span, SpanKind
from infra.local.traces import store as module
from infra.local.traces.store import TraceStore

ORDER, OTHER = (str(UUID(int=number)) for number in (1, 2))


def trace_id(number: int) -> str:
    return f"{number:032x}"


def span(name: str, trace: int, *, parent: Span | None = None, **changes: Any) -> Span:
    order_id = changes.pop("order_id", None)
    attributes = {ORDER_ID: order_id} if order_id else {}
    made = Span(name, SpanKind.CLIENT, trace_id(trace), None, attributes)
    made.parent_id = parent.span_id if parent else None
    made.end_ns = made.start_ns + 2_000_000
    for field, value in changes.items():
        setattr(made, field, value)
    return made


def log(trace: int, sender: Span, body: str) -> dict[str, Any]:
    record = {
        "traceId": trace_id(trace),
        "spanId": sender.span_id,
        "body": {"stringValue": body},
        "attributes": [{"key": "queue", "value": {"stringValue": "payment-request"}}],
    }
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def names(store: TraceStore, order_id: str) -> set[str]:
    found = store.find_order(order_id)
    return {span["name"] for span in found["spans"]} if found else set()


def test_an_order_has_every_trace_that_is_about_it_and_nothing_of_others() -> None:
    store = TraceStore()
    request = span("request", 1, kind=SpanKind.SERVER)
    send = span("send", 1, parent=request, order_id=ORDER)
    # A client that sends one traceparent with two orders.
    second = span("second request", 1, order_id=OTHER)
    call = span("call of the second", 1, parent=second)
    repeat = span("repeat", 2, order_id=ORDER)

    # The receiver is heard of before its sender.
    store.add_messages(log(1, send, '{"a": 1}'))
    store.add_messages(log(1, second, "{}"))
    store.add_spans(encode([send, request], {"service.name": "api"}))
    store.add_spans(encode([repeat, call, second, span("reading", 3)], {}))

    assert names(store, ORDER) == {"request", "send", "repeat"}
    assert names(store, OTHER) == {"request", "second request", "call of the second"}
    found = store.find_order(ORDER)
    assert found is not None
    assert [message["body"] for message in found["messages"]] == ['{"a": 1}']
    assert found["traces"] == [trace_id(1), trace_id(2)]
    assert {span["service"] for span in found["spans"]} == {"api", "?"}
    assert store.find_order("unheard") is None
    assert [order["order_id"] for order in store.list_orders(1)] == [OTHER]


def test_memory_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MAX_ORDERS", 10)
    monkeypatch.setattr(module, "MAX_OTHERS", 8)
    monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    store = TraceStore()

    for number in range(1, 1001):
        order_id = str(UUID(int=number))
        about = [span(f"step {step}", number, order_id=order_id) for step in range(9)]
        store.add_spans(encode([*about, span("reading", 10_000 + number)], {}))

    listed = store.list_orders(100)
    assert [order["order_id"] for order in listed] == [
        str(UUID(int=n)) for n in range(1000, 990, -1)
    ]
    assert names(store, str(UUID(int=1000))) == {f"step {step}" for step in range(5)}
    assert store.find_order(str(UUID(int=1))) is None
    assert len(store._traces) <= 10 + 8


def test_spans_that_are_each_others_parents_end() -> None:
    store = TraceStore()
    first, second = span("first", 1), span("second", 1)
    first.parent_id, second.parent_id = second.span_id, first.span_id

    store.add_spans(encode([first, second, span("third", 1, order_id=ORDER)], {}))

    assert names(store, ORDER) == {"first", "second", "third"}
