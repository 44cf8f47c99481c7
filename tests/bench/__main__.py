"""``make bench``: CPU of the shop next to what others would build, and what it asks of AWS.

``python -m tests.bench [SUITE ...] [--rounds N] [--json] [--against COMMIT]``. Suites:
``cold`` (spawn to first answer), ``warm`` (calls of a running api), ``worker`` (messages), ``tls``
(some of these with AWS behind TLS), ``http`` (servers with 32 connections), ``memory`` (after
thousands of orders), ``profile`` (imports by package), ``release`` (starts, calls and messages
next to the last release's), ``flow`` (Lambda seconds of an order where AWS takes 5 ms), ``cost``
(what AWS bills for an order), ``scale`` (the hottest keys of 100,000 orders), ``patterns`` (units
and calls of each question with 100,000 orders, against 100), ``stalls`` (how long a request
holds up the event loop), ``imports`` (starts against the bare framework), ``calls`` (DynamoDB
calls and units of each operation), ``log`` (what the local shop's write-ahead log costs). CPU
is that of the whole process, user and system, ended threads included; figures are medians of
interleaved rounds. Nothing here is a test: it says what is, and the gate ``performance`` judges
what ``release`` says.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench import (
    calls,
    flow,
    log,
    operations,
    orders,
    patterns,
    profile,
    release,
    scale,
    servers,
    stalls,
    starts,
    tls,
)
from tests.bench.contestants import Arena, arena, can_measure
from tests.bench.figures import Case, Figure, figures, noise

#: Suites that run processes side by side, and need the system's clock of other processes.
RACES: dict[str, Callable[[Arena, int, Path], list[Figure]]] = {
    "cold": lambda where, rounds, _: _all(starts.cold(where, rounds)),
    "warm": lambda where, rounds, folder: _all(calls.warm(where, rounds, folder)),
    "worker": lambda where, rounds, _: _all(
        [*starts.first_messages(where, rounds), *calls.batches(where, rounds)]
    ),
    "tls": lambda _, rounds, folder: _all(tls.over_tls(rounds, folder)),
    "http": lambda where, rounds, _: _all(servers.http(where, rounds)),
    "memory": lambda where, rounds, _: _all(servers.memory(where, rounds)),
    "profile": lambda where, rounds, _: profile.profile(where, rounds),
}
#: Suites of the shop alone.
COUNTS: dict[str, Callable[[int], list[Figure]]] = {
    "flow": flow.flow,
    "cost": lambda _: orders.cost(),
    "scale": lambda _: scale.scale(),
    "patterns": lambda _: patterns.patterns(),
    "stalls": stalls.stalls,
    "imports": lambda _: operations.imports(),
    "calls": lambda _: operations.operations(),
    "log": log.log,
}
RELEASE = "release"


def measure(suites: Sequence[str], rounds: int, *, against: str = "") -> list[Figure]:
    """Return the figures of some suites; ``against`` is a commit instead of the last release."""
    found: list[Figure] = []
    races = [suite for suite in suites if suite in {*RACES, RELEASE}]
    if races and not can_measure():
        print("Skipped: this system has no clock of other processes.", file=sys.stderr)
        races = []
    if set(races) & set(RACES):
        with arena() as where, tempfile.TemporaryDirectory() as folder:
            for suite in races:
                if suite in RACES:
                    found += RACES[suite](where, rounds, Path(folder))
    if RELEASE in races:
        found += release.release(rounds, against)
    for suite in suites:
        if suite in COUNTS:
            found += COUNTS[suite](rounds)
    return found


def _all(cases: Sequence[Case]) -> list[Figure]:
    return [figure for case in cases for figure in figures(case)]


def table(found: Sequence[Figure]) -> Iterator[str]:
    """Yield the lines of a table: names, values, units, and in brackets the quartiles."""
    width = max((len(figure.name) for figure in found), default=0)
    for figure in found:
        digits = 2 if figure.value >= 0.1 else 4
        spread = (
            f"  ({figure.low:.{digits}f} to {figure.high:.{digits}f})"
            if figure.low is not None and figure.high is not None
            else ""
        )
        yield (
            f"{figure.name:{width}} {figure.value:8.{digits}f}  {figure.unit}{spread}"
            f"{_beside(figure, digits)}"
        )


def _beside(figure: Figure, digits: int) -> str:
    """Return what the release had, and the ratio to it."""
    if figure.base is None:
        return ""
    ratio = f"{figure.value / figure.base:.2f} x " if figure.base else ""
    return f"  {ratio}the release's {figure.base:.{digits}f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    every = [*RACES, RELEASE, *COUNTS]
    parser.add_argument("suites", nargs="*", choices=[[], *every], metavar="SUITE")
    parser.add_argument("--rounds", type=int, default=9, help="how often; 9 by default")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--against", default="", help="a commit instead of the last release")
    wanted = parser.parse_args()
    found = measure(wanted.suites or every, max(wanted.rounds, 1), against=wanted.against)
    if wanted.json:
        print(json.dumps([asdict(figure) for figure in found], indent=2))
        return
    for line in table(found):
        print(line)
    if (share := noise(found)) is not None:
        print(
            f"In brackets the quartiles. Rounds of one contestant lie {share:.0%} apart,"
            " typically: a difference smaller than that is none."
        )


if __name__ == "__main__":
    main()
