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
from infra.cli.dead_letter_queues import SQSDeadLetterQueues
from infra.cli.dead_letters import QueueOption, count_held, held_text, parse_queue_option
from infra.cli.incomplete import check_complete
from infra.cli.operator_log import logging_to
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.dead_letters.messages import SCAN_SECONDS
from infra.dead_letters.redrive import Action, MovedMessage, RateLimiter, RedriveReport, redrive
from infra.local.environment import REGION

_LETTERS_PER_BATCH = 10
_VERBS = {Action.SEND_BACK: ("Moved", "move"), Action.ANNOUNCE: ("Announced", "announce")}

#: The exit code of a command that Ctrl-C ended, as shells report it.
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
    """Move dead letters back to the queues they came from; the event in each decides.

    Letters whose queue is unknown stay where they are and are listed. Safe to repeat and
    to interrupt: a message may come twice, none is lost.

    A payment that is decided is announced again, instead of sending its card once more; a
    card whose order is too old to be paid stays.
    """
    queues = parse_queue_option(queue)
    connection = connect(stack, region)
    client = SQSDeadLetterQueues(connection)
    report, is_complete = RedriveReport(), False
    missing: list[str] = []
    try:
        with (
            logging_to(connection) as log,
            Progress(
                *Progress.get_default_columns(),
                MofNCompleteColumn(),
                console=Console(stderr=True),
                transient=True,
                disable=as_json or not sys.stderr.isatty(),
            ) as progress,
        ):
            depths = client.depths(queues)
            missing += (f"the queue {d.queue} {d.obstacle}" for d in depths if d.obstacle)
            waiting = sum(depth.waiting for depth in depths)
            total = waiting if most is None else min(most, waiting)
            task = progress.add_task("Redriving", total=total)

            def count(step: MovedMessage) -> None:
                progress.advance(task)
                if not dry_run:
                    log.info(
                        "dead_letter.redriven order_id=%s from=%s to=%s message_id=%s",
                        step.order_id or "?",
                        step.queue,
                        step.to,
                        step.message_id,
                    )

            asyncio.run(
                redrive(
                    client,
                    connection.table,
                    [depth.queue for depth in depths if not depth.obstacle],
                    report=report,
                    now=datetime.now(UTC),
                    limiter=RateLimiter(per_second, clock=time.monotonic),
                    # A dead letter stays hidden until the rate limiter has let it pass.
                    visibility_seconds=SCAN_SECONDS + int(2 * _LETTERS_PER_BATCH / per_second),
                    most=most,
                    dry_run=dry_run,
                    on_moved=count,
                )
            )
        is_complete = True
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        # However it ended, the report is printed.
        held = count_held(client, queues)
        _print_report(report, held, dry_run=dry_run, as_json=as_json, is_complete=is_complete)
    if report.is_store_away:
        raise StoreUnavailableError(
            "the store does not answer, so payment requests stay; run it again when it does"
        )
    check_complete(missing)


def _print_report(
    report: RedriveReport, held: int | None, *, dry_run: bool, as_json: bool, is_complete: bool
) -> None:
    if as_json:
        facts = {"dry_run": dry_run, "is_complete": is_complete, "held_by_others": held}
        print(json.dumps({**facts, **asdict(report)}))
        return
    ways = Counter((step.queue, step.to, step.action) for step in report.moved)
    for (source, target, action), count in sorted(ways.items()):
        past, base = _VERBS[action]
        what = f"{count} from {source} to {target}"
        if action is Action.ANNOUNCE:
            what = f"{count} decided payments of {source} on {target}"
        print(f"Would {base} {what}." if dry_run else f"{past} {what}.")
    if not report.moved:
        print("Would move nothing." if dry_run else "Moved nothing.")
    _print_warnings(report, dry_run=dry_run)
    for dead_letter in report.stayed:
        print(
            f"Stays in {dead_letter.queue}: message {dead_letter.message_id}, "
            f"event {dead_letter.event_type or '?'}, order {dead_letter.order_id or '?'}: "
            f"{dead_letter.reason}"
        )
    if held:
        print(held_text(held))
    if not is_complete:
        print("It did not get through; run it again for the rest.")


def _print_warnings(report: RedriveReport, *, dry_run: bool) -> None:
    """Print which of the moved messages their workers will refuse again."""
    for step in report.moved:
        if step.warning:
            print(
                f"{'Would die' if dry_run else 'Will die'} again: message {step.message_id}, "
                f"event {step.event_type or '?'}, order {step.order_id or '?'}: {step.warning}"
            )
    if report.is_unchecked:
        print("The store did not answer, so it is not known which of them will die again.")
