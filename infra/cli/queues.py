"""``acme-shop queues``: how many messages wait, are in flight, are dead, and how long they have."""

import json
from dataclasses import asdict, replace
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.ages import age_text
from infra.cli.incomplete import check_complete
from infra.cli.queue_ages import find_ages
from infra.cli.queue_client import Depth, QueueClient
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION


def command(
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show the depth of every queue: waiting, in flight, delayed, dead letters, oldest message.

    In AWS the age of the oldest is CloudWatch's last value, some minutes old.
    """
    connection = connect(stack, region)
    client = QueueClient(connection)
    depths = client.depths()
    holding = [depth.queue for depth in depths if depth.waiting + depth.in_flight + depth.delayed]
    ages = find_ages(connection, client, holding) if holding else {}
    depths = [replace(depth, oldest_seconds=ages.get(depth.queue)) for depth in depths]
    if as_json:
        print(json.dumps([asdict(depth) for depth in depths]))
    else:
        _print_table(depths)
    check_complete([f"the queue {d.queue} {d.obstacle}" for d in depths if d.obstacle])


def _print_table(depths: list[Depth]) -> None:
    table = Table("Queue", "Waiting", "In flight", "Delayed", "Dead letters", "Oldest")
    table.columns[0].no_wrap, table.columns[0].overflow = True, "fold"
    for depth in depths:
        if depth.obstacle:
            table.add_row(depth.queue, depth.obstacle)
            continue
        dead = str(depth.waiting) if depth.is_dead_letters else ""
        waiting = "" if depth.is_dead_letters else str(depth.waiting)
        oldest = age_text(depth.oldest_seconds) if depth.oldest_seconds is not None else ""
        in_flight, delayed = str(depth.in_flight), str(depth.delayed)
        table.add_row(depth.queue, waiting, in_flight, delayed, dead, oldest)
    Console().print(table)
