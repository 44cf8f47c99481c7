"""``acme-shop trace``: everything that was logged under one id."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.domain.errors import SettingsError
from app.trace_context import read_traceparent
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect, search_log
from infra.local.data_folder import data_path
from infra.local.environment import REGION
from infra.log_search import SEARCHABLE, LogLine, search_folder


def command(
    trace_id: Annotated[
        str,
        typer.Argument(help="An X-Request-Id, an order's id, or a word such as security."),
    ],
    hours: Annotated[
        float, typer.Option(min=0.01, help="How far back to look in a stack in AWS.")
    ] = 24,
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show the lines of all functions about one request or order, or with a word, oldest first.

    In a stack CloudWatch Logs Insights is asked, which bills by the gigabyte of the time looked
    at.
    """
    trace = read_traceparent(trace_id)
    wanted = trace.trace_id if trace else trace_id
    if not SEARCHABLE.fullmatch(wanted):
        raise SettingsError("trace_id: must be 8 to 64 letters, digits and hyphens")
    now = datetime.now(UTC)
    if stack == LOCAL:
        # Its log is a file, which is there while the shop is stopped, too.
        lines = search_folder(data_path(), [wanted])
    else:
        since = now - timedelta(hours=hours)
        lines = search_log(connect(stack, region), [wanted], since=since, until=now)
    if as_json:
        print(json.dumps([asdict(line) for line in lines]))
        return
    for text in log_text(lines):
        print(text)
    if not lines:
        print("The log has no line with this id.")


def log_text(lines: Iterable[LogLine]) -> list[str]:
    """Return lines of the log for people: time, function, text, and the level if it is high."""
    return [
        f"{line.at.replace('T', ' ').removesuffix('Z')} {line.function:<8} "
        + ("" if line.level in {"INFO", ""} else f"{line.level} ")
        + line.text
        for line in lines
    ]
