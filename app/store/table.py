"""The handle on the one table; nothing outside ``app/store`` knows how it is reached.

DynamoDB is spoken to through pydynox (app/DECISIONS.md, 14). Its errors are translated here,
by name, where they occur; what is not named passes through.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, TypeVar

from pydynox import DynamoDBClient
from pydynox.exceptions import (
    ConditionalCheckFailedException,
    ConnectionException,
    ProvisionedThroughputExceededException,
    PydynoxException,
    TransactionCanceledException,
    ValidationException,
)

from app.deadlines import call_deadline
from app.domain.errors import StoreUnavailableError
from app.settings import get_settings
from app.store.keys import Key
from app.store.schema import SHAPE, Index

Item = dict[str, Any]
T = TypeVar("T")

# Short, so that a stalled table is noticed well within a function's own time-out.
CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.0
# Repeats are made here: the client would repeat an ADD whose answer got lost, and count twice.
ATTEMPTS_OF_THE_CLIENT = 1
_PAUSES_SECONDS = (0.05, 0.2)

#: What one batch call of DynamoDB takes.
GET_BATCH, PUT_BATCH = 100, 25

NOT_THERE = f"attribute_not_exists({SHAPE.hash_key})"
THERE = f"attribute_exists({SHAPE.hash_key})"


class ConditionFailedError(Exception):
    """The condition of a write did not hold; ``item`` is what was there, if anything."""

    def __init__(self, item: Item | None) -> None:
        """Remember the item that stood in the way."""
        super().__init__("the condition of a write did not hold")
        self.item = item


class ItemTooLargeError(Exception):
    """An item would be larger than DynamoDB takes (400 KB); nothing was written."""


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
    except ValidationException as failure:
        if "size" in str(failure):
            raise ItemTooLargeError from failure
        raise
    except (ConnectionException, ProvisionedThroughputExceededException) as failure:
        raise StoreUnavailableError("the store does not answer") from failure
    except PydynoxException as failure:
        if _is_passing(failure):
            raise StoreUnavailableError("the store does not answer") from failure
        raise


def _is_passing(failure: PydynoxException) -> bool:
    """Tell what DynamoDB has to settle itself: it is away, failing, busy or in conflict.

    pydynox has no class for its 500, its 503 and a conflict of transactions.
    """
    return type(failure) is PydynoxException or isinstance(
        failure, ConnectionException | ProvisionedThroughputExceededException
    )


async def _answer(ask: Callable[[], Awaitable[T]], *, is_repeatable: bool = True) -> T:
    """Return the answer to one call; repeat it now and then while DynamoDB is away or busy.

    Raises:
        StoreUnavailableError: it did not answer in time (``app.deadlines``).
    """
    with _translated():
        async with call_deadline(StoreUnavailableError("the store does not answer")):
            for pause in _PAUSES_SECONDS:
                try:
                    return await ask()
                except ProvisionedThroughputExceededException:
                    pass  # Refused, so nothing was done: anything may be repeated.
                except PydynoxException as failure:
                    if not (is_repeatable and _is_passing(failure)):
                        raise
                await asyncio.sleep(pause)
            return await ask()


def _batches(things: Sequence[T], size: int) -> Iterator[list[T]]:
    return (list(things[place : place + size]) for place in range(0, len(things), size))


class Table:
    """The table by name; each method is one call to DynamoDB unless it says otherwise."""

    def __init__(self, name: str, client: DynamoDBClient) -> None:
        """Speak to the table ``name`` through ``client``."""
        self.name = name
        self._client = client

    async def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item under ``key``; ``consistent`` sees every write before it."""
        item: Item | None = await _answer(
            lambda: self._client.get_item(self.name, key, consistent_read=consistent)
        )
        return item

    async def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Return the items there are, in no order; one call per 100 keys."""
        items: list[Item] = []
        for some in _batches(keys, GET_BATCH):
            items += await _answer(partial(self._client.batch_get, self.name, some))
        return items

    async def put(
        self, item: Item, *, condition: str | None = None, is_repeatable: bool = True
    ) -> None:
        """Write ``item`` over whatever is there.

        Raises:
            ItemTooLargeError: it is more than one item can hold.
            ConditionFailedError: ``condition`` did not hold; carries the item found, which
                can be this very one when an answer got lost.
        """
        await _answer(
            lambda: self._client.put_item(
                self.name,
                item,
                condition_expression=condition,
                return_values_on_condition_check_failure=condition is not None,
            ),
            is_repeatable=is_repeatable,
        )

    async def put_many(self, items: Sequence[Item]) -> None:
        """Write items without conditions; one call per 25 items."""
        for some in _batches(items, PUT_BATCH):
            await _answer(partial(self._client.batch_write, self.name, put_items=some))

    async def add_together(self, *items: Item) -> None:
        """Write new items, all or none.

        Raises:
            ConditionFailedError: one of the keys is taken.
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
        # Not repeated: the repeat of one whose answer got lost would find the keys taken.
        await _answer(lambda: self._client.transact_write(puts), is_repeatable=False)

    async def update(
        self,
        key: Key,
        expression: str,
        *,
        names: dict[str, str] | None = None,
        values: dict[str, Any] | None = None,
        condition: str | None = None,
        is_repeatable: bool = True,
    ) -> Item:
        """Change one item and return it as it is afterwards.

        ``is_repeatable`` is whether the change may be made twice, unknown to the caller, and
        the second time after what others have written in between.

        Raises:
            ConditionFailedError: ``condition`` did not hold; carries the item found.
            ItemTooLargeError: it would become more than one item can hold.
        """
        item: Item | None = await _answer(
            lambda: self._client.update_item(
                self.name,
                key,
                update_expression=expression,
                condition_expression=condition,
                expression_attribute_names=names,
                expression_attribute_values=values,
                return_values_on_condition_check_failure=condition is not None,
                return_values="ALL_NEW",
            ),
            is_repeatable=is_repeatable,
        )
        return item or {}

    async def delete(self, key: Key, *, is_repeatable: bool = True) -> None:
        """Remove the item under ``key``, if there is one."""
        await _answer(lambda: self._client.delete_item(self.name, key), is_repeatable=is_repeatable)

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

        def new_query() -> AsyncIterator[Item]:
            return self._ask_index(
                index, partition, after, newest_first=newest_first, page_size=page_size
            )

        found = new_query()

        async def ask() -> Item | None:
            nonlocal found
            try:
                return await anext(found, None)
            except PydynoxException:
                # It would seem to be at its end if it were asked again.
                found = new_query()
                raise

        while (item := await _answer(ask)) is not None:
            after = item[index.range_key]
            yield item

    def _ask_index(
        self, index: Index, partition: str, after: str | None, *, newest_first: bool, page_size: int
    ) -> AsyncIterator[Item]:
        names = {"#p": index.hash_key}
        values = {":p": partition}
        condition = "#p = :p"
        if after is not None:
            condition += f" AND #s {'<' if newest_first else '>'} :s"
            names["#s"] = index.range_key
            values[":s"] = after
        found: AsyncIterator[Item] = self._client.query(
            self.name,
            condition,
            expression_attribute_names=names,
            expression_attribute_values=values,
            index_name=index.name,
            scan_index_forward=not newest_first,
            page_size=page_size,
        )
        return found


@lru_cache(maxsize=1)
def get_table() -> Table:
    """Return this process's table; the client is made on first use and kept."""
    settings = get_settings()
    return open_table(settings.required("table"), region=settings.region)


def open_table(
    name: str,
    *,
    region: str,
    endpoint_url: str | None = None,
    credentials: tuple[str, str] | None = None,
) -> Table:
    """Return a handle on the table ``name``, with a client of its own.

    Endpoint and credentials (access key, secret key) are found as by every AWS tool unless
    they are given.
    """
    access_key, secret_key = credentials or (None, None)
    client = DynamoDBClient(
        region=region,
        endpoint_url=endpoint_url,
        access_key=access_key,
        secret_key=secret_key,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        max_retries=ATTEMPTS_OF_THE_CLIENT,
    )
    return Table(name, client)
