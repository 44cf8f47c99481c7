"""No line that the shop writes is longer than 300 bytes on Lambda, and none loses what it tells."""

import ast
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from awslambdaric.lambda_runtime_log_utils import JsonFormatter

from app.domain.sweeping import SweepReport
from app.logs import prepare_log_records, shorten
from app.security_log import Client, Kind, current_client, record_security_event
from app.trace_context import TraceContext, following
from infra.topology import MAPPINGS, queue_name
from routers.error_catalogue import CATALOGUE
from tests.routers.rights import ROWS
from workers.batch import _about, _queue
from workers.order import _told

ROOT = Path(__file__).parents[2]
MOST_BYTES = 300
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ID = "7c8bba4d-1ecc-42a9-8c64-16bea075f069"
#: What is left of the longest cause; the error report has the whole of it.
LEAST_CAUSE = 18

_ROUTE = max(ROWS, key=len)
_RECORDS = [
    {
        "messageId": ID,
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:0:{queue_name('prod', mapping.queue)}",
        "attributes": {"ApproximateReceiveCount": "1000"},
        "body": body,
    }
    for mapping in MAPPINGS
    for body in (f'{{"orderID": "{ID}"}}', "{}")
]
_ABOUT = max(map(_about, _RECORDS), key=len)
_QUEUE = max(map(_queue, _RECORDS), key=len)
_SWEEP = SweepReport(1000, 1000, 1000, 200, 100, 100, 172_800, 172_800, is_complete=False)
_CAUSE = "transactionID: is not what was decided about this order"
_AWAY = "the shop has no access to its store"
_REFUSED = "ProvisionedThroughputExceededException"

#: Every event of the log, by its text in the source, with the longest that it can say.
LONGEST: dict[str, tuple[object, ...]] = {
    "event.refused cause=%s": ("requestContext.http.sourceIp: is not an address",),
    "request.crashed method=%s route=%s": tuple(_ROUTE.split()),
    "%s order_id=%s ms=%d": ("order.repeated", ID, 29_000),
    "order.answered order_id=%s payment=%s ms=%d": (ID, "declined", 29_000),
    "%s order_id=%s queue=%s receives=%s ms=%d": ("payment.declined", ID, _QUEUE, 1000, 29_000),
    "record.failed %s cause=%s ms=%d": (_ABOUT, _CAUSE, 29_000),
    "record.crashed %s": (_ABOUT,),
    "record.malformed %s": (_ABOUT,),
    "record.out_of_time %s": (_ABOUT,),
    "sweep.%s order_id=%s": ("shipments_requested", ID),
    "sweep.failed order_id=%s cause=%s: %s": (ID, "StoreMisconfiguredError", _AWAY),
    "sweep.crashed order_id=%s": (ID,),
    "sweep.done %s": (_told(_SWEEP),),
    "decline.not_counted": (),
    "error_reports.unsent count=%d cause=%s": (10, "ConnectTimeoutError"),
    "traces.lost cause=%s pause_seconds=%d": ("ConnectTimeoutError", 30),
    "aws.refused operation=%s code=%s": ("GetSecretValue", _REFUSED),
    "signing_keys.not_renewed cause=%s": ("the shop has no access to its signing keys",),
    "signing_keys.rotation step=%s": ("finishSecret",),
    "%s.unreadable %s=%s: %s": ("credentials", "order_id", ID, "billing.postcode: is not a text"),
}
_STATUS = max(entry.status for entry in CATALOGUE)
#: The facts of every event of the security log.
FACTS: dict[Kind, dict[str, Any]] = {
    Kind.LOGIN: {"role": "customer"},
    Kind.LOGIN_FAILED: {"status": _STATUS, "route": "POST /change-password"},
    Kind.REFUSED: {"status": _STATUS, "route": _ROUTE},
    Kind.REGISTERED: {},
    Kind.ROLE_CHANGED: {"role": "customer"},
    Kind.SESSION_REVOKED: {"cause": "log_out_everywhere"},
    Kind.STAFF_ACCESS: {"of": ID},
    Kind.KEYS_ROTATED: {},
}


class _Written(logging.Handler):
    """Keeps each line as Lambda's runtime client writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = ID
        # A traceback is as long as it is.
        record.exc_info = None
        self.lines.append(self.format(record).removesuffix("\n"))


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Yield the lines of this process as they would be on Lambda."""
    root, handler = logging.getLogger(), _Written()
    factory = logging.getLogRecordFactory()
    others, level, root.handlers = root.handlers, root.level, [handler]
    root.setLevel(logging.INFO)
    prepare_log_records.__wrapped__()
    with following(TraceContext(TRACE)):
        yield handler.lines
    root.handlers = others
    root.setLevel(level)
    logging.setLogRecordFactory(factory)


def _calls() -> Iterator[tuple[str, str]]:
    """Yield level and text of every line that the shop's code writes."""
    for folder in ("app", "routers", "workers"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Attribute(value=ast.Name(id="log"), attr=level),
                        args=[ast.Constant(value=text), *_],
                    ):
                        yield level, str(text)


def test_every_line_has_at_most_300_bytes_on_lambda(written: list[str]) -> None:
    calls = {text: level for level, text in _calls() if text != "security.%s"}
    # A new event needs a row.
    assert set(calls) == set(LONGEST)

    for text, level in calls.items():
        getattr(logging.getLogger("shop.sweeper"), level)(text, *LONGEST[text])

    assert len(written) == len(LONGEST)
    for line, values in zip(written, map(LONGEST.__getitem__, calls), strict=True):
        told = json.loads(line)
        assert len(line.encode()) <= MOST_BYTES, told["message"]
        assert {*told} == {"timestamp", "level", "message", "requestId", "trace_id"}
        assert ID not in values or ID in told["message"]
    cut = {message for line in written if (message := json.loads(line)["message"])[-3:] == "..."}
    # Its end is in the error report.
    (failed,) = cut
    assert failed.startswith(f"record.failed {_ABOUT} cause={_CAUSE[:LEAST_CAUSE]}")


def test_every_security_event_has_at_most_300_bytes_on_lambda(written: list[str]) -> None:
    client = Client(lambda: "x" * 16)
    client.user_id = ID
    token = current_client.set(client)

    for kind, facts in FACTS.items():
        record_security_event(kind, **facts)
    current_client.reset(token)

    assert set(FACTS) == set(Kind)
    for line, (kind, facts) in zip(written, FACTS.items(), strict=True):
        message = json.loads(line)["message"]
        assert message.startswith(f"security.{kind} user={ID} from={'x' * 16}")
        assert all(f" {name}={value}" in message for name, value in facts.items())
        assert len(line.encode()) <= MOST_BYTES


def test_lines_of_libraries_are_left_as_they_are(written: list[str]) -> None:
    logging.getLogger("some.library").warning("x" * 500)

    assert json.loads(written[0])["logger"] == "some.library"
    assert len(written[0]) > MOST_BYTES


@pytest.mark.parametrize("text", ["a" * 500, "é" * 500, '"' * 500, "\x00" * 500, "\ud800" * 500])
def test_a_message_is_cut_by_what_it_takes_in_a_line(text: str) -> None:
    shown = shorten(text, 127)

    size = len(json.dumps(shown, ensure_ascii=False).encode(errors="replace")) - 2
    assert 127 - 6 < size <= 127
    assert shorten(shown, 127) == shown
