"""Finding what was logged about an order: locally, and in a stack by Logs Insights."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from app.domain.errors import SettingsError
from infra import log_search
from infra.cli import trace
from infra.cli.stacks import connect, search_log
from infra.local.environment import REGION
from infra.local.log_file import LogFile, line_to_keep
from infra.log_search import LogSearchError, search_folder, search_stack
from infra.topology import FUNCTIONS, function_name

ORDER = "7c8bba4d-1ecc-42a9-8c64-16bea075f069"
TRACE, OTHER = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"
NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)


def line(message: str, trace_id: str = TRACE, **more: Any) -> dict[str, Any]:
    fields = {"timestamp": "2026-11-30T08:00:00.000Z", "level": "INFO", "message": message}
    return fields | {"logger": "shop.worker", "trace_id": trace_id} | more


LINES = {
    "api": [
        line(f"order.placed order_id={ORDER} ms=9"),
        line("security.login", OTHER, security={"kind": "login", "user_id": "u-1"}),
    ],
    "payment": [line("record.failed message_id=m-1", level="WARNING")],
    "order": [line(f"order.paid order_id={ORDER} queue=payment-response receives=1 ms=8")],
}
FOUND = [
    ("api", f"order.placed order_id={ORDER} ms=9"),
    ("payment", "record.failed message_id=m-1"),
    ("order", f"order.paid order_id={ORDER} queue=payment-response receives=1 ms=8"),
]


def test_a_local_log_is_searched_by_order_and_trace(tmp_path: Path) -> None:
    kept = LogFile(tmp_path)
    for function, fields in ((f, fields) for f, lines in LINES.items() for fields in lines):
        kept.write(line_to_keep(function, "", fields) or "")
    kept.close()

    found = search_folder(tmp_path, [ORDER, TRACE])

    assert [(told.function, told.text) for told in found] == FOUND
    assert [told.text for told in search_folder(tmp_path, [OTHER])] == [
        "security.login kind=login user_id=u-1"
    ]
    assert search_folder(tmp_path, ["nothing"]) == []


@pytest.fixture
def logged(stack: dict[str, str]) -> Iterator[str]:
    """The name of a stack whose functions have logged."""
    name = f"logged-{time.time_ns()}"
    client: Any = connect(name).logs
    groups = [f"/aws/lambda/{function_name(name, function.name)}" for function in FUNCTIONS]
    at = int(time.time() * 1000)
    for group in groups:
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName="s")
    for number, (function, lines) in enumerate(LINES.items()):
        events = [{"timestamp": at + number, "message": json.dumps(fields)} for fields in lines]
        events.append({"timestamp": at + number, "message": "2026 Task timed out"})
        group = f"/aws/lambda/{function_name(name, function)}"
        client.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    yield name
    for group in groups:
        client.delete_log_group(logGroupName=group)


def test_a_stack_is_asked_by_logs_insights(logged: str, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)
    found = search_log(connect(logged), [ORDER, TRACE], since=now - MINUTE, until=now + MINUTE)

    assert [told.text for told in found] == [text for _, text in FOUND]
    trace.command(f"00-{TRACE}-00f067aa0ba902b7-01", stack=logged, region=REGION)
    said = capsys.readouterr().out
    assert "WARNING record.failed message_id=m-1" in said
    trace.command(TRACE, stack=logged, region=REGION, as_json=True)
    assert [told["trace_id"] for told in json.loads(capsys.readouterr().out)] == [TRACE] * 3
    trace.command("f" * 32, stack=logged, region=REGION)
    assert capsys.readouterr().out == "The log has no line with this id.\n"


@pytest.mark.parametrize("wrong", ["", "short", "a b c d e f g", "x/ | limit 1", "é" * 9, "a" * 65])
def test_what_cannot_be_an_id_is_not_searched_for(wrong: str) -> None:
    with pytest.raises(SettingsError, match="trace_id: must be"):
        trace.command(wrong)

    assert search_stack(Logs(), "dev", [wrong], since=NOW, until=NOW) == []


class Logs:
    """A client of CloudWatch Logs that fails, or answers with a status and rows."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def start_query(self, **parameters: Any) -> Any:
        return {"queryId": "q", "asked": parameters}

    def get_query_results(self, **_: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetQueryResults")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([DENIED], "the log cannot be read: AccessDeniedException"),
        ([EndpointConnectionError(endpoint_url="x")], "does not answer"),
        ([{"status": "Failed"}], "did not end"),
        ([{"status": "Running"}] * 9, "did not end"),
    ],
)
def test_a_search_that_fails_says_why(
    monkeypatch: pytest.MonkeyPatch, answers: list[Any], said: str
) -> None:
    monkeypatch.setattr(log_search, "_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(log_search, "_QUERY_SECONDS", 0.004)

    with pytest.raises(LogSearchError, match=said):
        search_stack(Logs(*answers), "dev", [ORDER], since=NOW, until=NOW)


def test_rows_name_their_function_and_lines_of_the_runtime_stay_text() -> None:
    group = f"123456789012:/aws/lambda/{function_name('dev', 'shipment')}"
    row = {
        "@log": group,
        "@timestamp": "2026-11-30 08:00:00.000",
        "@message": f"{ORDER} timed out\n",
    }
    rows = [[{"field": name, "value": value} for name, value in row.items()]]

    (found,) = search_stack(
        Logs({"status": "Complete", "results": rows}), "dev", [ORDER], since=NOW, until=NOW
    )

    assert (found.function, found.text, found.at) == (
        "shipment",
        f"{ORDER} timed out",
        "2026-11-30 08:00:00.000",
    )
