"""A short version of ``python -m tests.chaos.kills``."""

from pathlib import Path

from tests.chaos.faults import Pace
from tests.chaos.kills import run


def test_a_shop_whose_processes_are_killed_loses_nothing(tmp_path: Path) -> None:
    # Both cores may be busy with other tests, so an answer may take longer than the shop waits.
    # An outage takes longer than that: who hangs until its end is late. And who is tried again
    # more often than every five seconds is a dead letter after two outages.
    pace = Pace(
        (0.5, 0.8),
        (6.6, 6.8),
        settle_seconds=1.5,
        visibility_seconds=5,
        answer_seconds=6.0,
        return_seconds=10.0,
        api_start_seconds=8.0,
    )

    report = run(tmp_path, seconds=0, seed=1, pace=pace)

    assert report.problems == [], "\n".join(report.lines())
    assert report.acknowledged > 10
    assert report.kills.total() >= 2
    assert set(report.outages.values()) == {1}
    assert len(report.outages) == 5
