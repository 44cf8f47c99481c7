"""Counters of attempts in the table."""

from asyncio import gather
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.throttling import WINDOW_SECONDS, Attempts, window_of
from app.store.attempts import add_attempt, delete_attempts, get_attempts, list_attempts
from app.store.keys import attempts_key
from app.store.table import Table
from tests.support.shop import count_calls, fresh

NOW = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)


MANY = 1000


async def test_of_attempts_at_the_same_moment_no_more_are_counted_than_may_be(
    table: Table,
) -> None:
    counter = fresh()
    calls = count_calls(table)

    results = await gather(*(add_attempt(table, counter, most=4, now=NOW) for _ in range(8)))

    stored = Attempts(5, NOW.timestamp())
    assert results.count(None) == 5
    assert results.count(stored) == 3
    assert calls == ["update_item"] * 8
    assert await get_attempts(table, counter, now=NOW) == stored


async def test_an_old_counter_counts_for_nothing_whether_it_was_deleted_or_not(
    table: Table,
) -> None:
    counter = fresh()
    await add_attempt(table, counter, most=MANY, now=NOW)

    later = NOW + timedelta(seconds=WINDOW_SECONDS)

    assert await get_attempts(table, counter, now=later) == Attempts()
    assert await add_attempt(table, counter, most=0, now=later) is None
    assert (await get_attempts(table, counter, now=later)).count == 1


async def test_a_counter_may_be_deleted_once_its_hour_is_over(table: Table) -> None:
    counter = fresh()
    await add_attempt(table, counter, most=MANY, now=NOW)

    item = await table.get(attempts_key(counter, int(NOW.timestamp()) // WINDOW_SECONDS))

    assert item is not None
    assert 0 < item["expires_at"] - NOW.timestamp() - 1800 <= WINDOW_SECONDS


async def test_what_was_counted_can_be_forgotten(table: Table) -> None:
    counter = fresh()
    await add_attempt(table, counter, most=MANY, now=NOW)

    await delete_attempts(table, counter, now=NOW)

    assert await get_attempts(table, counter, now=NOW) == Attempts()


@pytest.mark.parametrize(
    "damage",
    [
        {"attempts": "many", "last_at": 1},
        {"attempts": [9], "last_at": 1},
        {"attempts": True, "last_at": 1},
        {"attempts": 99, "last_at": "now"},
        {"attempts": 99},
        {"last_at": 1},
        {},
    ],
)
async def test_a_damaged_counter_counts_as_none_and_is_mended_by_the_next_attempt(
    table: Table, damage: dict[str, Any]
) -> None:
    counter = fresh()
    await table.put({**attempts_key(counter, window_of(NOW)), **damage})

    assert await get_attempts(table, counter, now=NOW) == Attempts()
    assert await list_attempts(table, [counter], now=NOW) == [Attempts()]
    await add_attempt(table, counter, most=0, now=NOW)

    item = await table.get(attempts_key(counter, window_of(NOW)))
    assert item is not None
    assert item["expires_at"] == (window_of(NOW) + 2) * WINDOW_SECONDS
    assert await get_attempts(table, counter, now=NOW) == Attempts(1, NOW.timestamp())


@pytest.mark.parametrize("damage", [{"attempts": "many"}, {"attempts": 99, "last_at": "now"}])
async def test_attempts_at_the_same_moment_begin_a_damaged_counter_anew_once(
    table: Table, damage: dict[str, Any]
) -> None:
    counter = fresh()
    await table.put({**attempts_key(counter, window_of(NOW)), **damage})

    results = await gather(*(add_attempt(table, counter, most=2, now=NOW) for _ in range(8)))

    assert results.count(None) == 3
    assert await get_attempts(table, counter, now=NOW) == Attempts(3, NOW.timestamp())
