"""History and trace id of an order in its item, in a compact form.

Each step is an attribute of its own, ``h<rank of the state>``, because a state is entered once:
the conditional write that moves the order sets it, and needs no list to append to. Its value
is a letter for the function, the instant in microseconds since 1970 (ten characters of Base64),
and the version: ``oBmF4InVJzg1.0.0``. The former layout of the table, and a function without a
letter, has both as they are: ``1795424400000000 order@1.0.0``. The trace id's 16 bytes are
Base64 without padding.
"""

from base64 import b64decode, b64encode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from app.domain.order import OrderState, OrderStep
from app.settings import TableLayout
from app.store.table import Item

TRACE_ID = "trace"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TRACE_ID_BYTES = 16

#: Letters of the functions that take steps. One that is in use stays what it is.
_LETTERS = {"api": "a", "order": "o", "sweeper": "s"}
_FUNCTIONS = {letter: function for function, letter in _LETTERS.items()}
#: Bytes of an instant, and the characters that they are.
_INSTANT_BYTES, _INSTANT_LENGTH = 7, 10


def step_name(state: OrderState) -> str:
    """Return the attribute that holds the step into ``state``."""
    return f"h{state:d}"


def step_to_text(step: OrderStep, *, layout: TableLayout = TableLayout.CURRENT) -> str:
    """Return the stored form of a step; its state is in the attribute's name."""
    microseconds = (step.at - _EPOCH) // _MICROSECOND
    function, _, version = step.by.partition("@")
    letter = _LETTERS.get(function)
    if letter is None or layout is TableLayout.FORMER:
        return f"{microseconds} {step.by}"
    instant = urlsafe_b64encode(microseconds.to_bytes(_INSTANT_BYTES, "big")).decode()
    return f"{letter}{instant[:_INSTANT_LENGTH]}{version}"


def item_to_history(item: Item) -> tuple[OrderStep, ...]:
    """Return the steps that an item stores, by rank; a damaged one is left out.

    An order of a release that recorded none, or moved on by one, has gaps.
    """
    steps = (_read(state, item.get(step_name(state))) for state in OrderState)
    return tuple(step for step in steps if step)


def unknown_step_at(item: Item, number: int) -> datetime | None:
    """Return when an order entered the state with a number that this release does not know."""
    step = _read(OrderState.UNKNOWN, item.get(f"h{number}"))
    return step.at if step else None


def _read(state: OrderState, stored: object) -> OrderStep | None:
    if not isinstance(stored, str):
        return None
    try:
        if function := _FUNCTIONS.get(stored[:1]):
            instant, version = stored[1 : _INSTANT_LENGTH + 1], stored[_INSTANT_LENGTH + 1 :]
            decoded = b64decode(f"{instant}==", altchars=b"-_", validate=True)
            if len(decoded) != _INSTANT_BYTES:
                return None
            microseconds = int.from_bytes(decoded, "big")
            by = f"{function}@{version}"
        else:
            number, _, by = stored.partition(" ")
            microseconds = int(number)
        return OrderStep(state, _EPOCH + microseconds * _MICROSECOND, by)
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
