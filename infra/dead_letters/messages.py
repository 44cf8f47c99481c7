"""Dead letters where they lie: looking at them, and where they came from.

What is told of a letter never holds more of its body than the event's type and the order's
id: a dead payment request carries a card.
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
from app.message_parser import find_event_type, parse_event
from app.messages import EVENTS, QUEUE_OF, Event, list_events
from infra.topology import QUEUES

DEAD_LETTER_QUEUES = tuple(each.name for each in QUEUES if each.dead_letters is None)

#: For how long other readers do not see a letter that is being looked at.
LOOK_SECONDS = 60

_STALE_LOOKS = 3
_CARD_LIKE = re.compile(r"\d([ -]?\d){11,18}", re.ASCII)


@dataclass(frozen=True)
class Letter:
    """One dead letter as a look at its queue shows it; ``handle`` is good for this look.

    ``receives`` counts the deliveries before this look, ``source`` names the queue it died
    in, where the service says so.
    """

    queue: str
    message_id: str
    handle: str
    body: str
    sent_at: datetime
    receives: int
    source: str | None = None


class LetterBox(Protocol):
    """The queues of one stack, as commands reach them."""

    def receive(self, queue: str, *, hidden_seconds: int) -> list[Letter]:
        """Return some letters and hide them from other readers for a while; none at the end."""

    def release(self, letters: Iterable[Letter]) -> None:
        """Show letters to others again, at once."""

    def send(self, queue: str, body: str) -> str:
        """Put ``body`` on a queue and return the message's id."""

    def delete(self, letter: Letter) -> None:
        """Remove a letter for good; safe to repeat."""


class Look:
    """One pass over the letters of a queue, hidden from other readers meanwhile."""

    def __init__(self, box: LetterBox, queue: str, *, hidden_seconds: int) -> None:
        """Look at ``queue``; nothing is received yet."""
        self._box = box
        self._queue = queue
        self._hidden_seconds = hidden_seconds
        self._held: dict[str, Letter] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show everything again that was not deleted."""
        self._box.release(self._held.values())

    def letters(self) -> Iterator[Letter]:
        """Yield each letter once."""
        known: set[str] = set()
        stale = 0
        # Letters held for long show up again, which hides them again; then others come.
        while stale <= _STALE_LOOKS + len(known):
            some = self._box.receive(self._queue, hidden_seconds=self._hidden_seconds)
            if not some:
                return
            # Also those seen before: only the newest handle counts. Bodies can be large.
            self._held.update({each.message_id: replace(each, body="") for each in some})
            new = [each for each in some if each.message_id not in known]
            known.update(each.message_id for each in new)
            stale = 0 if new else stale + 1
            yield from new

    def delete(self, letter: Letter) -> None:
        """Remove a letter for good."""
        self._box.delete(letter)
        self._held.pop(letter.message_id, None)


def origin_of(letter: Letter) -> str:
    """Return the queue that a letter is to go back to: its event's type decides.

    A letter without a type is told by its form, if it can be only one event.

    Raises:
        InvalidInputError: it cannot be told, or the event belongs to another queue.
    """
    named = find_event_type(letter.body)
    possible = _possible_events(letter)
    if named is not None:
        if EVENTS[named] not in possible:
            raise InvalidInputError(f"{named} does not belong here")
        return QUEUE_OF[EVENTS[named]]
    fitting = {QUEUE_OF[each] for each in possible if _fits(letter.body, each)}
    if len(fitting) == 1:
        return fitting.pop()
    if fitting:
        types = " or ".join(event.event_type for event in possible)
        raise InvalidInputError(f"metadata.type: must be {types}")
    parse_event(letter.body, *possible)
    raise InvalidInputError("metadata.type: is missing")


def _possible_events(letter: Letter) -> tuple[type[Event], ...]:
    behind = {each.name for each in QUEUES if each.dead_letters == letter.queue}
    queues = {letter.source} if letter.source in behind else behind
    return tuple(event for event, queue in QUEUE_OF.items() if queue in queues)


def _fits(body: str, event: type[Event]) -> bool:
    try:
        parse_event(body, event)
    except InvalidInputError:
        return False
    return True


def event_in(letter: Letter) -> Event:
    """Return the event in a letter as the worker of its queue read it.

    Raises:
        InvalidInputError: why it could not.
    """
    return parse_event(letter.body, *list_events(origin_of(letter)))


def origin_or_none(letter: Letter) -> str | None:
    """Return the queue that a letter is to go back to, if that can be told."""
    try:
        return origin_of(letter)
    except InvalidInputError:
        return None


def type_of(letter: Letter) -> str | None:
    """Return the type of the event in a letter, if that can be told."""
    try:
        return find_event_type(letter.body) or event_in(letter).event_type
    except InvalidInputError:
        return None


def order_id_in(body: str) -> str | None:
    """Return the order a body names under any of its names, readable or not."""
    try:
        data = {str(key).lower(): value for key, value in from_json(body)["data"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    for name in ("orderid", "order_id", "_id", "ordernumber"):
        value = data.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value) if abs(value) < 10**40 else ""
        if isinstance(value, str) and 0 < len(value) <= 200:
            return _harmless(value)
    return None


def _harmless(order_id: str) -> str:
    """Keep what looks like a card out of sight, and what a terminal would obey."""
    if _CARD_LIKE.fullmatch(order_id.strip()):
        return mask_number(order_id)
    return "".join(each if each.isprintable() else "?" for each in order_id)
