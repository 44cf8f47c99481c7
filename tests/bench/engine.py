"""A light DynamoDB with many orders, as a process of its own, that counts calls and units.

``python -m tests.bench.engine SOCKET ORDERS OWN PRODUCTS PEOPLE`` answers on an open socket.
Unlike the canned endpoint it keeps what is written, and queries its indexes page by page: with
sort keys, limits, and at most a megabyte a page, as DynamoDB does.
"""

import json
import sys
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from math import ceil
from pathlib import Path
from socket import create_server
from subprocess import Popen
from typing import Any, NamedTuple
from urllib.request import urlopen

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from app.domain.order import Order, OrderState
from app.domain.user import Credentials, Role, User
from app.store.order_items import order_to_item
from app.store.products import product_to_item
from app.store.schema import SHAPE, Index
from app.store.users import credentials_to_item, user_to_item
from infra.local.environment import aws_environment
from infra.topology import QUEUES, queue_setting
from tests.bench.content import NOW, SECRET, Body, a_cart_item, an_order, catalog
from tests.bench.endpoint import Endpoint, serve
from tests.bench.scale import Heat
from tests.simulation.simulator.memory_table import MemoryTable, Place, projected, size_of

_ROOT = Path(__file__).parents[2]
_READ_UNIT, _PAGE_BYTES = 4096, 1024 * 1024
TABLE = "engine"

#: So many orders are overdue.
DUE_ORDERS = 20
STAFF, CUSTOMER = "staff-of-the-bench", "customer-of-the-bench"


class Size(NamedTuple):
    """How much there is of what; ``own`` are the orders of ``CUSTOMER``, ``people`` users more."""

    orders: int
    own: int = 20
    products: int = 8
    people: int = 0


class IndexedTable(MemoryTable):
    """A table in memory whose indexes are sorted lists, with the units of its writes."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__(TABLE, is_strict=False)
        self.heat = Heat()
        self.on_write = self._note
        self._sorted: dict[tuple[str, str], list[tuple[str, Place]]] = {}

    def _note(self, place: Place, old: Body | None, new: Body | None) -> None:
        self.heat.note(place, old, new)
        for index in SHAPE.indexes:
            before, after = _entry(index, old, place), _entry(index, new, place)
            if before == after:
                continue
            if before:
                entries = self._sorted[index.name, before[0]]
                del entries[bisect_left(entries, before[1])]
            if after:
                insort(self._sorted.setdefault((index.name, after[0]), []), after[1])

    def page(
        self, index: Index, partition: str, *, low: str, high: str, newest_first: bool, limit: int
    ) -> tuple[list[Body], bool]:
        """Return entries whose sort keys lie between two others, and whether there are more."""
        entries = self._sorted.get((index.name, partition), [])
        first = bisect_right(entries, (low, ("\U0010ffff", "")))
        last = bisect_left(entries, (high, ("", "")))
        chosen = entries[first:last]
        if newest_first:
            chosen = chosen[::-1]
        found: list[Body] = []
        size = 0
        for _, place in chosen[:limit]:
            found.append(projected(self.items[place], index))
            size += size_of(found[-1])
            if size > _PAGE_BYTES:
                break
        return found, len(found) < len(chosen) or len(found) == limit


def _entry(index: Index, item: Body | None, place: Place) -> tuple[str, tuple[str, Place]] | None:
    if item is None or index.hash_key not in item:
        return None
    return item[index.hash_key], (item[index.range_key], place)


class Engine(Endpoint):
    """The operations on an indexed table; units are those of the price list."""

    def __init__(self, table: IndexedTable) -> None:
        """Answer from ``table``."""
        self.table = table
        self.calls: dict[str, int] = {}
        self.read_units = 0.0

    def state(self) -> Body:
        """Return calls and units so far."""
        written = sum(sum(units.values()) for units in self.table.heat.units.values())
        return {
            "calls": sum(self.calls.values()),
            "read": self.read_units,
            "written": written,
        }

    def _read(self, size: int, *, is_consistent: bool = False) -> None:
        self.read_units += max(1, ceil(size / _READ_UNIT)) * (1 if is_consistent else 0.5)

    def _GetItem(self, body: Body) -> Body:  # noqa: N802 - AWS's name
        item = self.table.items.get(_place(body["Key"]))
        self._read(size_of(item or {}), is_consistent=bool(body.get("ConsistentRead")))
        return {} if item is None else {"Item": _serialized(item)}

    def _BatchGetItem(self, body: Body) -> Body:  # noqa: N802
        found = []
        for key in body["RequestItems"][TABLE]["Keys"]:
            item = self.table.items.get(_place(key))
            self._read(size_of(item or {}))
            found += [_serialized(item)] if item else []
        return {"Responses": {TABLE: found}, "UnprocessedKeys": {}}

    def _Query(self, body: Body) -> Body:  # noqa: N802
        index = next(index for index in SHAPE.indexes if index.name == body["IndexName"])
        values, condition = body["ExpressionAttributeValues"], body["KeyConditionExpression"]
        low, high = "", "\U0010ffff"
        newest_first = body.get("ScanIndexForward") is False
        marks = [values[":s"]["S"]] if ":s" in values else []
        if start := body.get("ExclusiveStartKey"):
            marks.append(start[index.range_key]["S"])
        for mark in marks:
            low, high = (low, min(high, mark)) if newest_first else (max(low, mark), high)
        assert (" < " in condition) is (":s" in values and newest_first), condition
        entries, has_more = self.table.page(
            index,
            values[":p"]["S"],
            low=low,
            high=high,
            newest_first=newest_first,
            limit=body.get("Limit") or sys.maxsize,
        )
        self._read(sum(map(size_of, entries)))
        names = (*("PK", "SK"), index.hash_key, index.range_key)
        last = {name: {"S": entries[-1][name]} for name in names} if has_more and entries else None
        return {
            "Items": [_serialized(entry) for entry in entries],
            "Count": len(entries),
            "ScannedCount": len(entries),
            **({"LastEvaluatedKey": last} if last else {}),
        }

    def _PutItem(self, body: Body) -> Body:  # noqa: N802
        self.table.put_item(
            TABLE,
            _deserialized(body["Item"]),
            condition_expression=body.get("ConditionExpression"),
        )
        return {}

    def _UpdateItem(self, body: Body) -> Body:  # noqa: N802
        item = self.table.update_item(
            TABLE,
            _deserialized(body["Key"]),
            update_expression=body["UpdateExpression"],
            condition_expression=body.get("ConditionExpression"),
            expression_attribute_names=body.get("ExpressionAttributeNames"),
            expression_attribute_values=_deserialized(body.get("ExpressionAttributeValues") or {}),
            return_values=body.get("ReturnValues", "NONE"),
        )
        return {"Attributes": _serialized(item or {})}

    def _GetSecretValue(self, body: Body) -> Body:  # noqa: N802
        return {
            "ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:bench",
            "Name": body["SecretId"],
            "SecretString": SECRET,
            "VersionId": "1",
            "VersionStages": ["AWSCURRENT"],
        }


def _place(key: Body) -> Place:
    return key["PK"]["S"], key["SK"]["S"]


_serialize, _deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize


def _serialized(item: Body) -> Body:
    return {name: _quick(value) for name, value in item.items()}


def _quick(value: Any) -> Body:
    # Nearly everything is text, which the real serializer takes its time for.
    return {"S": value} if isinstance(value, str) else _serialize(value)  # type: ignore[return-value]


def _deserialized(item: Body) -> Body:
    found = {name: _deserialize(value) for name, value in item.items()}
    # Numbers come as decimals.
    return json.loads(json.dumps(found, default=int))  # type: ignore[no-any-return]


def filled(size: Size) -> IndexedTable:
    """Return a table; of the orders ``DUE_ORDERS`` wait for a payment and are overdue.

    Half of the others are under way and not due yet, the rest are delivered.
    """
    table = IndexedTable()
    for product in catalog(size.products):
        table.put_item(TABLE, product_to_item(product))
    people = {STAFF: Role.STAFF, CUSTOMER: Role.CUSTOMER}
    people |= {f"user-{number}": Role.CUSTOMER for number in range(size.people)}
    for user_id, role in people.items():
        user = User(user_id, user_id, "Robin", "Doe", "robin@acme.example", role, NOW)
        table.put_item(TABLE, user_to_item(user))
        table.put_item(TABLE, credentials_to_item(Credentials(user_id, user_id, role, "none")))
        table.put_item(TABLE, a_cart_item(user_id))
    for number in range(size.orders):
        table.put_item(TABLE, order_to_item(_order(number, own=size.own)))
    return table


def _order(number: int, *, own: int) -> Order:
    user_id = CUSTOMER if number < own else f"user-{number}"
    order = replace(an_order(), order_id=f"order-{number:06}", user_id=user_id)
    if own <= number < own + DUE_ORDERS:
        return replace(order, placed_at=NOW - timedelta(minutes=30, seconds=number))
    if number % 2:
        return replace(order, placed_at=NOW + timedelta(milliseconds=number))
    placed_at = NOW - timedelta(hours=2, seconds=number)
    return replace(order, state=OrderState.DELIVERED, status="delivered", placed_at=placed_at)


@contextmanager
def engine(size: Size) -> Iterator[str]:
    """Start an engine; yield its address."""
    with create_server(("127.0.0.1", 0)) as listener:
        process = Popen(
            [sys.executable, "-m", "tests.bench.engine", str(listener.fileno()), *map(str, size)],
            cwd=_ROOT,
            pass_fds=[listener.fileno()],
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.wait()


def used(url: str) -> Body:
    """Return calls and units of an engine so far; waits until it is filled."""
    with urlopen(url) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def environment(url: str) -> dict[str, str]:
    """Return the settings of a shop at an engine."""
    return {
        **aws_environment(url),
        "STAGE": "test",
        "TABLE": TABLE,
        "SIGNING_KEYS_SECRET": "bench-keys",
        **{queue_setting(queue.name): f"{url}/123456789012/{queue.name}" for queue in QUEUES},
    }


def main() -> None:
    """Serve until the process is ended."""
    descriptor, *size = map(int, sys.argv[1:])
    serve(Engine(filled(Size(*size))), descriptor)


if __name__ == "__main__":
    main()
