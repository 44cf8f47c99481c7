"""Running the commands of a release; their output goes to standard error."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.progress import print_progress


def run(*command: str, stdin: str | None = None) -> None:
    """Run a command with ``stdin`` as its input.

    Raises:
        SystemExit: it fails, with its own exit code, or there is no such command.
    """
    if code := call(*command, stdin=stdin):
        raise SystemExit(code)


def call(*command: str, stdin: str | None = None) -> int:
    """Run a command with ``stdin`` as its input and return its exit code.

    Raises:
        SystemExit: there is no such command.
    """
    print_progress(f"> {' '.join(command)}")
    # Standard output is for the result of ``image``.
    return _run(command, input=stdin, stdout=sys.stderr).returncode


def capture(*command: str, folder: Path) -> str:
    """Return what a command prints when it runs in ``folder``.

    Raises:
        SystemExit: it fails, with its own exit code, or there is no such command.
    """
    done = _run(command, cwd=folder, stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout.strip()


def _run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, text=True, check=False, **options)  # noqa: S603  # No shell.
    except FileNotFoundError:
        raise SystemExit(f"There is no command {command[0]}; a release needs it.") from None
