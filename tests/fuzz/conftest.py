"""A shop of its own for every test, and how much to send it."""

from collections.abc import Callable, Iterator

import pytest

from tests.fuzz.helpers.sending import Tally
from tests.fuzz.helpers.world import World, new_world
from tests.support.sizes import SIZES

#: How many requests share a shop that is as it was at first, so that its lists stay short.
_BATCH = 500


@pytest.fixture
def world(own_stack: dict[str, str]) -> Iterator[World]:
    with new_world() as filled:
        yield filled


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have what sends requests run in `make proof` too."""
    for item in items:
        if "send_all" in getattr(item, "fixturenames", ()):
            item.add_marker("proof")


@pytest.fixture
def send_all(world: World, figure: Callable[[str], None]) -> Callable[..., Tally]:
    """Send as many requests of a kind as the size of the run says, and return what came back."""

    def send(kind: Callable[..., Tally], *, mode: str, times: int = 1) -> Tally:
        tally, wanted = Tally(), times * SIZES.hostile_requests
        for number in range(-(-wanted // _BATCH)):
            world.reset()
            count = min(_BATCH, wanted - number * _BATCH)
            tally.add(kind(world, mode=mode, number=SIZES.seed + number, count=count))
        statuses = ", ".join(f"{key}: {n:,}" for key, n in sorted(tally.statuses.items(), key=str))
        figure(f"{tally.requests:,} by {kind.__name__}, AUTH_MODE={mode}, 0 broken; {statuses}")
        return tally

    return send
