"""The handle on the one table; nothing outside ``app/store`` knows how it is reached.

DynamoDB is spoken to through pydynox (design, decision 14). Its errors are translated here,
by name, where they occur; what is not named passes through.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from pydynox import DynamoDBClient
from pydynox.exceptions import (
    ConditionalCheckFailedException,
    ConnectionException,
    ProvisionedThroughputExceededException,
    TransactionCanceledException,
)

from app.domain.errors import StoreUnavailableError
from app.settings import get_settings
from app.store.keys import Key
from app.store.schema import SHAPE, Index

Item = dict[str, Any]

# Short, so that a stalled table is noticed well within a function's own time-out.
CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.0
MAX_RETRIES = 2

NOT_THERE = f"attribute_not_exists({SHAPE.hash_key})"
THERE = f"attribute_exists({SHAPE.hash_key})"


class ConditionFailedError(Exception):
    """The condition of a write did not hold; ``item`` is what was there, if anything."""

    def __init__(self, item: Item | None) -> None:
        """Remember the item that stood in the way."""
        super().__init__("the condition of a write did not hold")
        self.item = item


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ConditionalCheckFailedException as failure:
        raise ConditionFailedError(getattr(failure, "item", None)) from failure
    except TransactionCanceledException as failure:
        # pydynox gives the reasons as text only; throttling and conflicts are for a retry.
        if "ConditionalCheckFailed" in str(failure):
            raise ConditionFailedError(None) from failure
        raise StoreUnavailableError("the store is busy") from failure
    except (ConnectionException, ProvisionedThroughputExceededException) as failure:
        raise StoreUnavailableError("the store does not answer") from failure


class Table:
    """The table by name; each method is one call to DynamoDB unless it says otherwise."""

    def __init__(self, name: str, client: DynamoDBClient) -> None:
        """Speak to the table ``name`` through ``client``."""
        self.name = name
        self._client = client

    async def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item under ``key``; ``consistent`` sees every write before it."""
        with _translated():
            item: Item | None = await self._client.get_item(
                self.name, key, consistent_read=consistent
            )
            return item

    async def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Return the items there are, in no order; one call per 100 keys."""
        if not keys:
            return []
        with _translated():
            return await self._client.batch_get(self.name, list(keys))

    async def put(self, item: Item, *, condition: str | None = None) -> None:
        """Write ``item`` over whatever is there.

        Raises:
            ConditionFailedError: ``condition`` did not hold; carries the item found.
        """
        with _translated():
            await self._client.put_item(
                self.name,
                item,
                condition_expression=condition,
                return_values_on_condition_check_failure=condition is not None,
            )

    async def put_many(self, items: Sequence[Item]) -> None:
        """Write items without conditions; one call per 25 items."""
        with _translated():
            await self._client.batch_write(self.name, put_items=list(items))

    async def add_together(self, *items: Item) -> None:
        """Write new items, all or none.

        Raises:
            ConditionFailedError: one of the keys is taken.
        """
        with _translated():
            await self._client.transact_write(
                [
                    {
                        "type": "put",
                        "table": self.name,
                        "item": item,
                        "condition_expression": NOT_THERE,
                    }
                    for item in items
                ]
            )

    async def update(
        self,
        key: Key,
        expression: str,
        *,
        names: dict[str, str] | None = None,
        values: dict[str, Any] | None = None,
        condition: str | None = None,
    ) -> Item:
        """Change one item and return it as it is afterwards.

        Raises:
            ConditionFailedError: ``condition`` did not hold; carries the item found.
        """
        with _translated():
            item = await self._client.update_item(
                self.name,
                key,
                update_expression=expression,
                condition_expression=condition,
                expression_attribute_names=names,
                expression_attribute_values=values,
                return_values_on_condition_check_failure=condition is not None,
                return_values="ALL_NEW",
            )
            return item or {}

    async def delete(self, key: Key) -> None:
        """Remove the item under ``key``; safe to repeat."""
        with _translated():
            await self._client.delete_item(self.name, key)

    async def query(
        self,
        index: Index,
        partition: str,
        *,
        after: str | None = None,
        newest_first: bool = False,
        page_size: int,
    ) -> AsyncGenerator[Item, None]:
        """Yield the items of one index partition in sort order, behind ``after``.

        One call per ``page_size`` items (or megabyte), made only when they are asked for.
        """
        names = {"#p": index.hash_key}
        values = {":p": partition}
        condition = "#p = :p"
        if after is not None:
            condition += f" AND #s {'<' if newest_first else '>'} :s"
            names["#s"] = index.range_key
            values[":s"] = after
        with _translated():
            async for item in self._client.query(
                self.name,
                condition,
                expression_attribute_names=names,
                expression_attribute_values=values,
                index_name=index.name,
                scan_index_forward=not newest_first,
                page_size=page_size,
            ):
                yield item


@lru_cache(maxsize=1)
def get_table() -> Table:
    """Return this process's table; the client is made on first use and kept."""
    settings = get_settings()
    client = DynamoDBClient(
        region=settings.region,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        max_retries=MAX_RETRIES,
    )
    return Table(settings.required("table"), client)
