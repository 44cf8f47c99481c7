"""The simulation sees what it is there to see: each planted bug breaks a promise."""

from itertools import chain, islice

import pytest

from tests.mutations.in_process import applied
from tests.mutations.mutation import Mutation
from tests.mutations.schedules import MUTATIONS
from tests.simulation.crash_points.scenarios import SCENARIOS, FaultScript, ScenarioRun
from tests.simulation.exhaustive.convergence import TODAY, Walker
from tests.simulation.simulator.rules import ViolationError
from tests.simulation.simulator.world import simulate

_MOST = 2_000


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_planted_bug_is_found(name: str) -> None:
    seeds = chain([MUTATIONS[name].seen_in], range(_MOST))

    with applied(name):
        found = next((seed for seed in seeds if simulate(seed).rule), None)

    assert found is not None


def test_an_early_report_that_counts_as_done_is_found() -> None:
    delivered = 4

    with applied("an early shipment report counts as done"):
        _, is_done = Walker().step(0, delivered, TODAY)
    situation, is_handled = Walker().step(0, delivered, TODAY)

    assert is_done
    assert (situation, is_handled) == (0, False)


def test_late_facts_that_are_not_filled_in_are_found() -> None:
    scenario = SCENARIOS["delivered without a number"]

    with applied("late facts are not filled in"), pytest.raises(ViolationError, match="number"):
        ScenarioRun(scenario, FaultScript()).play()


def test_a_planted_bug_is_gone_afterwards() -> None:
    with applied("a decision is overwritten"):
        broken = list(islice((seed for seed in range(60) if simulate(seed).rule), 5))

    assert broken
    assert not any(simulate(seed).rule for seed in broken)


def test_a_bug_whose_place_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Mutation("app/store/orders.py", "no such text", "")
    monkeypatch.setitem(MUTATIONS, "gone", gone)

    with pytest.raises(ValueError, match="0 such places"), applied("gone"):
        pass
