"""The table in memory gives the answers that the emulator gives."""

import asyncio

import pytest

from app.store.table import Table
from tests.simulation.likeness import compare
from tests.simulation.memory import MemoryTable

CALLS, SEED = 1_500, 11


@pytest.mark.timeout(120)
def test_random_calls_get_the_same_answers_from_memory_and_from_the_emulator(table: Table) -> None:
    seen = asyncio.run(compare(table._client, table.name, count=CALLS, seed=SEED))

    methods = {name.split(" ")[0] for name in seen}
    failures = {name.split(" ")[1] for name in seen} - {"answer"}
    assert methods == {
        "batch_get",
        "batch_write",
        "delete_item",
        "get_item",
        "put_item",
        "query",
        "transact_write",
        "update_item",
    }
    assert failures == {
        "ConditionalCheckFailedException",
        "ResourceNotFoundException",
        "TransactionCanceledException",
        "ValidationException",
    }


def test_a_table_in_memory_that_answers_otherwise_is_noticed(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryTable, "delete_item", lambda *arguments, **options: None)

    with pytest.raises(AssertionError, match="seed 12"):
        asyncio.run(compare(table._client, table.name, count=CALLS, seed=12))
