"""Which worker of pytest-xdist runs which tests: whole files, the longest first.

What ends last would otherwise be a long file that was begun last, with the other processors
idle. Tests that mostly wait begin first, all on one worker: the others have the processors
meanwhile. Tests that share running shops stay on one worker, too: starting a shop takes 2 s of
a processor.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.support.sizes import SIZES

#: Folders and files that stay together on one worker: what waits, and what shares what is slow
#: to start.
ON_ONE_WORKER = (
    (
        "tests/chaos/",
        "tests/infra/local/test_function_host.py",
        "tests/app/test_deadlines.py",
        "tests/app/aws/test_json_service.py",
    ),
    ("tests/e2e/",),
    ("tests/browser/test_till",),
    ("tests/browser/",),
    ("tests/infra/components/", "tests/infra/cost/"),
    ("tests/infra/verify/test_gate_contract.py", "tests/infra/verify/test_gate_flow.py"),
    ("tests/image/",),
)

#: Folders and files by the time they take, the longest first; the rest follows.
LONGEST_FIRST: tuple[str | tuple[str, ...], ...] = (
    *ON_ONE_WORKER[0],
    "tests/e2e/",
    # Before the till's, which add products: a worker may get both, with one shop for them.
    ("tests/browser/test_old", "tests/browser/test_pages", "tests/browser/test_shop"),
    "tests/browser/test_till",
    "tests/browser/",
    "tests/infra/components/",
    "tests/infra/cost/",
    "tests/simulation/test_crash_points.py",
    "tests/infra/local/",
    "tests/simulation/",
    "tests/image/",
    "tests/infra/",
    "tests/fuzz/",
    "tests/routers/test_rights.py",
    "tests/test_",
    "tests/app/services/",
)

#: After so long even a proof at full length hangs.
PROOF_SECONDS = 4 * 3600


def rank(nodeid: str) -> int:
    """Return the place in the order, counted from 0."""
    for index, start in enumerate(LONGEST_FIRST):
        if nodeid.startswith(start):
            return index
    return len(LONGEST_FIRST)


class Scheduling(LoadFileScheduling):  # type: ignore[misc]
    """Gives out files, and what stays together as if it were one file."""

    def _split_scope(self, nodeid: str) -> str:
        for together in ON_ONE_WORKER:
            if nodeid.startswith(together):
                return together[0]
        return str(super()._split_scope(nodeid))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; give proofs at full length the time they take."""
    items.sort(key=lambda item: rank(item.nodeid))
    for item in items:
        if SIZES.is_full and item.get_closest_marker("proof"):
            item.add_marker(pytest.mark.timeout(PROOF_SECONDS), append=False)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Have the order kept: xdist would put the files with the most tests first."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)
