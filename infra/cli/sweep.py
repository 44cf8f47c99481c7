"""``acme-shop sweep``: finish now what was left half done."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.queues import get_queues
from app.services.sweeper import GRACE, SweepFailedError, SweepReport, sweep
from app.settings import get_settings
from app.store.table import get_table
from infra.cli.dead_letter_queues import letter_box_of
from infra.cli.stacks import LOCAL, RegionOption, StackOption
from infra.local.environment import REGION


def command(
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Do now what the schedule does every five minutes: push the orders that are stuck.

    Safe at any time, twice, and next to the workers: it only repeats what they do.
    """
    letter_box_of(stack, region)
    report = asyncio.run(
        sweep(
            get_table(),
            get_queues(),
            now=datetime.now(UTC),
            longest_delivery_seconds=get_settings().delivery_seconds[1],
        )
    )
    if as_json:
        print(json.dumps(asdict(report)))
    else:
        print(_text(report))
    if report.failed:
        raise SweepFailedError(f"{report.failed} orders could not be pushed; see the lines above")


def _text(report: SweepReport) -> str:
    minutes = int(GRACE.total_seconds()) // 60
    return (
        f"Looked at {report.seen} open orders older than {minutes} minutes: "
        f"{report.settled} settled by a payment that was decided, "
        f"{report.timed_out} declined because nobody paid in time, "
        f"{report.shipments_requested} shipments asked for again."
    )
