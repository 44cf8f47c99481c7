"""Five events in any order and number bring an order to the same end."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from tests.simulation.exhaustive.convergence import (
    Case,
    Walker,
    cases,
    essence,
    in_a_row,
    in_rounds,
)


@pytest.mark.parametrize("arrange", [in_a_row, in_rounds])
@pytest.mark.parametrize("when_refused", ["refused comes again", "refused dies and comes back"])
def test_every_order_and_number_of_the_events_ends_the_same(
    arrange: Callable[[Case], list[int]], when_refused: str
) -> None:
    walker, is_retried = Walker(), when_refused == "refused comes again"

    ends = Counter(essence(walker.walk(arrange(case), is_retried=is_retried)) for case in cases())

    assert list(ends.values()) == [29_160]
    assert "('state', 4)" in next(iter(ends))
    assert "'success': True" in next(iter(ends))


def test_remembered_steps_are_what_the_handlers_do() -> None:
    sample = Random(1).sample(list(cases()), 40)
    remembering, forgetful = Walker(), Walker(is_remembering=False)

    for case in sample:
        events = in_rounds(case)
        assert remembering.walk(events, is_retried=True) == forgetful.walk(events, is_retried=True)
