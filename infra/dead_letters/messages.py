"""Dead letters: reading them from their queues, and telling which queue they came from.

A dead payment request carries a card, so no more of a body than the event's type and the
order's id ever leaves this package.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from pydantic_core import from_json

from app.domain.card import mask_number
from app.domain.errors import InvalidInputError
from app.domain.ids import is_uuid
from app.domain.order import Order
from app.message_parser import find_event_type, find_order_id, parse_event
from app.messages import EVENTS, QUEUE_OF, Event, list_events
from app.trace_context import read_traceparent
from infra.topology import QUEUES

DEAD_LETTER_QUEUES = tuple(queue.name for queue in QUEUES if queue.dead_letters is None)

#: For how long a scan hides the letters it reads from other readers.
SCAN_SECONDS = 60

_MAX_STALE_BATCHES = 3
_CARD_LIKE = re.compile(r"\d([ -]?\d){11,18}", re.ASCII)


@dataclass(frozen=True)
class DeadLetter:
    """One message of a dead-letter queue; ``handle`` is valid for the scan that received it.

    ``receives`` counts the deliveries in the queue it died in, ``source`` names the queue it died
    in, where the service says so; ``traceparent`` is the attribute that it was sent with.
    """

    queue: str
    message_id: str
    handle: str
    body: str
    sent_at: datetime
    receives: int
    source: str | None = None
    traceparent: str | None = None


class DeadLetterQueues(Protocol):
    """The queues of one stack, as the operators' commands use them."""

    def receive(self, queue: str, *, visibility_seconds: int) -> list[DeadLetter]:
        """Return a batch of letters hidden from other readers for a while; none at the end."""

    def release(self, dead_letters: Iterable[DeadLetter]) -> None:
        """Make dead letters visible to other readers again, at once."""

    def send(self, queue: str, body: str, *, traceparent: str | None = None) -> str:
        """Put ``body`` on a queue and return the message's id; ``traceparent`` goes with it."""

    def delete(self, dead_letter: DeadLetter) -> None:
        """Remove a letter for good; safe to repeat."""


class QueueScan:
    """One pass over the letters of a queue, which other readers do not see meanwhile."""

    def __init__(self, client: DeadLetterQueues, queue: str, *, visibility_seconds: int) -> None:
        """Scan ``queue``; nothing is received yet."""
        self._client = client
        self._queue = queue
        self._visibility_seconds = visibility_seconds
        self._held: dict[str, DeadLetter] = {}

    def __enter__(self) -> Self:
        """Return the scan; nothing is received yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Make every letter visible again that was not deleted."""
        self._client.release(self._held.values())

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Yield each letter once."""
        known: set[str] = set()
        stale_batches = 0
        # Letters whose visibility time is over are received again; the new handle hides them
        # again, and the queue then hands out the others.
        while stale_batches <= _MAX_STALE_BATCHES + len(known):
            batch = self._client.receive(self._queue, visibility_seconds=self._visibility_seconds)
            if not batch:
                return
            # Known letters too: only the newest handle counts. Bodies can be large.
            self._held.update(
                {dead_letter.message_id: replace(dead_letter, body="") for dead_letter in batch}
            )
            new = [dead_letter for dead_letter in batch if dead_letter.message_id not in known]
            known.update(dead_letter.message_id for dead_letter in new)
            stale_batches = 0 if new else stale_batches + 1
            yield from new

    def delete(self, dead_letter: DeadLetter) -> None:
        """Remove a letter for good."""
        self._client.delete(dead_letter)
        self._held.pop(dead_letter.message_id, None)


def origin_of(dead_letter: DeadLetter) -> str:
    """Return the queue that a letter came from; its event's type decides.

    A letter without a type is recognized by its fields, if they fit one event only.

    Raises:
        InvalidInputError: the queue is unknown, or the event belongs to another one.
    """
    named = find_event_type(dead_letter.body)
    possible = _possible_events(dead_letter)
    if named is not None:
        if EVENTS[named] not in possible:
            raise InvalidInputError(f"{named} does not belong here")
        return QUEUE_OF[EVENTS[named]]
    fitting = {QUEUE_OF[event] for event in possible if _fits(dead_letter.body, event)}
    if len(fitting) == 1:
        return fitting.pop()
    if fitting:
        types = " or ".join(event.event_type for event in possible)
        raise InvalidInputError(f"metadata.type: must be {types}")
    parse_event(dead_letter.body, *possible)
    raise InvalidInputError("metadata.type: is missing")


def _possible_events(dead_letter: DeadLetter) -> tuple[type[Event], ...]:
    died_in = _died_in(dead_letter)
    sources = {died_in} if died_in else _queues_before(dead_letter.queue)
    return tuple(event for event, queue in QUEUE_OF.items() if queue in sources)


def _queues_before(dead_letter_queue: str) -> set[str]:
    return {queue.name for queue in QUEUES if queue.dead_letters == dead_letter_queue}


def _died_in(dead_letter: DeadLetter) -> str | None:
    """Return the queue that SQS says a letter died in; None for one that was put there by hand."""
    return dead_letter.source if dead_letter.source in _queues_before(dead_letter.queue) else None


def _fits(body: str, event: type[Event]) -> bool:
    try:
        parse_event(body, event)
    except InvalidInputError:
        return False
    return True


def event_in(dead_letter: DeadLetter) -> Event:
    """Return the event in a letter, parsed as the worker of its queue parses it.

    Raises:
        InvalidInputError: the worker refuses it; says why.
    """
    return parse_event(dead_letter.body, *list_events(origin_of(dead_letter)))


def origin_or_none(dead_letter: DeadLetter) -> str | None:
    """Return the queue that a letter came from, or None if that is unknown.

    Of one that cannot be read it is the one that SQS says it died in.
    """
    try:
        return origin_of(dead_letter)
    except InvalidInputError:
        return _died_in(dead_letter)


def type_of(dead_letter: DeadLetter) -> str | None:
    """Return the type of the event in a letter, or None if that is unknown."""
    try:
        return find_event_type(dead_letter.body) or event_in(dead_letter).event_type
    except InvalidInputError:
        return None


def order_id_in(body: str) -> str | None:
    """Return the order id in a body, under any of its names, even if the event is invalid.

    Where the body is not JSON, or has no id where an event has it, its text is searched.
    """
    try:
        data = {str(key).lower(): value for key, value in from_json(body)["data"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        data = {}
    for name in ("orderid", "order_id", "_id", "ordernumber"):
        value = data.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value) if abs(value) < 10**40 else ""
        if isinstance(value, str) and 0 < len(value) <= 200:
            return _printable(value)
    return find_order_id(body)


def trace_id_in(traceparent: str | None) -> str | None:
    """Return the trace id in a message's attribute ``traceparent``; None without a valid one."""
    trace = read_traceparent(traceparent) if traceparent else None
    return trace.trace_id if trace else None


def is_about(
    body: str, traceparent: str | None, *, order_id: str, order: Order | None = None
) -> bool:
    """Tell whether a message is about an order; ``order`` is the stored one, if it can be read.

    So is one whose id is the order's but for case and spaces. One whose body names no order, or
    what can be no order's id, is, if it was sent in the stored order's trace, or if that one's id
    stands anywhere in its text. An order that shares its trace is given without it.
    """
    named = order_id_in(body)
    meant = named.strip().lower() if named is not None else ""
    if order_id in {named, meant}:
        return True
    if is_uuid(meant):
        return False
    # What is no order's id can be that of anything else, or a card's number.
    if order is None:
        return False
    if order.trace_id is not None and trace_id_in(traceparent) == order.trace_id:
        return True
    return is_uuid(order_id) and order_id in body.lower()


def _printable(order_id: str) -> str:
    """Mask what looks like a card number, and replace control characters of terminals."""
    if _CARD_LIKE.fullmatch(order_id.strip()):
        return mask_number(order_id)
    return "".join(character if character.isprintable() else "?" for character in order_id)
