"""``python -m tests.mutations``: does each test that is named catch its planted bug?"""

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.mutations.catalogue import CATALOGUE
from tests.mutations.trees import Verdict, run_named_test


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _run(name: str) -> Verdict:
    begun = time.monotonic()
    try:
        verdict = run_named_test(name, CATALOGUE[name])
    except (ValueError, subprocess.TimeoutExpired) as failure:
        # The code has changed, and the bug is not where it was; or the test does not end.
        verdict = Verdict(name, is_caught=False, output=str(failure))
    outcome = "caught  " if verdict.is_caught else "SURVIVED"
    _say(f"{outcome} {time.monotonic() - begun:6.1f} s  {name}  ({CATALOGUE[name].test})")
    return verdict


def main(arguments: list[str] | None = None) -> int:
    """Plant each bug; return 1 if one survives the test that it names."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these bugs only")
    parser.add_argument("--in", dest="folder", default="", help="only tests below this folder")
    parser.add_argument("--jobs", type=int, default=1, help="trees side by side")
    options = parser.parse_args(arguments)
    names = options.names or [
        name for name, mutation in CATALOGUE.items() if mutation.test.startswith(options.folder)
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        verdicts = list(pool.map(_run, names))
    survivors = [verdict for verdict in verdicts if not verdict.is_caught]
    for verdict in survivors:
        _say(f"\n{verdict.name}\n{verdict.output[-3000:]}")
    _say(f"{len(verdicts) - len(survivors)} of {len(verdicts)} planted bugs were caught by name")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
