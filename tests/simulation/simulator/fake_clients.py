"""A stand-in for the client of DynamoDB, behind a network with faults."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self, cast

from app.store.dynamodb import DynamoDBClient, DynamoDBError
from app.store.table import Table
from tests.simulation.simulator.memory_table import INDEXES, Item, MemoryTable
from tests.simulation.simulator.network import TABLE, Effect, Network

Answer = Awaitable[Any]
ErrorOf = Callable[[DynamoDBError], Exception]


async def _translated(answer: Answer, error_of: ErrorOf) -> Any:
    try:
        return await answer
    except DynamoDBError as failure:
        raise error_of(failure) from None


class FakeClient:
    """The calls of ``DynamoDBClient`` that ``app.store.table`` makes.

    ``error_of`` turns its errors into those that another release knows.
    """

    def __init__(
        self, memory: MemoryTable, network: Network, error_of: ErrorOf | None = None
    ) -> None:
        """Reach the table ``memory`` through ``network``."""
        self._memory = memory
        self._network = network
        self._error_of = error_of

    def _call(self, service: str, operation: str, effect: Effect, about: str) -> Answer:
        answer = self._network.call(service, operation, effect, about)
        return answer if self._error_of is None else _translated(answer, self._error_of)

    def _is_stale(self) -> bool:
        return self._network.faults.is_stale()

    def get_item(self, table: str, key: Item, *, consistent_read: bool = False) -> Answer:
        """Read one item."""
        is_stale = not consistent_read and self._is_stale()
        effect = partial(self._memory.get_item, table, key, is_stale=is_stale)
        return self._call(TABLE, "get_item", effect, key["PK"])

    def batch_get(self, table: str, keys: list[Item]) -> Answer:
        """Read some items."""
        effect = partial(self._memory.batch_get, table, keys, is_stale=self._is_stale())
        return self._call(TABLE, "batch_get", effect, keys[0]["PK"])

    def put_item(self, table: str, item: Item, **options: Any) -> Answer:
        """Write one item."""
        self._memory.on_attempt(item)
        effect = partial(self._memory.put_item, table, item, **options)
        return self._call(TABLE, "put_item", effect, item["PK"])

    def batch_write(self, table: str, *, put_items: list[Item]) -> Answer:
        """Write some items."""
        effect = partial(self._memory.batch_write, table, put_items=put_items)
        return self._call(TABLE, "batch_write", effect, put_items[0]["PK"])

    def transact_write(self, operations: list[dict[str, Any]]) -> Answer:
        """Write all items or none."""
        effect = partial(self._memory.transact_write, operations)
        return self._call(TABLE, "transact_write", effect, operations[0]["item"]["PK"])

    def update_item(self, table: str, key: Item, **options: Any) -> Answer:
        """Change one item."""
        effect = partial(self._memory.update_item, table, key, **options)
        return self._call(TABLE, "update_item", effect, key["PK"])

    def delete_item(self, table: str, key: Item) -> Answer:
        """Remove one item."""
        return self._call(
            TABLE, "delete_item", partial(self._memory.delete_item, table, key), key["PK"]
        )

    def query(self, table: str, condition: str, **options: Any) -> "FakeQuery":
        """Return the items of an index partition, read page by page."""
        return FakeQuery(self, table, condition, **options)

    def query_page(self, table: str, index: str, partition: str, **options: Any) -> Answer:
        """Read one page of an index, which is never consistent."""
        effect = partial(
            self._memory.query_page, table, index, partition, is_stale=self._is_stale(), **options
        )
        return self._call(TABLE, "query", effect, partition)


class FakeQuery:
    """An iterator as the client returns it: after a failure it is at its end."""

    def __init__(
        self,
        client: FakeClient,
        table: str,
        condition: str,
        *,
        expression_attribute_names: dict[str, str],
        expression_attribute_values: dict[str, Any],
        index_name: str,
        scan_index_forward: bool,
        page_size: int,
    ) -> None:
        """Ask nothing yet."""
        sign = ">" if scan_index_forward else "<"
        if condition not in {"#p = :p", f"#p = :p AND #s {sign} :s"}:
            raise NotImplementedError(f"the simulation does not know the query {condition!r}")
        self._ask = partial(
            client.query_page,
            table,
            index_name,
            expression_attribute_values[":p"],
            is_forward=scan_index_forward,
            limit=page_size,
        )
        self._range_key = INDEXES[index_name].range_key
        self._after: str | None = expression_attribute_values.get(":s")
        self._has_more = True
        self._page: list[Item] = []
        self._at = 0

    def __aiter__(self) -> Self:
        """Return the iterator itself."""
        return self

    async def __anext__(self) -> Item:
        """Return the next item; one call per page."""
        if self._at >= len(self._page):
            if not self._has_more:
                raise StopAsyncIteration
            self._has_more = False
            self._page, self._has_more = await self._ask(after=self._after)
            self._at = 0
            if not self._page:
                raise StopAsyncIteration
        item = self._page[self._at]
        self._at += 1
        self._after = item[self._range_key]
        return item


def fake_table(memory: MemoryTable, network: Network) -> Table:
    """Return the real table handle in front of a stand-in."""
    return Table(memory.name, cast("DynamoDBClient", FakeClient(memory, network)))
