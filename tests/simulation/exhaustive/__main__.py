"""``python -m tests.simulation.exhaustive``: run every interleaving of every pair."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing import get_context

from tests.simulation.exhaustive.interleavings import Explored, explore_pair, pairs
from tests.simulation.simulator.runner import say

_MOST_SHOWN = 10


def _results(jobs: int) -> Iterator[tuple[tuple[str, str, str], Explored]]:
    with ExitStack() as stack:
        if jobs > 1:
            pool = stack.enter_context(get_context("spawn").Pool(jobs))
            yield from pool.imap_unordered(explore_pair, pairs())
        else:
            yield from map(explore_pair, pairs())


def main(arguments: list[str] | None = None) -> int:
    """Run them all and print how many there were; return 1 if one broke a rule."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.exhaustive")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    options = parser.parse_args(arguments)
    count, begun = 0, time.monotonic()
    broken: list[str] = []
    for (name, first, second), found in _results(options.jobs):
        count += found.count
        broken += found.broken
        say(f"{found.count:9,}  {name}: {first} and {second}")
    for outcome in broken[:_MOST_SHOWN]:
        say(f"BROKEN  {outcome[:1000]}")
    verdict = f"{len(broken)} broke a rule" if broken else "no rule was broken"
    seconds = f"{time.monotonic() - begun:.0f} s"
    say(f"{count:,} interleavings of {len(pairs())} pairs, all there are: {verdict}, {seconds}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
