"""``acme-shop dead-letters``: what died, and why."""

import asyncio
import json
import sys
from collections.abc import Container
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.domain.errors import InvalidInputError, QueueUnavailableError
from app.store.table import get_table
from infra.cli.dead_letter_queues import QueueLetterBox, letter_box_of
from infra.cli.stacks import LOCAL, RegionOption, StackOption
from infra.dead_letters.diagnosis import look
from infra.dead_letters.messages import DEAD_LETTER_QUEUES
from infra.local.environment import REGION

QueueOption = Annotated[
    str, typer.Option(help=f"Only this queue: {' or '.join(DEAD_LETTER_QUEUES)}.")
]


def chosen(queue: str) -> tuple[str, ...]:
    """Return the dead-letter queues that an option means; all for none.

    Raises:
        InvalidInputError: it is none of them.
    """
    if not queue:
        return DEAD_LETTER_QUEUES
    if queue not in DEAD_LETTER_QUEUES:
        raise InvalidInputError(f"--queue must be {' or '.join(DEAD_LETTER_QUEUES)}")
    return (queue,)


def held_by_others(box: QueueLetterBox, queues: Container[str]) -> int | None:
    """Return how many letters another look hides, or None if the queues do not answer.

    Somebody who looks now holds them, or somebody who was killed held them. On AWS the
    number may be some seconds old.
    """
    try:
        return sum(each.in_flight for each in box.depths(queues))
    except QueueUnavailableError:
        return None


def held_text(held: int) -> str:
    """Return what is said of letters that another look hides."""
    return f"{held} are held by another look; run it again in a minute."


def command(
    queue: QueueOption = "",
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show every dead letter and why it is dead; nothing is moved.

    A letter is read once more to find out. Of its body only the event's type and the order's
    id are shown. While this looks, others do not see the letters; after it they do.
    """
    queues = chosen(queue)
    box = letter_box_of(stack, region)
    found = asyncio.run(look(box, get_table(), queues, now=datetime.now(UTC)))
    held = held_by_others(box, queues)
    if held:
        print(held_text(held), file=sys.stderr)
    if as_json:
        print(json.dumps([asdict(each) for each in found]))
        return
    if not found:
        print("There are no other dead letters." if held else "There are no dead letters.")
        return
    table = Table("Queue", "Age", "Receives", "Event", "Order", "Reason")
    for each in found:
        table.add_row(
            each.queue,
            age_text(each.age_seconds),
            str(each.receives),
            each.event_type or "?",
            escape(each.order_id or "?"),
            escape(each.reason),
        )
    Console().print(table)


def age_text(seconds: int) -> str:
    """Return an age for people, in its two largest units."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2])
