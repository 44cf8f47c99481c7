"""``acme-shop redrive``: send dead letters back to the queues they came from."""

import json
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from app.cli.dead_letters import QueueOption, chosen
from app.cli.letter_box import letter_box_of
from app.cli.stacks import LOCAL, RegionOption, StackOption
from app.local.environment import REGION
from app.services.letters import LOOK_SECONDS
from app.services.redrive import Moved, Pace, Redrive, redrive

_LETTERS_PER_LOOK = 10


def command(
    queue: QueueOption = "",
    per_second: Annotated[
        float, typer.Option(min=0.1, help="How many messages a second at most.")
    ] = 10.0,
    most: Annotated[
        int | None, typer.Option("--max", min=1, help="How many messages at most.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be moved; move nothing.")
    ] = False,
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Move dead letters back to the queue they came from, told by the event in them.

    Letters whose queue cannot be told stay where they are and are named. Safe to repeat and
    to interrupt: a message may come twice, none is lost.
    """
    queues = chosen(queue)
    box = letter_box_of(stack, region)
    with Progress(
        *Progress.get_default_columns(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=as_json or not sys.stderr.isatty(),
    ) as progress:
        waiting = sum(each.waiting for each in box.depths() if each.queue in queues)
        task = progress.add_task("Redriving", total=waiting if most is None else min(most, waiting))

        def count(_: Moved) -> None:
            progress.advance(task)

        done = redrive(
            box,
            queues,
            now=datetime.now(UTC),
            pace=Pace(per_second, clock=time.monotonic, sleep=time.sleep),
            # Others must not see a letter before its turn has come.
            hidden_seconds=LOOK_SECONDS + int(2 * _LETTERS_PER_LOOK / per_second),
            most=most,
            is_rehearsal=dry_run,
            on_moved=count,
        )
    if as_json:
        print(json.dumps({"dry_run": dry_run, **asdict(done)}))
    else:
        _tell(done, "Would move" if dry_run else "Moved")


def _tell(done: Redrive, verb: str) -> None:
    ways = Counter((each.queue, each.to) for each in done.moved)
    for (source, target), count in sorted(ways.items()):
        print(f"{verb} {count} from {source} to {target}.")
    if not done.moved:
        print(f"{verb} nothing.")
    for each in done.stayed:
        print(
            f"Stays in {each.queue}: message {each.message_id}, "
            f"event {each.event_type or '?'}, order {each.order_id or '?'}: {each.reason}"
        )
