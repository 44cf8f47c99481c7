"""What operators' commands do to orders, in the log of the local shop.

A stack's log has only what its functions write: there the order's history says ``acme-shop``.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from app.logs import prepare_log_records
from infra.cli.stacks import StackConnection
from infra.local.data_folder import data_path
from infra.local.log_file import append_line
from infra.local.log_lines import JsonFormatter

#: What the log names as the function that wrote a line.
_FUNCTION = "acme-shop"


class _FileHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        append_line(data_path(), _FUNCTION, self.format(record))


@contextmanager
def logging_to(connection: StackConnection) -> Iterator[logging.Logger]:
    """Yield the logger of a command; what the shop's code logs meanwhile is kept, too.

    Warnings are shown as they are without it.
    """
    prepare_log_records()
    logger = logging.getLogger("shop")
    shown = logging.StreamHandler()
    shown.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [shown]
    if connection.endpoint_url is not None:
        kept = _FileHandler()
        kept.setFormatter(JsonFormatter())
        handlers.append(kept)
    before = logger.level
    logger.setLevel(logging.INFO)
    for handler in handlers:
        logger.addHandler(handler)
    try:
        yield logging.getLogger("shop.operator")
    finally:
        logger.setLevel(before)
        for handler in handlers:
            logger.removeHandler(handler)
