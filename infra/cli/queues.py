"""``acme-shop queues``: what waits, what is being handled, what is dead."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.queue_client import QueueClient
from infra.cli.stacks import LOCAL, RegionOption, StackOption, speak_to
from infra.local.environment import REGION


def command(
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show the depth of every queue: waiting, in flight, delayed, dead letters."""
    speak_to(stack, region)
    depths = QueueClient(stack).depths()
    if as_json:
        print(json.dumps([asdict(each) for each in depths]))
        return
    table = Table("Queue", "Waiting", "In flight", "Delayed", "Dead letters")
    for each in depths:
        dead = str(each.waiting) if each.is_dead_letters else ""
        waiting = "" if each.is_dead_letters else str(each.waiting)
        table.add_row(each.queue, waiting, str(each.in_flight), str(each.delayed), dead)
    Console().print(table)
