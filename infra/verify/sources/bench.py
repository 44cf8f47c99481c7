"""The bench's figures of this tree, and of the commit it came from."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.verify.sources.aws_clients import SourceUnreachableError

#: Longer than the bench takes on the slowest of machines.
_BENCH_SECONDS = 600
_GIT_SECONDS = 60

#: What is compared from commit to commit: figures of this tree alone, without peers.
_SUITES = ("imports", "calls")

#: Files with figures that were measured already, as ``python -m tests.bench --json`` prints
#: them, and the commit to compare with where git cannot guess it.
FIGURES_VARIABLE = "VERIFY_BENCH"
BASE_FIGURES_VARIABLE = "VERIFY_BENCH_BASE"
BASE_VARIABLE = "VERIFY_BASE"


@dataclass(frozen=True)
class Figure:
    """One figure of the bench, with what the base commit had for it."""

    name: str
    value: float
    unit: str
    base: float | None = None


def bench(root: Path, environment: Mapping[str, str]) -> list[Figure]:
    """Return the figures of the tree in ``root``, each with that of the base commit.

    Raises:
        SourceUnreachableError: the tree has no bench, or it does not run.
    """
    given = environment.get(FIGURES_VARIABLE)
    figures = _read(Path(given)) if given else _measure(root)
    base = _base_figures(root, environment)
    return [
        Figure(figure.name, figure.value, figure.unit, base.get(figure.name)) for figure in figures
    ]


def _base_figures(root: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """Return the figures of the base commit by name; none where there is no such commit."""
    if given := environment.get(BASE_FIGURES_VARIABLE):
        return {figure.name: figure.value for figure in _read(Path(given))}
    base = environment.get(BASE_VARIABLE) or find_base(root)
    if base is None:
        return {}
    with _checked_out(root, base) as tree:
        try:
            return {figure.name: figure.value for figure in _measure(tree)}
        except SourceUnreachableError:
            # A base that cannot be measured is no fault of this tree.
            return {}


def find_base(root: Path) -> str | None:
    """Return the commit that this tree's changes are made on, or None.

    That is where it left ``origin/main``, or, on ``main`` itself, the commit before.
    """
    head = _git(root, "rev-parse", "HEAD")
    fork = _git(root, "merge-base", "HEAD", "origin/main")
    if fork is None or fork == head:
        return _git(root, "rev-parse", "HEAD~1")
    return fork


@contextmanager
def _checked_out(root: Path, commit: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="acme-shop-base-") as folder:
        tree = Path(folder) / "tree"
        if _git(root, "worktree", "add", "--detach", str(tree), commit) is None:
            raise SourceUnreachableError("git does not know the base commit")
        try:
            yield tree
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git prints, or None when it refuses."""
    try:
        done = subprocess.run(  # noqa: S603  # No shell; the arguments are ours.
            ["git", "-C", str(root), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _measure(tree: Path) -> list[Figure]:
    # With the tree's own folder first on the path, whatever is installed.
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    try:
        done = subprocess.run(  # noqa: S603  # No shell; the arguments are ours.
            [sys.executable, "-m", "tests.bench", *_SUITES, "--json"],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=_BENCH_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as failure:
        raise SourceUnreachableError("the bench does not run") from failure
    return _parsed(done.stdout)


def _read(path: Path) -> list[Figure]:
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise SourceUnreachableError(f"there are no figures in {path}") from failure


def _parsed(text: str) -> list[Figure]:
    try:
        rows = json.loads(text)
        return [Figure(str(row["name"]), float(row["value"]), str(row["unit"])) for row in rows]
    except (ValueError, TypeError, KeyError) as failure:
        raise SourceUnreachableError("the bench's figures are in another shape") from failure
