"""Calls to DynamoDB: what is retried, what is translated, what comes in batches."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from app.aws.errors import NO_ANSWER
from app.domain.errors import StoreUnavailableError
from app.store.attribute_values import Item
from app.store.dynamodb import DynamoDBError
from app.store.schema import GSI1
from app.store.table import (
    NOT_THERE,
    THERE,
    Table,
    get_table,
)
from app.store.table_errors import ConditionFailedError, ItemTooLargeError
from tests.support.flaky_dynamodb import BUSY, LOST, flaky
from tests.support.shop import fresh

KEY = {"PK": "a", "SK": "b"}


@pytest.fixture
def table(stack: dict[str, str]) -> Table:
    """A handle of one's own, whose client may be replaced."""
    return Table(get_table().name, get_table()._client)


@pytest.mark.parametrize("failures", [LOST, BUSY])
async def test_a_call_is_repeated_twice_and_then_the_store_is_away(
    table: Table, failures: tuple[Exception, ...]
) -> None:
    assert flaky(table, *failures[:2]).calls == 0
    assert await table.get(KEY) is None

    client = flaky(table, *failures)
    with pytest.raises(StoreUnavailableError):
        await table.get(KEY)
    assert client.calls == 3


async def test_what_dynamodb_refuses_is_not_repeated(table: Table) -> None:
    client = flaky(table, DynamoDBError("ValidationException", text="no"))

    with pytest.raises(DynamoDBError, match="ValidationException"):
        await table.get(KEY)
    assert client.calls == 1


async def test_a_list_that_loses_an_answer_is_complete(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition = fresh("BUYER")
    for number in range(7):
        await table.put(
            {"PK": f"{partition}{number}", "SK": "x", "GSI1PK": partition, "GSI1SK": str(number)}
        )
    asked, attempt = 0, table._client._call

    async def broken_every_other(operation: str, parameters: Item) -> Item:
        nonlocal asked
        asked += 1
        if asked % 2:
            raise DynamoDBError(NO_ANSWER, 0)
        return await attempt(operation, parameters)

    monkeypatch.setattr(table._client, "_call", broken_every_other)

    found = [
        item["GSI1SK"]
        async for item in table.query(GSI1, partition, newest_first=True, page_size=3)
    ]

    assert found == list("6543210")


async def test_many_items_take_as_long_as_they_take(table: Table) -> None:
    keys = [{"PK": fresh("many"), "SK": "x"} for _ in range(130)]

    await table.put_many(keys)

    assert len(await table.get_many(keys)) == 130
    assert await table.get_many([]) == []


async def test_a_condition_that_fails_shows_the_stored_item(table: Table) -> None:
    key = {"PK": fresh(), "SK": "x"}
    await table.put({**key, "value": 1}, condition=NOT_THERE)

    with pytest.raises(ConditionFailedError) as failed:
        await table.put({**key, "value": 2}, condition=NOT_THERE)

    assert failed.value.item == {**key, "value": 1}
    assert await table.get(key) == {**key, "value": 1}


class ShowsNoItem:
    """A client of an engine that leaves the item out of its refusals; counts its reads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.reads: list[bool] = []

    async def get_item(self, *args: Any, consistent_read: bool = False) -> Any:
        self.reads.append(consistent_read)
        return await self._client.get_item(*args, consistent_read=consistent_read)

    async def put_item(self, *args: Any, **options: Any) -> Any:
        return await self._without_item(self._client.put_item(*args, **options))

    async def update_item(self, *args: Any, **options: Any) -> Any:
        return await self._without_item(self._client.update_item(*args, **options))

    async def _without_item(self, call: Awaitable[Any]) -> Any:
        try:
            return await call
        except DynamoDBError as failure:
            failure.item = None
            raise


@pytest.mark.parametrize("write", ["put", "update"])
async def test_an_item_that_an_answer_leaves_out_is_read(table: Table, write: str) -> None:
    key = {"PK": fresh(), "SK": "x"}
    await table.put({**key, "value": 1})
    table._client = client = ShowsNoItem(table._client)  # type: ignore[assignment]
    writes: dict[str, Callable[..., Awaitable[object]]] = {
        "put": partial(table.put, {**key, "value": 2}),
        "update": partial(table.update, key, "REMOVE #v", names={"#v": "value"}),
    }

    with pytest.raises(ConditionFailedError) as failed:
        await writes[write](condition=NOT_THERE)

    assert failed.value.item == {**key, "value": 1}
    assert client.reads == [True]


async def test_an_item_that_is_not_there_is_not_looked_for(table: Table) -> None:
    table._client = client = ShowsNoItem(table._client)  # type: ignore[assignment]

    with pytest.raises(ConditionFailedError) as failed:
        await table.update(
            {"PK": fresh(), "SK": "x"}, "REMOVE #v", names={"#v": "v"}, condition=THERE
        )

    assert (failed.value.item, client.reads) == (None, [])


async def test_a_condition_that_finds_nothing_shows_nothing(table: Table) -> None:
    with pytest.raises(ConditionFailedError) as failed:
        await table.update(
            {"PK": fresh(), "SK": "x"}, "SET #v = :v", names={"#v": "v"}, values={":v": 1},
            condition=THERE,
        )  # fmt: skip

    assert not failed.value.item


async def test_new_items_are_stored_together_or_not_at_all(table: Table) -> None:
    taken, free = {"PK": fresh(), "SK": "x"}, {"PK": fresh(), "SK": "x"}
    await table.put(taken)

    with pytest.raises(ConditionFailedError):
        await table.add_together(free, taken)

    assert await table.get(free) is None


async def test_a_transaction_in_conflict_may_be_tried_again(table: Table) -> None:
    flaky(table, DynamoDBError("TransactionCanceledException", reasons=["TransactionConflict"]))

    with pytest.raises(StoreUnavailableError):
        await table.add_together({"PK": fresh(), "SK": "x"})


async def test_an_item_of_more_than_400_kb_is_refused(table: Table) -> None:
    with pytest.raises(ItemTooLargeError):
        await table.put({"PK": fresh(), "SK": "x", "value": "x" * 410_000})


async def test_deleting_twice_is_deleting_once(table: Table) -> None:
    key = {"PK": fresh(), "SK": "x"}
    await table.put(key)

    await table.delete(key)
    await table.delete(key)

    assert await table.get(key, consistent=True) is None
