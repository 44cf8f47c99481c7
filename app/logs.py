"""What every line of the log says of its request or message, and what no line says of an error."""

import logging
from functools import cache
from typing import Any

from app.trace_context import current_trace_id

#: Modules whose errors say what they may: they repeat no value (``app/domain/errors.py``).
OWN_MODULES = ("app.", "routers.", "workers.")
#: How deep the causes of an error are shown; deeper ones are left out.
_MOST_CAUSES = 8


@cache
def prepare_log_records() -> None:
    """Give each log record of this process its ``trace_id``, and take the texts of errors away.

    Lambda's JSON format writes such an attribute as a field. The text of an error that is not the
    shop's own can quote what was sent, a card or a password; kind and place stay. Called by what
    runs a process, because it changes logging for all of it, libraries included.
    """
    make_record = logging.getLogRecordFactory()

    def make_prepared_record(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = make_record(*arguments, **options)
        if trace_id := current_trace_id():
            record.trace_id = trace_id
        if record.exc_info and record.exc_info[1]:
            shown = _shown_error(record.exc_info[1])
            record.exc_info = (type(shown), shown, shown.__traceback__)
        return record

    logging.setLogRecordFactory(make_prepared_record)


def _shown_error(error: BaseException, *, causes: int = _MOST_CAUSES) -> BaseException:
    """Return an error of the same name, place and causes; with its text if it is the shop's."""
    kind = type(error)
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    text = [str(error)] if kind.__module__.startswith(OWN_MODULES) else []
    shown: BaseException = type(kind.__name__, (Exception,), names)(*text)
    shown.__traceback__ = error.__traceback__
    if causes and error.__cause__:
        shown.__cause__ = _shown_error(error.__cause__, causes=causes - 1)
    if causes and error.__context__:
        shown.__context__ = _shown_error(error.__context__, causes=causes - 1)
    shown.__suppress_context__ = error.__suppress_context__
    return shown
