"""A span as it is recorded (``app/tracing.py``) and exported (``app/otlp.py``)."""

import os
import time
from dataclasses import dataclass, field
from enum import IntEnum

from app.domain.ids import is_uuid

#: The order that a span is about.
ORDER_ID = "acme.order.id"
#: How often SQS has delivered the message of a span.
RECEIVES = "acme.sqs.receive_count"

Value = str | bool | int | float | tuple[str, ...]


class SpanKind(IntEnum):
    """What a span is to others, as OTLP numbers it."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


@dataclass(slots=True)
class Span:
    """One piece of work; times are nanoseconds since 1970, ids hexadecimal as in W3C's form."""

    name: str
    kind: SpanKind
    trace_id: str
    parent_id: str | None
    attributes: dict[str, Value]
    #: Trace and span of what caused this beside its parent.
    links: tuple[tuple[str, str], ...] = ()
    span_id: str = field(default_factory=lambda: os.urandom(8).hex())
    start_ns: int = field(default_factory=time.time_ns)
    end_ns: int = 0
    #: What went wrong, as a name.
    error: str | None = None
    #: Whether it is exported; what turned out to be no work at all is not.
    is_kept: bool = True

    def fail(self, error: str) -> None:
        """Note that the work failed; ``error`` is a name and no text, which may quote input."""
        self.error = error
        self.attributes["error.type"] = error

    def note_order(self, order_id: object) -> None:
        """Note which order the work is about, if this is an id that the shop gave."""
        if isinstance(order_id, str) and is_uuid(order_id):
            self.attributes[ORDER_ID] = order_id
