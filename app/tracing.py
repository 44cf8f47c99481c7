"""Spans of what the shop does, for OpenTelemetry; without a collector nothing is recorded.

A span begins with a request, a record of a queue or a sweep, and calls to DynamoDB and SQS are
its children. A message carries the id of the span that sent it, so the span of its receiver
is that one's child, in another process and perhaps much later. Names of attributes are those of
the semantic conventions: https://opentelemetry.io/docs/specs/semconv/

Attributes name orders, routes, queues and the table. Ids of users, keys of items, bodies, texts of
errors and what else clients send are never among them.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from app.domain.errors import SettingsError
from app.settings import get_settings
from app.spans import Span, SpanKind, Value
from app.trace_context import NOT_SAMPLED, SAMPLED, TraceContext, current_trace_id, following

if TYPE_CHECKING:
    from app.otlp import Exporter

#: What a call leaves unused of its time, for its answer.
_RESERVE_SECONDS = 0.2


_current: ContextVar[Span | None] = ContextVar("span", default=None)


def get_exporter() -> "Exporter | None":
    """Return what takes the spans of this process; None where traces are not exported."""
    try:
        settings = get_settings()
    except SettingsError:  # Reported by what needs them.
        return None
    if not settings.otlp_endpoint:
        return None
    from app.otlp import exporter_for  # noqa: PLC0415

    return exporter_for(settings)


def current_span() -> Span | None:
    """Return the span that is recorded here, if one is."""
    return _current.get()


@contextmanager
def entry_span(
    trace: TraceContext,
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, Value],
    *,
    is_linked: bool = False,
) -> Iterator[Span | None]:
    """Follow ``trace`` in the block, and record the block as what begins here or came in.

    Sampling is by parent: what came in unsampled is not recorded, what begins here is.
    ``is_linked`` names the parent as a link, too, as is the custom for messages.
    """
    exporter = get_exporter()
    if exporter is None or (trace.parent_id and trace.flags == NOT_SAMPLED):
        with following(trace):
            yield None
        return
    links = ((trace.trace_id, trace.parent_id),) if is_linked and trace.parent_id else ()
    span = Span(name, kind, trace.trace_id, trace.parent_id, dict(attributes), links)
    with following(trace._replace(flags=SAMPLED)), _recorded(span, exporter):
        yield span


@contextmanager
def child_span(name: str, kind: SpanKind, attributes: Mapping[str, Value]) -> Iterator[Span | None]:
    """Record the block as part of the span around it; outside of one nothing is recorded.

    Where another trace is followed by now, as for the message of an order that a request
    repeats, it begins a branch of that trace and is linked to the span around it.
    """
    parent = _current.get()
    exporter = get_exporter() if parent else None
    if parent is None or exporter is None:
        yield None
        return
    trace_id = current_trace_id() or parent.trace_id
    if trace_id == parent.trace_id:
        span = Span(name, kind, trace_id, parent.span_id, dict(attributes))
    else:
        links = ((parent.trace_id, parent.span_id),)
        span = Span(name, kind, trace_id, None, dict(attributes), links)
    with _recorded(span, exporter):
        yield span


@contextmanager
def _recorded(span: Span, exporter: "Exporter") -> Iterator[None]:
    begun = time.perf_counter_ns()
    earlier = _current.set(span)
    try:
        yield
    except BaseException as failure:
        if span.error is None:  # The block may have set a more exact error.
            span.fail(type(failure).__name__)
        raise
    finally:
        _current.reset(earlier)
        span.end_ns = span.start_ns + time.perf_counter_ns() - begun
        if span.is_kept:
            exporter.add(span)


class LambdaContext(Protocol):
    """The part of Lambda's context that tells what time a call has left."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's time-out."""


@contextmanager
def exporting_spans(context: LambdaContext) -> Iterator[None]:
    """Send what is recorded in the block before the call ends: Lambda freezes the process then.

    How long that may take is in ``app/otlp.py``.
    """
    try:
        yield
    finally:
        if exporter := get_exporter():
            exporter.flush(context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS)


def queue_attributes(queue: str, operation: str) -> dict[str, Value]:
    """Return what says that a span is a step of a message: ``send`` or ``process``."""
    return {
        "messaging.system": "aws_sqs",
        "messaging.destination.name": queue,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }
