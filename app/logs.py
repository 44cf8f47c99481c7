"""What every line of the log says of the request or message that it belongs to."""

import logging
from functools import cache
from typing import Any

from app.trace_context import current_trace_id


@cache
def log_trace_ids() -> None:
    """Give each log record of this process the ``trace_id`` that is followed where it is made.

    Lambda's JSON format writes such an attribute as a field. Called by what runs a process,
    because it changes logging for all of it.
    """
    make_record = logging.getLogRecordFactory()

    def make_traced_record(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = make_record(*arguments, **options)
        if trace_id := current_trace_id():
            record.trace_id = trace_id
        return record

    logging.setLogRecordFactory(make_traced_record)
