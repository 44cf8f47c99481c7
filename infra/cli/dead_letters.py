"""``acme-shop dead-letters``: which messages are dead, and why."""

import asyncio
import json
import sys
from collections.abc import Container
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.domain.errors import InvalidInputError, QueueUnavailableError
from infra.ages import age_text
from infra.cli.dead_letter_queues import SQSDeadLetterQueues
from infra.cli.incomplete import check_complete
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.dead_letters.diagnosis import Diagnosis, diagnose_queues
from infra.dead_letters.messages import DEAD_LETTER_QUEUES
from infra.local.environment import REGION

QueueOption = Annotated[
    str, typer.Option(help=f"Only this queue: {' or '.join(DEAD_LETTER_QUEUES)}.")
]


def parse_queue_option(queue: str) -> tuple[str, ...]:
    """Return the dead-letter queues that an option names; all of them for empty text.

    Raises:
        InvalidInputError: there is no such dead-letter queue.
    """
    if not queue:
        return DEAD_LETTER_QUEUES
    if queue not in DEAD_LETTER_QUEUES:
        raise InvalidInputError(f"--queue must be {' or '.join(DEAD_LETTER_QUEUES)}")
    return (queue,)


def count_held(client: SQSDeadLetterQueues, queues: Container[str]) -> int | None:
    """Return how many letters another scan hides, or None if the queues do not answer.

    That scan runs now, or was killed less than its visibility time ago. On AWS the number may
    be some seconds old.
    """
    try:
        return sum(depth.in_flight for depth in client.depths(queues))
    except QueueUnavailableError:
        return None


def held_text(held: int) -> str:
    """Return the sentence about letters that another scan hides."""
    return f"{held} are held by another look; run it again in a minute."


def command(
    queue: QueueOption = "",
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show every dead letter and why it is dead; nothing is moved.

    Each letter is parsed once more to find out. Of its body only the event's type and the
    order's id are shown. Other readers do not see the letters while this runs.
    """
    queues = parse_queue_option(queue)
    connection = connect(stack, region)
    client = SQSDeadLetterQueues(connection)
    missing: list[str] = []
    diagnoses = asyncio.run(
        diagnose_queues(client, connection.table, queues, missing, now=datetime.now(UTC))
    )
    held = count_held(client, queues)
    if held:
        print(held_text(held), file=sys.stderr)
    if as_json:
        print(json.dumps([asdict(diagnosis) for diagnosis in diagnoses]))
    elif not diagnoses:
        others = held or missing
        print("There are no other dead letters." if others else "There are no dead letters.")
    else:
        for diagnosis in diagnoses:
            print("\n".join(diagnosis_text(diagnosis)))
    check_complete(missing)


def diagnosis_text(diagnosis: Diagnosis) -> list[str]:
    """Return a diagnosis in lines; no table, which would cut ids on a narrow terminal."""
    queue = f"in {diagnosis.comes_from} " if diagnosis.comes_from else ""
    died_in = f"died {queue}after {diagnosis.receives} receives"
    if not diagnosis.receives:
        died_in = "was put there by hand"
    discard = f" It would die again; to remove it: acme-shop discard {diagnosis.message_id}"
    advice = discard if diagnosis.dies_again else ""
    order = diagnosis.order_id or "?"
    if diagnosis.order_id is None and diagnosis.trace_id:
        order = f"? (to find it: acme-shop order {diagnosis.trace_id})"
    return [
        f"{diagnosis.queue}  message {diagnosis.message_id}, {age_text(diagnosis.age_seconds)} old",
        f"  {diagnosis.event_type or '?'} of order {order}, {died_in}",
        f"  {diagnosis.reason}.{advice}",
    ]
