"""Errors that are reported to Sentry, where the shop is told to: ``SENTRY_DSN``.

What is reported are lines of the shop's own log: those of level ERROR, and messages and orders
that failed. They are collected while a function works and sent before it answers, because Lambda
freezes a process between two calls. What sends them, and all that it imports, is imported with
the first report (``app/sentry.py``): a start pays nothing for it.
"""

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from app.domain.errors import SettingsError
from app.reported_lines import SEND_SECONDS, Line, Report
from app.settings import get_settings
from app.trace_context import current_trace_id

log = logging.getLogger("shop.errors")

#: How long nothing is sent after a report could not be: a service that hangs holds one call.
PAUSE_SECONDS = 60.0
#: A function's answer needs some of the time that is left until its time-out.
_RESERVE_SECONDS = 0.5

#: Reports between two sendings; a batch has ten messages at most.
MOST_REPORTS = 10
#: Lines that are remembered, to tell what a process did before with the same trace id.
_REMEMBERED_LINES = 100

#: What failed and is tried again: a message by SQS, an order by the next sweep.
_REPORTED_WARNINGS = ("record.failed ", "sweep.failed ")


class _Collector(logging.Handler):
    """Remembers the last lines of the shop's loggers, and keeps those to report."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[Line] = deque(maxlen=_REMEMBERED_LINES)
        self._reports: list[Report] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = Line(
            record.created,
            record.levelno,
            record.name,
            record.getMessage(),
            current_trace_id(),
        )
        if line.level >= logging.ERROR or line.text.startswith(_REPORTED_WARNINGS):
            _, error, _ = record.exc_info or sys.exc_info()
            self.report(line, error)
        self._lines.append(line)

    def report(self, line: Line, error: BaseException | None) -> None:
        """Keep a line to be reported, unless there are enough."""
        self.acquire()
        try:
            if len(self._reports) < MOST_REPORTS:
                earlier = [known for known in self._lines if known.trace_id == line.trace_id]
                self._reports.append(Report(line, error, tuple(earlier) if line.trace_id else ()))
        finally:
            self.release()

    def has_reports(self) -> bool:
        return bool(self._reports)

    def take(self) -> list[Report]:
        self.acquire()
        try:
            reports, self._reports = self._reports, []
        finally:
            self.release()
        return reports

    def forget(self) -> None:
        self.take()
        self._lines.clear()


_collector = _Collector()
_quiet_until = 0.0


def collect_errors() -> None:
    """Collect the errors of this process from now on, if it is told where to report them.

    A second call changes nothing. Without valid settings nothing is collected.
    """
    with suppress(SettingsError):
        settings = get_settings()
        if settings.sentry_dsn or settings.sentry_dsn_secret:
            logging.getLogger("shop").addHandler(_collector)


def stop_collecting() -> None:
    """Collect nothing any more, and forget what was collected: for tests."""
    global _quiet_until  # noqa: PLW0603
    logging.getLogger("shop").removeHandler(_collector)
    _collector.forget()
    _quiet_until = 0.0


@contextmanager
def reporting_errors(context: Any) -> Iterator[None]:
    """Report what fails in one call of a function, before the block ends.

    ``context`` is Lambda's, or that of the local function host. What the block raises is
    reported and raised.
    """
    collect_errors()
    try:
        yield
    except Exception as failure:
        if _is_collecting():
            # Not logged: Lambda itself logs what a function raises.
            text = f"function.failed cause={type(failure).__name__}"
            line = Line(time.time(), logging.ERROR, log.name, text, current_trace_id())
            _collector.report(line, failure)
        raise
    finally:
        if _collector.has_reports():
            left = context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
            send_reports(min(SEND_SECONDS, left))


def _is_collecting() -> bool:
    return _collector in logging.getLogger("shop").handlers


def has_reports() -> bool:
    """Return whether there is something to send."""
    return _collector.has_reports()


def send_reports(seconds: float = SEND_SECONDS) -> None:
    """Send what has been collected; blocks for ``seconds`` at most and raises nothing.

    What cannot be sent is given up, the log has it too; after that, nothing is sent for
    ``PAUSE_SECONDS``. Without time left the reports wait for the next call of this process.
    """
    global _quiet_until  # noqa: PLW0603
    if seconds <= 0:
        return
    reports = _collector.take()
    if not reports or time.monotonic() < _quiet_until:
        return
    # A daemon thread, which the end of the process does not wait for: DNS has no time-out here.
    outcome: list[str] = []
    sender = threading.Thread(
        target=_send, args=(reports, outcome), daemon=True, name="error-reports"
    )
    sender.start()
    sender.join(seconds)
    cause = outcome[0] if outcome else "TimeoutError"
    if cause:
        _quiet_until = time.monotonic() + PAUSE_SECONDS
        log.warning("error_reports.unsent count=%d cause=%s", len(reports), cause)


def _send(reports: list[Report], outcome: list[str]) -> None:
    """Send reports; put into ``outcome`` what went wrong, or an empty text."""
    try:
        from app.sentry import send  # noqa: PLC0415

        send(reports)
    except Exception as failure:  # noqa: BLE001  # Whatever it is, the shop goes on without.
        # Without the text, which may hold the address with its key.
        outcome.append(type(failure).__name__)
    else:
        outcome.append("")
