"""The log of a local shop as a file: ``log.jsonl`` in its data folder, and older parts."""

import json
import logging
import logging.handlers
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.local.log_lines import ACCESS_LOGGER, read_line, timestamp

#: A part has at most this size; two older ones are kept.
PART_BYTES = 5_000_000
OLDER_PARTS = 2

_NAME = "log.jsonl"


class _Handler(logging.handlers.RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # The base's name.
        """Do without the line: a full disk must not end the shop, whose output still has it."""


class LogFile:
    """Writes lines to the file; used by one thread."""

    def __init__(self, folder: Path) -> None:
        """Write into ``folder``; the file is made with the first line."""
        self._handler = _Handler(
            folder / _NAME,
            maxBytes=PART_BYTES,
            backupCount=OLDER_PARTS,
            encoding="utf-8",
            delay=True,
        )

    def write(self, line: str) -> None:
        """Append a line."""
        self._handler.emit(logging.LogRecord("", 0, "", 0, line, None, None))

    def close(self) -> None:
        """Close the file; lines for which a full disk has no room are given up."""
        with suppress(OSError):
            self._handler.close()


def line_to_keep(source: str, line: str, fields: dict[str, Any] | None) -> str | None:
    """Return what the file keeps of a line that ``source`` wrote; None for plain requests.

    ``fields`` are those of a record; what is none was printed, and is kept as it is.
    """
    if fields is None:
        fields = {"timestamp": timestamp(time.time()), "level": "PRINTED", "message": line}
    elif fields.get("logger") == ACCESS_LOGGER:
        return None
    return json.dumps({**fields, "function": source})


def append_line(folder: Path, source: str, line: str) -> None:
    """Append one line of a process that is none of the shop's; a full disk must not end it.

    The shop itself moves the parts on.
    """
    kept = line_to_keep(source, line, read_line(line))
    with suppress(OSError), (folder / _NAME).open("a", encoding="utf-8") as file:
        file.write(f"{kept}\n")


def read_log(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a shop's log, the oldest first; a damaged line is left out."""
    older = [folder / f"{_NAME}.{number}" for number in range(OLDER_PARTS, 0, -1)]
    for path in (*older, folder / _NAME):
        try:
            with path.open(encoding="utf-8", errors="replace") as lines:
                yield from filter(None, map(read_line, lines))
        except OSError:
            continue
