"""``acme-shop redrive``: send dead letters back to the queues they came from."""

import asyncio
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

from app.domain.errors import StoreUnavailableError
from app.store.table import get_table
from infra.cli.dead_letter_queues import letter_box_of
from infra.cli.dead_letters import QueueOption, chosen, held_by_others, held_text
from infra.cli.stacks import LOCAL, RegionOption, StackOption
from infra.dead_letters.messages import LOOK_SECONDS
from infra.dead_letters.redrive import Action, Moved, Pace, Redrive, redrive
from infra.local.environment import REGION

_LETTERS_PER_LOOK = 10
_VERBS = {Action.SEND_BACK: ("Moved", "move"), Action.ANNOUNCE: ("Announced", "announce")}

#: What a shell says of a command that Ctrl-C ended.
_INTERRUPTED = 130


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

    A payment that is decided is announced again, instead of sending its card once more; a
    card whose order is too old to be paid stays.
    """
    queues = chosen(queue)
    box = letter_box_of(stack, region)
    done, is_complete = Redrive(), False
    try:
        with Progress(
            *Progress.get_default_columns(),
            MofNCompleteColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=as_json or not sys.stderr.isatty(),
        ) as progress:
            waiting = sum(each.waiting for each in box.depths(queues))
            total = waiting if most is None else min(most, waiting)
            task = progress.add_task("Redriving", total=total)

            def count(_: Moved) -> None:
                progress.advance(task)

            asyncio.run(
                redrive(
                    box,
                    get_table(),
                    queues,
                    done=done,
                    now=datetime.now(UTC),
                    pace=Pace(per_second, clock=time.monotonic),
                    # Others must not see a letter before its turn has come.
                    hidden_seconds=LOOK_SECONDS + int(2 * _LETTERS_PER_LOOK / per_second),
                    most=most,
                    is_rehearsal=dry_run,
                    on_moved=count,
                )
            )
        is_complete = True
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        # However it ended, what was done is said.
        held = held_by_others(box, queues)
        _tell(done, held, dry_run=dry_run, as_json=as_json, is_complete=is_complete)
    if done.is_store_away:
        raise StoreUnavailableError(
            "the store does not answer, so payment requests stay; run it again when it does"
        )


def _tell(
    done: Redrive, held: int | None, *, dry_run: bool, as_json: bool, is_complete: bool
) -> None:
    if as_json:
        facts = {"dry_run": dry_run, "is_complete": is_complete, "held_by_others": held}
        print(json.dumps({**facts, **asdict(done)}))
        return
    ways = Counter((each.queue, each.to, each.action) for each in done.moved)
    for (source, target, action), count in sorted(ways.items()):
        past, base = _VERBS[action]
        what = f"{count} from {source} to {target}"
        if action is Action.ANNOUNCE:
            what = f"{count} decided payments of {source} on {target}"
        print(f"Would {base} {what}." if dry_run else f"{past} {what}.")
    if not done.moved:
        print("Would move nothing." if dry_run else "Moved nothing.")
    for each in done.stayed:
        print(
            f"Stays in {each.queue}: message {each.message_id}, "
            f"event {each.event_type or '?'}, order {each.order_id or '?'}: {each.reason}"
        )
    if held:
        print(held_text(held))
    if not is_complete:
        print("It did not get through; run it again for the rest.")
