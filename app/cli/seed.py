"""``acme-shop seed``: fill the running shop with random data."""

import asyncio
import json
from typing import Annotated

import typer
from rich.progress import Progress

from app.local.running import apply_environment
from app.services.seeds import seed_more


def command(
    products: Annotated[int, typer.Option(min=0, help="How many products to add.")] = 0,
    users: Annotated[int, typer.Option(min=0, help="How many users to add.")] = 0,
    orders: Annotated[int, typer.Option(min=0, help="How many orders to add.")] = 0,
    seed: Annotated[
        int | None, typer.Option(help="Draw the same data again for the same number.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Add plausible random products, users and orders to the running shop."""
    apply_environment()
    total = products + users + orders
    with Progress(transient=True, disable=as_json) as progress:
        task = progress.add_task("Seeding", total=total)
        asyncio.run(
            seed_more(
                products=products,
                users=users,
                orders=orders,
                seed=seed,
                on_progress=lambda count: progress.advance(task, count),
            )
        )
    if as_json:
        print(json.dumps({"products": products, "users": users, "orders": orders}))
    else:
        print(f"Added {products} products, {users} users and {orders} orders.")
