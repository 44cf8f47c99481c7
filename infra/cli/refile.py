"""``acme-shop refile``: put one order into the lists again that its damaged keys keep it out of."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.domain.errors import InvalidInputError
from app.store.keys import order_key
from app.store.orders import get_order_with_item
from app.store.table import Table
from app.store.table_errors import ConditionFailedError
from infra.cli.operator_log import logging_to
from infra.cli.order_evidence import find_order_id
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION
from infra.orders.filing import right_filing


def command(
    order_id: Annotated[str, typer.Argument(help="The order's id, as for `acme-shop order`.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")
    ] = False,
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write the keys of an order's lists anew where they do not follow from the order.

    For an order that neither the sweeper nor a list finds. Its state, its payment and what is
    bought stay as they are; the next sweep looks at it. Safe at any time, and twice.
    """
    connection, now = connect(stack, region), datetime.now(UTC)
    order_id = find_order_id(connection, order_id, now=now)
    with logging_to(connection) as log:
        written = asyncio.run(refile(connection.table, order_id, now=now, dry_run=dry_run))
        if written and not dry_run:
            log.info("order.refiled order_id=%s keys=%s", order_id, ",".join(written))
    if as_json:
        print(json.dumps({"order_id": order_id, "dry_run": dry_run, "written": written}))
    elif not written:
        print("Nothing is wrong with its lists.")
    else:
        would = "Would write" if dry_run else "Wrote"
        print(f"{would} {', '.join(f'{key} = {value}' for key, value in written.items())}.")


async def refile(
    table: Table, order_id: str, *, now: datetime, dry_run: bool
) -> dict[str, str | None]:
    """Write the damaged keys of an order anew and return them; None for one that was removed.

    One conditional write: an order that has moved on since it was read stays as it is.

    Raises:
        OrderNotFoundError: there is no such order.
        UnreadableItemError: its item is damaged in another way, too.
        InvalidInputError: it has moved on; to be tried again.
    """
    item, order = await get_order_with_item(table, order_id)
    right = right_filing(item, order, now=now, layout=table.layout)
    if dry_run or not right:
        return right
    given = {key: value for key, value in right.items() if value is not None}
    removed = [key for key, value in right.items() if value is None]
    expression = "SET " + ", ".join(f"{key} = :new{key}" for key in given) if given else ""
    expression += " REMOVE " + ", ".join(removed) if removed else ""
    seen = {key: item[key] for key in right if key in item}
    conditions = [
        "#state = :state",
        *(f"{key} = :old{key}" if key in seen else f"attribute_not_exists({key})" for key in right),
    ]
    try:
        await table.update(
            order_key(order_id),
            expression.strip(),
            names={"#state": "state"},
            values={
                ":state": item["state"],
                **{f":new{key}": value for key, value in given.items()},
                **{f":old{key}": value for key, value in seen.items()},
            },
            condition=" AND ".join(conditions),
        )
    except ConditionFailedError as failure:
        text = "the order has moved on in this moment; look at it again"
        raise InvalidInputError(text) from failure
    return right
