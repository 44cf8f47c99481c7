"""The redrive on queues in memory: what it moves, and what an early end leaves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.domain.errors import QueueUnavailableError
from infra.dead_letters.messages import DeadLetter
from infra.dead_letters.redrive import RateLimiter, RedriveReport
from tests.infra.dead_letters.helpers.fakes import (
    NOW,
    FakeQueues,
    KilledError,
    NonHidingQueues,
    dead_letter,
    run,
    sample,
)


def letters_of_every_kind() -> list[DeadLetter]:
    bodies = [dead_letter(sample("payment", "accepted", f"o-{number}")) for number in range(4)]
    return [
        *bodies,
        dead_letter("poison"),
        dead_letter(sample("shipment", "sent"), queue="shipment-error"),
    ]


@pytest.mark.parametrize("steps", range(25))
def test_a_kill_between_two_steps_loses_nothing(steps: int) -> None:
    dead_letters = letters_of_every_kind()
    good = {dead_letter.body for dead_letter in dead_letters if dead_letter.body != "poison"}
    queues = FakeQueues(*dead_letters, dies_before=steps)
    try:
        run(queues)
    except KilledError:
        left = {dead_letter.body for dead_letter in queues.dead_letters.values()}
        assert good <= left | {body for _, body in queues.sent}
    again = FakeQueues(*queues.dead_letters.values())
    again.sent = queues.sent

    run(again)

    assert good == {body for _, body in again.sent}
    assert len(again.sent) <= len(good) + 1
    assert [dead_letter.body for dead_letter in again.dead_letters.values()] == ["poison"]


def test_a_redrive_keeps_the_trace() -> None:
    body = sample("payment", "accepted")
    queues = FakeQueues(dead_letter(body, traceparent="00-ab-cd-01"), dead_letter(body))

    run(queues)

    assert queues.traceparents == ["00-ab-cd-01", None]


def test_a_second_run_finds_nothing_to_move() -> None:
    queues = FakeQueues(*letters_of_every_kind())

    first, second = run(queues), run(queues)

    assert (len(first.moved), len(second.moved)) == (5, 0)
    assert [stayed.message_id for stayed in first.stayed] == [
        stayed.message_id for stayed in second.stayed
    ]


def test_two_at_once_move_everything_and_lose_nothing() -> None:
    queues = FakeQueues(*letters_of_every_kind(), page=1)
    others: list[RedriveReport] = []

    def interrupt(_: object) -> None:
        if not others:
            with ThreadPoolExecutor(1) as other:
                others.append(other.submit(run, queues).result())

    mine = run(queues, on_moved=interrupt)

    assert len(mine.moved) + len(others[0].moved) == len(queues.sent) == 5
    assert [dead_letter.body for dead_letter in queues.dead_letters.values()] == ["poison"]


def test_a_dry_run_changes_nothing() -> None:
    queues = FakeQueues(*letters_of_every_kind())

    done = run(queues, dry_run=True)

    assert (len(done.moved), len(done.stayed)) == (5, 1)
    assert (len(queues.dead_letters), queues.sent, queues.hidden) == (6, [], set())


@pytest.mark.parametrize("most", [1, 3, 5, 99])
def test_no_more_are_moved_than_asked_for(most: int) -> None:
    queues = FakeQueues(*letters_of_every_kind())

    done = run(queues, most=most)

    assert len(done.moved) == len(queues.sent) == min(most, 5)
    assert not queues.hidden


def test_a_letter_that_dies_again_meanwhile_waits_for_the_next_run() -> None:
    late = dead_letter(sample("payment", "success"), sent_at=NOW + timedelta(seconds=1))
    queues = FakeQueues(late)

    assert run(queues) == RedriveReport()
    assert list(queues.dead_letters) == [late.message_id]


def test_letters_that_show_up_again_are_handled_once_and_the_run_ends() -> None:
    dead_letters = [dead_letter("poison") for _ in range(7)]
    queues = NonHidingQueues(*dead_letters, page=10)

    done = run(queues)

    assert len(done.stayed) == 7


def test_a_queue_that_fails_shows_its_letters_again() -> None:
    class Broken(FakeQueues):
        def send(self, queue: str, body: str, *, traceparent: str | None = None) -> str:
            raise QueueUnavailableError(queue)

    queues = Broken(dead_letter(sample("payment", "success")))

    report = RedriveReport()

    with pytest.raises(QueueUnavailableError):
        run(queues, report=report)
    assert (len(queues.dead_letters), queues.hidden) == (1, set())
    assert report == RedriveReport()


async def test_messages_leave_evenly_spaced() -> None:
    time = [0.0]
    left = []

    async def sleep(seconds: float) -> None:
        time[0] += seconds

    limiter = RateLimiter(4, clock=lambda: time[0], sleep=sleep)
    for _ in range(5):
        await limiter.wait()
        left.append(time[0])
    time[0] += 10
    for _ in range(2):
        await limiter.wait()
        left.append(time[0])

    assert left == [0, 0.25, 0.5, 0.75, 1, 11, 11.25]
