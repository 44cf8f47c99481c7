"""Which items a call to DynamoDB is about, as IAM sees it, and the same for MiniStack.

MiniStack enforces policies but does not know the condition key ``dynamodb:LeadingKeys``, so a
role that is limited to some items would be limited to nothing. And it asks for permissions of
SQS's batches, which have none of their own.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.store.schema import SHAPE

#: IAM knows no permission of transactions: it asks for the one of each part.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
PARTS_OF_TRANSACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
#: A batch needs the permission of its single call.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
BATCHES_OF_SQS = {
    f"sqs:{call}Batch": f"sqs:{call}"
    for call in ("ChangeMessageVisibility", "DeleteMessage", "SendMessage")
}
_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")
_KEY = "dynamodb:LeadingKeys"


def leading_keys(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield, for every item a call names: the part of a transaction, the table, partition key.

    The part is empty outside of transactions; a table has its index behind it, if one is asked.
    """
    for part in body.get("TransactItems", ()):
        for kind, about in part.items():
            yield kind, about["TableName"], _partition(about)
    for table, asked in body.get("RequestItems", {}).items():
        for entry in asked["Keys"] if isinstance(asked, Mapping) else asked:
            [about] = entry.values() if not isinstance(asked, Mapping) else [{"Key": entry}]
            yield "", table, _partition(about)
    if {"Key", "Item", "KeyConditionExpression"} & set(body):
        index = f"/index/{body['IndexName']}" if body.get("IndexName") else ""
        yield "", body["TableName"] + index, _partition(body)


def _partition(about: Mapping[str, Any]) -> str:
    item = about.get("Key") or about.get("Item")
    if item is None:
        return _queried_partition(about)
    key: str = item[SHAPE.hash_key]["S"]
    return key


def _queried_partition(query: Mapping[str, Any]) -> str:
    keys = {index.name: index.hash_key for index in SHAPE.indexes}
    wanted = keys.get(query.get("IndexName", ""), SHAPE.hash_key)
    names = query.get("ExpressionAttributeNames") or {}
    for name, value in _EQUALS.findall(query["KeyConditionExpression"]):
        if names.get(name, name) == wanted:
            found: str = query["ExpressionAttributeValues"][value]["S"]
            return found
    return ""


def correct_permissions() -> None:
    """Have MiniStack ask for what AWS asks for; for the process that it runs in."""
    from ministack.core import iam_actions, iam_evaluator  # noqa: PLC0415

    make_context: Callable[[bytes], dict[str, Any]] = iam_actions.dynamodb_service_context
    enforce: Callable[..., Any] = iam_evaluator.enforce

    def make_context_with_keys(body: bytes) -> dict[str, Any]:
        keys: dict[str, list[str]] = {}
        for part, _, key in leading_keys(json.loads(body or b"{}")):
            keys.setdefault(PARTS_OF_TRANSACTIONS.get(part, ""), []).append(key)
        return {**make_context(body), **({_KEY: keys} if keys else {})}

    def enforce_with_keys(
        access_key: str, action: str, *rest: Any, service_context: Any = None, **options: Any
    ) -> Any:
        if keys := (service_context or {}).get(_KEY):
            of_action = keys.get(action.partition(":")[2], keys.get(""))
            service_context = {**service_context, _KEY: of_action}
        action = BATCHES_OF_SQS.get(action, action)
        return enforce(access_key, action, *rest, service_context=service_context, **options)

    iam_actions.dynamodb_service_context = make_context_with_keys
    iam_evaluator.enforce = enforce_with_keys
