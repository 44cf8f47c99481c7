"""The local log: JSON lines of the processes, readable on a terminal, kept in a file."""

import json
import logging
from contextlib import suppress
from pathlib import Path

import pytest

from app.logs import prepare_log_records
from app.trace_context import TraceContext, following
from infra.local import log_file
from infra.local.log_file import LogFile, line_to_keep, read_log
from infra.local.log_lines import AccessFormatter, JsonFormatter, read_line, show
from infra.local.output import Output

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SHOP = "shop.worker"
_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"  # pragma: allowlist secret
_MAT = "533445d-530e-4a76-9398-5d16713b827b"


def record(message: str, *values: object, name: str = SHOP) -> logging.LogRecord:
    prepare_log_records()
    made = logging.getLogRecordFactory()(name, logging.WARNING, "", 0, message, values, None)
    made.created = 1795424400.25
    return made


def test_a_record_is_one_line_with_the_fields_of_lambda() -> None:
    with following(TraceContext(TRACE)):
        made = record("order.paid order_id=%s\nx", "o-1")

    line = JsonFormatter().format(made)

    assert "\n" not in line
    assert read_line(line) == {
        "timestamp": "2026-11-23T09:00:00.250Z",
        "level": "WARNING",
        "message": "order.paid order_id=o-1\nx",
        "logger": SHOP,
        "trace_id": TRACE,
    }


def test_a_traceback_stays_with_its_record() -> None:
    made = record("record.crashed")
    failure = RuntimeError("because")
    made.exc_info = (RuntimeError, failure, None)

    fields = read_line(JsonFormatter().format(made))

    assert fields is not None
    shown = show(fields, is_terminal=False, has_colours=False)
    assert shown[0] == "WARNING record.crashed"
    assert shown[1:] == ["RuntimeError: because"]


def test_a_request_is_told_without_who_asked() -> None:
    given = record('%s - "%s %s HTTP/%s" %d', "192.0.2.7:1", "GET", "/products?limit=1", "1.1", 200)

    line = AccessFormatter().format(given)

    assert json.loads(line)["message"] == '"GET /products HTTP/1.1" 200'
    assert "192.0.2.7" not in line
    assert json.loads(AccessFormatter().format(record("another")))["message"] == "another"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "/"),
        ("/docs/errors/", "/docs/errors/"),
        ("/.well-known/security.txt", "/.well-known/security.txt"),
        ("/static/images/basketball_thumb2.svg", "/static/images/basketball_thumb2.svg"),
        ("/cart/items/5c393a111d41c892ce243829", "/cart/items/5c393a111d41c892ce243829"),
        (f"/products/{_MAT}?include=codes", f"/products/{_MAT}"),
        (f"/cart/items/{_TOKEN}?a=b", "/cart/items/…"),
        ("/users/4111111111111111", "/users/…"),
        ("/login?password=hunter2", "/login"),
    ],
)
def test_a_request_is_told_without_tokens_and_other_texts(path: str, shown: str) -> None:
    given = record('%s - "%s %s HTTP/%s" %d', "192.0.2.7:1", "GET", path, "1.1", 200)

    message = json.loads(AccessFormatter().format(given))["message"]

    assert message == f'"GET {shown} HTTP/1.1" 200'


@pytest.mark.parametrize(
    "text",
    ["", "hello", "{}", '{"timestamp', '{"timestamp": 1}', '{"timestamp": "x", "message": 5}'],
)
def test_what_is_no_record_is_only_text(text: str) -> None:
    assert read_line(text) is None
    kept = json.loads(line_to_keep("order", text, None) or "")
    assert (kept["level"], kept["message"], kept["function"]) == ("PRINTED", text, "order")


def test_a_terminal_sees_time_level_and_trace_in_colours() -> None:
    with following(TraceContext(TRACE)):
        fields = json.loads(JsonFormatter().format(record("order.paid \x1b[2J\u202e")))

    (plain,) = show(fields, is_terminal=True, has_colours=False)
    (coloured,) = show(fields, is_terminal=True, has_colours=True)

    assert plain == f"09:00:00.250 WARNING order.paid ?[2J? trace_id={TRACE}"
    assert "\x1b[33mWARNING\x1b[0m" in coloured
    # What a message holds can neither clear the screen nor turn its letters around.
    assert "\x1b[2J" not in coloured


def test_the_file_keeps_what_the_output_shows(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output = Output()
    output.keep_in(tmp_path)

    output.relay("api", JsonFormatter().format(record("order.placed order_id=o-1")))
    output.relay(
        "api", AccessFormatter().format(record('"GET / HTTP/1.1" 200', name="uvicorn.access"))
    )
    output.relay("order", "printed \udcff")
    output.close()

    assert capfd.readouterr().err.splitlines() == [
        "api      | WARNING order.placed order_id=o-1",
        'api      | "GET / HTTP/1.1" 200',
        "order    | printed ?",
    ]
    kept = list(read_log(tmp_path))
    assert [(line["function"], line["message"]) for line in kept] == [
        ("api", "order.placed order_id=o-1"),
        ("order", "printed \udcff"),
    ]


def test_the_file_stays_small_and_is_read_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "PART_BYTES", 1000)
    kept = LogFile(tmp_path)

    for number in range(100):
        kept.write(json.dumps({"timestamp": "t", "message": f"{number:0100}"}))
    kept.close()
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"timestamp": "t", "mess')

    parts = sorted(path.name for path in tmp_path.iterdir())
    numbers = [int(line["message"]) for line in read_log(tmp_path)]
    assert parts == ["log.jsonl", "log.jsonl.1", "log.jsonl.2"]
    assert numbers == list(range(numbers[0], 100))
    assert 10 < len(numbers) < 30


def test_a_disk_that_is_full_costs_the_line_only(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    kept = LogFile(tmp_path)

    kept.write("a line")
    with suppress(OSError):  # What could not be written is tried once more.
        kept.close()

    assert list(read_log(tmp_path / "nowhere")) == []
