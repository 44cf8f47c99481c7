"""Suite ``profile``: what the imports of handlers take, by package (``python -X importtime``).

Milliseconds by the clock, of modules themselves without those that they import; importtime
itself makes each about a third longer. Medians of the rounds.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from statistics import median

from tests.bench.contestants import (
    BOTO3_WORKER,
    IDIOMATIC,
    POWERTOOLS,
    SHOP,
    Arena,
    Contestant,
)
from tests.bench.figures import Figure

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")
#: Packages that take a smaller share are told as one.
_SMALL = 0.02

_IMPORTS: tuple[tuple[Contestant, str], ...] = (
    *((SHOP, function) for function in SHOP.handlers),
    (IDIOMATIC, "api"),
    (POWERTOOLS, "api"),
    *((BOTO3_WORKER, function) for function in BOTO3_WORKER.handlers),
)


def profile(where: Arena, rounds: int) -> list[Figure]:
    """Return the milliseconds of each package, the largest first, and of all."""
    found = []
    for contestant, function in _IMPORTS:
        runs = [_imported(where, contestant, function) for _ in range(rounds)]
        name = f"imports of {contestant.name}, {function}"
        found += summed(name, runs)
    return found


def _imported(where: Arena, contestant: Contestant, function: str) -> Counter[str]:
    folder, settings = where.prepared(contestant)
    module = contestant.handlers[function].rpartition(".")[0]
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", "-c", f"import {module}"],
        cwd=folder,
        env={**settings, "PATH": os.defpath, "PYTHONPATH": str(folder),
             "PYTHONDONTWRITEBYTECODE": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"},
        check=True,
        capture_output=True,
        text=True,
    )  # fmt: skip
    return by_package(done.stderr)


def by_package(text: str) -> Counter[str]:
    """Return the milliseconds of each top-level package in what importtime printed.

    Modules of the standard library count as ``python``.
    """
    found: Counter[str] = Counter()
    for microseconds, module in _LINE.findall(text):
        top = module.partition(".")[0]
        found["python" if top in sys.stdlib_module_names else top] += int(microseconds)
    return Counter({name: total / 1000 for name, total in found.items()})


def summed(name: str, runs: list[Counter[str]]) -> list[Figure]:
    """Return the medians of several runs, small packages together, and the whole."""
    whole = median(run.total() for run in runs)
    packages = {package for run in runs for package in run}
    medians = {package: median(run[package] for run in runs) for package in packages}
    large = {package: value for package, value in medians.items() if value >= _SMALL * whole}
    ranked = sorted(large.items(), key=lambda pair: -pair[1])
    rest = sum(medians.values()) - sum(large.values())
    unit = "ms by the clock"
    return [
        *(Figure(f"{name}: {package}", value, unit) for package, value in ranked),
        *([Figure(f"{name}: smaller packages", rest, unit)] if rest else []),
        Figure(f"{name}: all", whole, unit),
    ]
