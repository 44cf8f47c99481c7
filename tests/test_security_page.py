"""``SECURITY.md`` names tests that exist, and every chapter of the standard it follows."""

import re

import pytest

from tests.support.citations import ROOT

PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
#: A file with tests, and perhaps one of them.
NAMED = sorted(set(re.findall(r"`(tests/(?:[a-z_0-9]+/)*test_\w+\.py)(?:::(\w+))?`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    text = (ROOT / file).read_text("utf-8")

    assert f"def {test}(" in text if test else "def test_" in text


def test_every_threat_has_its_control_and_its_test() -> None:
    table = PAGE.partition("| Asset |")[2].partition("\n\n")[0].splitlines()[2:]

    assert len(table) > 25
    for row in table:
        *_, asset, threat, control, shown, _ = row.split("|")
        assert all(part.strip() for part in (asset, threat, control))
        assert "::test_" in shown


def test_every_chapter_of_the_standard_is_answered() -> None:
    """ASVS 5 has seventeen; a row begins with the sections that it answers."""
    rows = re.findall(r"^\| ([\d., to]+[^|]*)\|([^|]+)\|([^|]+)\|$", PAGE, re.MULTILINE)
    chapters = {int(number) for row in rows for number in re.findall(r"\b(\d+)(?:\.\d+)?", row[0])}

    assert chapters >= set(range(1, 18))
    assert all(met.strip() and shown.strip() for _, met, shown in rows)
