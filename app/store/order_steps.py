"""History and trace id of an order in its item, in a compact form.

Each step is an attribute of its own, ``h<rank of the state>``, because a state is entered once:
the conditional write that moves the order sets it, and needs no list to append to. Its value
is the instant in microseconds since 1970 and the function with its version:
``1795424400000000 order@1.0.0``. The trace id's 16 bytes are Base64 without padding.
"""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

from app.domain.order import OrderState, OrderStep
from app.store.table import Item

TRACE_ID = "trace"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TRACE_ID_BYTES = 16


def step_name(state: OrderState) -> str:
    """Return the attribute that holds the step into ``state``."""
    return f"h{state:d}"


def step_to_text(step: OrderStep) -> str:
    """Return the stored form of a step; its state is in the attribute's name."""
    return f"{(step.at - _EPOCH) // _MICROSECOND} {step.by}"


def item_to_history(item: Item) -> tuple[OrderStep, ...]:
    """Return the steps that an item stores, by rank; a damaged one is left out.

    An order of a release that recorded none, or moved on by one, has gaps.
    """
    steps = (_read(state, item.get(step_name(state))) for state in OrderState)
    return tuple(step for step in steps if step)


def _read(state: OrderState, stored: object) -> OrderStep | None:
    if not isinstance(stored, str):
        return None
    microseconds, _, by = stored.partition(" ")
    try:
        return OrderStep(state, _EPOCH + int(microseconds) * _MICROSECOND, by)
    except (ValueError, OverflowError):
        return None


def trace_id_to_text(trace_id: str) -> str:
    """Return the stored form of a trace id of 32 hexadecimal digits: 22 characters."""
    return b64encode(bytes.fromhex(trace_id)).decode().rstrip("=")


def text_to_trace_id(stored: object) -> str | None:
    """Return the trace id that :func:`trace_id_to_text` wrote; None for anything else."""
    if not isinstance(stored, str):
        return None
    try:
        found = b64decode(f"{stored}==", validate=True)
    except ValueError:
        return None
    return found.hex() if len(found) == _TRACE_ID_BYTES else None
