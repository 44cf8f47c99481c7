"""A charge too many is seen, whatever the table says."""

import json
from typing import Any

import pytest

from tests.chaos.helpers.side_effects import SideEffects


def put(order_id: str, charge: str, *, cents: int = 1000, success: bool = True) -> Any:
    item = {
        "decided_at": {"S": "now"},
        "success": {"BOOL": success},
        "order_id": {"S": order_id},
        "transaction_id": {"S": charge},
        "amount_cents": {"N": str(cents)},
    }
    return {"x-amz-target": "DynamoDB_20120810.PutItem"}, json.dumps({"Item": item}).encode()


def send(kind: str, **data: str) -> Any:
    body = json.dumps({"metadata": {"type": kind}, "data": data})
    return {"x-amz-target": "AmazonSQS.SendMessage"}, json.dumps({"MessageBody": body}).encode()


GOOD = [
    put("o-1", "t-1"),
    put("o-1", "t-1"),
    send("CreditCardValidated", orderID="o-1", success="true", transactionID="t-1"),
    send("ShipmentSent", orderNumber="o-1", trackingNumber="p-1"),
    send("ShipmentDelivered", orderNumber="o-1", trackingNumber="p-1"),
    put("o-2", "-1", success=False),
    send("CreditCardValidated", orderID="o-2", success="false", transactionID="-1"),
]


def problems(*calls: Any) -> list[str]:
    effects = SideEffects()
    for headers, body in calls:
        effects.see(headers, body)
    return effects.problems(["o-1"], cents=1000, declined=["o-2"])


def test_repeats_of_one_charge_and_one_shipment_are_one() -> None:
    assert problems(*GOOD) == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (put("o-1", "t-2"), "o-1 was charged 2 times"),
        (put("o-1", "t-1", cents=1001), "o-1 was charged the amounts"),
        (
            send("CreditCardValidated", orderID="o-1", success="true", transactionID="t-2"),
            "o-1 was charged 2 times",
        ),
        (send("ShipmentDelivered", orderNumber="o-1", trackingNumber="p-2"), "shipped 2 times"),
        (put("o-3", "t-1"), "several orders share the charge t-1"),
        (send("ShipmentSent", orderNumber="o-3", trackingNumber="p-1"), "share the parcel p-1"),
        (put("o-2", "t-2"), "o-2 was declined, and charged"),
    ],
)
def test_every_other_is_named(call: Any, text: str) -> None:
    assert text in " ".join(problems(*GOOD, call))


def test_an_order_that_was_never_charged_or_shipped_is_named() -> None:
    assert len(problems()) == 3
