"""What may leave in an event."""

import logging
import os
from typing import Any

import pytest

from app.reported_lines import Line, Report
from app.sentry import _Transport, build_event, redact

TOKEN = f"eyJhbGciOiJIUzI1NiJ9.{'eyJzdWIiOiI1' * 5}.c2lnbmF0dXJl"


def report(text: str, error: BaseException | None = None, trace_id: str | None = None) -> Report:
    line = Line(1.0, logging.ERROR, "shop.test", text, trace_id)
    return Report(line, error, (line._replace(level=logging.INFO),))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x card=4111 1111 1111 1111", "x card=**** **** **** 1111"),
        (f"x token={TOKEN}", "x token=…"),
        ("x " + "a b " * 200, ("x " + "a b " * 200)[:500]),
    ],
)
def test_a_line_is_sent_without_what_looks_like_a_secret(text: str, shown: str) -> None:
    event: Any = redact(build_event(report(text)))

    assert event["logentry"]["formatted"] == shown
    assert event["breadcrumbs"]["values"][0]["message"] == shown


def test_fields_of_the_line_are_tags_if_they_are_known() -> None:
    text = "aws.refused operation=PutItem code=AccessDenied order_id=? password=x"

    event = redact(build_event(report(text)))

    assert event["tags"] == {
        "event": "aws.refused",
        "operation": "PutItem",
        "code": "AccessDenied",
    }
    assert event["fingerprint"] == ["aws.refused", "AccessDenied"]
    assert "trace" not in event["contexts"]


def test_nothing_else_leaves() -> None:
    event: dict[str, Any] = {
        **build_event(report("x", ValueError("secret"))),
        "request": {"data": "secret"},
        "user": {"id": "secret"},
        "extra": {"x": "secret"},
        "server_name": "api",
    }
    event["exception"]["values"][0]["stacktrace"] = {
        "frames": [{"function": "f", "vars": {"x": "secret"}, "abs_path": "/secret"}]
    }

    kept = redact(event)

    assert "secret" not in str(kept)
    assert kept["server_name"] == "api"
    assert os.sep not in str(kept["exception"])


def test_a_report_goes_to_a_server_that_proves_its_name() -> None:
    pool = _Transport({"dsn": None})._pool

    assert pool.connection_pool_kw["cert_reqs"] == "CERT_REQUIRED"
