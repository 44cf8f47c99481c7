"""The handle on the one table; only ``app/store`` imports the DynamoDB client.

The client is ``app/store/dynamodb.py`` (app/DECISIONS.md, 14). Its errors are translated by
``app/store/table_errors.py``.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any, Literal, TypeVar

from app.aws.signature import Credentials, environment_credentials
from app.deadlines import call_deadline
from app.domain.errors import StoreUnavailableError
from app.settings import TableLayout, get_settings
from app.store.dynamodb import DynamoDBClient, DynamoDBError
from app.store.keys import Key
from app.store.schema import SHAPE, Index
from app.store.table_errors import ConditionFailedError, is_transient, translated

Item = dict[str, Any]
T = TypeVar("T")

# Short, so that a stalled table is noticed well before the function's time-out.
CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.0
_PAUSES_SECONDS = (0.05, 0.2)

#: Items per batch call, set by DynamoDB.
GET_BATCH, PUT_BATCH = 100, 25

NOT_THERE = f"attribute_not_exists({SHAPE.hash_key})"
THERE = f"attribute_exists({SHAPE.hash_key})"


async def _call(
    operation: str, call: Callable[[], Awaitable[T]], *, is_repeatable: bool = True
) -> T:
    """Return the result of one call; retry it twice after transient errors.

    ``operation`` is DynamoDB's name for it.

    Raises:
        StoreUnavailableError: there was no result before the deadline (``app.deadlines``).
    """
    with translated(operation):
        async with call_deadline(StoreUnavailableError("the store does not answer")):
            for pause in _PAUSES_SECONDS:
                try:
                    return await call()
                except DynamoDBError as failure:
                    # What was throttled was not done, so any call may be repeated then.
                    is_safe = is_repeatable or failure.is_throttled
                    if not (is_safe and is_transient(failure)):
                        raise
                await asyncio.sleep(pause)
            return await call()


def _batches(entries: Sequence[T], size: int) -> Iterator[list[T]]:
    return (list(entries[start : start + size]) for start in range(0, len(entries), size))


class Table:
    """The table; each method is one call to DynamoDB unless its docstring says otherwise.

    A write whose condition does not hold is a second one, a read, if the answer shows no item.
    """

    def __init__(
        self, name: str, client: DynamoDBClient, *, layout: TableLayout = TableLayout.CURRENT
    ) -> None:
        """Use the table ``name`` through ``client``; orders are written in ``layout``."""
        self.name = name
        self.layout = layout
        self._client = client

    async def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item under ``key``; a ``consistent`` read sees every earlier write."""
        item: Item | None = await _call(
            "GetItem", lambda: self._client.get_item(self.name, key, consistent_read=consistent)
        )
        return item

    async def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Return the items that exist, in no order; one call per 100 keys."""
        items: list[Item] = []
        for batch in _batches(keys, GET_BATCH):
            items += await _call("BatchGetItem", partial(self._client.batch_get, self.name, batch))
        return items

    async def put(
        self, item: Item, *, condition: str | None = None, is_repeatable: bool = True
    ) -> None:
        """Store ``item``, over an existing one too.

        Raises:
            ItemTooLargeError: it exceeds 400 KB.
            ConditionFailedError: ``condition`` did not hold; carries the stored item, which
                can be ``item`` itself when an answer was lost.
        """
        key = {name: item[name] for name in (SHAPE.hash_key, SHAPE.range_key)}
        async with self._showing_item(key, condition):
            await _call(
                "PutItem",
                lambda: self._client.put_item(
                    self.name,
                    item,
                    condition_expression=condition,
                    return_values_on_condition_check_failure=condition is not None,
                ),
                is_repeatable=is_repeatable,
            )

    async def put_many(self, items: Sequence[Item]) -> None:
        """Store items without conditions; one call per 25 items."""
        for batch in _batches(items, PUT_BATCH):
            await _call(
                "BatchWriteItem", partial(self._client.batch_write, self.name, put_items=batch)
            )

    async def add_together(self, *items: Item) -> None:
        """Store new items in one transaction, all or none.

        Raises:
            ConditionFailedError: an item with one of the keys exists.
        """
        puts = [
            {
                "type": "put",
                "table": self.name,
                "item": item,
                "condition_expression": NOT_THERE,
            }
            for item in items
        ]
        # Not retried: after a lost answer the retry would find its own items.
        await _call(
            "TransactWriteItems", lambda: self._client.transact_write(puts), is_repeatable=False
        )

    async def update(
        self,
        key: Key,
        expression: str,
        *,
        names: dict[str, str] | None = None,
        values: dict[str, Any] | None = None,
        condition: str | None = None,
        is_repeatable: bool = True,
        returns: Literal["ALL_NEW", "ALL_OLD"] = "ALL_NEW",
    ) -> Item:
        """Change one item and return it, as it is afterwards or as it was before.

        ``is_repeatable`` says that the change may be made twice, the second time after
        other writers have changed the item.

        Raises:
            ConditionFailedError: ``condition`` did not hold; carries the stored item.
            ItemTooLargeError: the changed item would exceed 400 KB.
        """
        async with self._showing_item(key, condition):
            item: Item | None = await _call(
                "UpdateItem",
                lambda: self._client.update_item(
                    self.name,
                    key,
                    update_expression=expression,
                    condition_expression=condition,
                    expression_attribute_names=names,
                    expression_attribute_values=values,
                    return_values_on_condition_check_failure=condition is not None,
                    return_values=returns,
                ),
                is_repeatable=is_repeatable,
            )
        return item or {}

    @asynccontextmanager
    async def _showing_item(self, key: Key, condition: str | None) -> AsyncIterator[None]:
        """Read the item that a condition failed on where the answer does not show it.

        DynamoDB shows every item there is; other engines know no such answer.
        """
        try:
            yield
        except ConditionFailedError as failure:
            if failure.item is None and condition != THERE:
                failure.item = await self.get(key, consistent=True)
            raise

    async def delete(self, key: Key, *, is_repeatable: bool = True) -> None:
        """Remove the item under ``key``, if there is one."""
        await _call(
            "DeleteItem",
            lambda: self._client.delete_item(self.name, key),
            is_repeatable=is_repeatable,
        )

    async def query(
        self,
        index: Index,
        partition: str,
        *,
        after: str | None = None,
        newest_first: bool = False,
        page_size: int,
    ) -> AsyncGenerator[Item, None]:
        """Yield the items of one index partition in sort order, after the key ``after``.

        One call per ``page_size`` items (or megabyte), made when the items are needed.
        """

        def new_query() -> AsyncIterator[Item]:
            return self._query_index(
                index, partition, after, newest_first=newest_first, page_size=page_size
            )

        items = new_query()

        async def next_item() -> Item | None:
            nonlocal items
            try:
                return await anext(items, None)
            except DynamoDBError:
                # A failed iterator would end without an error on the next call.
                items = new_query()
                raise

        while (item := await _call("Query", next_item)) is not None:
            after = item[index.range_key]
            yield item

    def _query_index(
        self, index: Index, partition: str, after: str | None, *, newest_first: bool, page_size: int
    ) -> AsyncIterator[Item]:
        names = {"#p": index.hash_key}
        values = {":p": partition}
        condition = "#p = :p"
        if after is not None:
            condition += f" AND #s {'<' if newest_first else '>'} :s"
            names["#s"] = index.range_key
            values[":s"] = after
        items: AsyncIterator[Item] = self._client.query(
            self.name,
            condition,
            expression_attribute_names=names,
            expression_attribute_values=values,
            index_name=index.name,
            scan_index_forward=not newest_first,
            page_size=page_size,
        )
        return items


@lru_cache(maxsize=1)
def get_table() -> Table:
    """Return the table of this process; the client is made on first use and kept."""
    settings = get_settings()
    return open_table(
        settings.required("table"),
        region=settings.region,
        layout=settings.table_layout,
        is_traced=bool(settings.otlp_endpoint),
    )


def open_table(
    name: str,
    *,
    region: str,
    endpoint_url: str | None = None,
    credentials: tuple[str, str] | None = None,
    layout: TableLayout = TableLayout.CURRENT,
    is_traced: bool = False,
) -> Table:
    """Return a handle on the table ``name``, with a client of its own.

    Endpoint and credentials (access key, secret key) are found as by every AWS tool unless
    they are given. ``is_traced`` records the calls as spans (``app/tracing.py``).
    """
    kind = DynamoDBClient
    if is_traced:
        from app.store.traced_client import TracedDynamoDBClient  # noqa: PLC0415

        kind = TracedDynamoDBClient
    given = Credentials(*credentials) if credentials else None
    client = kind(
        region,
        endpoint_url=endpoint_url,
        find_credentials=(lambda: given) if given else _find_credentials,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
    )
    return Table(name, client, layout=layout)


def _find_credentials() -> Credentials | None:
    """Return the credentials in the environment, as on Lambda, or those that boto3 finds."""
    if found := environment_credentials():
        return found
    from app.aws.boto3_calls import chain_credentials  # noqa: PLC0415  # For tools: it imports botocore.

    return chain_credentials()
