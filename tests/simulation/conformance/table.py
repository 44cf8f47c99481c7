"""Does the table in memory answer like the emulator's?

Random calls of the kinds the store makes, with right and wrong arguments, go to both; the
answers, the kinds of failure and the items that failures carry have to be the same.
"""

import time
from collections import Counter
from random import Random
from typing import Any

from app.store.dynamodb import DynamoDBClient, DynamoDBError
from tests.simulation.conformance.calls import Call, Caller
from tests.simulation.simulator.memory_table import INDEXES, Item, MemoryTable


def normal(value: Any) -> Any:
    """Return an answer in a form that two of them can be compared in."""
    if isinstance(value, list):
        return sorted(value, key=lambda item: (item["PK"], item["SK"]))
    return value


def ask_memory(memory: MemoryTable, call: Call) -> tuple[Any, ...]:
    """Return what the table in memory says to a call."""
    try:
        if call.is_query:
            return "answer", _pages_of(memory, call)
        return "answer", normal(getattr(memory, call.method)(*call.arguments, **call.options))
    except DynamoDBError as failure:
        return failure.code, failure.item


def _pages_of(memory: MemoryTable, call: Call) -> list[Item]:
    options = call.options
    values, found = options["expression_attribute_values"], []
    after, has_more = values.get(":s"), True
    while has_more:
        page, has_more = memory.query_page(
            call.arguments[0],
            options["index_name"],
            values[":p"],
            after=after,
            is_forward=options["scan_index_forward"],
            limit=options["page_size"],
        )
        found += page
        after = page[-1][INDEXES[options["index_name"]].range_key] if page else after
    return found


async def ask_client(client: DynamoDBClient, call: Call) -> tuple[Any, ...]:
    """Return what DynamoDB, or who plays it, says to a call."""
    try:
        if call.is_query:
            found = client.query(*call.arguments, **call.options)
            return "answer", [item async for item in found]
        answer = await getattr(client, call.method)(*call.arguments, **call.options)
    except DynamoDBError as failure:
        return failure.code, failure.item
    if call.method in {"put_item", "delete_item", "batch_write", "transact_write"}:
        answer = None
    return "answer", normal(answer)


async def compare(client: DynamoDBClient, table: str, *, count: int, seed: int) -> Counter[str]:
    """Make random calls of both and return how often each method and outcome came up.

    Raises:
        AssertionError: the two disagree; names the seed and the call.
    """
    memory = MemoryTable(table)
    caller = Caller(Random(seed), table, f"conformance{seed}-{time.time_ns()}")
    seen: Counter[str] = Counter()
    for number in range(count):
        call = caller.draw()
        theirs, ours = await ask_client(client, call), ask_memory(memory, call)
        if theirs != ours:
            where = f"seed {seed}, call {number}: {call}"[:2000]
            raise AssertionError(f"{where}\nemulator {theirs}\nmemory   {ours}"[:4000])
        seen[f"{call.method} {ours[0]}"] += 1
    return seen
