"""A DynamoDB client whose calls are recorded as spans, for processes that export traces."""

import json
from collections.abc import AsyncIterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from app.spans import Span, SpanKind, Value
from app.tracing import child_span

if TYPE_CHECKING:
    from pydynox import DynamoDBClient

#: The client's methods, and what DynamoDB calls them.
_OPERATIONS = MappingProxyType(
    {
        "get_item": "GetItem",
        "put_item": "PutItem",
        "update_item": "UpdateItem",
        "delete_item": "DeleteItem",
        "batch_get": "BatchGetItem",
        "batch_write": "BatchWriteItem",
        "transact_write": "TransactWriteItems",
    }
)
#: Operations of which the client says what they consumed.
_METERED = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem"})

#: Units that a call took by the sizes of its items, where the client does not say.
ESTIMATED_UNITS = "acme.dynamodb.estimated_units"
#: A unit reads so much twice, unless the read is consistent; what is not there costs as much.
_READ_BYTES, _READ_UNITS = 4096, 0.5


def traced(client: "DynamoDBClient") -> "DynamoDBClient":
    """Return ``client`` with a span around each attempt of a call."""
    return cast("DynamoDBClient", _TracedClient(client))


class _TracedClient:
    """Passes on everything; the client asks for the consumed capacity with each call anyway."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        operation = _OPERATIONS.get(name)
        return method if operation is None else partial(self._call, operation, method)

    async def _call(self, operation: str, method: Any, *parameters: Any, **options: Any) -> Any:
        table, entries = _subject(parameters, options)
        with child_span(operation, SpanKind.CLIENT, _attributes(operation, table)) as span:
            answer = await method(*parameters, **options)
            if span and operation in _METERED:
                # Nothing else has run in this thread since the answer.
                _note_consumed(span, table, self._client.get_last_metrics())
            elif span:
                if entries > 1:
                    span.attributes["db.operation.batch.size"] = entries
                if operation == "BatchGetItem":
                    span.attributes[ESTIMATED_UNITS] = _estimate_read(answer, asked=entries)
            return answer

    async def query(self, table: str, *parameters: Any, **options: Any) -> AsyncIterator[Any]:
        """Yield what a query finds; each page is a call with a span of its own."""
        result: Any = self._client.query(table, *parameters, **options)
        attributes = _attributes("Query", table)
        if index := options.get("index_name"):
            attributes["aws.dynamodb.index_name"] = index
        metrics: Any = None
        item: Any = ()
        while item is not None:
            with child_span("Query", SpanKind.CLIENT, attributes) as span:
                item = await anext(result, None)
                if span:
                    # Most items are those of a page that is there already.
                    earlier, metrics = metrics, vars(result).get("_metrics")
                    span.is_kept = metrics is not earlier
                    _note_consumed(span, table, metrics)
            if item is not None:
                yield item


def _subject(parameters: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[str, int]:
    """Return the table of a call, and how many items it is about."""
    first = parameters[0]
    if isinstance(first, list):  # The parts of a transaction.
        return str(first[0]["table"]), len(first)
    entries = options.get("put_items") or parameters[1]
    return first, len(entries) if isinstance(entries, list) else 1


def _estimate_read(items: list[Any], *, asked: int) -> float:
    """Return the units of a batch of reads; no item is larger than its JSON."""
    sizes = [len(json.dumps(item, default=str).encode()) for item in items]
    blocks = sum(-(-size // _READ_BYTES) for size in sizes) + asked - len(items)
    return blocks * _READ_UNITS


def _attributes(operation: str, table: str) -> dict[str, Value]:
    return {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": operation,
        "db.collection.name": table,
        "aws.dynamodb.table_names": (table,),
    }


def _note_consumed(span: Span, table: str, metrics: Any) -> None:
    """Note the capacity units of a call, in the form of DynamoDB's own answer."""
    units = metrics and (metrics.consumed_rcu or metrics.consumed_wcu)
    if units:
        consumed = {"TableName": table, "CapacityUnits": units}
        span.attributes["aws.dynamodb.consumed_capacity"] = (json.dumps(consumed),)
