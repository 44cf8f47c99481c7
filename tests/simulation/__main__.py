"""``python -m tests.simulation``: run many schedules; a failure prints how to see it again."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict

from tests.golden.releases import RELEASES
from tests.mutations.in_process import VARIABLE
from tests.mutations.schedules import MUTATIONS
from tests.simulation.simulator import releases
from tests.simulation.simulator.runner import Summary, replay_line, run_many, run_traced, say
from tests.simulation.simulator.world import hash_of, text_of

_MOST_SHOWN = 10
_SECONDS_BETWEEN_LINES = 10.0
_RED, _GREEN, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[0m"


class Progress:
    """One line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self, count: int, *, is_quiet: bool) -> None:
        """Expect ``count`` schedules."""
        self._count = count
        self._is_quiet = is_quiet
        self._is_terminal = sys.stderr.isatty()
        self._last = time.monotonic()

    def show(self, summary: Summary) -> None:
        """Tell how far it is."""
        text = (
            f"{summary.schedules:,} of {self._count:,} schedules, "
            f"{summary.per_second:.0f} a second, {len(summary.failures)} failed"
        )
        if self._is_quiet:
            return
        if self._is_terminal:
            sys.stderr.write(f"\r\x1b[K{text}")
        elif time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave a clean line."""
        if self._is_terminal and not self._is_quiet:
            sys.stderr.write("\r\x1b[K")


def _coloured(text: str, colour: str) -> str:
    return f"{colour}{text}{_PLAIN}" if sys.stdout.isatty() else text


def _tell(summary: Summary) -> None:
    failures = sorted(summary.failures, key=lambda each: each.seed)
    if failures:
        say(text_of(run_traced(failures[0].seed)))
        say("")
    for failure in failures[:_MOST_SHOWN]:
        say(_coloured(f"BROKEN  {failure.about[:300]}", _RED))
        say(f"        {replay_line(failure.seed)}")
    if len(failures) > _MOST_SHOWN:
        say(f"        and {len(failures) - _MOST_SHOWN} more")
    verdict = f"{len(failures)} schedules broke a promise" if failures else "every promise was kept"
    say(
        _coloured(verdict, _RED if failures else _GREEN)
        + f": {summary.schedules:,} schedules from seed {summary.seed}, {summary.orders:,} orders, "
        f"{summary.events:,} events, {summary.seconds:.1f} s, {summary.per_second:.0f} a second"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation",
        description="Run the shop under simulated time and drawn faults.",
    )
    parser.add_argument("--n", type=int, default=1000, help="how many schedules")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first; the next is +1")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--trace", action="store_true", help="print what happened in the first")
    parser.add_argument("--mutant", choices=sorted(MUTATIONS), help="plant a bug first")
    parser.add_argument(
        "--beside",
        choices=[release.name for release in RELEASES],
        help="let invocations run the code of this release, too",
    )
    options = parser.parse_args(arguments)
    if options.mutant:
        os.environ[VARIABLE] = options.mutant
    if options.beside:
        os.environ[releases.VARIABLE] = options.beside
    progress, summary = Progress(options.n, is_quiet=options.json), Summary(options.seed)
    try:
        for summary in run_many(options.n, options.seed, jobs=options.jobs):
            progress.show(summary)
    except KeyboardInterrupt:
        pass
    finally:
        progress.end()
    if options.json:
        facts = {**asdict(summary), "per_second": round(summary.per_second, 1)}
        facts["failures"] = [
            {**asdict(failure), "replay": replay_line(failure.seed)} for failure in summary.failures
        ]
        say(json.dumps(facts))
    else:
        if options.trace:
            trace = run_traced(options.seed)
            say(text_of(trace))
            say(f"trace {hash_of(trace)}")
        _tell(summary)
    return 1 if summary.failures else 0


if __name__ == "__main__":
    sys.exit(main())
