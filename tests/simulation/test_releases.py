"""Two releases share one table and its queues, in drawn schedules, during every canary."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.settings import TableLayout
from tests.golden.releases import RELEASES
from tests.simulation.simulator.releases import (
    Release,
    UnknownReleaseError,
    changed_release,
    current_release,
    load_release,
)
from tests.simulation.simulator.rules import ViolationError
from tests.simulation.simulator.world import World
from tests.support.sizes import SIZES

#: Of each pair of releases; ``python -m tests.simulation --beside`` runs as many as one likes.
SEED, SCHEDULES = SIZES.seed, SIZES.release_schedules
#: Enough for a release that cannot read another to be noticed.
ENOUGH = 40

#: What a later release may well store: a field more in lines, addresses and cards.
_ORDER = "app/domain/order.py"
_MORE_FIELDS = (
    (_ORDER, '    zip: str = ""\n', '    zip: str = ""\n    company: str = "A"\n'),
    (_ORDER, '    expiry_year: str = ""\n', '    expiry_year: str = ""\n    wallet: str = ""\n'),
    (_ORDER, "    price_cents: int\n", "    price_cents: int\n    gift: bool = True\n"),
)


def broken_rules(*releases: Release, count: int = ENOUGH) -> Iterator[str]:
    """Run schedules in which each invocation is of one of the releases."""
    for seed in range(SEED, SEED + count):
        world = World(seed, releases=releases)
        try:
            world.run()
        except ViolationError as violation:
            yield f"seed {seed}: {violation}"


@pytest.fixture(scope="module")
def before() -> Release:
    """The release before this one."""
    try:
        return load_release(RELEASES[-1])
    except UnknownReleaseError as commit:
        pytest.skip(f"this clone does not have the commit of the release before: {commit}")


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release that stores more than this one."""
    return changed_release("after", tmp_path_factory.mktemp("after"), _MORE_FIELDS)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_the_release_before_works_beside_this_one(
    before: Release, figure: Callable[[str], None]
) -> None:
    """Today's writes what the release before can read and find, until that is gone."""
    former = current_release(TableLayout.FORMER)

    assert list(broken_rules(former, before, count=SCHEDULES)) == []
    figure(f"{SCHEDULES:,} schedules beside {before.name}, 0 broken promises")


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_the_present_layout_works_beside_the_former_one(figure: Callable[[str], None]) -> None:
    """A stack that changes its layout runs both for a while, and may go back."""
    former = current_release(TableLayout.FORMER)

    assert list(broken_rules(current_release(), former, count=SCHEDULES)) == []
    figure(f"{SCHEDULES:,} schedules of both layouts, 0 broken promises")


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_release_that_stores_more_works_beside_this_one(
    after: Release, figure: Callable[[str], None]
) -> None:
    assert list(broken_rules(current_release(), after, count=SCHEDULES)) == []
    figure(f"{SCHEDULES:,} schedules beside a release that stores more, 0 broken promises")


def test_a_release_that_cannot_read_another_is_noticed(before: Release, after: Release) -> None:
    """The first release took every field it did not know for an error."""
    if before.name != "ff5ee60":
        pytest.skip("later releases read fields that they do not know")

    former = after.with_layout(TableLayout.FORMER)
    assert any("TypeError" in rule for rule in broken_rules(before, former))


def test_the_present_layout_needs_a_release_that_reads_it(before: Release) -> None:
    """So a stack is not told to write it before every release that may run does."""
    if before.name != "ff5ee60":
        pytest.skip("later releases read both layouts")

    assert any("KeyError" in rule for rule in broken_rules(before, current_release()))


def test_each_release_runs_its_own_code(before: Release, after: Release) -> None:
    files = {
        release.name: Path(release.handler("payment").__code__.co_filename).parents[1]
        for release in (current_release(), before, after)
    }

    assert len(set(files.values())) == 3
