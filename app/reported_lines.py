"""What is reported of an error: a line of the log, and what was known before it."""

from typing import NamedTuple

#: The longest that a call waits for its reports to be sent.
SEND_SECONDS = 2.0


class Line(NamedTuple):
    """A line of the log; ``at`` are seconds since 1970, ``level`` is a number of ``logging``."""

    at: float
    level: int
    logger: str
    text: str
    trace_id: str | None


class Report(NamedTuple):
    """A line to report, the error behind it, and earlier lines with the same trace id."""

    line: Line
    error: BaseException | None
    earlier: tuple[Line, ...]
