"""What stops the shop: signals, and the end of the ``make`` that started it.

Ctrl-C reaches every process of the terminal, but ``kill -INT <make>`` reaches only make,
which then waits for its recipe without passing it on, and ``kill -9 <make>`` leaves the
recipe running. Polling the parent process detects both.
"""

import os
import signal
from functools import lru_cache
from pathlib import Path

_MAKES = frozenset({"make", "gmake"})


def wanted_signals() -> list[signal.Signals]:
    """Return the signals that ask the shop to stop.

    A hang-up that is already ignored stays ignored, as ``nohup`` needs it. An interrupt does
    not: shells ignore it for every background process.
    """
    is_ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([] if is_ignored else [signal.SIGHUP])]


class Parent:
    """The process that started this one, as it was at the beginning."""

    def __init__(self) -> None:
        """Read the state of the parent process."""
        self._pid = os.getppid()
        self._is_make = self._name() in _MAKES
        # These end make while its recipe still runs; SIGTERM it passes on.
        self._expected = {signal.SIGINT, *(self._handled() & {signal.SIGHUP})}

    def has_given_up(self) -> bool:
        """Return whether the parent is ``make`` and has ended or is ending."""
        if not self._is_make:
            return False
        return os.getppid() != self._pid or not self._expected <= self._handled()

    def _name(self) -> str:
        try:
            return Path(f"/proc/{self._pid}/comm").read_text(encoding="utf-8").strip()
        except OSError:  # Not on Linux: make sets this variable for its recipes.
            return "make" if "MAKELEVEL" in os.environ else ""

    def _handled(self) -> set[signal.Signals]:
        """Return the signals that the parent handles or ignores.

        On a signal make removes its handlers before it waits for its recipe.
        """
        try:
            status = Path(f"/proc/{self._pid}/status").read_text(encoding="utf-8")
        except OSError:
            return {signal.SIGINT, signal.SIGHUP}
        fields = dict(line.partition(":")[::2] for line in status.splitlines())
        bits = int(fields["SigCgt"], 16) | int(fields["SigIgn"], 16)
        return {number for number in (signal.SIGINT, signal.SIGHUP) if bits >> (number - 1) & 1}


@lru_cache(maxsize=1)
def starting_parent() -> Parent:
    """Return the parent as it was at the first call, which ``main`` makes at its beginning."""
    return Parent()
