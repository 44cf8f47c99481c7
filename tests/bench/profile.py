"""Suite ``profile``: what the imports of handlers take, by package (``python -X importtime``).

Milliseconds by the clock, of modules themselves without those that they import; importtime
itself makes each about a third longer. The quickest round is told: the machine only adds.
"""

import os
import re
import subprocess
import sys
from collections import Counter

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
        quickest = min(runs, key=Counter.total)
        found += ranked(f"imports of {contestant.name}, {function}", quickest)
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


def ranked(name: str, run: Counter[str]) -> list[Figure]:
    """Return the packages of a run, the largest first and the small ones together, and all."""
    large = [
        (package, value) for package, value in run.most_common() if value >= _SMALL * run.total()
    ]
    rest = run.total() - sum(value for _, value in large)
    unit = "ms by the clock"
    return [
        *(Figure(f"{name}: {package}", value, unit) for package, value in large),
        *([Figure(f"{name}: smaller packages", rest, unit)] if len(large) < len(run) else []),
        Figure(f"{name}: all", run.total(), unit),
    ]
