"""Lines of the log: JSON between the shop's processes and in its file, readable on a terminal.

The fields are those of Lambda's JSON format, so that what reads the one reads the other.
"""

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

#: uvicorn's logger of requests: shown, not kept, as nothing is written of plain reads on AWS.
ACCESS_LOGGER = "uvicorn.access"

_RESET, _DIM = "\x1b[0m", "\x1b[2m"
_COLOURS: Mapping[str, str] = {
    "WARNING": "\x1b[33m",
    "ERROR": "\x1b[31m",
    "CRITICAL": "\x1b[1m\x1b[31m",
}


#: Words and file names of addresses, and ids of the shop's users, orders and articles.
_SHOWN = re.compile(
    r"[A-Za-z_.-]{0,40}[0-9]?(?:\.[a-z]{2,5})?"
    r"|[0-9a-f]{24}|[0-9a-f]{7,8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record; ``stackTrace`` is the text of a traceback."""
        fields = {
            "timestamp": timestamp(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "trace_id": getattr(record, "trace_id", None),
            "stackTrace": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps({name: value for name, value in fields.items() if value is not None})


class AccessFormatter(JsonFormatter):
    """Writes a request that uvicorn has answered, without who asked."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a request: what was asked for, and the status."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _, method, path, version, status = record.args
            shown = _without_what_was_typed(str(path))
            record.msg, record.args = f'"{method} {shown} HTTP/{version}" {status}', ()
        return super().format(record)


def _without_what_was_typed(path: str) -> str:
    """Return a path without its query, and with ``…`` for ids that the shop did not give.

    Some clients use their token as path id (openapi/CONTRACT.md, 1.2).
    """
    segments = path.partition("?")[0].split("/")
    return "/".join(part if _SHOWN.fullmatch(part) else "…" for part in segments)


def timestamp(seconds: float) -> str:
    """Return an instant, in seconds since 1970, as the log writes it: UTC, in milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def read_line(line: str) -> dict[str, Any] | None:
    """Return the fields of a line; None for one that is no record, as a printed text."""
    if not line.startswith('{"timestamp"'):
        return None
    try:
        fields: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields.get("message"), str) else None


def show(fields: Mapping[str, Any], *, is_terminal: bool, has_colours: bool) -> list[str]:
    """Return a record as readable lines: time on a terminal, level, message, trace, traceback."""
    time = str(fields["timestamp"])[11:23] + " " if is_terminal else ""
    level, trace = str(fields.get("level", "")), fields.get("trace_id")
    is_access = fields.get("logger") == ACCESS_LOGGER
    colour = _COLOURS.get(level, "") if has_colours else ""
    dim, reset = (_DIM, _RESET) if has_colours else ("", "")
    head = "" if is_access else f"{colour}{level}{reset if colour else ''} "
    more = facts_text(fields)
    tail = "" if is_access or not trace else f" {dim}trace_id={_printable(str(trace))}{reset}"
    first = f"{dim if time else ''}{time}{reset if time else ''}{head}"
    lines = [first + _printable(fields["message"]) + more + tail]
    return lines + [_printable(text) for text in str(fields.get("stackTrace", "")).splitlines()]


def facts_text(fields: Mapping[str, Any]) -> str:
    """Return the facts of a security event of a release before as text; empty for other lines.

    There they are fields of their own; now the message has them.
    """
    facts = fields.get("security")
    if not isinstance(facts, dict):
        return ""
    return "".join(f" {name}={_printable(str(value))}" for name, value in facts.items())


def _printable(text: str) -> str:
    """Return a text without the control characters of terminals."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)
