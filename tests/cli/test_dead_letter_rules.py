"""Where dead letters go and what is told of them, without any queue."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError, QueueUnavailableError, StoreUnavailableError
from app.messages import EventType
from app.samples import NAMES, sample_event
from app.services.dead_letters import find_out
from app.services.letters import (
    DEAD_LETTER_QUEUES,
    LOOK_SECONDS,
    QUEUE_OF,
    Letter,
    Look,
    order_id_in,
    origin_of,
)
from app.services.redrive import Pace, Redrive, redrive
from app.store.table import Table

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


def no_pace() -> Pace:
    return Pace(1000, clock=lambda: 0.0, sleep=lambda _: None)


def run(box: FakeBox, **options: object) -> Redrive:
    return redrive(box, DEAD_LETTER_QUEUES, now=NOW, pace=no_pace(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("domain", "outcome"), NAMES)
def test_every_event_goes_back_to_its_queue(domain: str, outcome: str) -> None:
    body = sample(domain, outcome)
    box = FakeBox(letter(body, queue=f"{domain}-error"))

    done = run(box)

    [step] = done.moved
    assert step.event_type is not None
    assert box.sent == [(QUEUE_OF[EventType(step.event_type)], body)]
    assert (box.letters, step.order_id) == ({}, "12345")


def test_a_body_is_sent_back_as_it_was() -> None:
    body = ' {"metadata": {"TYPE": "paymentrequestedEVENT"}, "data": {"é": "\\ud83d\\ude00 "}} '
    box = FakeBox(letter(body))

    run(box)

    assert box.sent == [("payment-request", body)]


@pytest.mark.parametrize(
    ("body", "queue", "source", "expected"),
    [
        ('{"data": {"orderID": "1", "success": true}}', "payment-error", None, "payment-response"),
        (
            '{"data": {"orderID": "1", "total": "1", "card": {}}}',
            "payment-error",
            None,
            "payment-request",
        ),
        (
            '{"data": {"orderNumber": "1"}}',
            "shipment-error",
            "shipment-request",
            "shipment-request",
        ),
        (
            '{"data": {"orderNumber": "1", "status": "delivered"}}',
            "shipment-error",
            "shipment-response",
            "shipment-response",
        ),
    ],
)
def test_a_letter_without_a_type_is_told_by_its_form(
    body: str, queue: str, source: str | None, expected: str
) -> None:
    assert origin_of(letter(body, queue=queue, source=source)) == expected


@pytest.mark.parametrize(
    ("body", "queue", "source", "reason"),
    [
        ("not json", "payment-error", None, "not JSON"),
        ("[" * 5000, "payment-error", None, "not JSON"),
        ("7", "payment-error", None, ""),
        ("{}", "shipment-error", None, "data"),
        (sample("shipment", "requested"), "payment-error", None, "does not belong here"),
        (
            sample("shipment", "requested"),
            "shipment-error",
            "shipment-response",
            "does not belong here",
        ),
        ('{"data": {"orderNumber": "1"}}', "shipment-error", None, "metadata.type: must be"),
        ('{"metadata": {"type": "Refund"}, "data": {}}', "payment-error", None, "metadata.type"),
    ],
)
def test_a_letter_nobody_can_place_stays_and_is_named(
    body: str, queue: str, source: str | None, reason: str
) -> None:
    poison = letter(body, queue=queue, source=source)
    good = letter(sample("payment", "success"))
    box = FakeBox(poison, good)

    done = run(box)

    assert [each.message_id for each in done.moved] == [good.message_id]
    [stays] = done.stayed
    assert stays.message_id == poison.message_id
    assert reason in stays.reason
    assert list(box.letters) == [poison.message_id]
    assert not box.hidden


def letters_of_every_kind() -> list[Letter]:
    bodies = [letter(sample("payment", "accepted", f"o-{each}")) for each in range(4)]
    return [*bodies, letter("poison"), letter(sample("shipment", "sent"), queue="shipment-error")]


@pytest.mark.parametrize("steps", range(25))
def test_whoever_ends_it_between_two_steps_loses_nothing(steps: int) -> None:
    letters = letters_of_every_kind()
    good = {each.body for each in letters if each.body != "poison"}
    box = FakeBox(*letters, dies_before=steps)
    try:
        run(box)
    except KilledError:
        left = {each.body for each in box.letters.values()}
        assert good <= left | {body for _, body in box.sent}
    again = FakeBox(*box.letters.values())
    again.sent = box.sent

    run(again)

    assert good == {body for _, body in again.sent}
    assert len(again.sent) <= len(good) + 1
    assert [each.body for each in again.letters.values()] == ["poison"]


def test_a_second_run_finds_nothing_to_move() -> None:
    box = FakeBox(*letters_of_every_kind())

    first, second = run(box), run(box)

    assert (len(first.moved), len(second.moved)) == (5, 0)
    assert [each.message_id for each in first.stayed] == [each.message_id for each in second.stayed]


def test_two_at_once_move_everything_and_lose_nothing() -> None:
    box = FakeBox(*letters_of_every_kind(), page=1)
    others: list[Redrive] = []

    def interrupt(_: object) -> None:
        if not others:
            others.append(run(box))

    mine = run(box, on_moved=interrupt)

    assert len(mine.moved) + len(others[0].moved) == len(box.sent) == 5
    assert [each.body for each in box.letters.values()] == ["poison"]


def test_a_rehearsal_changes_nothing() -> None:
    box = FakeBox(*letters_of_every_kind())

    done = run(box, is_rehearsal=True)

    assert (len(done.moved), len(done.stayed)) == (5, 1)
    assert (len(box.letters), box.sent, box.hidden) == (6, [], set())


@pytest.mark.parametrize("most", [1, 3, 5, 99])
def test_no_more_are_moved_than_asked_for(most: int) -> None:
    box = FakeBox(*letters_of_every_kind())

    done = run(box, most=most)

    assert len(done.moved) == len(box.sent) == min(most, 5)
    assert not box.hidden


def test_a_letter_that_dies_again_meanwhile_waits_for_the_next_run() -> None:
    late = letter(sample("payment", "success"), sent_at=NOW + timedelta(seconds=1))
    box = FakeBox(late)

    assert run(box) == Redrive((), ())
    assert list(box.letters) == [late.message_id]


def test_letters_that_show_up_again_are_handled_once_and_the_run_ends() -> None:
    letters = [letter("poison") for _ in range(7)]
    box = ForgetfulBox(*letters, page=10)

    done = run(box)

    assert len(done.stayed) == 7


def test_a_queue_that_fails_shows_its_letters_again() -> None:
    class Broken(FakeBox):
        def send(self, queue: str, body: str) -> str:
            raise QueueUnavailableError(queue)

    box = Broken(letter(sample("payment", "success")))

    with pytest.raises(QueueUnavailableError):
        run(box)
    assert (len(box.letters), box.hidden) == (1, set())


def test_messages_leave_at_an_even_pace() -> None:
    time = [0.0]
    left = []

    def sleep(seconds: float) -> None:
        time[0] += seconds

    pace = Pace(4, clock=lambda: time[0], sleep=sleep)
    for _ in range(5):
        pace.wait()
        left.append(time[0])
    time[0] += 10
    for _ in range(2):
        pace.wait()
        left.append(time[0])

    assert left == [0, 0.25, 0.5, 0.75, 1, 11, 11.25]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(["payment-error", "shipment-error"]),
)
def test_whatever_is_in_a_letter_it_can_be_told_of(value: object, queue: str) -> None:
    for body in (
        json.dumps(value),
        json.dumps({"data": value, "metadata": value}),
        json.dumps({"data": {"orderID": value}, "metadata": {"type": value}}),
    ):
        poison = letter(body, queue=queue)
        done = run(FakeBox(poison))
        for stays in done.stayed:
            assert stays.reason
        told = order_id_in(body)
        assert told is None or told.isprintable()


def test_card_data_is_never_told() -> None:
    bodies = [
        sample("payment", "success"),
        json.dumps({"metadata": {"type": CARD}, "data": {"orderID": CARD, "card": CARD}}),
        json.dumps({"data": {"order_id": "4111 1111 1111 1111", "total": CARD}}),
        json.dumps({"data": {"orderID": int(CARD), CARD: CARD}}),
        CARD,
    ]

    done = run(FakeBox(*map(letter, bodies)))

    assert len(done.moved) == 1
    told = repr(done)
    assert CARD not in told
    assert "4111 1111" not in told
    assert "************1111" in told


def test_an_order_id_cannot_command_a_terminal() -> None:
    assert order_id_in('{"data": {"orderID": "\\u001b[2Jx\\n"}}') == "?[2Jx?"
    assert order_id_in('{"data": {"_ID": 12345}}') == "12345"
    assert order_id_in('{"data": {"orderID": true, "orderNumber": "7"}}') == "7"
    assert order_id_in('{"data": {"orderID": {}}}') is None


def test_a_store_that_is_away_is_no_reason_to_say_nothing() -> None:
    class Away(Table):
        async def get(self, *_: object, **__: object) -> None:
            raise StoreUnavailableError("away")

    table = Away("t", object())  # type: ignore[arg-type]
    found = asyncio.run(find_out(table, letter(sample("payment", "accepted")), now=NOW))

    assert found.reason == "not known: the store does not answer"
    assert (found.event_type, found.order_id, found.age_seconds) == (
        "CreditCardValidated",
        "12345",
        3600,
    )


def test_a_look_ends_when_the_block_does() -> None:
    box = FakeBox(letter("a"), letter("b"), letter("c"), letter("d"))

    with pytest.raises(InvalidInputError):
        read_one_and_fail(box)

    assert (box.hidden, box.released) == (set(), 3)


def read_one_and_fail(box: FakeBox) -> None:
    with Look(box, "payment-error", hidden_seconds=60) as look:
        next(look.letters())
        raise InvalidInputError("enough")
