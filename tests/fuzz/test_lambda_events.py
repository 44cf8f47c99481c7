"""No event of API Gateway, however hostile, breaks the handler or the contract."""

import os
from collections.abc import Iterator

import pytest

from tests.fuzz.sending import send_events
from tests.fuzz.world import ENFORCED, OPEN, World, new_world

#: How many requests each test sends.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))


@pytest.fixture
def world(own_stack: dict[str, str]) -> Iterator[World]:
    with new_world() as filled:
        yield filled


@pytest.mark.parametrize("mode", [ENFORCED, OPEN])
def test_every_answer_is_documented_and_keeps_the_secrets(world: World, mode: str) -> None:
    tally = send_events(world, mode=mode, number=0, count=EXAMPLES)

    assert tally.requests >= EXAMPLES
    # Not everything was turned away at the door.
    assert {200, 400, 404} <= set(tally.statuses)
