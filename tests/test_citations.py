"""Nothing is cited that is not here: pages by number, files, folders, modules, links."""

from pathlib import Path

import pytest

from tests.support.citations import NUMBERED, ROOT, missing_in, prose_of, tracked_files


def test_everything_that_is_cited_exists() -> None:
    missing = [finding for path in tracked_files() for finding in missing_in(path, _text(path))]

    assert missing == []


def test_the_pages_are_cited_so_that_the_test_above_has_something_to_see() -> None:
    prose = " ".join(prose_of(path, _text(path)) for path in tracked_files())

    assert prose.count("openapi/CONTRACT.md, ") > 30
    assert prose.count("app/DECISIONS.md, ") > 3


def test_every_decision_has_its_number() -> None:
    lines = (ROOT / NUMBERED["DECISIONS.md"]).read_text().splitlines()
    numbers = [int(line[3:].partition(".")[0]) for line in lines if line.startswith("## ")]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.py", '"""A rule (openapi/CONTRACT.md, 9.9)."""'),
        ("x.py", '"""A rule\n\n(openapi/CONTRACT.md,\n1.1, 1.2 and 9.3).\n"""'),
        ("x.py", "x = 1  # see app/DECISIONS.md, 99"),
        ("x.py", '"""A rule (contract 1.1)."""'),
        ("x.py", '"""A rule (design, decision 2)."""'),
        ("x.py", '"""As ``app/gone.py`` says."""'),
        ("x.py", '"""As ``app.gone`` says."""'),
        ("x.py", '"""As ``app.main.gone`` says."""'),
        ("x.js", "/** As client/gone.js says. */"),
        ("x.js", "call(); // the design.md"),
        ("x.md", "It is in `app/gone/`."),
        ("x.md", "[It](app/gone.md)"),
        ("x.md", "[It](README.md#gone)"),
        ("x.toml", "# As app/gone.py says."),
        ("x.yml", "a: b\n# Decision: infra/gone.yml"),
        ("x.md", "Type `make gone`."),
        ("x.md", "Type `.venv/bin/acme-shop gone --all`."),
        ("x.py", '"""What ``acme-shop gone`` prints."""'),
    ],
)
def test_a_stale_citation_is_found(name: str, text: str) -> None:
    assert missing_in(Path(name), text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.py", '"""A rule (openapi/CONTRACT.md, 1.1, 1.2 and 3.4; app/DECISIONS.md, 7)."""'),
        (
            "x.py",
            '"""As ``app/main.py``, ``app.main``, ``app.main.handler`` and ``money.py`` say."""',
        ),
        ("x.py", 'path = "app/gone.py"  # Text that code uses is no citation.'),
        ("app/static/shop/x.js", "// As ../client/money.js says; https://example.com/gone.js"),
        ("x.md", "[It](README.md), `app/domain/`, `build/report.md`"),
        ("x.md", "To make it short: `make check-pages`, `acme-shop dead-letters --json`"),
    ],
)
def test_what_is_there_may_be_cited(name: str, text: str) -> None:
    assert missing_in(Path(name), text) == []


def _text(path: Path) -> str:
    return (ROOT / path).read_text()
