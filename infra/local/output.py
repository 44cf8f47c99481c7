"""The local shop's output, written by a thread of its own.

If its reader stops reading, lines are dropped; the shop does not wait. Only
``Shop ready: ...`` goes to standard output, everything else to standard error. What the
shop's processes write is kept in a file as well (``log_file.py``).
"""

import os
import queue
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from infra.local.log_file import LogFile, line_to_keep
from infra.local.log_lines import read_line, show

_OUT, _ERR = 1, 2
#: In place of a descriptor: the line is for the file.
_FILE = -1
_MAX_WAITING_LINES = 10_000

_RESET, _BOLD, _RED = "\x1b[0m", "\x1b[1m", "\x1b[31m"
_COLOURS: Mapping[str, str] = {
    "api": "\x1b[36m",
    "payment": "\x1b[32m",
    "order": "\x1b[35m",
    "shipment": "\x1b[34m",
}
_NAME_WIDTH = 8


class Output:
    """Writes all output while the shop runs."""

    def __init__(self) -> None:
        """Start the writer; it uses colours on terminals unless ``NO_COLOR`` is set."""
        self._is_terminal = sys.stderr.isatty()
        self._colours = self._is_terminal and "NO_COLOR" not in os.environ
        self._file: LogFile | None = None
        self._lines: queue.Queue[tuple[int, bytes] | None] = queue.Queue(_MAX_WAITING_LINES)
        self._dropped = 0
        self._writer = threading.Thread(target=self._write, name="output", daemon=True)
        self._writer.start()

    def keep_in(self, folder: Path) -> None:
        """Keep what child processes write in the log of a data folder, from now on."""
        self._file = LogFile(folder)

    def relay(self, source: str, line: str) -> None:
        """Print one line of a child process behind its name, and keep it."""
        fields = read_line(line)
        if self._file and (kept := line_to_keep(source, line, fields)):
            self._put(_FILE, kept)
        name = self._paint(f"{source:<{_NAME_WIDTH}} |", _COLOURS.get(source, ""))
        shown = [line]
        if fields is not None:
            shown = show(fields, is_terminal=self._is_terminal, has_colours=self._colours)
        for text in shown:
            self._put(_ERR, f"{name} {text}")

    def say(self, text: str) -> None:
        """Print one line."""
        self._put(_ERR, text)

    def warn(self, text: str) -> None:
        """Print one line in bold red."""
        self._put(_ERR, self._paint(text, _BOLD + _RED))

    def announce(self, text: str) -> None:
        """Print one line to standard output, where other programs wait for it."""
        self._put(_OUT, text)

    def close(self, timeout: float = 0.3) -> None:
        """Write the waiting lines, for at most ``timeout`` seconds."""
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            return
        self._writer.join(timeout)

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if self._colours and colour else text

    def _put(self, descriptor: int, text: str) -> None:
        try:
            if self._dropped:
                note = f"({self._dropped} lines were dropped: the output was not read)"
                self._lines.put_nowait((_ERR, f"{note}\n".encode()))
                self._dropped = 0
            self._lines.put_nowait((descriptor, f"{text}\n".encode(errors="replace")))
        except queue.Full:
            self._dropped += 1

    def _write(self) -> None:
        gone = set()
        while (entry := self._lines.get()) is not None:
            descriptor, rest = entry
            if descriptor == _FILE:
                if self._file:
                    self._file.write(rest.decode().removesuffix("\n"))
                continue
            # Not through sys.stderr: its lock, held by a stalled write, would hang the exit.
            while rest and descriptor not in gone:
                try:
                    rest = rest[os.write(descriptor, rest) :]
                except OSError:
                    gone.add(descriptor)
        if self._file:
            self._file.close()
