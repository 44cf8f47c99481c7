"""Three plain boto3 workers: a client at import, a call per step, failed records reported."""

import json
import os
import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

table = os.environ["TABLE"]
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")

Event = dict[str, Any]


def _send(queue: str, body: Event, delay: int = 0) -> None:
    sqs.send_message(QueueUrl=os.environ[queue], MessageBody=json.dumps(body), DelaySeconds=delay)


def _metadata(domain: str, kind: str) -> Event:
    return {"domain": domain, "source": "worker", "type": kind, "status": "success"}


def _is_valid(number: str) -> bool:
    digits = [int(character) for character in reversed(number) if character.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return bool(digits) and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def pay(message: Event) -> None:
    """Check the order's amount, decide once about the card, and say what was decided."""
    data = message["data"]
    key = {"PK": {"S": f"order#{data['orderID']}"}}
    order = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    if order["total"]["S"] != data["total"]:
        raise ValueError("total")
    decision = {
        "success": "true" if _is_valid(data["card"]["Number"]) else "false",
        "status": 200,
        "message": "transaction successful",
        "amount": float(data["total"]),
        "transactionID": str(uuid.uuid4()),
        "orderID": data["orderID"],
    }
    try:
        dynamodb.put_item(
            TableName=table,
            Item={
                "PK": {"S": f"payment#{data['orderID']}"},
                "decision": {"S": json.dumps(decision)},
            },
            ConditionExpression="attribute_not_exists(PK)",
        )
    except ClientError as failure:
        if failure.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        found = dynamodb.get_item(TableName=table, Key={"PK": {"S": f"payment#{data['orderID']}"}})
        decision = json.loads(found["Item"]["decision"]["S"])
    body = {"metadata": _metadata("Payment", "CreditCardValidated"), "data": decision}
    _send("PAYMENT_RESPONSE_QUEUE_URL", body)


def advance(message: Event) -> None:
    """Compare the message with the decision, move the order on, ask for its shipment."""
    data = message["data"]
    key = {"PK": {"S": f"payment#{data['orderID']}"}}
    stored = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    if json.loads(stored["decision"]["S"])["success"] != data["success"]:
        raise ValueError("success")
    order = dynamodb.update_item(
        TableName=table,
        Key={"PK": {"S": f"order#{data['orderID']}"}},
        UpdateExpression="SET #status = :status, updated_at = :now, transaction_id = :id",
        ConditionExpression="#status = :before",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":status": {"S": "paid"},
            ":before": {"S": "pending"},
            ":now": {"N": str(time.time())},
            ":id": {"S": data["transactionID"]},
        },
        ReturnValues="ALL_NEW",
    )["Attributes"]
    shipment = {"_id": data["orderID"], "delivery": order["delivery"]["S"]}
    _send(
        "SHIPMENT_REQUEST_QUEUE_URL",
        {"metadata": _metadata("Order", "ShipmentRequested"), "data": shipment},
    )


def ship(message: Event) -> None:
    """Report the shipment now, and its delivery after a while."""
    report = {"trackingNumber": str(uuid.uuid4()), "orderNumber": message["data"]["_id"]}
    for kind, status, delay in (
        ("ShipmentSent", "shipped", 0),
        ("ShipmentDelivered", "delivered", 30),
    ):
        body = {"metadata": _metadata("Shipment", kind), "data": {**report, "status": status}}
        _send("SHIPMENT_RESPONSE_QUEUE_URL", body, delay)


def _handle(event: Event, step: Callable[[Event], None]) -> Event:
    failed = []
    for record in event["Records"]:
        try:
            step(json.loads(record["body"]))
        except Exception as failure:  # noqa: BLE001 - one bad message must not fail the others
            print("failed", record["messageId"], repr(failure))
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def payment(event: Event, context: object) -> Event:
    """Handle the queue payment-request."""
    return _handle(event, pay)


def order(event: Event, context: object) -> Event:
    """Handle the queue payment-response."""
    return _handle(event, advance)


def shipment(event: Event, context: object) -> Event:
    """Handle the queue shipment-request."""
    return _handle(event, ship)
