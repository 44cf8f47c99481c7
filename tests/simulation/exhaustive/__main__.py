"""``python -m tests.simulation.exhaustive``: run every interleaving of every pair.

What a pair has come to is kept in ``build/exhaustive.jsonl``, so that a run that was stopped
goes on where it was; ``--fresh`` begins anew, and so does a run of other code.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.exhaustive.interleavings import Explored, Pair, explore_pair, pairs
from tests.simulation.simulator.runner import say

_MOST_SHOWN = 10
_ROOT = Path(__file__).parents[3]
#: What a run has found so far, one line for each pair.
FOUND = _ROOT / "build" / "exhaustive.jsonl"
#: Code that decides what an interleaving comes to.
_CODE = ("app", "routers", "workers", "tests/simulation")


def code_digest() -> str:
    """Return a hash of the code whose interleavings are run."""
    digest = hashlib.sha256()
    for folder in _CODE:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(_ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def read_found(path: Path, code: str) -> dict[Pair, Explored]:
    """Return what an earlier run of this code has found; a last line may be incomplete."""
    found: dict[Pair, Explored] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry["code"] == code:
            name, first, second = entry["pair"]
            found[name, first, second] = Explored(entry["count"], tuple(entry["broken"]))
    return found


def _results(left: Sequence[Pair], jobs: int) -> Iterator[tuple[Pair, Explored]]:
    with ExitStack() as stack:
        if jobs > 1:
            pool = stack.enter_context(get_context("spawn").Pool(jobs))
            yield from pool.imap_unordered(explore_pair, left)
        else:
            yield from map(explore_pair, left)


def main(
    arguments: list[str] | None = None,
    *,
    chosen: Sequence[Pair] | None = None,
    path: Path = FOUND,
) -> int:
    """Run them all, or those of the ``chosen`` pairs, and print how many there were.

    Return 1 if one broke a rule.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.exhaustive")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--fresh", action="store_true", help="run again what was run already")
    options = parser.parse_args(arguments)
    every, code, begun = chosen or pairs(), code_digest(), time.monotonic()
    if options.fresh:
        path.unlink(missing_ok=True)
    found = read_found(path, code)
    left = [pair for pair in every if pair not in found]
    if len(left) < len(every):
        say(f"{len(every) - len(left)} of {len(every)} pairs were run already")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for number, (pair, explored) in enumerate(_results(left, options.jobs), start=1):
            found[pair] = explored
            entry = {"code": code, "pair": pair, "count": explored.count}
            file.write(json.dumps({**entry, "broken": explored.broken}) + "\n")
            file.flush()
            name, first, second = pair
            say(
                f"{explored.count:9,}  {name}: {first} and {second}"
                f"  ({number} of {len(left)}, {time.monotonic() - begun:.0f} s)"
            )
    broken = [outcome for pair in every for outcome in found[pair].broken]
    for outcome in broken[:_MOST_SHOWN]:
        say(f"BROKEN  {outcome[:1000]}")
    verdict = f"{len(broken)} broke a rule" if broken else "no rule was broken"
    count = sum(found[pair].count for pair in every)
    seconds = f"{time.monotonic() - begun:.0f} s"
    say(f"{count:,} interleavings of {len(every)} pairs, all there are: {verdict}, {seconds}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
