"""A DynamoDB client whose calls are recorded as spans, for processes that export traces."""

import json
from collections.abc import Mapping
from typing import Any

from app.spans import Span, SpanKind, Value
from app.store.attribute_values import Item
from app.store.dynamodb import DynamoDBClient, DynamoDBError
from app.tracing import child_span

#: Operations on one table whose answers say what they consumed.
_METERED = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"})

#: Units that a call took by the sizes of its items, where the answer does not say.
ESTIMATED_UNITS = "acme.dynamodb.estimated_units"
#: A unit reads so much twice, unless the read is consistent; what is not there costs as much.
_READ_BYTES, _READ_UNITS = 4096, 0.5


class TracedDynamoDBClient(DynamoDBClient):
    """Records each attempt of a call; a page of a query is a call."""

    async def _call(self, operation: str, parameters: Item) -> Item:
        table, entries = _subject(operation, parameters)
        attributes = _attributes(operation, table)
        if index := parameters.get("IndexName"):
            attributes["aws.dynamodb.index_name"] = index
        if operation in _METERED:
            parameters = {**parameters, "ReturnConsumedCapacity": "TOTAL"}
        with child_span(operation, SpanKind.CLIENT, attributes) as span:
            try:
                answer = await super()._call(operation, parameters)
            except DynamoDBError as failure:
                if span:
                    span.fail(failure.code)
                raise
            if span:
                if entries > 1:
                    span.attributes["db.operation.batch.size"] = entries
                _note_units(span, operation, answer, asked=entries)
            return answer


def _subject(operation: str, parameters: Mapping[str, Any]) -> tuple[str, int]:
    """Return the table of a call, and how many items it is about."""
    if operation == "TransactWriteItems":
        writes = parameters["TransactItems"]
        return writes[0]["Put"]["TableName"], len(writes)
    if "RequestItems" not in parameters:
        return parameters["TableName"], 1
    [(table, entries)] = parameters["RequestItems"].items()
    return table, len(entries["Keys"] if isinstance(entries, dict) else entries)


def _attributes(operation: str, table: str) -> dict[str, Value]:
    return {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": operation,
        "db.collection.name": table,
        "aws.dynamodb.table_names": (table,),
    }


def _note_units(span: Span, operation: str, answer: Item, *, asked: int) -> None:
    """Note the capacity units of a call, in the form of DynamoDB's own answer."""
    consumed = answer.get("ConsumedCapacity")
    if operation == "BatchGetItem":
        [items] = answer.get("Responses", {}).values() or [[]]
        span.attributes[ESTIMATED_UNITS] = _estimate_read(items, asked=asked)
    elif isinstance(consumed, dict) and (units := consumed.get("CapacityUnits")):
        of_table = {"TableName": consumed.get("TableName"), "CapacityUnits": units}
        span.attributes["aws.dynamodb.consumed_capacity"] = (json.dumps(of_table),)


def _estimate_read(items: list[Item], *, asked: int) -> float:
    """Return the units of a batch of reads; no item is larger than its JSON."""
    sizes = [len(json.dumps(item).encode()) for item in items]
    blocks = sum(-(-size // _READ_BYTES) for size in sizes) + asked - len(items)
    return blocks * _READ_UNITS
