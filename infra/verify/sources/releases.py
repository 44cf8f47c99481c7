"""Whether this release and the earlier ones read each other's items and messages."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.verify.sources.aws_clients import SourceUnreachableError

#: Golden samples of every release, and both releases on one table in the simulator.
_TESTS = ("tests/golden", "tests/simulation/test_releases.py")
_SECONDS = 900


@dataclass(frozen=True)
class ReleaseReading:
    """How many tests about other releases passed, and the names of those that failed."""

    passed: int
    failed: tuple[str, ...]


def read_other_releases(root: Path) -> ReleaseReading:
    """Run the tree's tests about other releases; a tree without any passes none.

    Raises:
        SourceUnreachableError: they did not run to their end.
    """
    if not all((root / path).exists() for path in _TESTS):
        return ReleaseReading(0, ())
    command = [
        sys.executable,
        "-m",
        "pytest",
        *_TESTS,
        "-rfE",
        "--no-cov",
        "-p",
        "no:cacheprovider",
    ]
    try:
        done = subprocess.run(  # noqa: S603  # No shell; the arguments are ours.
            command, cwd=root, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as failure:
        raise SourceUnreachableError("the tests about other releases do not end") from failure
    failed = tuple(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))
    passed = re.search(r"(\d+) passed", done.stdout)
    if not failed and (passed is None or done.returncode != 0):
        raise SourceUnreachableError("the tests about other releases do not run")
    return ReleaseReading(int(passed[1]) if passed else 0, failed)
