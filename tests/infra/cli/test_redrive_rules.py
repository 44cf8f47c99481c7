"""What a redrive may do, and when it ends early, without any queue."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.domain.errors import QueueUnavailableError
from infra.dead_letters.messages import (
    Letter,
)
from infra.dead_letters.redrive import Pace, Redrive
from tests.infra.cli.fakes import NOW, FakeBox, ForgetfulBox, KilledError, letter, run, sample


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
            with ThreadPoolExecutor(1) as other:
                others.append(other.submit(run, box).result())

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

    assert run(box) == Redrive()
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

    done = Redrive()

    with pytest.raises(QueueUnavailableError):
        run(box, done=done)
    assert (len(box.letters), box.hidden) == (1, set())
    assert done == Redrive()


async def test_messages_leave_at_an_even_pace() -> None:
    time = [0.0]
    left = []

    async def sleep(seconds: float) -> None:
        time[0] += seconds

    pace = Pace(4, clock=lambda: time[0], sleep=sleep)
    for _ in range(5):
        await pace.wait()
        left.append(time[0])
    time[0] += 10
    for _ in range(2):
        await pace.wait()
        left.append(time[0])

    assert left == [0, 0.25, 0.5, 0.75, 1, 11, 11.25]
