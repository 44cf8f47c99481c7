"""Everything that is in the shop's table, to compare with later and to go back to."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3

from app.settings import get_settings

Key = tuple[str, str]
Items = dict[Key, dict[str, Any]]

_BATCH = 25


@cache
def _client(region: str) -> Any:
    return boto3.client("dynamodb", region_name=region)


def contents() -> Items:
    """Return every item of the table, as DynamoDB writes them."""
    settings = get_settings()
    pages = _client(settings.region).get_paginator("scan").paginate(TableName=settings.table)
    return {(item["PK"]["S"], item["SK"]["S"]): item for page in pages for item in page["Items"]}


def restore(wanted: Items) -> None:
    """Make the table hold exactly these items again."""
    found = contents()
    changes: list[dict[str, Any]] = [
        {"PutRequest": {"Item": item}} for key, item in wanted.items() if found.get(key) != item
    ]
    changes += [
        {"DeleteRequest": {"Key": {"PK": item["PK"], "SK": item["SK"]}}}
        for key, item in found.items()
        if key not in wanted
    ]
    settings = get_settings()
    for batch in _batches(changes):
        _client(settings.region).batch_write_item(RequestItems={settings.table: batch})


def _batches(changes: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return (changes[start : start + _BATCH] for start in range(0, len(changes), _BATCH))
