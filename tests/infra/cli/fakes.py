"""Queues and a table in memory for what handles dead letters."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from app.domain.errors import StoreUnavailableError
from app.store.keys import Key
from app.store.table import Item, Table
from infra.cli.sample_events import sample_event
from infra.dead_letters.messages import (
    DEAD_LETTER_QUEUES,
    LOOK_SECONDS,
    Letter,
)
from infra.dead_letters.redrive import Pace, Redrive, redrive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CARD = "4111111111111111"

_numbers = count(1)


class KilledError(Exception):
    """Somebody ended the process."""


class FakeBox:
    """Queues in memory that hide what is looked at; may die before its n-th step."""

    def __init__(self, *letters: Letter, page: int = 3, dies_before: int | None = None) -> None:
        self.letters = {each.message_id: each for each in letters}
        self.hidden: set[str] = set()
        self.sent: list[tuple[str, str]] = []
        self.released = 0
        self._page = page
        self._steps_left = dies_before

    def _step(self) -> None:
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left < 0:
                raise KilledError

    def receive(self, queue: str, *, hidden_seconds: int) -> list[Letter]:
        self._step()
        assert hidden_seconds >= LOOK_SECONDS
        seen = [
            each
            for each in self.letters.values()
            if each.queue == queue and each.message_id not in self.hidden
        ][: self._page]
        self.hidden.update(each.message_id for each in seen)
        return seen

    def release(self, letters: Iterable[Letter]) -> None:
        self._step()
        for each in letters:
            self.released += 1
            self.hidden.discard(each.message_id)

    def send(self, queue: str, body: str) -> str:
        self._step()
        self.sent.append((queue, body))
        return "sent"

    def delete(self, letter: Letter) -> None:
        self._step()
        del self.letters[letter.message_id]
        self.hidden.discard(letter.message_id)


class ForgetfulBox(FakeBox):
    """Hides nothing, as a queue does when looking takes longer than the hiding."""

    def receive(self, queue: str, *, hidden_seconds: int) -> list[Letter]:
        self.hidden.clear()
        return super().receive(queue, hidden_seconds=hidden_seconds)


def letter(body: str, *, queue: str = "payment-error", **changes: object) -> Letter:
    number = next(_numbers)
    made = Letter(queue, f"m-{number}", f"r-{number}", body, NOW - timedelta(hours=1), 5)
    return replace(made, **changes)  # type: ignore[arg-type]


def sample(domain: str, outcome: str, order_id: str = "12345") -> str:
    event = sample_event(domain, outcome, order_id=order_id, now=NOW)
    assert event is not None
    return event.to_body()


async def no_sleep(_: float) -> None:
    """Let no time pass."""


class FakeTable(Table):
    """Some items in memory; none is nothing's fault."""

    def __init__(self, *items: Item) -> None:
        self.items = {(item["PK"], item["SK"]): item for item in items}

    async def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        return self.items.get((key["PK"], key["SK"]))


class AwayTable(FakeTable):
    """A table that does not answer, and counts how often it was asked."""

    asked = 0

    async def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        self.asked += 1
        raise StoreUnavailableError("away")


async def run_on(
    box: FakeBox, table: Table | None = None, *, done: Redrive | None = None, **options: object
) -> Redrive:
    done = done or Redrive()
    pace = Pace(1000, clock=lambda: 0.0, sleep=no_sleep)
    await redrive(
        box,
        table or FakeTable(),
        DEAD_LETTER_QUEUES,
        done=done,
        now=NOW,
        pace=pace,
        **options,  # type: ignore[arg-type]
    )
    return done


def run(box: FakeBox, table: Table | None = None, **options: object) -> Redrive:
    return asyncio.run(run_on(box, table, **options))  # type: ignore[arg-type]
