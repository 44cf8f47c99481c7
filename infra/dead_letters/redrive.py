"""Sending dead letters back to the queues they came from."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from app.domain.errors import InvalidInputError, StoreUnavailableError, UnreadableItemError
from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, CreditCardValidated
from app.store.table import Table
from infra.dead_letters.diagnosis import (
    Diagnosis,
    find_refusal,
    make_diagnosis,
    unreadable_text,
)
from infra.dead_letters.messages import (
    SCAN_SECONDS,
    DeadLetter,
    DeadLetterQueues,
    QueueScan,
    event_in,
    order_id_in,
    origin_of,
    type_of,
)
from infra.dead_letters.payments import get_payment_status

STORE_UNAVAILABLE = "the store does not answer, so it is not known whether it is paid"


class Action(StrEnum):
    """Action for a dead letter that is moved."""

    SEND_BACK = "send back"
    ANNOUNCE = "announce the decision"


@dataclass(frozen=True)
class MovedMessage:
    """One letter that left its queue, or would in a dry run.

    ``to`` is the queue that got the letter itself, or the decision it asked for. A ``warning``
    says why it will die again, as far as the table tells.
    """

    queue: str
    message_id: str
    event_type: str | None
    order_id: str | None
    to: str
    action: Action
    warning: str | None = None


@dataclass
class RedriveReport:
    """What a redrive has done so far: what was moved, what stays and why."""

    moved: list[MovedMessage] = field(default_factory=list)
    stayed: list[Diagnosis] = field(default_factory=list)
    is_store_away: bool = False
    #: Whether letters were moved that could not be checked, because the store did not answer.
    is_unchecked: bool = False


class RateLimiter:
    """Lets at most so many calls a second pass, evenly spaced."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Read the time from ``clock`` and wait with ``sleep``."""
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    async def wait(self) -> None:
        """Return when the next call may pass."""
        now = self._clock()
        if self._next > now:
            await self._sleep(self._next - now)
        self._next = max(now, self._next) + self._interval


async def redrive(
    client: DeadLetterQueues,
    table: Table,
    queues: Iterable[str],
    *,
    report: RedriveReport,
    now: datetime,
    limiter: RateLimiter,
    visibility_seconds: int = SCAN_SECONDS,
    most: int | None = None,
    dry_run: bool = False,
    on_moved: Callable[[MovedMessage], None] = lambda _: None,
) -> None:
    """Send dead letters back to their queues, ``most`` at most; the undecidable ones stay.

    Every step is entered in ``report`` at once, so the caller can print it however this ends.

    Sends first and deletes after: a process that ends between the two makes a message come
    twice, which every worker expects, and never loses one. Letters that were sent after
    ``now`` stay: they may be those of this redrive, dead again.

    A card is not kept longer for being redriven (``infra.dead_letters.payments``).
    """
    for queue in queues:
        with QueueScan(client, queue, visibility_seconds=visibility_seconds) as scan:
            for dead_letter in scan.dead_letters():
                if most is not None and len(report.moved) >= most:
                    break
                if dead_letter.sent_at > now:
                    continue
                # Ctrl-C is delivered here, between two letters.
                await asyncio.sleep(0)
                try:
                    step, body = await _plan(table, dead_letter, now=now, report=report)
                except (InvalidInputError, UnreadableItemError) as failure:
                    reason = str(failure)
                    if isinstance(failure, UnreadableItemError):
                        reason = unreadable_text(failure)
                    report.stayed.append(make_diagnosis(dead_letter, reason, now=now))
                    continue
                if not dry_run:
                    await limiter.wait()
                    client.send(step.to, body, traceparent=dead_letter.traceparent)
                    scan.delete(dead_letter)
                report.moved.append(step)
                on_moved(step)


async def _plan(
    table: Table, dead_letter: DeadLetter, *, now: datetime, report: RedriveReport
) -> tuple[MovedMessage, str]:
    """Return what to do with a letter, and the body to send.

    Raises:
        InvalidInputError: the letter stays; says why.
        UnreadableItemError: the letter stays, because its order cannot be read.
    """
    to, body, action = origin_of(dead_letter), dead_letter.body, Action.SEND_BACK
    if to == PAYMENT_REQUEST:
        announcement = await _announcement(table, dead_letter, now=now, report=report)
        if announcement is not None:
            to, body, action = PAYMENT_RESPONSE, announcement, Action.ANNOUNCE
    step = MovedMessage(
        queue=dead_letter.queue,
        message_id=dead_letter.message_id,
        event_type=type_of(dead_letter),
        order_id=order_id_in(dead_letter.body),
        to=to,
        action=action,
    )
    if action is Action.SEND_BACK:
        step = replace(step, warning=await _warning(table, dead_letter, now=now, report=report))
    return step, body


async def _warning(
    table: Table, dead_letter: DeadLetter, *, now: datetime, report: RedriveReport
) -> str | None:
    """Return why a letter that is sent back dies again, or None."""
    # Each read from a store that is away takes seconds; the first one tells.
    if report.is_store_away or report.is_unchecked:
        return None
    try:
        return await find_refusal(table, event_in(dead_letter), now=now)
    except InvalidInputError as failure:
        return str(failure)
    except StoreUnavailableError:
        report.is_unchecked = True
    return None


async def _announcement(
    table: Table, dead_letter: DeadLetter, *, now: datetime, report: RedriveReport
) -> str | None:
    """Return the body that announces a decided payment, or None while it is undecided.

    Raises:
        InvalidInputError: the payment must not be asked for, or its status is unknown.
    """
    order_id = event_in(dead_letter).order_id
    # Each read from a store that is away takes seconds, and the letters are hidden meanwhile.
    if report.is_store_away:
        raise InvalidInputError(STORE_UNAVAILABLE)
    try:
        status = await get_payment_status(table, order_id, now=now)
    except StoreUnavailableError as failure:
        report.is_store_away = True
        raise InvalidInputError(STORE_UNAVAILABLE) from failure
    if status.obstacle is not None:
        raise InvalidInputError(status.obstacle)
    if status.decision is None:
        return None
    return CreditCardValidated.from_decision(status.decision).to_body()
