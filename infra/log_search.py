"""Finding what the functions logged about an order or a request.

Locally in ``log.jsonl`` of the data folder; of a stack in AWS by CloudWatch Logs Insights, which
bills by the gigabyte that the time range holds.
"""

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import ShopError
from infra.local.log_file import read_log
from infra.local.log_lines import facts_text
from infra.topology import FUNCTIONS, function_name

#: What an id may look like to be searched for; nothing in it has a meaning in a pattern.
SEARCHABLE = re.compile(r"[0-9A-Za-z-]{8,64}")

#: Lines that one search returns at most.
MOST_LINES = 1000
_QUERY_SECONDS = 30.0
_PAUSE_SECONDS = 0.3
_ENDED = frozenset({"Complete", "Failed", "Cancelled", "Timeout"})


class LogsClient(Protocol):
    """The two calls of CloudWatch Logs that a search makes, in boto3's words."""

    def start_query(self, **parameters: Any) -> Any:
        """Start a query; the answer has its id."""

    def get_query_results(self, **parameters: Any) -> Any:
        """Return how far a query is, and what it found."""


class LogSearchError(ShopError):
    """The log cannot be read; says why."""


@dataclass(frozen=True)
class LogLine:
    """One line of a function's log; ``at`` is UTC as the log writes it."""

    at: str
    function: str
    level: str
    text: str
    trace_id: str | None

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], *, function: str) -> "LogLine":
        """Return the line with these fields of Lambda's JSON format."""
        return cls(
            at=str(fields.get("timestamp", "")),
            function=function,
            level=str(fields.get("level", "")),
            text=f"{fields.get('message', '')}{facts_text(fields)}",
            trace_id=fields.get("trace_id"),
        )


def search_folder(folder: Path, ids: Iterable[str]) -> list[LogLine]:
    """Return the lines of a local shop's log with one of the ids, oldest first."""
    wanted = tuple(ids)
    found = []
    for fields in read_log(folder):
        line = LogLine.from_fields(fields, function=str(fields.get("function", "?")))
        if any(id_ == line.trace_id or id_ in line.text for id_ in wanted):
            found.append(line)
    return found[-MOST_LINES:]


def search_stack(
    client: LogsClient,
    stack: str,
    ids: Iterable[str],
    *,
    since: datetime,
    until: datetime,
) -> list[LogLine]:
    """Return the lines of a stack's functions with one of the ids, oldest first.

    Raises:
        LogSearchError: CloudWatch refused the search, or it took too long.
    """
    pattern = "|".join(id_ for id_ in ids if SEARCHABLE.fullmatch(id_))
    if not pattern:
        return []
    groups = {f"/aws/lambda/{function_name(stack, f.name)}": f.name for f in FUNCTIONS}
    try:
        query = client.start_query(
            logGroupNames=list(groups),
            startTime=int(since.timestamp()),
            endTime=int(until.timestamp()) + 1,
            queryString="fields @timestamp, @log, @message"
            f" | filter @message like /{pattern}/ | sort @timestamp asc | limit {MOST_LINES}",
        )
        rows = _results(client, query["queryId"])
    except ClientError as failure:
        raise LogSearchError(f"the log cannot be read: {_code(failure)}") from failure
    except BotoCoreError as failure:
        raise LogSearchError("CloudWatch Logs does not answer") from failure
    return [_line(row, groups) for row in rows]


def _code(failure: ClientError) -> str:
    return str(failure.response.get("Error", {}).get("Code", "unknown error"))


def _results(client: LogsClient, query_id: str) -> list[dict[str, str]]:
    give_up_at = time.monotonic() + _QUERY_SECONDS
    while True:
        answer = client.get_query_results(queryId=query_id)
        if answer["status"] == "Complete":
            return [{part["field"]: part["value"] for part in row} for row in answer["results"]]
        if answer["status"] in _ENDED or time.monotonic() > give_up_at:
            raise LogSearchError("the search of the log did not end; try a shorter time")
        time.sleep(_PAUSE_SECONDS)


def _line(row: Mapping[str, str], groups: Mapping[str, str]) -> LogLine:
    # CloudWatch writes "<account>:<group>", emulators the group alone.
    group = row.get("@log", "").rpartition(":")[2]
    message = row.get("@message", "")
    try:
        fields = json.loads(message)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        # A line of the runtime itself, as of a time-out.
        fields = {"timestamp": row.get("@timestamp", ""), "message": message.strip()}
    return LogLine.from_fields(fields, function=groups.get(group, "?"))
