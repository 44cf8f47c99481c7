"""``acme-shop queues``: how many messages wait, are in flight, are dead."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.queue_client import QueueClient
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION


def command(
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show the depth of every queue: waiting, in flight, delayed, dead letters."""
    depths = QueueClient(connect(stack, region)).depths()
    if as_json:
        print(json.dumps([asdict(depth) for depth in depths]))
        return
    table = Table("Queue", "Waiting", "In flight", "Delayed", "Dead letters")
    for depth in depths:
        dead = str(depth.waiting) if depth.is_dead_letters else ""
        waiting = "" if depth.is_dead_letters else str(depth.waiting)
        table.add_row(depth.queue, waiting, str(depth.in_flight), str(depth.delayed), dead)
    Console().print(table)
