"""The bench's figures of this tree, each with what the last release had for it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.verify.sources.aws_clients import SourceUnreachableError

#: Longer than the bench takes on the slowest of machines.
_BENCH_SECONDS = 1800

#: As many as tell a change from noise: rounds of one tree lie some 5 % apart.
_ROUNDS = "5"

#: Files with figures that were measured already, as ``python -m tests.bench --json`` prints
#: them, and the commit to compare with instead of the last release.
FIGURES_VARIABLE = "VERIFY_BENCH"
BASE_FIGURES_VARIABLE = "VERIFY_BENCH_BASE"
BASE_VARIABLE = "VERIFY_BASE"


@dataclass(frozen=True)
class Figure:
    """One figure of the bench, with what the last release had for it."""

    name: str
    value: float
    unit: str
    base: float | None = None


def bench(root: Path, environment: Mapping[str, str]) -> list[Figure]:
    """Return the figures of the tree in ``root``, each with that of the last release.

    Both are measured in one run, in turns (``tests/bench/release.py``).

    Raises:
        SourceUnreachableError: the tree has no bench, or it does not run, as where git does
            not have the release's commit.
    """
    given = environment.get(FIGURES_VARIABLE)
    figures = _read(Path(given)) if given else _measure(root, environment.get(BASE_VARIABLE))
    if base := environment.get(BASE_FIGURES_VARIABLE):
        before = {figure.name: figure.value for figure in _read(Path(base))}
        return [replace(figure, base=before.get(figure.name)) for figure in figures]
    return figures


def _measure(tree: Path, base: str | None) -> list[Figure]:
    # With the tree's own folder first on the path, whatever is installed.
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-m", "tests.bench", "release", "--rounds", _ROUNDS, "--json"]
    command += ["--against", base] if base else []
    try:
        done = subprocess.run(  # noqa: S603  # No shell; the arguments are ours.
            command,
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
        return [
            Figure(
                str(row["name"]),
                float(row["value"]),
                str(row["unit"]),
                None if row.get("base") is None else float(row["base"]),
            )
            for row in rows
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as failure:
        raise SourceUnreachableError("the bench's figures are in another shape") from failure
