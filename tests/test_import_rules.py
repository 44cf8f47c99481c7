"""The folders that ship hold exactly what the Lambda handlers import."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.topology import EVERY_FUNCTION

ROOT = Path(__file__).parents[1]
SHIPPED = ("app", "routers", "workers")
HANDLERS = [function.handler.rpartition(".")[0] for function in EVERY_FUNCTION]


def shipped_modules(root: Path) -> dict[str, Path]:
    """Return the file of each module in the folders that ship, by dotted name."""
    modules = {}
    for file in (file for folder in SHIPPED for file in (root / folder).rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return modules


def runtime_imports(node: ast.AST) -> Iterator[str]:
    """Yield what code imports when it runs, inside functions too; not what only types need."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        children: list[ast.AST] = list(node.orelse)
    else:
        children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative imports are not followed"
        assert node.module
        # The name may be a module or something in one; the caller keeps those that exist.
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in children:
        yield from runtime_imports(child)


def imported_modules(root: Path, *handlers: str) -> set[str]:
    """Return the shipped modules that the handlers import, directly or not, at any time."""
    modules = shipped_modules(root)
    found: set[str] = set()
    waiting = list(handlers)
    while waiting:
        name = waiting.pop()
        if name not in modules or name in found:
            continue
        found.add(name)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        waiting += runtime_imports(ast.parse(modules[name].read_text()))
    return found


def test_every_module_that_ships_is_imported_by_a_handler() -> None:
    assert imported_modules(ROOT, *HANDLERS) == set(shipped_modules(ROOT))


@pytest.mark.parametrize("handler", HANDLERS)
def test_what_a_handler_loads_when_it_starts_was_foreseen(handler: str) -> None:
    """The walk over the sources misses nothing that Python finds."""
    finished = subprocess.run(
        [sys.executable, "-c", f"import sys, {handler}; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
    )
    loaded = {name for name in finished.stdout.split() if name.partition(".")[0] in SHIPPED}

    assert loaded
    assert loaded <= imported_modules(ROOT, handler)


def test_every_module_of_the_core_has_its_test_file() -> None:
    folders = ("app/domain", "app/security", "app/services", "app/store")
    modules = [
        file.relative_to(ROOT)
        for folder in folders
        for file in (ROOT / folder).glob("*.py")
        if file.name != "__init__.py"
    ]

    missing = {
        module
        for module in modules
        if not (ROOT / "tests" / module.parent / f"test_{module.name}").is_file()
    }

    assert modules
    assert missing == set()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the folders that ship."""
    for folder in SHIPPED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("static"))
    return tmp_path


def test_a_module_that_only_tools_import_is_found(copy: Path) -> None:
    (copy / "app" / "store" / "backfill.py").write_text("from app.store.table import Table\n")

    left_over = set(shipped_modules(copy)) - imported_modules(copy, *HANDLERS)

    assert left_over == {"app.store.backfill"}


@pytest.mark.parametrize(
    ("lines", "is_imported"),
    [
        ("def note():\n    from app.audit import write\n", True),
        ("def note():\n    import app.audit\n", True),
        ("from app import audit\n", True),
        ("if TYPE_CHECKING:\n    from app.audit import write\n", False),
        ("# from app.audit import write\n", False),
    ],
)
def test_an_import_counts_wherever_it_runs(copy: Path, lines: str, *, is_imported: bool) -> None:
    (copy / "app" / "audit.py").write_text("def write():\n    pass\n")
    worker = copy / "workers" / "payment.py"
    worker.write_text(worker.read_text() + lines)

    assert ("app.audit" in imported_modules(copy, *HANDLERS)) is is_imported


def test_every_package_that_ships_code_imports_is_declared() -> None:
    """What another package brings along may be gone with its next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split("[>=<[]", line)[0] for line in project["dependencies"]}
    imported = {
        name.partition(".")[0]
        for file in shipped_modules(ROOT).values()
        for name in runtime_imports(ast.parse(file.read_text()))
    } - {*SHIPPED, *sys.stdlib_module_names}
    named_otherwise = {"argon2": "argon2-cffi", "jwt": "pyjwt"}

    assert {named_otherwise.get(name, name.replace("_", "-")) for name in imported} == declared
