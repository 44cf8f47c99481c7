"""Spans of calls to DynamoDB."""

import json
from collections.abc import Iterator

import pytest

from app.settings import get_settings
from app.spans import SpanKind
from app.store.dynamodb import DynamoDBClient
from app.store.keys import order_key
from app.store.pagination import PageRequest
from app.store.schema import GSI1
from app.store.table import Table, get_table
from app.store.table_errors import ConditionFailedError
from app.store.traced_client import ESTIMATED_UNITS
from app.store.users import list_users
from app.trace_context import new_trace
from app.tracing import entry_span
from tests.support.shop import fresh
from tests.support.trace_collector import Collector, ReceivedSpan, collecting, flush


@pytest.fixture
def collector(stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        get_settings.cache_clear()
        get_table.cache_clear()
        yield running


def calls(collector: Collector) -> list[ReceivedSpan]:
    flush()
    return [span for span in collector.spans if span.kind == SpanKind.CLIENT]


def units(span: ReceivedSpan) -> float | None:
    consumed = span.attributes.get("aws.dynamodb.consumed_capacity")
    return json.loads(consumed[0])["CapacityUnits"] if consumed else None


def item(name: str, *, size: int = 10) -> dict[str, str]:
    index = {GSI1.hash_key: f"p-{name[:8]}", GSI1.range_key: name}
    return {**order_key(name), **index, "v": "x" * size}


async def test_each_call_is_a_span_with_its_capacity_units(collector: Collector) -> None:
    table = get_table()
    name = fresh()
    large = item(f"{name}-large", size=2500)
    with entry_span(new_trace(), "entry", SpanKind.SERVER, {}):
        await table.put(item(f"{name}-1"))
        await table.put(large)
        assert await table.get(order_key(f"{name}-large"), consistent=True) == large
        assert await table.get(order_key("nowhere")) is None
        await table.update(order_key(f"{name}-1"), "SET v = :v", values={":v": "y"})
        keys = [order_key(f"{name}-{which}") for which in ("1", "large", "nowhere")]
        await table.get_many(keys)
        await table.put_many([item(f"{name}-2"), item(f"{name}-3")])
        await table.add_together(item(f"{name}-4"), item(f"{name}-5"))
        found = [item async for item in table.query(GSI1, f"p-{name[:8]}", page_size=2)]
        await table.delete(order_key(f"{name}-1"))

    assert len(found) == 6
    spans = calls(collector)
    assert [(span.name, units(span)) for span in spans[:5]] == [
        # The index is written, too, but holds neither the value nor its changes.
        ("PutItem", 2.0),
        ("PutItem", 4.0),
        ("GetItem", 1.0),
        ("GetItem", 0.5),
        ("UpdateItem", 1.0),
    ]
    assert [span.name for span in spans[5:8]] == [
        "BatchGetItem",
        "BatchWriteItem",
        "TransactWriteItems",
    ]
    assert [span.attributes["db.operation.batch.size"] for span in spans[5:8]] == [3, 2, 2]
    assert [span.attributes.get(ESTIMATED_UNITS) for span in spans[5:8]] == [1.5, None, None]
    # Three full pages, and one that finds out that there is no more.
    queries = [span for span in spans if span.name == "Query"]
    assert len(queries) in {3, 4}
    assert {span.attributes["aws.dynamodb.index_name"] for span in queries} == {GSI1.name}
    assert spans[-1].name == "DeleteItem"
    for span in spans:
        assert span.attributes["db.collection.name"] == table.name
        assert span.attributes["db.system.name"] == "aws.dynamodb"
    assert name.encode() not in b"".join(collector.bodies)


async def test_a_condition_that_does_not_hold_is_named(collector: Collector) -> None:
    table = get_table()
    stored = item(fresh())
    await table.put(stored)
    with entry_span(new_trace(), "entry", SpanKind.SERVER, {}), pytest.raises(ConditionFailedError):
        await table.put(stored, condition="attribute_not_exists(PK)")

    (span,) = calls(collector)
    assert (span.is_error, span.attributes["error.type"]) == (
        True,
        "ConditionalCheckFailedException",
    )


async def test_outside_of_a_request_no_call_is_recorded(collector: Collector) -> None:
    await list_users(get_table(), PageRequest(1))

    assert calls(collector) == []


async def test_without_a_collector_the_client_is_the_plain_one(table: Table) -> None:
    assert type(table._client) is DynamoDBClient
