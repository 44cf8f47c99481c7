"""Every route for every kind of caller in both modes (openapi/CONTRACT.md, 3.4)."""

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from fastapi.routing import APIRoute
from httpx import AsyncClient, Response
from starlette.routing import BaseRoute, Mount, Route

from app.main import create_app
from app.settings import get_settings
from app.store.table import Table, get_table
from tests.routers.rights import (
    ROWS,
    Access,
    Request,
    Row,
    World,
    allows,
    callers,
    make_world,
    refusal_status,
)
from tests.support.shop import shop_client

pytestmark = pytest.mark.unmeasured


def _leaves(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield routes; FastAPI keeps those of an included router inside of it."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None and not isinstance(route, APIRoute):
            yield from _leaves(inner.routes)
        else:
            yield route


def routes_of_the_application() -> set[str]:
    """Return ``METHOD path`` of everything that answers; HEAD is answered as GET."""
    found = set()
    for route in _leaves(create_app().routes):
        if isinstance(route, Mount):
            found.add(f"GET {route.path}/{{path}}")
        elif isinstance(route, Route):
            found |= {f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"}}
        else:
            found.add(repr(route))
    return found


def test_every_route_has_a_row() -> None:
    assert routes_of_the_application() == set(ROWS)


async def ask(client: AsyncClient, name: str, row: Row, world: World, request: Request) -> Response:
    """Make one request as one caller."""
    method, path = name.split()
    address = path.format(
        userid=request.user_id,
        id=world.product.product_id if "products" in path else request.user_id,
        order_id=world.order_id,
        name="yogamat_square.jpg",
        path="pos/till.js",
    )
    body = row.body(world, unquote(request.user_id)) if row.body else None
    if request.more and method == "POST":
        body = {**(body or {}), **request.more}
    client.cookies.clear()
    return await client.request(
        method,
        f"{address}?{request.query}" if request.query else address,
        json=body,
        headers={"Prefer": "respond-async", **request.headers},
    )


def complaint(row: Row, world: World, request: Request, answer: Response) -> str | None:
    """Return what is wrong with an answer, if anything."""
    is_open = get_settings().is_open
    if not allows(row.access, request.standing, is_open=is_open):
        expected = refusal_status(row.access, request.standing)
        is_right = answer.status_code == expected and "invalid_credentials" not in answer.text
        return None if is_right else f"{answer.status_code}, not refused with {expected}"
    if row.access is Access.KNOWN and row.status == 401:
        return None if "invalid_credentials" in answer.text else f"refused: {answer.text}"
    # In the open mode an id may be of nobody; so may that of a closed account.
    expected_statuses = {row.status}
    if request.user_id != world.owner.user_id:
        expected_statuses.add(404)
    if answer.status_code in expected_statuses:
        return None
    return f"{answer.status_code}, not {row.status}"


@pytest.mark.parametrize("mode", ["1", "0"])
async def test_every_route_lets_in_whom_it_should_and_nobody_else(
    own_stack: dict[str, str], monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """In a shop of its own, because one customer's name is ``staff``."""
    monkeypatch.setenv("AUTH_MODE", mode)
    get_settings.cache_clear()
    async with shop_client() as client:
        wrong, count = await _try_everything(client, get_table())

    assert not wrong, "\n".join(wrong)
    assert count > 1500


async def _try_everything(client: AsyncClient, table: Table) -> tuple[list[str], int]:
    """Return what is wrong, and how many requests were made."""
    wrong, count = [], 0
    for name, row in ROWS.items():
        world = await make_world(table)
        requests = list(callers(world))
        for number, request in enumerate(requests):
            if name == "POST /logout-everywhere":
                # It ends the sessions that the next callers would use.
                world = await make_world(table)
                request = list(callers(world))[number]  # noqa: PLW2901
            answer = await ask(client, name, row, world, request)
            count += 1
            if found := complaint(row, world, request, answer):
                wrong.append(f"{name} for {request.name}: {found}")
    return wrong, count
