"""The table and the queues in memory give the answers that the emulator gives."""

import asyncio
from collections.abc import Callable

import pytest

from app.queues import get_client
from app.store.table import Table
from infra.topology import queue_setting
from tests.simulation.conformance.queues import Emulated
from tests.simulation.conformance.queues import compare as compare_queues
from tests.simulation.conformance.table import compare
from tests.simulation.simulator.memory_table import MemoryTable
from tests.simulation.simulator.sqs import SimulatedSQS
from tests.support.sizes import SIZES

CALLS, SEED = SIZES.compared_calls, 11 + SIZES.seed


@pytest.mark.proof
def test_random_calls_get_the_same_answers_from_memory_and_from_the_emulator(
    table: Table, figure: Callable[[str], None]
) -> None:
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
    figure(f"{seen.total():,} calls of the table, 0 other answers than the emulator's")
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
        asyncio.run(compare(table._client, table.name, count=1_500, seed=12))


@pytest.fixture
def emulated(own_stack: dict[str, str]) -> Emulated:
    return Emulated(get_client(), lambda queue: own_stack[queue_setting(queue)])


def test_messages_are_handed_out_the_same_from_memory_and_from_the_emulator(
    emulated: Emulated,
) -> None:
    came_up = compare_queues(emulated, seed=3)

    assert min(came_up[event] for event in ("sent", "sent late", "received", "dead")) > 0
    assert came_up["received"] > came_up["sent"]
    assert emulated.calls > 300


def test_queues_in_memory_that_forget_the_fifth_receive_are_noticed(
    emulated: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.simulation.simulator.sqs.MAX_RECEIVES", 4)

    with pytest.raises(AssertionError, match="seed 4"):
        compare_queues(emulated, seed=4)


def test_queues_in_memory_that_keep_what_was_handled_are_noticed(
    emulated: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SimulatedSQS, "delete", lambda *arguments: None)

    with pytest.raises(AssertionError, match="seed 5"):
        compare_queues(emulated, seed=5)
