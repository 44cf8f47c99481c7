"""Suite ``scale``: which key of table and indexes takes how much of the shop's writes.

Orders of one user each, and sales of one walk-in customer, go their whole way through the
shop's own services over a table in memory. DynamoDB takes 1,000 write units a second for one
key (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html),
so the hottest one is the shop's ceiling.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, cast

from app.domain.card import Card, CardRules
from app.domain.draft import DraftLine, OrderDraft
from app.domain.order import Address
from app.domain.shipment import plan_shipment
from app.messages import (
    CreditCardValidated,
    Event,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentSent,
)
from app.services import order_events, orders, payments
from app.store.dynamodb import DynamoDBClient
from app.store.products import product_to_item
from app.store.schema import SHAPE, Index
from app.store.table import Item, Table
from tests.bench.content import catalog
from tests.bench.figures import Figure
from tests.simulation.simulator.memory_table import MemoryTable, Place

#: Write units a second that DynamoDB takes for one key.
_KEY_UNITS = 1000
_ORDERS = 100_000
_UNIT_BYTES = 1024
_PRODUCTS = catalog(8)
_NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


class _Client:
    """The calls of the DynamoDB client, answered by a table in memory at once."""

    def __init__(self, memory: MemoryTable) -> None:
        self._memory = memory

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._memory, name)

        async def answer(*arguments: Any, **options: Any) -> Any:
            return call(*arguments, **options)

        return answer


class _Queues:
    """Keeps the last event that was sent."""

    def __init__(self) -> None:
        self.sent: list[Event] = []

    async def send(self, event: Event, *, delay_seconds: int = 0) -> None:
        """Keep an event."""
        self.sent.append(event)

    async def check(self, queue: str) -> None:
        """Find every queue well."""


class Heat:
    """Write units by key, of the table and of each index."""

    def __init__(self) -> None:
        """Begin cold."""
        self.units: dict[str, Counter[str]] = {
            name: Counter() for name in ("table", *(index.name for index in SHAPE.indexes))
        }

    def note(self, place: Place, old: Item | None, new: Item | None) -> None:
        """Count one write."""
        self.units["table"][place[0]] += _units(max(_size(old), _size(new)))
        for index in SHAPE.indexes:
            before, after = _projected(index, old), _projected(index, new)
            if before == after:
                continue
            if before and after and _place(index, before) == _place(index, after):
                self.units[index.name][after[index.hash_key]] += _units(
                    max(_size(before), _size(after))
                )
                continue
            for image in (before, after):
                if image:
                    self.units[index.name][image[index.hash_key]] += _units(_size(image))


def _projected(index: Index, item: Item | None) -> Item | None:
    """Return what an index holds of an item."""
    if item is None or index.hash_key not in item:
        return None
    if index.projection == "ALL":
        return item
    names = (SHAPE.hash_key, SHAPE.range_key, index.hash_key, index.range_key, *index.attributes)
    return {name: item[name] for name in names if name in item}


def _place(index: Index, entry: Item) -> tuple[str, str]:
    return entry[index.hash_key], entry[index.range_key]


def _units(size_bytes: int) -> int:
    return max(1, ceil(size_bytes / _UNIT_BYTES))


def _size(value: Any) -> int:
    """Return about how many bytes DynamoDB counts for a value."""
    if isinstance(value, dict):
        return 3 + sum(len(name) + 1 + _size(content) for name, content in value.items())
    if isinstance(value, list):
        return 3 + sum(1 + _size(content) for content in value)
    if isinstance(value, str):
        return len(value.encode())
    return len(str(value)) // 2 + 2 if isinstance(value, int) else 1


def scale(count: int = _ORDERS) -> list[Figure]:
    """Return the hottest key's share of each index, and what that bounds the shop at."""
    ways = {
        "orders of one user each": asyncio.run(play(count, is_sale=False)),
        "sales to walk-ins": asyncio.run(play(count // 10, is_sale=True)),
    }
    return [
        figure
        for (name, heat), orders_ in zip(ways.items(), (count, count // 10), strict=True)
        for figure in _judged(name, heat, orders_)
    ]


def _judged(name: str, heat: Heat, count: int) -> Iterator[Figure]:
    for index, units in heat.units.items():
        total, hottest = sum(units.values()), max(units.values(), default=0)
        if not total:
            continue
        yield Figure(f"{name}: written to {index}", total / count, "WRU an order")
        yield Figure(f"{name}: hottest key of {index}", hottest / total, "of writes (goal 0.05)")
    hottest = max(max(units.values(), default=0) for units in heat.units.values())
    ceiling = _KEY_UNITS * count / hottest
    yield Figure(f"{name}: ceiling by the hottest key", ceiling, "orders/s (goal 10,000)")


async def play(count: int, *, is_sale: bool) -> Heat:
    """Return what so many orders write, from checkout to delivered."""
    memory, heat, queues = MemoryTable("bench", is_strict=False), Heat(), _Queues()
    table = Table("bench", cast("DynamoDBClient", _Client(memory)))
    for product in _PRODUCTS:
        memory.put_item("bench", product_to_item(product))
    memory.on_write = heat.note
    for number in range(count):
        await _order(table, queues, f"user-{number}", number, is_sale=is_sale)
        queues.sent.clear()
    return heat


async def _order(
    table: Table, queues: _Queues, user_id: str, number: int, *, is_sale: bool
) -> None:
    first, second = _PRODUCTS[:2]
    now = _NOW + timedelta(milliseconds=number)
    draft = OrderDraft(
        user_id="walk-in" if is_sale else user_id,
        first_name="Eric",
        last_name="Cartman",
        email="eric@acmefitness.com",
        address=Address("20 Riding Lane", "San Francisco", "10201", "CA", "USA"),
        delivery="instore" if is_sale else "UPS/FEDEX",
        card=Card("4111111111111111", 12, _NOW.year + 2, "123"),
        lines=(
            DraftLine(first.product_id, "", "", 1, None),
            DraftLine(second.product_id, "", "", 2, None),
        ),
        total_cents=first.price_cents + 2 * second.price_cents,
    )
    order = await orders.place_order(
        table,
        queues,
        draft,
        idempotency_key=f"key-{number}",
        client_is_trusted=False,
        fingerprint_key=b"bench",
        now=now,
        by="api@bench",
    )
    asked = cast("PaymentRequested", queues.sent[-1])
    await payments.decide(table, queues, asked, rules=CardRules.STRICT, now=now)
    decided = cast("CreditCardValidated", queues.sent[-1])
    await order_events.settle_payment(table, queues, decided, now=now, by="order@bench")
    shipment = plan_shipment(order.order_id, delivery=draft.delivery, seconds=(5, 120))
    for report in (ShipmentSent, ShipmentDelivered):
        message = report.from_shipment(shipment)
        await order_events.record_shipment(table, message, now=now, by="order@bench")
