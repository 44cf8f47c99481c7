"""Running many schedules, in one process or in several."""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.mutations.in_process import VARIABLE, applied
from tests.simulation.simulator import releases
from tests.simulation.simulator.network import Trace
from tests.simulation.simulator.world import Outcome, simulate, simulate_traced

_CHUNK = 50


@dataclass
class Summary:
    """What a run of many schedules found."""

    seed: int
    schedules: int = 0
    events: int = 0
    orders: int = 0
    seconds: float = 0.0
    failures: list[Outcome] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Return how many schedules ran in a second."""
        return self.schedules / self.seconds if self.seconds else 0.0

    def add(self, outcomes: list[Outcome]) -> None:
        """Count some schedules."""
        for outcome in outcomes:
            self.schedules += 1
            self.events += outcome.events
            self.orders += outcome.orders
            if outcome.rule is not None:
                self.failures.append(outcome)


def run_chunk(seeds: range) -> list[Outcome]:
    """Run some schedules one after the other, with the planted bug of the environment."""
    with ExitStack() as stack:
        if name := os.environ.get(VARIABLE):
            stack.enter_context(applied(name))
        return [simulate(seed) for seed in seeds]


def _print_no_warnings() -> None:
    """Keep Python from printing what the shop warns of: faults are no news here."""
    logging.getLogger("shop").addHandler(logging.NullHandler())


def run_many(count: int, seed: int, *, jobs: int) -> Iterator[Summary]:
    """Run schedules and yield the summary again and again while it grows."""
    chunks = [
        range(first, min(first + _CHUNK, seed + count))
        for first in range(seed, seed + count, _CHUNK)
    ]
    summary, begun = Summary(seed), time.perf_counter()
    with ExitStack() as stack:
        results: Iterator[list[Outcome]] = map(run_chunk, chunks)
        if jobs > 1:
            pool = stack.enter_context(get_context("spawn").Pool(jobs, _print_no_warnings))
            results = pool.imap_unordered(run_chunk, chunks)
        for outcomes in results:
            summary.add(outcomes)
            summary.seconds = time.perf_counter() - begun
            yield summary


def replay_line(seed: int) -> str:
    """Return the command that runs one schedule again."""
    settings = [(variable, os.environ.get(variable)) for variable in (VARIABLE, releases.VARIABLE)]
    given = "".join(f"{variable}='{value}' " for variable, value in settings if value)
    return f"{given}make chaos N=1 SEED={seed}"


def run_traced(seed: int) -> Trace:
    """Return everything that happens in one schedule."""
    with ExitStack() as stack:
        if name := os.environ.get(VARIABLE):
            stack.enter_context(applied(name))
        return simulate_traced(seed)[1]


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")
