"""Finding the orders that no list and no query shows: reading the whole table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import StoreUnavailableError, UnreadableItemError
from app.store.keys import order_key, payment_key
from app.store.order_items import item_to_order
from app.store.payments import item_to_decision
from infra.order_filing import filing_faults

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_ORDER, _PAYMENT = order_key("")["SK"], payment_key("")["SK"]


@dataclass(frozen=True)
class Finding:
    """An order that is damaged: what is wrong, and the command that mends it or says more."""

    order_id: str
    problem: str
    command: str


@dataclass
class Audit:
    """What one look through the table has found, and what it cost, in read units."""

    findings: list[Finding]
    orders: int = 0
    read_units: float = 0.0


def audit_orders(client: "DynamoDBClient", table: str, *, now: datetime, options: str) -> Audit:
    """Return every order whose item, decision or keys are damaged; nothing is changed.

    Reads the whole table: half a read unit for every 4 KB in it, of whatever kind. ``options``
    is what each command needs to reach the stack.

    Raises:
        StoreUnavailableError: the table does not answer.
    """
    audit = Audit([])
    for item in _items(client, table, audit):
        order_id = str(item["PK"]).partition("#")[2]
        audit.orders += item["SK"] == _ORDER
        if problem := _problem(item):
            audit.findings.append(
                Finding(order_id, problem, f"acme-shop order {order_id}{options}")
            )
        elif item["SK"] == _ORDER:
            faults = filing_faults(item, item_to_order(dict(item)), now=now)
            if faults:
                text = "; ".join(f"{fault.attribute} {fault.problem}" for fault in faults)
                command = f"acme-shop refile {order_id}{options}"
                audit.findings.append(Finding(order_id, text, command))
    return audit


def _problem(item: Mapping[str, Any]) -> str | None:
    """Return why an order or a decision cannot be read."""
    try:
        (item_to_order if item["SK"] == _ORDER else item_to_decision)(dict(item))
    except UnreadableItemError as failure:
        what = "" if item["SK"] == _ORDER else "its decision: "
        return f"{what}{failure}"
    return None


def _items(client: "DynamoDBClient", table: str, audit: Audit) -> Iterator[Mapping[str, Any]]:
    """Yield the items of orders and decisions, and count what was read."""
    read = TypeDeserializer()
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="SK IN (:order, :payment)",
        ExpressionAttributeValues={":order": {"S": _ORDER}, ":payment": {"S": _PAYMENT}},
        ReturnConsumedCapacity="TOTAL",
    )
    try:
        for page in pages:
            audit.read_units += page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
            for item in page["Items"]:
                yield {name: _plain(read.deserialize(value)) for name, value in item.items()}
    except (BotoCoreError, ClientError) as failure:
        raise StoreUnavailableError from failure


def _plain(value: Any) -> Any:
    """Return a value with numbers as the shop's own client reads them."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value
