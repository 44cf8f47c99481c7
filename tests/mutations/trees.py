"""Planting a bug in a copy of the working tree, and running the test that it names there.

A copy takes any file, those of the pages and of the tests too, and every process that the
test starts runs the changed code.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutations.mutation import ROOT, Mutation

#: Not copied but linked, where they are there: large, and not changed by any test.
_LINKED = (".git", ".venv", "node_modules")
#: Not copied: made here, and made again where a test needs it.
_LEFT_OUT = frozenset({*_LINKED, ".local", "build", "__pycache__"})
#: What pytest returns when tests ran and some failed.
_FAILED = 1
_MOST_SECONDS = 1500
#: A test that hangs has noticed the bug, too.
_TIMEOUT = "--timeout=240"
#: The named test runs in small, and on its own.
_PROOF = ("PROOF", "PYTEST_", "COV_", "COVERAGE_")


@dataclass(frozen=True)
class Verdict:
    """What the named test said to a planted bug."""

    name: str
    is_caught: bool
    output: str


def _left_out(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in _LEFT_OUT or name.endswith("_cache")}


@contextmanager
def changed_tree(mutation: Mutation) -> Iterator[Path]:
    """Yield a copy of the working tree with the bug in it."""
    text = mutation.changed_text()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=_left_out)
        for name in _LINKED:
            if (ROOT / name).exists():
                (tree / name).symlink_to(ROOT / name)
        (tree / mutation.path).write_text(text)
        yield tree


def run_named_test(name: str, mutation: Mutation) -> Verdict:
    """Run the test that a mutation names in a tree that has the bug."""
    file, _, test = mutation.test.partition("::")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", _TIMEOUT]
    command += [f"tests/{file}", *(["-k", test] if test else [])]
    with changed_tree(mutation) as tree:
        # The tree comes before the one that is installed.
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_PROOF)},
            "PYTHONPATH": str(tree),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_MOST_SECONDS,
            check=False,
        )
    return Verdict(name, done.returncode == _FAILED, f"{done.stdout}{done.stderr}")
