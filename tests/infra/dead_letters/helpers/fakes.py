"""Queues and a table in memory for what handles dead letters."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from app.domain.errors import StoreUnavailableError
from app.store.keys import Key
from app.store.table import Item, Table
from infra.dead_letters.messages import (
    DEAD_LETTER_QUEUES,
    SCAN_SECONDS,
    DeadLetter,
)
from infra.dead_letters.redrive import RateLimiter, RedriveReport, redrive
from infra.sample_events import sample_event

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CARD = "4111111111111111"

_numbers = count(1)


class KilledError(Exception):
    """The process was killed."""


class FakeQueues:
    """Queues in memory with visibility; can raise before the n-th step."""

    def __init__(
        self, *dead_letters: DeadLetter, page: int = 3, dies_before: int | None = None
    ) -> None:
        self.dead_letters = {dead_letter.message_id: dead_letter for dead_letter in dead_letters}
        self.hidden: set[str] = set()
        self.sent: list[tuple[str, str]] = []
        self.traceparents: list[str | None] = []
        self.released = 0
        self._page = page
        self._steps_left = dies_before

    def _step(self) -> None:
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left < 0:
                raise KilledError

    def receive(self, queue: str, *, visibility_seconds: int) -> list[DeadLetter]:
        self._step()
        assert visibility_seconds >= SCAN_SECONDS
        seen = [
            dead_letter
            for dead_letter in self.dead_letters.values()
            if dead_letter.queue == queue and dead_letter.message_id not in self.hidden
        ][: self._page]
        self.hidden.update(dead_letter.message_id for dead_letter in seen)
        return seen

    def release(self, dead_letters: Iterable[DeadLetter]) -> None:
        self._step()
        for dead_letter in dead_letters:
            self.released += 1
            self.hidden.discard(dead_letter.message_id)

    def send(self, queue: str, body: str, *, traceparent: str | None = None) -> str:
        self._step()
        self.sent.append((queue, body))
        self.traceparents.append(traceparent)
        return "sent"

    def delete(self, dead_letter: DeadLetter) -> None:
        self._step()
        del self.dead_letters[dead_letter.message_id]
        self.hidden.discard(dead_letter.message_id)


class NonHidingQueues(FakeQueues):
    """Hides nothing, like a queue whose visibility time ends before the scan does."""

    def receive(self, queue: str, *, visibility_seconds: int) -> list[DeadLetter]:
        self.hidden.clear()
        return super().receive(queue, visibility_seconds=visibility_seconds)


def dead_letter(body: str, *, queue: str = "payment-error", **changes: object) -> DeadLetter:
    number = next(_numbers)
    made = DeadLetter(queue, f"m-{number}", f"r-{number}", body, NOW - timedelta(hours=1), 5)
    return replace(made, **changes)  # type: ignore[arg-type]


def sample(domain: str, outcome: str, order_id: str = "12345") -> str:
    event = sample_event(domain, outcome, order_id=order_id, now=NOW)
    assert event is not None
    return event.to_body()


async def no_sleep(_: float) -> None:
    """Let no time pass."""


class FakeTable(Table):
    """A table of some items in memory."""

    def __init__(self, *items: Item) -> None:
        self.items = {(item["PK"], item["SK"]): item for item in items}

    async def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        return self.items.get((key["PK"], key["SK"]))


class UnavailableTable(FakeTable):
    """A table that does not answer, and counts the calls."""

    asked = 0

    async def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        self.asked += 1
        raise StoreUnavailableError("away")


async def run_on(
    queues: FakeQueues,
    table: Table | None = None,
    *,
    report: RedriveReport | None = None,
    **options: object,
) -> RedriveReport:
    report = report or RedriveReport()
    limiter = RateLimiter(1000, clock=lambda: 0.0, sleep=no_sleep)
    await redrive(
        queues,
        table or FakeTable(),
        DEAD_LETTER_QUEUES,
        report=report,
        now=NOW,
        limiter=limiter,
        **options,  # type: ignore[arg-type]
    )
    return report


def run(queues: FakeQueues, table: Table | None = None, **options: object) -> RedriveReport:
    return asyncio.run(run_on(queues, table, **options))  # type: ignore[arg-type]
