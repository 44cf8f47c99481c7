"""Finding the items that no list and no query shows: reading the whole table."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import StoreUnavailableError, UnreadableItemError
from app.store.carts import item_to_cart
from app.store.keys import (
    CARTS,
    CATALOG,
    USERS,
    cart_key,
    order_key,
    payment_key,
    product_key,
    shard_for,
    shards,
    time_sort_key,
    user_key,
)
from app.store.order_items import item_to_order
from app.store.payments import item_to_decision
from app.store.products import item_to_product
from app.store.schema import GSI1, GSI2, Index
from app.store.users import item_to_user
from infra.orders.filing import PLACED_AT, filing_faults, instant_in

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_ORDER, _PAYMENT = order_key("")["SK"], payment_key("")["SK"]
#: Where an item is put that does not say when it was made.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Kind:
    """A kind of item that one list shows."""

    name: str
    read: Callable[[dict[str, Any]], object]
    list_name: str
    index: Index


_KINDS = {
    user_key("")["SK"]: _Kind("user", item_to_user, USERS, GSI2),
    cart_key("")["SK"]: _Kind("cart", item_to_cart, CARTS, GSI2),
    product_key("")["SK"]: _Kind("product", item_to_product, CATALOG, GSI1),
}


@dataclass(frozen=True)
class Finding:
    """An item that is damaged: what is wrong, and the command that mends it or says more."""

    kind: str
    item_id: str
    problem: str
    command: str


@dataclass
class Audit:
    """What one look through the table has found, and what it cost, in read units."""

    findings: list[Finding]
    orders: int = 0
    others: int = 0
    read_units: float = 0.0


def audit_table(
    client: "DynamoDBClient", table: str, *, now: datetime, options: str, aws_options: str
) -> Audit:
    """Return every order, user, cart and product that is damaged; nothing is changed.

    So is an order whose decision is. Reads the whole table: half a read unit for every 4 KB in it,
    of whatever kind. ``options`` is what each command needs to reach the stack, ``aws_options``
    what the AWS command line needs.

    Raises:
        StoreUnavailableError: the table does not answer.
    """
    audit = Audit([])
    for item in _items(client, table, audit):
        item_id = str(item["PK"]).partition("#")[2]
        if kind := _KINDS.get(item["SK"]):
            audit.others += 1
            found = _fault(kind, item, item_id)
            if found:
                fault, what = found
                command = f"aws dynamodb {what} --table-name {table}{_key(item)}{aws_options}"
                audit.findings.append(Finding(kind.name, item_id, fault, command))
            continue
        audit.orders += item["SK"] == _ORDER
        if right := _right_key(item):
            place = f"it lies under PK={item['PK']}, SK={item['SK']}; its key is {right['PK']}"
            place += f', {right["SK"]} (infra/RUNBOOK.md, "An order is under a wrong key")'
            command = f"aws dynamodb get-item --table-name {table}{_key(item)}{aws_options}"
            audit.findings.append(Finding("order", item_id, place, command))
            continue
        if item["SK"] not in {_ORDER, _PAYMENT}:
            continue
        if problem := _problem(item):
            command = f"acme-shop order {item_id}{options}"
            audit.findings.append(Finding("order", item_id, problem, command))
        elif item["SK"] == _ORDER:
            faults = filing_faults(item, item_to_order(dict(item)), now=now)
            if faults:
                text = "; ".join(f"{fault.attribute} {fault.problem}" for fault in faults)
                by_hand = any(fault.attribute == PLACED_AT for fault in faults)
                command = f"acme-shop {'order' if by_hand else 'refile'} {item_id}{options}"
                audit.findings.append(Finding("order", item_id, text, command))
    return audit


def _key(item: Mapping[str, Any]) -> str:
    return " --key " + shlex.quote(json.dumps({name: {"S": item[name]} for name in ("PK", "SK")}))


def _right_key(item: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return the key that an order should have, if a mistyped one keeps it from being found."""
    order_id = item.get("order_id")
    if item["SK"] == _PAYMENT or not isinstance(order_id, str):
        return None
    right = order_key(order_id)
    is_mistyped = all(str(item[name]).strip().upper() == right[name].upper() for name in right)
    return right if is_mistyped and any(item[name] != right[name] for name in right) else None


def _fault(kind: _Kind, item: Mapping[str, Any], item_id: str) -> tuple[str, str] | None:
    """Return what is wrong with an item that is no order, and the call that shows or mends it."""
    try:
        kind.read(dict(item))
    except UnreadableItemError as failure:
        return str(failure), "get-item"
    partition, position = (item.get(key) for key in (kind.index.hash_key, kind.index.range_key))
    seen = instant_in(position)
    if partition in shards(kind.list_name) and seen:
        return None
    key = kind.index.hash_key if seen else kind.index.range_key
    # When it was made is stored beside the keys, except of carts, whose place means nothing.
    made = instant_in(f"{item.get('created_at')}#") or seen or _LONG_AGO
    right = {
        ":partition": {"S": shard_for(kind.list_name, item_id)},
        ":position": {"S": time_sort_key(made, item_id)},
    }
    setting = f"SET {kind.index.hash_key} = :partition, {kind.index.range_key} = :position"
    values = shlex.quote(json.dumps(right))
    what = f"update-item --update-expression {shlex.quote(setting)}"
    problem = f"{key} is not that of the list of all {kind.name}s"
    return problem, f"{what} --expression-attribute-values {values}"


def _problem(item: Mapping[str, Any]) -> str | None:
    """Return why an order or a decision cannot be read."""
    try:
        (item_to_order if item["SK"] == _ORDER else item_to_decision)(dict(item))
    except UnreadableItemError as failure:
        what = "" if item["SK"] == _ORDER else "its decision: "
        return f"{what}{failure}"
    return None


def _items(client: "DynamoDBClient", table: str, audit: Audit) -> Iterator[Mapping[str, Any]]:
    """Yield the items that are looked at, and count what was read."""
    read = TypeDeserializer()
    wanted = {f":k{at}": {"S": kind} for at, kind in enumerate((_ORDER, _PAYMENT, *_KINDS))}
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        # An order under a mistyped key says in itself whose it is.
        FilterExpression=f"SK IN ({', '.join(wanted)}) OR attribute_exists(order_id)",
        ExpressionAttributeValues=wanted,
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
