"""Suites ``imports`` and ``calls``: what handlers import, and what an operation asks DynamoDB.

The operations run in an emulator; their counts are exact.
"""

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

from app.store.attribute_values import Item
from app.store.dynamodb import DynamoDBClient
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from tests.bench.figures import Figure

_STARTS = 7
_READS = 400

#: Methods of the client that are one call to DynamoDB each (as long as a batch fits in one).
_READS_OF_DYNAMODB = frozenset({"GetItem", "BatchGetItem", "Query"})

_BASELINE_IMPORT = "import fastapi, mangum"
_IMPORTS = {
    "app.main": "import app.main",
    "workers.payment": "import workers.payment",
    "workers.order": "import workers.order",
    "workers.shipment": "import workers.shipment",
}


class _MeteredClient(DynamoDBClient):
    """A client that counts its calls, and the units that DynamoDB says they took."""

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.calls, self.read, self.written = 0, 0.0, 0.0

    async def _call(self, operation: str, parameters: Item) -> Item:
        self.calls += 1
        answer = await super()._call(operation, {**parameters, "ReturnConsumedCapacity": "TOTAL"})
        consumed = answer.get("ConsumedCapacity") or []
        units = sum(
            each.get("CapacityUnits", 0)
            for each in (consumed if isinstance(consumed, list) else [consumed])
        )
        if operation in _READS_OF_DYNAMODB:
            self.read += units
        else:
            self.written += units
        return answer


def _child_cpu_seconds(code: str) -> float:
    """Return the CPU time of a fresh interpreter that runs ``code``."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def imports() -> list[Figure]:
    """Compare importing each handler with importing the bare framework."""
    # Interleaved and by their best, so that a busy machine hurts all alike.
    best = dict.fromkeys([_BASELINE_IMPORT, *_IMPORTS.values()], float("inf"))
    for _ in range(_STARTS):
        for code in best:
            best[code] = min(best[code], _child_cpu_seconds(code))
    unit = f"x CPU of '{_BASELINE_IMPORT}'"
    return [
        Figure(f"cold start of {name}", best[code] / best[_BASELINE_IMPORT], unit)
        for name, code in _IMPORTS.items()
    ]


async def _operations() -> list[Figure]:
    from app.domain.card import Card  # noqa: PLC0415 - after the environment is set
    from app.domain.cart import CartLineDraft  # noqa: PLC0415
    from app.domain.draft import DraftLine, OrderDraft  # noqa: PLC0415
    from app.domain.order import Address  # noqa: PLC0415
    from app.queues import get_queues  # noqa: PLC0415
    from app.services import carts, orders  # noqa: PLC0415
    from app.settings import get_settings  # noqa: PLC0415
    from app.store import carts as cart_store  # noqa: PLC0415
    from app.store import orders as order_store  # noqa: PLC0415
    from app.store import products, users  # noqa: PLC0415
    from app.store.pagination import PageRequest  # noqa: PLC0415
    from app.store.table import get_table  # noqa: PLC0415
    from infra.seeds.classic import SAMPLE_ORDER_ID  # noqa: PLC0415
    from infra.seeds.load import seed_once  # noqa: PLC0415

    table, queues, now = get_table(), get_queues(), datetime.now(UTC)
    await seed_once(table)
    mat = "533445d-530e-4a76-9398-5d16713b827b"
    eric = "5c393a111d41c892ce243829"
    line = CartLineDraft(mat, "Yoga Mat", "", "", 6250, None, 1)
    draft = OrderDraft(
        user_id=eric,
        first_name="Eric",
        last_name="Cartman",
        email="eric@acmefitness.com",
        address=Address(),
        delivery="UPS/FEDEX",
        card=Card("4111111111111111", 12, now.year + 1, "123"),
        lines=(DraftLine(mat, "", "", 1, None),),
        total_cents=6250,
    )

    async def place() -> None:
        await orders.place_order(
            table,
            queues,
            draft,
            idempotency_key=uuid4().hex,
            client_is_trusted=False,
            fingerprint_key=b"bench",
            now=now,
            by="api@bench",
        )

    operations: dict[str, Callable[[], Awaitable[object]]] = {
        "read a product": lambda: products.get_product(table, mat),
        "list the catalog": lambda: products.list_products(table, PageRequest()),
        "read a user": lambda: users.get_user(table, eric),
        "find credentials": lambda: users.find_credentials(table, "eric"),
        "add to a cart": lambda: carts.add_to_cart(table, "bench", line, now=now),
        "read a cart": lambda: cart_store.get_cart(table, "bench"),
        "read an order": lambda: order_store.get_order(table, SAMPLE_ORDER_ID),
        "list a user's orders": lambda: order_store.list_user_orders(table, eric, PageRequest()),
        "place an order (enforced)": place,
    }
    figures = []
    table._client = counter = _MeteredClient(get_settings().region)
    for name, operation in operations.items():
        counter.calls, counter.read, counter.written = 0, 0.0, 0.0
        await operation()
        figures.append(Figure(f"{name}: calls", counter.calls, "DynamoDB calls"))
        figures.append(Figure(f"{name}: read", counter.read, "RCU"))
        figures.append(Figure(f"{name}: written", counter.written, "WCU"))
    key = {"PK": f"PRODUCT#{mat}", "SK": "PRODUCT"}
    bare = await _cpu_per_call(lambda: table._client.get_item(table.name, key))
    shop = await _cpu_per_call(lambda: products.get_product(table, mat))
    return [*figures, Figure("read a product: CPU", shop / bare, "x CPU of the bare client")]


async def _cpu_per_call(call: Callable[[], Awaitable[object]]) -> float:
    for _ in range(_READS // 10):
        await call()
    start = time.process_time()
    for _ in range(_READS):
        await call()
    return (time.process_time() - start) / _READS


def operations() -> list[Figure]:
    """Count the calls and units of the store's operations."""
    with Emulator() as emulator:
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        os.environ.update(credentials, AWS_ENDPOINT_URL=emulator.endpoint_url)
        os.environ.update(deploy(emulator.endpoint_url))
        return asyncio.run(_operations())
