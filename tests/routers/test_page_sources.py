"""The pages' own sources: small, and nothing in them that is unused."""

import re
from pathlib import Path

import pytest

from app.domain.cart import MAX_LINES, MAX_QUANTITY
from app.static_files import STATIC

pytestmark = pytest.mark.unmeasured

#: Folders of our own, with the folders whose modules and pages they belong to.
PAGES = {"shop": [STATIC / "shop", STATIC / "index.html"], "pos": [STATIC / "pos"]}
SHARED = STATIC / "client"
MOST_LINES = 300

#: Drives the life of a sale from outside.
RANDOM_HISTORIES = STATIC.parent.parent / "tests" / "browser" / "till_random_histories.js"

MODULES = sorted(
    path for folder in ("client", "pos", "shop") for path in (STATIC / folder).rglob("*.js")
)
STYLES = sorted(path for page in PAGES for path in (STATIC / page).rglob("*.css"))

_EXPORT = re.compile(r"^export (?:const|class|(?:async )?function) (\w+)", re.MULTILINE)
_IMPORT = re.compile(r"\{([^{}]*)\} (?:from|= await import\()|, \"(\w+View)\"")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
#: What stands before a block, so that no figure like `.5rem` is taken for a class.
_SELECTORS = re.compile(r"([^{}]+)\{")
_NAME = re.compile(r"[.#]([a-z][\w-]*)|\[data-(\w+)")


def imported_names() -> set[str]:
    """Return every name that a module of ours takes from another."""
    found: set[str] = set()
    for path in [*MODULES, RANDOM_HISTORIES]:
        for names, late in _IMPORT.findall(path.read_text(encoding="utf-8")):
            found |= {name.strip() for name in names.split(",")} | {late}
    return found


def text_of(page: str) -> str:
    """Return everything that can give a class or an id to something on a page."""
    files = [file for root in [*PAGES[page], SHARED] for file in (root, *root.rglob("*"))]
    return "\n".join(
        file.read_text(encoding="utf-8") for file in files if file.suffix in {".js", ".html"}
    )


@pytest.mark.parametrize("path", [*MODULES, *STYLES], ids=lambda path: path.name)
def test_a_source_is_short_enough_to_be_read_at_once(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < MOST_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_what_a_module_exports_is_imported(path: Path) -> None:
    exported = set(_EXPORT.findall(path.read_text(encoding="utf-8")))

    assert exported - imported_names() == set()


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_is_for_something_that_is_there(path: Path) -> None:
    text = text_of(path.parent.name)
    styles = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    names = {
        name or data
        for selectors in _SELECTORS.findall(styles)
        for name, data in _NAME.findall(selectors)
    }

    assert len(names) > 10
    # Ids may be put together: `field-${name}`, `card-${name}`.
    unused = {name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)}
    assert unused == {"field-cc-number-hint"} & names


@pytest.mark.parametrize("page", PAGES)
def test_every_style_of_a_page_is_fetched_by_it(page: str) -> None:
    fetched = set(re.findall(r"/static/(\w+/\w+\.css)", text_of(page)))

    assert fetched == {f"{page}/{path.name}" for path in STYLES if path.parent.name == page}


def test_pages_sell_no_more_than_an_order_takes() -> None:
    text = (SHARED / "bounds.js").read_text(encoding="utf-8")
    bounds = {name: int(value) for name, value in re.findall(r"const (\w+) = (\d+);", text)}

    assert bounds["MAX_LINES"] == MAX_LINES
    assert bounds["MAX_QUANTITY"] <= MAX_QUANTITY
