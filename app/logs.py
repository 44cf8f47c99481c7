"""What every line of the log says of its request or message, and what no line says of an error."""

import json
import logging
from functools import cache
from typing import Any

from app.trace_context import current_trace_id

#: Modules whose errors say what they may: they repeat no value (``app/domain/errors.py``).
OWN_MODULES = ("app.", "routers.", "workers.")
#: How deep the causes of an error are shown; deeper ones are left out.
_MOST_CAUSES = 8
#: The longest level and message of a line on Lambda, in bytes. With the fields that Lambda's format
#: adds (time, request id, trace id) the line has 300 bytes: CloudWatch bills by the byte.
_MOST_BYTES = 134
_CUT = "..."


@cache
def prepare_log_records() -> None:
    """Give each log record of this process its ``trace_id``, and take the texts of errors away.

    Lambda's JSON format writes such an attribute as a field. The text of an error that is not the
    shop's own can quote what was sent, a card or a password; kind and place stay. On Lambda lines
    of the shop are kept short. Called by what runs a process, because it changes logging for all
    of it, libraries included.
    """
    make_record = logging.getLogRecordFactory()

    def make_prepared_record(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = make_record(*arguments, **options)
        if trace_id := current_trace_id():
            record.trace_id = trace_id
        # Python 3.12 and later name the task, and Lambda's format would write that out.
        record.__dict__.pop("taskName", None)
        if record.exc_info and record.exc_info[1]:
            shown = _shown_error(record.exc_info[1])
            record.exc_info = (type(shown), shown, shown.__traceback__)
        return record

    logging.setLogRecordFactory(make_prepared_record)
    for handler in logging.getLogger().handlers:
        if type(handler.formatter).__module__.startswith("awslambdaric."):
            handler.addFilter(_ShortLine())


class _ShortLine(logging.Filter):
    """Shortens lines of the shop, just before Lambda's runtime client writes them.

    The logger's name is left out, because the first word of a message says the same; a message
    that is too long loses its end.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True: every line is written."""
        if str(record.name).startswith("shop."):
            # The format leaves out what is None.
            record.__dict__["name"] = None
            most = _MOST_BYTES - len(record.levelname)
            record.msg, record.args = shorten(record.getMessage(), most), ()
        return True


def shorten(message: str, most_bytes: int) -> str:
    """Return a message that takes so many bytes of a line of JSON at most: its end is cut off."""
    if _written_bytes(message) <= most_bytes:
        return message
    left, kept = most_bytes - len(_CUT), 0
    for character in message:
        left -= _written_bytes(character)
        if left < 0:
            break
        kept += 1
    return message[:kept] + _CUT


def _written_bytes(text: str) -> int:
    """Return how many bytes a text takes in JSON, without its quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode(errors="replace")) - 2


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
