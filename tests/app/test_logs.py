"""What every line of the log says of its request or message."""

import logging

import pytest

from app.domain.errors import InvalidInputError
from app.logs import prepare_log_records
from app.trace_context import following, new_trace


def test_a_line_has_the_trace_that_is_followed(caplog: pytest.LogCaptureFixture) -> None:
    prepare_log_records()
    prepare_log_records()  # A second call changes nothing.
    trace = new_trace()

    with caplog.at_level(logging.INFO):
        with following(trace):
            logging.getLogger("some.library").info("inside")
        logging.getLogger("shop.http").info("outside")

    assert [getattr(record, "trace_id", None) for record in caplog.records] == [
        trace.trace_id,
        None,
    ]


def _fail(secret: str) -> None:
    try:
        dict[str, str]()[secret]
    except KeyError as failure:
        raise ValueError(secret) from failure


def test_no_line_has_the_text_of_an_error_that_nobody_foresaw(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It can quote a card or a password; kind, place and causes stay."""
    prepare_log_records()
    secret = "card 4111111111111111"

    try:
        try:
            _fail(secret)
        finally:
            raise InvalidInputError("name: is too long")
    except InvalidInputError:
        logging.getLogger("some.library").exception("crashed")

    assert secret not in caplog.text
    for kept in ("KeyError", "ValueError", "in _fail", "InvalidInputError: name: is too long"):
        assert kept in caplog.text


def test_an_error_with_countless_causes_is_told(caplog: pytest.LogCaptureFixture) -> None:
    prepare_log_records()
    error: Exception | None = None
    for _ in range(2000):
        cause, error = error, RuntimeError("x")
        error.__cause__ = cause

    logging.getLogger("some.library").error("crashed", exc_info=error)

    assert caplog.text.count("RuntimeError") == 9
