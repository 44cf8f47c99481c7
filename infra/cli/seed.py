"""``acme-shop seed``: fill the running shop with random data."""

import asyncio
import json
from typing import Annotated

import typer
from rich.progress import Progress

from app.domain.errors import SettingsError
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION
from infra.seeds.load import seed_catalog, seed_more


def command(
    products: Annotated[int, typer.Option(min=0, help="How many products to add.")] = 0,
    users: Annotated[int, typer.Option(min=0, help="How many users to add.")] = 0,
    orders: Annotated[int, typer.Option(min=0, help="How many orders to add.")] = 0,
    catalog: Annotated[
        bool, typer.Option("--catalog", help="Add the eight classic products, too.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Draw the same data again for the same number.")
    ] = None,
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Add plausible random products, users and orders to a shop."""
    if users and stack != LOCAL:
        raise SettingsError("seeded users have a published password: local only")
    table = connect(stack, region).table
    classic = asyncio.run(seed_catalog(table)) if catalog else 0
    total = products + users + orders
    with Progress(transient=True, disable=as_json) as progress:
        task = progress.add_task("Seeding", total=total)
        asyncio.run(
            seed_more(
                table,
                products=products,
                users=users,
                orders=orders,
                seed=seed,
                on_progress=lambda count: progress.advance(task, count),
            )
        )
    products += classic
    if as_json:
        print(json.dumps({"products": products, "users": users, "orders": orders}))
    else:
        print(f"Added {products} products, {users} users and {orders} orders.")
