"""The calls of DynamoDB that the store makes; ``app/aws/json_service.py`` sends them.

One attempt each: what may be repeated, and how often, is known to ``app/store/table.py`` alone.
``tests/app/store/test_dynamodb.py`` compares requests and answers with boto3's.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from app.aws.endpoints import endpoint_of
from app.aws.errors import DYNAMODB_THROTTLES, NO_ANSWER, TOO_MANY_REQUESTS, AwsCallError
from app.aws.json_service import CONNECT_SECONDS, JsonService, Reply
from app.aws.signature import Credentials, environment_credentials
from app.store.attribute_values import Item, read_item, written_item

#: Calls at once. A list asks all shards of its kind side by side, and a process on Lambda may have
#: 1,024 connections and files.
_MOST_CALLS = 512

#: Of a batch, what DynamoDB had no capacity for is asked for again after such pauses.
_BATCH_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4)


class DynamoDBError(AwsCallError):
    """DynamoDB refused a call, or did not answer."""

    def __init__(
        self,
        code: str,
        status: int = 400,
        *,
        text: str = "",
        item: Item | None = None,
        reasons: Sequence[str] = (),
    ) -> None:
        """Keep what DynamoDB says: ``item`` is the stored one where a condition did not hold.

        ``reasons`` are the codes of a cancelled transaction, one for each of its writes. AWS's
        ``text`` names accounts and roles, so it is for looking into, not for logs.
        """
        super().__init__(code, status)
        self.text, self.item, self.reasons = text, item, tuple(reasons)

    @property
    def is_throttled(self) -> bool:
        """Whether DynamoDB had no capacity, so that nothing was done."""
        return self.code in DYNAMODB_THROTTLES or self.status == TOO_MANY_REQUESTS


class DynamoDBClient:
    """DynamoDB in one region; calls may be made side by side, in any event loop."""

    def __init__(
        self,
        region: str,
        *,
        endpoint_url: str | None = None,
        find_credentials: Callable[[], Credentials | None] = environment_credentials,
        connect_timeout: float = CONNECT_SECONDS,
        read_timeout: float = 2.0,
    ) -> None:
        """Connect when asked; the endpoint is where the SDKs look for it unless it is given."""
        self._read_timeout = read_timeout
        self._service = JsonService(
            "dynamodb",
            "DynamoDB_20120810",
            region,
            endpoint=(endpoint_url or endpoint_of("dynamodb", region)).rstrip("/"),
            version="1.0",
            has_checksums=True,
            find_credentials=find_credentials,
            connect_seconds=connect_timeout,
            most_calls=_MOST_CALLS,
        )

    async def get_item(
        self, table: str, key: Item, *, consistent_read: bool = False
    ) -> Item | None:
        """Return an item."""
        parameters: Item = {"TableName": table, "Key": written_item(key)}
        if consistent_read:
            parameters["ConsistentRead"] = True
        answer = await self._call("GetItem", parameters)
        return self._item_of(key, answer.get("Item"))

    async def batch_get(self, table: str, keys: Sequence[Item]) -> list[Item]:
        """Return the items that exist of up to 100, in no order."""
        found: list[Item] = []
        asked: Any = {table: {"Keys": [written_item(key) for key in keys]}}
        for pause in (*_BATCH_PAUSES_SECONDS, None):
            answer = await self._call("BatchGetItem", {"RequestItems": asked})
            found += map(read_item, answer.get("Responses", {}).get(table, ()))
            if not (asked := answer.get("UnprocessedKeys")):
                return found
            await _pause(pause)
        raise AssertionError  # pragma: no cover  # The loop returns or raises.

    async def batch_write(self, table: str, *, put_items: Sequence[Item]) -> None:
        """Write up to 25 items without conditions."""
        asked: Any = {table: [{"PutRequest": {"Item": written_item(item)}} for item in put_items]}
        for pause in (*_BATCH_PAUSES_SECONDS, None):
            answer = await self._call("BatchWriteItem", {"RequestItems": asked})
            if not (asked := answer.get("UnprocessedItems")):
                return
            await _pause(pause)

    async def put_item(
        self,
        table: str,
        item: Item,
        *,
        condition_expression: str | None = None,
        return_values_on_condition_check_failure: bool = False,
    ) -> None:
        """Write an item, if the condition holds."""
        parameters: Item = {"TableName": table, "Item": written_item(item)}
        _add_condition(
            parameters, condition_expression, shows_item=return_values_on_condition_check_failure
        )
        await self._call("PutItem", parameters)

    async def update_item(
        self,
        table: str,
        key: Item,
        *,
        update_expression: str,
        condition_expression: str | None = None,
        expression_attribute_names: Mapping[str, str] | None = None,
        expression_attribute_values: Mapping[str, Any] | None = None,
        return_values_on_condition_check_failure: bool = False,
        return_values: str = "ALL_NEW",
    ) -> Item | None:
        """Change an item, if the condition holds, and return what ``return_values`` says of it."""
        parameters: Item = {
            "TableName": table,
            "Key": written_item(key),
            "UpdateExpression": update_expression,
            "ReturnValues": return_values,
        }
        _add_condition(
            parameters, condition_expression, shows_item=return_values_on_condition_check_failure
        )
        _add_expression(parameters, expression_attribute_names, expression_attribute_values)
        answer = await self._call("UpdateItem", parameters)
        return self._item_of(key, answer.get("Attributes"))

    async def delete_item(self, table: str, key: Item) -> None:
        """Remove an item, if there is one."""
        await self._call("DeleteItem", {"TableName": table, "Key": written_item(key)})

    async def transact_write(self, operations: Sequence[Mapping[str, Any]]) -> None:
        """Write the items of ``operations``, all or none; each is a put with a condition."""
        puts = [
            {
                "Put": {
                    "TableName": operation["table"],
                    "Item": written_item(operation["item"]),
                    "ConditionExpression": operation["condition_expression"],
                }
            }
            for operation in operations
        ]
        await self._call("TransactWriteItems", {"TransactItems": puts})

    async def query(
        self,
        table: str,
        key_condition_expression: str,
        *,
        expression_attribute_names: Mapping[str, str] | None = None,
        expression_attribute_values: Mapping[str, Any] | None = None,
        index_name: str,
        scan_index_forward: bool = True,
        page_size: int,
    ) -> AsyncIterator[Item]:
        """Yield the items of an index partition in order; one call per page, when needed."""
        parameters: Item = {
            "TableName": table,
            "IndexName": index_name,
            "KeyConditionExpression": key_condition_expression,
            "ScanIndexForward": scan_index_forward,
            "Limit": page_size,
        }
        _add_expression(parameters, expression_attribute_names, expression_attribute_values)
        while True:
            answer = await self._call("Query", parameters)
            for item in answer.get("Items", ()):
                yield read_item(item)
            if not answer.get("LastEvaluatedKey"):
                return
            parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _item_of(self, key: Item, written: Item | None) -> Item | None:
        """Return the item in the answer to a call for ``key``, if it has one.

        Raises:
            DynamoDBError: it is another one. A host before DynamoDB has mixed up its answers, or
                sent one twice, and no customer may be shown what belongs to another.
        """
        if written is None:
            return None
        item = read_item(written)
        for name, value in key.items():
            # What an update returns may be without its key.
            if item.get(name, value) != value:
                self._service.close_kept_connections()
                raise DynamoDBError(NO_ANSWER, 0)
        return item

    async def _call(self, operation: str, parameters: Item) -> Item:
        """Return the answer to one request.

        Raises:
            DynamoDBError: it was refused, or there is no answer.
        """
        try:
            reply = await self._service.ask(operation, parameters, seconds=self._read_timeout)
        except AwsCallError as failure:
            raise DynamoDBError(failure.code, failure.status) from failure
        if reply.is_done:
            return reply.content
        raise _refusal(reply)


def _refusal(reply: Reply) -> DynamoDBError:
    answer = reply.content
    code = str(answer.get("__type") or "").rpartition("#")[2]
    text = str(answer.get("message") or answer.get("Message") or "")
    item = answer.get("Item")
    reasons = [str(reason.get("Code")) for reason in answer.get("CancellationReasons") or ()]
    return DynamoDBError(
        code or f"HTTP{reply.status}",
        reply.status,
        text=text,
        item=read_item(item) if item else None,
        reasons=reasons,
    )


def _add_condition(parameters: Item, condition: str | None, *, shows_item: bool) -> None:
    if condition is not None:
        parameters["ConditionExpression"] = condition
        if shows_item:
            parameters["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"


def _add_expression(
    parameters: Item, names: Mapping[str, str] | None, values: Mapping[str, Any] | None
) -> None:
    if names:
        parameters["ExpressionAttributeNames"] = names
    if values:
        parameters["ExpressionAttributeValues"] = written_item(values)


async def _pause(longest_seconds: float | None) -> None:
    """Wait before the rest of a batch is asked for again; after the last time it is refused."""
    if longest_seconds is None:
        raise DynamoDBError("ProvisionedThroughputExceededException")
    await asyncio.sleep(random.uniform(0, longest_seconds))  # noqa: S311  # Jitter.
