"""Suite ``patterns``: what each question costs with 100,000 orders, against 100.

``python -m tests.bench.patterns URL`` asks an engine of its own kind (``tests.bench.engine``)
through the shop's application and prints units as JSON. A process of its own, because clients
are made once in each.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx

from app.domain.user import Role
from tests.bench.content import NOW, access_token, catalog, order_body
from tests.bench.engine import CUSTOMER, DUE_ORDERS, STAFF, Size, engine, environment, used
from tests.bench.figures import Figure

SMALL, LARGE = 100, 100_000

Units = Mapping[str, Mapping[str, float]]


def patterns(small: int = SMALL, large: int = LARGE) -> list[Figure]:
    """Return the cost of every pattern in a large shop, and how much more than in a small one."""
    few, many = _measured(small), _measured(large)
    found = []
    for name, units in many["patterns"].items():
        for kind, value in units.items():
            before = few["patterns"][name][kind]
            label = f"{name}: {kind} with {large:,} orders"
            found.append(Figure(label, value, "calls" if kind == "calls" else "units"))
            if before or value:
                ratio = value / before if before else float("inf")
                unit = f"x those with {small:,} (goal 1.00)"
                found.append(Figure(f"{name}: {kind}", ratio, unit))
    missing = large - many["listed"]
    found.append(Figure("orders missing in the staff's list", missing, f"of {large:,} (goal 0)"))
    swept = many["swept"] / DUE_ORDERS
    return [*found, Figure("overdue orders that one sweep looked at", swept, "of all (goal 1.00)")]


def _measured(orders: int) -> dict[str, Any]:
    with engine(Size(orders)) as url:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.patterns", url],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment(url)},
        )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


async def _play(url: str) -> dict[str, Any]:
    # After the environment is set.
    from app.main import app  # noqa: PLC0415
    from app.queues import get_queues  # noqa: PLC0415
    from app.services.sweeper import sweep  # noqa: PLC0415
    from app.store.table import get_table  # noqa: PLC0415

    staff = {"Authorization": f"Bearer {access_token(STAFF, Role.STAFF)}"}
    own = {"Authorization": f"Bearer {access_token(CUSTOMER)}"}
    used(url)  # Until it is filled.
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://shop"
    ) as http:

        async def get(path: str, headers: Mapping[str, str]) -> httpx.Response:
            return (await http.get(path, headers=headers)).raise_for_status()

        async def second_page(path: str) -> str:
            return (await get(path, staff)).links["next"]["url"]

        async def place() -> None:
            answer = await http.post(
                f"/order/add/{CUSTOMER}",
                json=order_body(),
                headers={**own, "Prefer": "respond-async"},
            )
            answer.raise_for_status()

        swept = 0

        async def sweep_once() -> None:
            nonlocal swept
            report = await sweep(
                get_table(),
                get_queues(),
                now=NOW + timedelta(seconds=1),
                by="bench",
                longest_delivery_seconds=120,
            )
            swept = report.seen

        page = "/order/all?limit=20"
        before = f"&before={NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        following = await second_page(page)
        asked: dict[str, Callable[[], Awaitable[object]]] = {
            "the catalog": lambda: get("/products?limit=5", {}),
            "a product": lambda: get(f"/products/{catalog(8)[0].product_id}", {}),
            "a user": lambda: get(f"/users/{CUSTOMER}", own),
            "a cart": lambda: get(f"/cart/items/{CUSTOMER}", own),
            "an order": lambda: get(f"/order/{CUSTOMER}/order-000000", own),
            "orders of a user": lambda: get(f"/order/{CUSTOMER}", own),
            "all orders, first page": lambda: get(page, staff),
            "all orders, second page": lambda: get(following, staff),
            "all orders before a day": lambda: get(page + before, staff),
            "all carts": lambda: get("/cart/all", staff),
            "all users": lambda: get("/users", staff),
            "place an order": place,
            f"a sweep with {DUE_ORDERS} overdue": sweep_once,
            "a sweep with none overdue": sweep_once,
        }
        units = {}
        for name, ask in asked.items():
            start = used(url)
            await ask()
            end = used(url)
            units[name] = {kind: end[kind] - start[kind] for kind in start}
            if name.startswith(f"a sweep with {DUE_ORDERS}"):
                looked_at = swept
        listed, more = set(), "/order/all"
        while more:
            answer = await get(more, staff)
            listed |= {order["_id"] for order in answer.json()}
            more = answer.links.get("next", {}).get("url", "")
    # One was placed here.
    return {"patterns": units, "listed": len(listed) - 1, "swept": looked_at}


def main() -> None:
    """Ask, and print what it cost."""
    print(json.dumps(asyncio.run(_play(sys.argv[1]))))


if __name__ == "__main__":
    main()
