"""Sending dead letters back to the queues they came from."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.domain.errors import InvalidInputError, StoreUnavailableError
from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, CreditCardValidated
from app.store.table import Table
from infra.dead_letters.diagnosis import Finding, finding
from infra.dead_letters.messages import (
    LOOK_SECONDS,
    Letter,
    LetterBox,
    Look,
    event_in,
    order_id_in,
    origin_of,
    type_of,
)
from infra.dead_letters.payments import standing_of

STORE_AWAY = "the store does not answer, so nobody knows whether it is paid"


class Action(StrEnum):
    """What is done with a letter that does not stay."""

    SEND_BACK = "send back"
    ANNOUNCE = "announce the decision"


@dataclass(frozen=True)
class Moved:
    """One letter that left, or would: itself, or the decision it asked for, went to a queue."""

    queue: str
    message_id: str
    event_type: str | None
    order_id: str | None
    to: str
    action: Action


@dataclass
class Redrive:
    """What a redrive has done so far: what was moved, what stays and why."""

    moved: list[Moved] = field(default_factory=list)
    stayed: list[Finding] = field(default_factory=list)
    is_store_away: bool = False


class Pace:
    """At most so many a second, evenly."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the time from ``clock`` and pass it with ``sleep``."""
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    async def wait(self) -> None:
        """Return when it is time for the next."""
        now = self._clock()
        if self._next > now:
            await self._sleep(self._next - now)
        self._next = max(now, self._next) + self._interval


async def redrive(
    box: LetterBox,
    table: Table,
    queues: Iterable[str],
    *,
    done: Redrive,
    now: datetime,
    pace: Pace,
    hidden_seconds: int = LOOK_SECONDS,
    most: int | None = None,
    is_rehearsal: bool = False,
    on_moved: Callable[[Moved], None] = lambda _: None,
) -> None:
    """Send dead letters back to their queues, ``most`` at most; the undecidable ones stay.

    What happens is written down in ``done``, so that it can be told however this ends.

    Sends first and deletes after: whoever ends it between two lines makes a message come
    twice, which every worker expects, and never loses one. Letters that were sent after
    ``now`` stay: they may be those of this very redrive, dead again.

    A card is not kept longer for being redriven (``infra.dead_letters.payments``).
    """
    for queue in queues:
        with Look(box, queue, hidden_seconds=hidden_seconds) as current:
            for letter in current.letters():
                if most is not None and len(done.moved) >= most:
                    break
                if letter.sent_at > now:
                    continue
                # Ctrl-C is heard here, where nothing is half done.
                await asyncio.sleep(0)
                try:
                    step, body = await _step(table, letter, now=now, done=done)
                except InvalidInputError as failure:
                    done.stayed.append(finding(letter, str(failure), now=now))
                    continue
                if not is_rehearsal:
                    await pace.wait()
                    box.send(step.to, body)
                    current.delete(letter)
                done.moved.append(step)
                on_moved(step)


async def _step(table: Table, letter: Letter, *, now: datetime, done: Redrive) -> tuple[Moved, str]:
    """Return what is to be done with a letter, and the body to be sent.

    Raises:
        InvalidInputError: why it stays.
    """
    to, body, action = origin_of(letter), letter.body, Action.SEND_BACK
    if to == PAYMENT_REQUEST:
        announcement = await _announcement(table, letter, now=now, done=done)
        if announcement is not None:
            to, body, action = PAYMENT_RESPONSE, announcement, Action.ANNOUNCE
    step = Moved(
        queue=letter.queue,
        message_id=letter.message_id,
        event_type=type_of(letter),
        order_id=order_id_in(letter.body),
        to=to,
        action=action,
    )
    return step, body


async def _announcement(
    table: Table, letter: Letter, *, now: datetime, done: Redrive
) -> str | None:
    """Return what tells of a payment that is decided, or None while it may be asked for.

    Raises:
        InvalidInputError: it may not, or that cannot be told.
    """
    order_id = event_in(letter).order_id
    # Each look at a store that is away takes seconds, and others wait for the letters.
    if done.is_store_away:
        raise InvalidInputError(STORE_AWAY)
    try:
        standing = await standing_of(table, order_id, now=now)
    except StoreUnavailableError as failure:
        done.is_store_away = True
        raise InvalidInputError(STORE_AWAY) from failure
    if standing.obstacle is not None:
        raise InvalidInputError(standing.obstacle)
    if standing.decision is None:
        return None
    return CreditCardValidated.from_decision(standing.decision).to_body()
