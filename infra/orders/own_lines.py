"""Which lines of the log are about one order: orders that one client places can share a trace."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from infra.log_search import LogLine

_ORDER_ID = re.compile(r"\border_id=([\w.-]+)")
_FIELD = re.compile(r"\b(message_id|queue)=(\S+)")
_DURATION = re.compile(r" ms=\d*$")
#: The log writes milliseconds, and the table microseconds.
_COARSENESS = timedelta(milliseconds=1)


def own_lines(
    log: Iterable[LogLine], order_id: str, *, message_ids: Iterable[str] = ()
) -> list[LogLine]:
    """Return the lines of a search that are about the order; ``message_ids`` are its messages'.

    A line that names no order counts if it names one of the messages, or if no line that was
    found names another order.
    """
    lines, own_messages, own_name = list(log), set(message_ids), order_id.lower()
    named = [_order_in(line) for line in lines]
    is_alone = not shares_trace(lines, order_id)
    return [
        line
        for line, name in zip(lines, named, strict=True)
        if name == own_name
        or (name is None and (is_alone or _fields(line).get("message_id") in own_messages))
    ]


def shares_trace(log: Iterable[LogLine], order_id: str) -> bool:
    """Tell whether lines of a search, as by the order's trace, are about another order, too."""
    return not {_order_in(line) for line in log} <= {None, order_id.lower()}


def failures(lines: Iterable[LogLine], queue: str, *, since: datetime) -> list[str]:
    """Return why tries of a queue's messages failed after an instant, oldest first."""
    return [
        _DURATION.sub("", line.text.partition(" cause=")[2])
        for line in lines
        if line.text.startswith("record.failed ")
        and _fields(line).get("queue") == queue
        and _is_after(line.at, since)
    ]


def _order_in(line: LogLine) -> str | None:
    named = _ORDER_ID.search(line.text)
    return named[1].lower() if named else None


def _fields(line: LogLine) -> dict[str, str]:
    return dict(_FIELD.findall(line.text.partition(" cause=")[0]))


def _is_after(at: str, since: datetime) -> bool:
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return False
    if instant.tzinfo is None:
        # CloudWatch writes UTC without saying so.
        instant = instant.replace(tzinfo=UTC)
    return instant > since - _COARSENESS
