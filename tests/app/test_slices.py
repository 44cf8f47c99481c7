"""Long lists are worked on in slices, between which others get their turn."""

import asyncio

import pytest

from app.slices import SLICE, map_in_slices


@pytest.mark.parametrize(
    ("count", "turns"), [(0, 0), (1, 0), (SLICE, 0), (SLICE + 1, 1), (10 * SLICE, 9)]
)
async def test_others_get_a_turn_between_two_slices(count: int, turns: int) -> None:
    taken = 0

    async def take_turns() -> None:
        nonlocal taken
        while True:
            await asyncio.sleep(0)
            taken += 1

    other = asyncio.create_task(take_turns())
    await asyncio.sleep(0)

    doubled = await map_in_slices(lambda number: 2 * number, range(count))

    other.cancel()
    assert doubled == [2 * number for number in range(count)]
    assert taken == turns
