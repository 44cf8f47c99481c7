"""Each planted bug has its place, and a drawn share of them is planted; all of them by
``python -m tests.mutations``."""

import ast
import time
from collections.abc import Callable
from random import Random

import pytest

from tests.mutations.catalogue import CATALOGUE
from tests.mutations.mutation import ROOT, Mutation
from tests.mutations.others import OTHERS
from tests.mutations.schedules import FOR_OTHER_SHIPPERS, MUTATIONS
from tests.mutations.security import SECURITY
from tests.mutations.survivors import SURVIVORS
from tests.mutations.trees import run_named_test
from tests.support.sizes import SIZES

#: Their tests need no emulator, no browser and no thousands of schedules.
_QUICK = ("app/domain/", "golden/", "simulation/test_in_memory", "simulation/test_consistent")


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_planted_bug_has_its_place_and_its_test(name: str) -> None:
    mutation = CATALOGUE[name]
    file, _, test = mutation.test.partition("::")

    changed = mutation.changed_text()
    assert changed != (ROOT / mutation.path).read_text()
    if mutation.path.endswith(".py"):
        # A bug that cannot be imported would be caught by any test.
        ast.parse(changed)
    assert f"def {test}(" in (ROOT / "tests" / file).read_text() if test else file


@pytest.mark.parametrize("mutation", [*MUTATIONS.values(), *FOR_OTHER_SHIPPERS.values()])
def test_a_bug_for_schedules_has_its_place(mutation: Mutation) -> None:
    assert mutation.changed_text() != (ROOT / mutation.path).read_text()


def test_bugs_that_survived_once_and_others_are_in_the_catalogue() -> None:
    assert len(SURVIVORS) >= 15
    assert len(OTHERS) >= 25
    assert len(SECURITY) >= 30


@pytest.mark.proof
@pytest.mark.timeout(14_400)
def test_a_drawn_share_of_the_planted_bugs_is_caught_by_name(figure: Callable[[str], None]) -> None:
    """The share is another one each time; at full length it is all of them."""
    names = [
        name
        for name, mutation in CATALOGUE.items()
        if SIZES.is_full or mutation.test.startswith(_QUICK)
    ]
    seed = time.time_ns()
    drawn = Random(seed).sample(names, min(SIZES.planted_bugs, len(names)))

    for count, name in enumerate(drawn, 1):
        verdict = run_named_test(name, CATALOGUE[name])
        assert verdict.is_caught, f"{name} survived {CATALOGUE[name].test}\n{verdict.output}"
        figure(f"{count} planted bugs, each caught by the test that it names")


def test_a_bug_that_changes_nothing_survives() -> None:
    harmless = Mutation(
        "app/domain/ids.py",
        "The length in front keeps",
        "The length ahead keeps",
        "golden/test_golden.py::test_tokens_are_read",
    )

    assert not run_named_test("harmless", harmless).is_caught
