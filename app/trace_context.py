"""The one id of a request and of the order that it places: a W3C trace id.

A request brings it in ``traceparent``, or the shop draws one. Whatever is done, sent and
logged for it carries the id: messages as the attribute ``traceparent``, the order in its item.
https://www.w3.org/TR/trace-context/
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

#: The header of a request, and the attribute of a message.
TRACEPARENT = "traceparent"

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_VERSION = "00"
NOT_SAMPLED, SAMPLED = "00", "01"


class TraceContext(NamedTuple):
    """A trace id of 32 lower-case hexadecimal digits, and the flags that came with it.

    ``parent_id`` is the span (16 digits) that asks for what is done here, if one did.
    """

    trace_id: str
    flags: str = NOT_SAMPLED
    parent_id: str | None = None


_current: ContextVar[TraceContext | None] = ContextVar("trace", default=None)


def new_trace() -> TraceContext:
    """Return a trace that begins here."""
    return TraceContext(os.urandom(16).hex())


def read_traceparent(text: str) -> TraceContext | None:
    """Return the trace that a ``traceparent`` names; None for anything that is not valid.

    A later version of the form may have more behind the flags (W3C, 3.2.4).
    """
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == "ff" or (version == _VERSION and more):
        return None
    if not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    return TraceContext(trace_id, f"{int(flags, 16) & 1:02x}", parent_id)


def current_trace_id() -> str | None:
    """Return the id of the trace that is followed here; None outside of one."""
    trace = _current.get()
    return trace.trace_id if trace else None


def make_traceparent(span_id: str | None = None) -> str | None:
    """Return what carries the current trace on; None outside of one.

    ``span_id`` is the recorded span that does so (``app/tracing.py``).
    """
    trace = _current.get()
    if trace is None:
        return None
    flags = SAMPLED if span_id else trace.flags
    return f"{_VERSION}-{trace.trace_id}-{span_id or os.urandom(8).hex()}-{flags}"


@contextmanager
def following(trace: TraceContext) -> Iterator[None]:
    """Make ``trace`` the current one in the block."""
    earlier = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(earlier)


@contextmanager
def following_order(trace_id: str | None) -> Iterator[None]:
    """Make the trace of an order the current one in the block; an order may have none."""
    current = _current.get()
    if trace_id is None or (current and current.trace_id == trace_id):
        yield
        return
    with following(TraceContext(trace_id)):
        yield
