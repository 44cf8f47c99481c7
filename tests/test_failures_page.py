"""``tests/FAILURES.md`` names tests that exist."""

import re
from pathlib import Path

import pytest

from tests.mutations.rows import ROWS

TESTS = Path(__file__).parent
PAGE = (TESTS / "FAILURES.md").read_text()
NAMED = re.findall(r"`([a-z_0-9/]+\.py)(?:::(\w+))?` \| ([^|]+) \|$", PAGE, re.MULTILINE)


def test_every_failure_has_its_test() -> None:
    table = PAGE.partition("| Failure |")[2].partition("\n\n")[0]

    assert len(NAMED) == len(table.splitlines()) - 2 > 20


def test_every_failure_has_its_planted_bug() -> None:
    """That its test catches it is tried by ``test_planted_bugs.py``."""
    named = {bug: f"{file}::{test}" if test else file for file, test, bug in NAMED}

    assert {bug: row.test for bug, row in ROWS.items()} == named


@pytest.mark.parametrize(("file", "test", "bug"), NAMED)
def test_a_test_that_is_named_exists(file: str, test: str, bug: str) -> None:
    text = (TESTS / file).read_text()

    assert f"def {test}(" in text if test else "def test_" in text


@pytest.mark.parametrize("module", re.findall(r"python -m (tests\.[a-z.]+)", PAGE))
def test_a_command_that_is_named_exists(module: str) -> None:
    path = TESTS.parent / module.replace(".", "/")

    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()
