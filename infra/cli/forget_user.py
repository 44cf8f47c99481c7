"""``acme-shop forget-user``: delete what the shop keeps of one user."""

import asyncio
import json
from typing import Annotated

import typer

from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION
from infra.personal_data import find_person, forget


def command(
    user: Annotated[str, typer.Argument(help="A name, or an id: of a closed account, too.")],
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be taken back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Delete a user, the cart and the name; orders stay, without name and e-mail address."""
    table = connect(stack, region).table
    person = asyncio.run((forget if yes else find_person)(table, user))
    result = {
        "user_id": person.user_id,
        "username": person.username,
        "orders_kept": len(person.orders),
        "is_done": yes,
    }
    if as_json:
        print(json.dumps(result))
    else:
        verb = "is forgotten" if yes else "would be forgotten (--yes does it)"
        who = person.username or f"{person.user_id}, whose account is closed,"
        print(f"{who} {verb}; {len(person.orders)} orders stay, without a name.")
