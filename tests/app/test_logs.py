"""What every line of the log says of its request or message."""

import logging

import pytest

from app.logs import log_trace_ids
from app.trace_context import following, new_trace


def test_a_line_has_the_trace_that_is_followed(caplog: pytest.LogCaptureFixture) -> None:
    log_trace_ids()
    log_trace_ids()  # A second call changes nothing.
    trace = new_trace()

    with caplog.at_level(logging.INFO):
        with following(trace):
            logging.getLogger("some.library").info("inside")
        logging.getLogger("shop.http").info("outside")

    assert [getattr(record, "trace_id", None) for record in caplog.records] == [
        trace.trace_id,
        None,
    ]
