"""``acme-shop export-user``: everything that the shop keeps of one user."""

import asyncio
import json
from typing import Annotated

import typer

from infra.cli.incomplete import check_complete
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION
from infra.personal_data import export_user


def command(
    user: Annotated[str, typer.Argument(help="A name, or an id: of a closed account, too.")],
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
) -> None:
    """Print profile, cart and orders of a user as JSON, for who asks what is known of them.

    Damaged orders are left out, named in "incomplete", and end the command with the code 1.
    """
    found = asyncio.run(export_user(connect(stack, region).table, user))
    print(json.dumps(found, indent=2, ensure_ascii=False, default=str))
    damaged = [f"order {order_id} cannot be read" for order_id in found.get("incomplete", [])]
    check_complete([*found.get("unreadable", []), *damaged])
