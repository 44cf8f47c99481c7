"""``acme-shop forget-user``: delete what the shop keeps of one user."""

import asyncio
import json
from typing import Annotated

import typer

from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION
from infra.personal_data import export_user, forget


def command(
    user: Annotated[str, typer.Argument(help="The user's name or id.")],
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be taken back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Delete a user, the cart and the name; orders stay, without name and e-mail address."""
    table = connect(stack, region).table
    if yes:
        done = asyncio.run(forget(table, user))
    else:
        found = asyncio.run(export_user(table, user))
        account = found["user"]
        done = {
            "user_id": account["user_id"],
            "username": account["username"],
            "orders_kept": len(found["orders"]),
        }
    result = {**done, "is_done": yes}
    if as_json:
        print(json.dumps(result))
    else:
        verb = "is forgotten" if yes else "would be forgotten (--yes does it)"
        print(f"{done['username']} {verb}; {done['orders_kept']} orders stay, without a name.")
