"""A short version of ``python -m tests.chaos.kills``."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.helpers.faults import FaultTiming
from tests.chaos.kills import Demand, run
from tests.support.sizes import SIZES

# The processors may be busy with other tests, so in small no seconds are judged. A message that
# is tried again more often than every five seconds is a dead letter after two outages.
SHORT = FaultTiming(
    (0.5, 0.8), (3.5, 3.6), settle_seconds=1.0, visibility_seconds=5, are_seconds_judged=False
)
#: Each order takes all processes of a shop 30 ms of a processor.
FEW = Demand(customers=2, pause_seconds=2.0, probe_seconds=0.25)


@pytest.mark.proof
def test_a_shop_whose_processes_are_killed_loses_nothing(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    timing, demand = (FaultTiming(), Demand()) if SIZES.is_full else (SHORT, FEW)
    seconds, seed = SIZES.kill_seconds, 1 + SIZES.seed

    report = run(tmp_path, seconds=seconds, seed=seed, demand=demand, timing=timing)

    figure(
        f"{report.kills.total()} kills, {report.outages.total()} outages, "
        f"{report.acknowledged:,} orders acknowledged, {len(report.problems)} lost or done twice"
    )
    assert report.problems == [], "\n".join(report.lines())
    assert report.acknowledged > 10
    assert report.kills.total() >= 2
    assert len(report.outages) == 5
