"""The resources that keep data, in the emulator: table, queues and keys."""

import json
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
    """Create the table, or check that the existing one has this shape.

    Raises:
        OutdatedDataError: it has another one.
    """

    def schema(hash_key: str, range_key: str) -> list[Any]:
        return [
            {"AttributeName": hash_key, "KeyType": "HASH"},
            {"AttributeName": range_key, "KeyType": "RANGE"},
        ]

    indexes: list[Any] = [
        {
            "IndexName": index.name,
            "KeySchema": schema(index.hash_key, index.range_key),
            "Projection": {"ProjectionType": index.projection},
        }
        for index in shape.indexes
    ]
    keys = schema(shape.hash_key, shape.range_key)
    try:
        found = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=keys,
            AttributeDefinitions=[
                {"AttributeName": key, "AttributeType": "S"} for key in shape.key_attributes
            ],
            GlobalSecondaryIndexes=indexes,
        )
        _expire_items(client, name)
        return

    def described(index: Any) -> tuple[Any, ...]:
        return (
            index["IndexName"],
            index["KeySchema"],
            index["Projection"]["ProjectionType"],
        )

    existing = sorted(map(described, found.get("GlobalSecondaryIndexes", [])))
    if found["KeySchema"] != keys or existing != sorted(map(described, indexes)):
        raise OutdatedDataError(
            "The stored table has other keys or indexes than this version of the shop; "
            "forget the local data with `make reset`."
        )
    # Tables of earlier releases keep everything.
    _expire_items(client, name)


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
