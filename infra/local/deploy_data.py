"""The resources that keep data, in the emulator: table, queues and keys."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.security.signing_keys import new_signing_keys
from app.store.schema import TIME_TO_LIVE, TableShape
from infra import topology
from infra.local.errors import OutdatedDataError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_kms import KMSClient
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient

#: The emulator's account unless a caller's access key says otherwise.
ACCOUNT = "000000000000"


def ensure_table(client: "DynamoDBClient", name: str, shape: TableShape) -> None:
    """Create the table, or give the indexes of this shape to the existing one.

    Indexes hold nothing of their own: a folder of an earlier release gets those of this one.

    Raises:
        OutdatedDataError: it has other keys.
    """

    def schema(hash_key: str, range_key: str) -> list[Any]:
        return [
            {"AttributeName": hash_key, "KeyType": "HASH"},
            {"AttributeName": range_key, "KeyType": "RANGE"},
        ]

    indexes: dict[str, Any] = {
        index.name: {
            "IndexName": index.name,
            "KeySchema": schema(index.hash_key, index.range_key),
            "Projection": {
                "ProjectionType": index.projection,
                **({"NonKeyAttributes": list(index.attributes)} if index.attributes else {}),
            },
        }
        for index in shape.indexes
    }
    attributes: list[Any] = [
        {"AttributeName": key, "AttributeType": "S"} for key in shape.key_attributes
    ]
    keys = schema(shape.hash_key, shape.range_key)
    try:
        found = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=keys,
            AttributeDefinitions=attributes,
            GlobalSecondaryIndexes=list(indexes.values()),
        )
        _expire_items(client, name)
        return

    if found["KeySchema"] != keys:
        raise OutdatedDataError(
            "The stored table has other keys than this version of the shop; "
            "forget the local data with `make reset`."
        )
    existing = {
        index["IndexName"]: {
            "IndexName": index["IndexName"],
            "KeySchema": index["KeySchema"],
            "Projection": index["Projection"],
        }
        for index in found.get("GlobalSecondaryIndexes", [])
    }
    for change in _index_changes(existing, indexes):
        client.update_table(
            TableName=name,
            AttributeDefinitions=attributes,
            GlobalSecondaryIndexUpdates=[change],
        )
    # Tables of earlier releases keep everything.
    _expire_items(client, name)


def _index_changes(existing: dict[str, Any], wanted: dict[str, Any]) -> Iterator[Any]:
    """Yield what makes the wanted indexes of those that exist, one by one as DynamoDB takes it."""
    for name, index in existing.items():
        if wanted.get(name) != index:
            yield {"Delete": {"IndexName": name}}
    for name, index in wanted.items():
        if existing.get(name) != index:
            yield {"Create": index}


def _expire_items(client: "DynamoDBClient", name: str) -> None:
    described = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if described.get("TimeToLiveStatus") != "ENABLED":
        client.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": TIME_TO_LIVE},
        )


def ensure_card_key(client: "KMSClient", alias: str) -> None:
    """Create the key for card data under its alias."""
    try:
        client.describe_key(KeyId=alias)
    except client.exceptions.NotFoundException:
        key = client.create_key(Description="Card data on its way to the payment worker")
        client.create_alias(AliasName=alias, TargetKeyId=key["KeyMetadata"]["KeyId"])


def ensure_signing_keys(client: "SecretsManagerClient", name: str) -> None:
    """Create the secret with random keys, unless it exists: earlier tokens stay valid."""
    try:
        client.describe_secret(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=name, SecretString=new_signing_keys())


def queue_arn(stack: str, region: str, queue: str) -> str:
    """Return the ARN of one of the stack's queues."""
    return f"arn:aws:sqs:{region}:{ACCOUNT}:{topology.queue_name(stack, queue)}"


def ensure_queues(client: "SQSClient", stack: str, region: str) -> dict[str, str]:
    """Create the queues or bring them up to date; return their URLs by name."""
    urls = {}
    for queue in topology.QUEUES:
        redrive = ""
        if queue.dead_letters:
            target = queue_arn(stack, region, queue.dead_letters)
            redrive = json.dumps(
                {
                    "deadLetterTargetArn": target,
                    "maxReceiveCount": topology.MAX_RECEIVES,
                }
            )
        url = client.create_queue(QueueName=topology.queue_name(stack, queue.name))["QueueUrl"]
        # Not with the creation, which refuses to change an existing queue.
        client.set_queue_attributes(
            QueueUrl=url,
            Attributes={
                "VisibilityTimeout": str(queue.visibility_seconds),
                "MessageRetentionPeriod": str(queue.retention_seconds),
                "KmsMasterKeyId": topology.card_key_alias(stack) if queue.carries_cards else "",
                "RedrivePolicy": redrive,
            },
        )
        urls[queue.name] = url
    return urls
