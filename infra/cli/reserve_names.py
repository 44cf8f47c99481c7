"""``acme-shop reserve-names``: refuse others the names that look like those of earlier releases."""

import asyncio
import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from app.domain.errors import UnreadableItemError, UserNotFoundError
from app.domain.user import User
from app.services.users import reserve_look
from app.store.pagination import MAX_PAGE, PageRequest
from app.store.table import Table
from app.store.users import find_credentials, get_user, list_users
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION

_PARALLEL = 20


@dataclass(frozen=True)
class Reservations:
    """How many names were reserved now and before; pairs of stored names that look alike."""

    alike: list[tuple[str, str]]
    reserved: int = 0
    before: int = 0
    unreadable: int = 0


def command(
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Reserve what the names of all users look like; once, when no earlier release runs.

    A login does it for its own user. This is for those who do not come: a read for each user,
    and two to four writes for each who has reserved nothing yet. Safe to repeat.
    """
    table = connect(stack, region).table
    result = asyncio.run(reserve_all(table))
    if as_json:
        print(json.dumps(asdict(result)))
        return
    print(f"{result.reserved} names reserved, {result.before} were before.")
    for name, other in result.alike:
        print(f"{name} looks like {other}, and both stay: no third one can come.")
    if result.unreadable:
        print(f"{result.unreadable} cannot be read and are left; the log says why.")


async def reserve_all(table: Table) -> Reservations:
    """Reserve the look of every stored name."""
    counts, alike = Counter[str](), list[tuple[str, str]]()
    request, places = PageRequest(MAX_PAGE), asyncio.Semaphore(_PARALLEL)

    async def reserve(user: User) -> None:
        async with places:
            try:
                credentials = await find_credentials(table, user.username)
            except UnreadableItemError:
                counts["unreadable"] += 1
                return
            # A profile without them is left of an account that is being closed.
            if credentials is None or credentials.user_id != user.user_id:
                return
            if credentials.has_reserved_look:
                counts["before"] += 1
                return
            others = await reserve_look(table, credentials)
            counts["reserved"] += 1
            alike.extend([(user.username, await _name_of(table, other)) for other in others])

    while True:
        page = await list_users(table, request)
        await asyncio.gather(*map(reserve, page.entries))
        if page.next_token is None:
            break
        request = PageRequest(MAX_PAGE, page.next_token)
    return Reservations(**counts, alike=sorted(alike))


async def _name_of(table: Table, user_id: str) -> str:
    try:
        return (await get_user(table, user_id)).username
    except (UserNotFoundError, UnreadableItemError):
        return user_id
