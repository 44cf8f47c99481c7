"""How long the next attempt must wait."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import TooManyAttemptsError
from app.domain.throttling import (
    WINDOW_SECONDS,
    Attempts,
    Limit,
    check_attempts,
    seconds_to_wait,
    window_of,
)

NOW = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
LIMIT = Limit(free=3, longest_wait_seconds=60)


def at(count: int, *, seconds_ago: float = 0) -> Attempts:
    return Attempts(count, NOW.timestamp() - seconds_ago)


def test_waits_double_from_one_second_up_to_the_longest() -> None:
    waits = [seconds_to_wait(LIMIT, at(count), now=NOW) for count in range(12)]

    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert seconds_to_wait(LIMIT, at(10**9), now=NOW) == 60


def test_a_wait_ends() -> None:
    assert seconds_to_wait(LIMIT, at(7, seconds_ago=15.5), now=NOW) == 1
    assert seconds_to_wait(LIMIT, at(7, seconds_ago=16), now=NOW) == 0


def test_a_clock_that_was_ahead_makes_no_wait_longer() -> None:
    assert seconds_to_wait(LIMIT, at(7, seconds_ago=-86_400), now=NOW) == 16


def test_a_refusal_says_when_to_come_back() -> None:
    check_attempts(LIMIT, at(2), now=NOW)
    with pytest.raises(TooManyAttemptsError, match="in 4 s") as refused:
        check_attempts(LIMIT, at(5), now=NOW)

    assert refused.value.retry_after_seconds == 4


def test_an_hour_has_one_window_and_the_next_hour_another() -> None:
    assert window_of(NOW) == window_of(NOW + timedelta(minutes=29))
    assert window_of(NOW) + 1 == window_of(NOW + timedelta(seconds=WINDOW_SECONDS))
