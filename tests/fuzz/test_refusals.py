"""What is refused has not happened."""

import pytest

from tests.fuzz.refusals import refuse_events
from tests.fuzz.world import ENFORCED, OPEN, World


@pytest.mark.parametrize("mode", [ENFORCED, OPEN])
def test_a_refused_request_changes_nothing(world: World, mode: str, examples: int) -> None:
    tally = refuse_events(world, mode=mode, number=1, count=examples)

    assert sum(tally.statuses[status] for status in range(400, 500)) > examples / 3
    assert tally.statuses[200] > 0
