"""Looking into dead letters and sending them back to where they came from.

A dead letter says nothing about why it died, so it is read once more. What is told of it
never holds more of its body than the event's type and the order's id: a dead payment
request carries a card.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from pydantic_core import from_json

from app.domain.card import masked_number
from app.domain.errors import InvalidInputError, OrderNotFoundError, StoreUnavailableError
from app.domain.order import Order, OrderState
from app.messages import (
    CreditCardValidated,
    Event,
    EventType,
    PaymentRequested,
    ShipmentRequested,
    named_type,
    parse_event,
)
from app.stack import (
    PAYMENT_REQUEST,
    PAYMENT_RESPONSE,
    QUEUES,
    SHIPMENT_REQUEST,
    SHIPMENT_RESPONSE,
)
from app.store.orders import get_order
from app.store.payments import find_decision
from app.store.table import Table

#: The queue of each event (contract, chapter 2).
QUEUE_OF = {
    EventType.PAYMENT_REQUESTED: PAYMENT_REQUEST,
    EventType.CREDIT_CARD_VALIDATED: PAYMENT_RESPONSE,
    EventType.SHIPMENT_REQUESTED: SHIPMENT_REQUEST,
    EventType.SHIPMENT_SENT: SHIPMENT_RESPONSE,
    EventType.SHIPMENT_DELIVERED: SHIPMENT_RESPONSE,
}

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


@dataclass(frozen=True)
class Finding:
    """What may be told of a letter."""

    queue: str
    message_id: str
    age_seconds: int
    receives: int
    event_type: str | None
    order_id: str | None
    reason: str
    comes_from: str | None


@dataclass(frozen=True)
class Moved:
    """One letter that was sent back, or would be."""

    queue: str
    message_id: str
    event_type: str | None
    order_id: str | None
    to: str


@dataclass(frozen=True)
class Redrive:
    """What a redrive did: what was moved, what stays and why."""

    moved: tuple[Moved, ...]
    stayed: tuple[Finding, ...]


# Looking -----------------------------------------------------------------------------------


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


async def look(
    box: LetterBox, table: Table, queues: Iterable[str], *, now: datetime
) -> list[Finding]:
    """Return what may be told of every dead letter; the letters stay where they are."""
    findings = []
    for queue in queues:
        with Look(box, queue, hidden_seconds=LOOK_SECONDS) as current:
            findings += [await find_out(table, each, now=now) for each in current.letters()]
    return findings


async def find_out(table: Table, letter: Letter, *, now: datetime) -> Finding:
    """Return what may be told of a letter, with the reason why it is dead."""
    try:
        reason = await _reason_of_event(table, _event_in(letter))
    except InvalidInputError as failure:
        reason = str(failure)
    except StoreUnavailableError:
        reason = "not known: the store does not answer"
    return _finding(letter, reason, now=now)


def _finding(letter: Letter, reason: str, *, now: datetime) -> Finding:
    return Finding(
        queue=letter.queue,
        message_id=letter.message_id,
        age_seconds=max(0, int((now - letter.sent_at).total_seconds())),
        receives=letter.receives,
        event_type=_type_of(letter),
        order_id=order_id_in(letter.body),
        reason=reason,
        comes_from=_origin_or_none(letter),
    )


async def _reason_of_event(table: Table, event: Event) -> str:
    if isinstance(event, PaymentRequested):
        decision = await find_decision(table, event.order_id)
        if decision is None:
            return "nothing is wrong with it, and the payment is not decided: redrive it"
        return "the payment is decided; a redrive announces the decision again"
    try:
        order = await get_order(table, event.order_id)
    except OrderNotFoundError:
        return "no order has this id"
    return _reason_of_order(event, order)


def _reason_of_order(event: Event, order: Order) -> str:
    if isinstance(event, CreditCardValidated):
        is_done = order.state is not OrderState.PENDING
    elif isinstance(event, ShipmentRequested):
        is_done = order.state not in {OrderState.PENDING, OrderState.PAID}
    else:
        if order.state is OrderState.PENDING:
            return "the order is not paid yet"
        target = OrderState.SHIPPED
        if event.event_type is EventType.SHIPMENT_DELIVERED:
            target = OrderState.DELIVERED
        is_done = order.state >= target
    if is_done:
        return f"the order is past this already: {order.state.name.lower()}"
    return f"nothing is wrong with it, and the order is {order.state.name.lower()}: redrive it"


# Where a letter came from -------------------------------------------------------------------


def origin_of(letter: Letter) -> str:
    """Return the queue that a letter is to go back to: its event's type decides.

    A letter without a type is told by its form, if it can be only one event.

    Raises:
        InvalidInputError: it cannot be told, or the event belongs to another queue.
    """
    named = named_type(letter.body)
    possible = _possible_events(letter)
    if named is not None:
        if named not in possible:
            raise InvalidInputError(f"{named} does not belong here")
        return QUEUE_OF[named]
    fitting = {QUEUE_OF[each] for each in possible if _fits(letter.body, each)}
    if len(fitting) == 1:
        return fitting.pop()
    if fitting:
        raise InvalidInputError(f"metadata.type: must be {' or '.join(possible)}")
    parse_event(letter.body, *possible)
    raise InvalidInputError("metadata.type: is missing")


def _possible_events(letter: Letter) -> tuple[EventType, ...]:
    behind = {each.name for each in QUEUES if each.dead_letters == letter.queue}
    queues = {letter.source} if letter.source in behind else behind
    return tuple(each for each, queue in QUEUE_OF.items() if queue in queues)


def _fits(body: str, event_type: EventType) -> bool:
    try:
        parse_event(body, event_type)
    except InvalidInputError:
        return False
    return True


def _event_in(letter: Letter) -> Event:
    """Return the event in a letter as the worker of its queue read it.

    Raises:
        InvalidInputError: why it could not.
    """
    origin = origin_of(letter)
    return parse_event(letter.body, *(each for each, queue in QUEUE_OF.items() if queue == origin))


def _origin_or_none(letter: Letter) -> str | None:
    try:
        return origin_of(letter)
    except InvalidInputError:
        return None


def _type_of(letter: Letter) -> str | None:
    try:
        return named_type(letter.body) or _event_in(letter).event_type
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
        return masked_number(order_id)
    return "".join(each if each.isprintable() else "?" for each in order_id)


# Sending back -------------------------------------------------------------------------------


class Pace:
    """At most so many a second, evenly."""

    def __init__(
        self, per_second: float, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        """Take the time from ``clock`` and pass it with ``sleep``."""
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Return when it is time for the next."""
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._interval


def redrive(
    box: LetterBox,
    queues: Iterable[str],
    *,
    now: datetime,
    pace: Pace,
    hidden_seconds: int = LOOK_SECONDS,
    most: int | None = None,
    is_rehearsal: bool = False,
    on_moved: Callable[[Moved], None] = lambda _: None,
) -> Redrive:
    """Send dead letters back to their queues, ``most`` at most; the undecidable ones stay.

    Sends first and deletes after: whoever ends it between two lines makes a message come
    twice, which every worker expects, and never loses one. Letters that were sent after
    ``now`` stay: they may be those of this very redrive, dead again.
    """
    moved: list[Moved] = []
    stayed: list[Finding] = []
    for queue in queues:
        with Look(box, queue, hidden_seconds=hidden_seconds) as current:
            for letter in current.letters():
                if most is not None and len(moved) >= most:
                    break
                if letter.sent_at > now:
                    continue
                try:
                    step = _step(letter)
                except InvalidInputError as failure:
                    stayed.append(_finding(letter, str(failure), now=now))
                    continue
                if not is_rehearsal:
                    pace.wait()
                    box.send(step.to, letter.body)
                    current.delete(letter)
                moved.append(step)
                on_moved(step)
    return Redrive(tuple(moved), tuple(stayed))


def _step(letter: Letter) -> Moved:
    return Moved(
        queue=letter.queue,
        message_id=letter.message_id,
        event_type=_type_of(letter),
        order_id=order_id_in(letter.body),
        to=origin_of(letter),
    )
