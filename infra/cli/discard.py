"""``acme-shop discard``: remove one dead letter for good."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.domain.errors import InvalidInputError, QueueUnavailableError
from app.store.table import Table
from infra.cli.dead_letter_queues import SQSDeadLetterQueues
from infra.cli.dead_letters import diagnosis_text
from infra.cli.operator_log import logging_to
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.dead_letters.diagnosis import Diagnosis, diagnose
from infra.dead_letters.messages import (
    DEAD_LETTER_QUEUES,
    SCAN_SECONDS,
    DeadLetterQueues,
    QueueScan,
)
from infra.local.environment import REGION


def command(
    message_id: Annotated[
        str, typer.Argument(help="The message's id, as `dead-letters` shows it; all of it.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed; remove nothing.")
    ] = False,
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Remove one message from the dead-letter queues; it cannot be brought back.

    For a message that its worker would refuse again, as one with a card that cannot be read.
    Its order is not touched.
    """
    connection = connect(stack, region)
    found = asyncio.run(
        discard(
            SQSDeadLetterQueues(connection),
            connection.table,
            message_id,
            now=datetime.now(UTC),
            dry_run=dry_run,
        )
    )
    if not dry_run:
        with logging_to(connection) as log:
            log.info(
                "dead_letter.discarded order_id=%s from=%s message_id=%s",
                found.order_id or "?",
                found.queue,
                found.message_id,
            )
    if as_json:
        print(json.dumps({"dry_run": dry_run, "discarded": asdict(found)}))
        return
    print("Would remove:" if dry_run else "Removed:")
    for line in diagnosis_text(found):
        print(line)
    if not found.dies_again:
        print("It could have been sent back." if not dry_run else "It could be sent back: redrive.")


async def discard(
    client: DeadLetterQueues, table: Table, message_id: str, *, now: datetime, dry_run: bool
) -> Diagnosis:
    """Remove a dead letter, and return what it was; safe to repeat.

    Raises:
        InvalidInputError: no dead-letter queue shows a message with this id now.
        QueueUnavailableError: the others do not, and one does not answer.
    """
    absent = None
    for queue in DEAD_LETTER_QUEUES:
        try:
            with QueueScan(client, queue, visibility_seconds=SCAN_SECONDS) as scan:
                for dead_letter in scan.dead_letters():
                    if dead_letter.message_id != message_id:
                        continue
                    found = await diagnose(table, dead_letter, now=now)
                    if not dry_run:
                        scan.delete(dead_letter)
                    return found
        except QueueUnavailableError as failure:
            absent = failure
    if absent:
        raise absent
    raise InvalidInputError(
        "there is no dead letter with this id; acme-shop dead-letters lists all"
    )
