"""The spans and messages of the latest orders, in memory."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from app.spans import ORDER_ID

#: Orders that are kept; the one that was heard of longest ago goes first.
MAX_ORDERS = 1000
#: Traces that are about no order, or not yet: reading pages, logging in.
MAX_OTHERS = 500
#: Spans and messages that are kept of one trace; a loop of redriven messages has no end.
MAX_ENTRIES = 500

_NANOSECONDS_PER_MS = 1e6

Entry = dict[str, Any]


@dataclass
class Trace:
    """What is known of one trace."""

    spans: list[Entry] = field(default_factory=list)
    messages: list[Entry] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)


class TraceStore:
    """Takes OTLP exports and answers which spans and messages belong to an order.

    Safe to use from several threads. ``version`` rises with everything that is taken.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self._lock = threading.Lock()
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._orders: OrderedDict[str, dict[str, None]] = OrderedDict()
        self.version = 0

    def add_spans(self, export: Mapping[str, Any]) -> None:
        """Take an export of spans."""
        with self._lock:
            for resource, span in _each(export, "resourceSpans", "scopeSpans", "spans"):
                entry = _span(resource, span)
                trace = self._trace(span["traceId"])
                _append(trace.spans, entry)
                if order_id := entry["attributes"].get(ORDER_ID):
                    self._note(order_id, span["traceId"], trace)
            self._changed()

    def add_messages(self, export: Mapping[str, Any]) -> None:
        """Take an export of logs: each is the body of a message, under the span that sent it."""
        with self._lock:
            for _, record in _each(export, "resourceLogs", "scopeLogs", "logRecords"):
                entry = {
                    "span": record["spanId"],
                    "body": record["body"]["stringValue"],
                    **_attributes(record),
                }
                _append(self._trace(record["traceId"]).messages, entry)
            self._changed()

    def list_orders(self, limit: int) -> list[Entry]:
        """Return the latest orders, the one that was heard of last first."""
        with self._lock:
            return [
                {"order_id": order_id, **_summary(self._spans(order_id))}
                for order_id in islice(reversed(self._orders), limit)
            ]

    def find_order(self, order_id: str) -> Entry | None:
        """Return spans and messages of an order, the earliest first; None for one unheard of."""
        with self._lock:
            if order_id not in self._orders:
                return None
            spans = self._spans(order_id)
            senders = {span["id"] for span in spans}
            messages = [
                message
                for trace_id in self._orders[order_id]
                for message in self._traces[trace_id].messages
                if message["span"] in senders
            ]
            return {
                "traces": list(self._orders[order_id]),
                "spans": sorted(spans, key=lambda span: span["start"]),
                "messages": messages,
            }

    def _trace(self, trace_id: str) -> Trace:
        return self._traces.setdefault(trace_id, Trace())

    def _note(self, order_id: str, trace_id: str, trace: Trace) -> None:
        trace.orders.add(order_id)
        self._orders.setdefault(order_id, {})[trace_id] = None

    def _changed(self) -> None:
        self.version += 1
        while len(self._orders) > MAX_ORDERS:
            order_id, traces = self._orders.popitem(last=False)
            for trace_id in traces:
                trace = self._traces[trace_id]
                trace.orders.discard(order_id)
                if not trace.orders:
                    del self._traces[trace_id]
        if len(self._traces) > len(self._orders) + MAX_OTHERS:
            others = [name for name, trace in self._traces.items() if not trace.orders]
            for name in others[: max(0, len(others) - MAX_OTHERS // 2)]:
                del self._traces[name]

    def _spans(self, order_id: str) -> list[Entry]:
        """Return the spans of an order's traces without those that are about another order."""
        found = []
        for trace_id in self._orders[order_id]:
            spans = self._traces[trace_id].spans
            by_id = {span["id"]: span for span in spans}
            found += [span for span in spans if _order_of(span, by_id) in {order_id, None}]
        return found


def _append(entries: list[Entry], entry: Entry) -> None:
    if len(entries) < MAX_ENTRIES:
        entries.append(entry)


def _order_of(span: Entry, by_id: Mapping[str, Entry]) -> str | None:
    """Return the order that a span is about, or the nearest span around it."""
    seen = set()
    nearest: Entry | None = span
    while nearest and nearest["id"] not in seen:
        if order_id := nearest["attributes"].get(ORDER_ID):
            return str(order_id)
        seen.add(nearest["id"])
        nearest = by_id.get(nearest["parent"] or "")
    return None


def _summary(spans: Iterable[Entry]) -> Entry:
    spans = list(spans)
    begun = min((span["start"] for span in spans), default=0.0)
    return {
        "start": begun,
        "end": max((span["end"] for span in spans), default=begun),
        "steps": sum(span["kind"] in {2, 5} for span in spans),
        "failures": sum(span["error"] is not None for span in spans if span["kind"] in {2, 5}),
    }


def _each(export: Mapping[str, Any], *levels: str) -> Iterator[tuple[Entry, Entry]]:
    """Yield the entries of an export, each with the attributes of its resource."""
    first, second, third = levels
    for group in export.get(first, ()):
        resource = _attributes(group.get("resource", {}))
        for scope in group.get(second, ()):
            for entry in scope.get(third, ()):
                yield resource, entry


def _span(resource: Entry, span: Mapping[str, Any]) -> Entry:
    attributes = _attributes(span)
    return {
        "id": span["spanId"],
        "parent": span.get("parentSpanId") or None,
        "trace": span["traceId"],
        "name": span["name"],
        "service": resource.get("service.name", "?"),
        "kind": span["kind"],
        "start": int(span["startTimeUnixNano"]) / _NANOSECONDS_PER_MS,
        "end": int(span["endTimeUnixNano"]) / _NANOSECONDS_PER_MS,
        "error": attributes.get("error.type"),
        "links": [link["spanId"] for link in span.get("links", ())],
        "attributes": attributes,
    }


def _attributes(entry: Mapping[str, Any]) -> Entry:
    return {
        attribute["key"]: _value(attribute["value"]) for attribute in entry.get("attributes", ())
    }


def _value(value: Mapping[str, Any]) -> Any:
    kind, content = next(iter(value.items()))
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [_value(part) for part in content.get("values", ())]
    return content
