"""Running the commands a release is made of; what they say goes beside our own output."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def say(text: str) -> None:
    """Tell whoever watches a line, at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def run(*words: str, given: str | None = None) -> None:
    """Run a command with ``given`` as its input.

    Raises:
        SystemExit: it fails, with its own exit code, or there is no such command.
    """
    if code := code_of(*words, given=given):
        raise SystemExit(code)


def code_of(*words: str, given: str | None = None) -> int:
    """Run a command with ``given`` as its input and return its exit code.

    Raises:
        SystemExit: there is no such command.
    """
    say(f"> {' '.join(words)}")
    # Our own output is what was asked for, so what commands say goes beside it.
    return _done(words, input=given, stdout=sys.stderr).returncode


def said(*words: str, folder: Path) -> str:
    """Return what a command prints when it runs in ``folder``.

    Raises:
        SystemExit: it fails, with its own exit code, or there is no such command.
    """
    done = _done(words, cwd=folder, stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout.strip()


def _done(words: Sequence[str], **how: Any) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(words, text=True, check=False, **how)  # noqa: S603  # No shell.
    except FileNotFoundError:
        raise SystemExit(f"There is no command {words[0]}; a release needs it.") from None
