"""What ends the shop: the signals, and the end of the ``make`` that started it.

Ctrl-C reaches every process of the terminal, but ``kill -INT <make>`` reaches only make,
which then waits for its recipe without a word to it, and ``kill -9 <make>`` leaves the
recipe an orphan. Both are seen from here by looking at the parent now and then.
"""

import os
import signal
from functools import lru_cache
from pathlib import Path

_MAKES = frozenset({"make", "gmake"})


def wanted_signals() -> list[signal.Signals]:
    """Return the signals that ask the shop to stop.

    A hang-up that is ignored already stays so, for that is what ``nohup`` is for. An
    interrupt does not: shells ignore it for everything in the background.
    """
    is_ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([] if is_ignored else [signal.SIGHUP])]


class Parent:
    """The process that started this one; remembered as it was at the beginning."""

    def __init__(self) -> None:
        """Look at the parent once."""
        self._pid = os.getppid()
        self._is_make = self._name() in _MAKES
        # What ends make with its recipe still running; SIGTERM it passes on.
        self._expected = {signal.SIGINT, *(self._handled() & {signal.SIGHUP})}

    def has_given_up(self) -> bool:
        """Tell whether a parent that is make is gone or on its way out; never for others."""
        if not self._is_make:
            return False
        return os.getppid() != self._pid or not self._expected <= self._handled()

    def _name(self) -> str:
        try:
            return Path(f"/proc/{self._pid}/comm").read_text(encoding="utf-8").strip()
        except OSError:  # No Linux: make tells its recipes how deep they are.
            return "make" if "MAKELEVEL" in os.environ else ""

    def _handled(self) -> set[signal.Signals]:
        """Return the signals that do not simply end it.

        On a signal make takes its handlers off before it waits for its recipe.
        """
        try:
            status = Path(f"/proc/{self._pid}/status").read_text(encoding="utf-8")
        except OSError:
            return {signal.SIGINT, signal.SIGHUP}
        fields = dict(line.partition(":")[::2] for line in status.splitlines())
        bits = int(fields["SigCgt"], 16) | int(fields["SigIgn"], 16)
        return {each for each in (signal.SIGINT, signal.SIGHUP) if bits >> (each - 1) & 1}


@lru_cache(maxsize=1)
def starting_parent() -> Parent:
    """Return the parent as it was at the first call, which belongs at the very beginning."""
    return Parent()
