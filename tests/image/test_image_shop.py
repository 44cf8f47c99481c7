"""The image's functions make a shop, each with exactly the permissions it is deployed with.

The emulator enforces IAM here, so a permission that is missing fails a test.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from app.local.clients import Clients
from app.local.deploy import deploy
from app.local.deploy_data import ACCOUNT, queue_arn
from app.local.emulator import Emulator
from app.stack import (
    FUNCTIONS,
    QUEUES,
    Function,
    card_key_alias,
    function_name,
    queue_setting,
)
from app.store.keys import instant_to_text
from app.store.schema import SHAPE
from infra.permissions import Resources, function_policy, trust
from tests.fake_runtime import LambdaProcess
from tests.image.events import http_event, queue_event, schedule_event

pytestmark = pytest.mark.timeout(600)

STACK, REGION = "image", "eu-west-1"
SETTINGS = {
    "AUTH_MODE": "0",
    "CARD_RULES": "strict",
    "CATALOG_VERSION": "v1",
    "SHOP_DELIVERY_SECONDS": "0-0",
    "SHOP_PAYMENT_WAIT_SECONDS": "0",
    "STAGE": "test",
    "VERSION": "4f2a9c1",
}
CARD = {
    "Type": "Visa",
    "Number": "4111111111111111",
    "ExpiryMonth": 12,
    "ExpiryYear": 2099,
    "CVV": "123",
}
ORDER = {
    "firstname": "Eric",
    "lastname": "Cartman",
    "email": "eric@example.com",
    "delivery": "UPS/FEDEX",
    "card": CARD,
    "cart": [{"id": "sfsdsda3343", "quantity": 1, "price": 34.99}],
    "total": "34.99",
}


class DeployedShop:
    """A stack in an emulator and one process for each of its functions."""

    def __init__(self, emulator: Emulator, image: Path, runtime: Path, exits: ExitStack) -> None:
        self.endpoint_url = emulator.endpoint_url
        self.settings = deploy(self.endpoint_url, stack=STACK, region=REGION)
        self.aws = Clients(self.endpoint_url, REGION)
        self.credentials = {function.name: self._role(function) for function in FUNCTIONS}
        given = {**SETTINGS, **self.settings}
        self.processes = {
            function.name: exits.enter_context(
                LambdaProcess(
                    function.handler,
                    cwd=image,
                    runtime=runtime,
                    env={
                        **{name: given[name] for name in function.settings},
                        **self.credentials[function.name],
                        "AWS_ENDPOINT_URL": self.endpoint_url,
                    },
                    timeout_seconds=function.timeout_seconds,
                )
            )
            for function in FUNCTIONS
        }

    def _role(self, function: Function) -> dict[str, str]:
        """Make the role a function is deployed with; return credentials of it."""
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self.settings['TABLE']}"
        secret = self.settings["SIGNING_KEYS_SECRET"]
        key = self.aws("kms").describe_key(KeyId=card_key_alias(STACK))
        resources = Resources[str](
            log_streams=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{function.name}:*",
            table=table,
            indexes=[f"{table}/index/{index.name}" for index in SHAPE.indexes],
            queues={queue.name: queue_arn(STACK, REGION, queue.name) for queue in QUEUES},
            card_key=key["KeyMetadata"]["Arn"],
            signing_keys=self.aws("secretsmanager").describe_secret(SecretId=secret)["ARN"],
        )
        name, iam = function_name(STACK, function.name), self.aws("iam")
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps(trust("lambda.amazonaws.com"))
        )
        iam.put_role_policy(
            RoleName=name,
            PolicyName=name,
            PolicyDocument=json.dumps(function_policy(function, resources)),
        )
        taken = self.aws("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="test"
        )["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
            "AWS_SESSION_TOKEN": taken["SessionToken"],
        }

    def http(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """Return what the api answers, nothing if that is empty; fails unless it is a success."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = self.processes["api"].invoke(http_event(method, path, body, headers))
        assert answer["statusCode"] < 300, (answer, self.processes["api"].log)
        return json.loads(answer["body"] or "null")

    def deliver(self, queue: str, function: str, *, times: int = 1) -> None:
        """Give everything on a queue to a function; fails unless all of it is handled."""
        url, sqs = self.settings[queue_setting(queue)], self.aws("sqs")
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = received.get("Messages", [])
        assert messages, f"{queue} is empty"
        event = queue_event(queue, *(message["Body"] for message in messages))
        for _ in range(times):
            answer = self.processes[function].invoke(event)
            assert answer == {"batchItemFailures": []}, self.processes[function].log
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def drain(self) -> None:
        """Forget what is on the queues."""
        for queue in QUEUES:
            self.aws("sqs").purge_queue(QueueUrl=self.settings[queue_setting(queue.name)])


@pytest.fixture(scope="module")
def shop(image: Path, runtime: Path) -> Iterator[DeployedShop]:
    """Return a shop whose functions have nothing but their roles."""
    with Emulator(auth=True) as emulator, ExitStack() as exits:
        yield DeployedShop(emulator, image, runtime, exits)


def test_an_order_passes_through_all_functions(shop: DeployedShop) -> None:
    placed = shop.http("POST", "/order/add/dan", ORDER)
    shop.deliver("payment-request", "payment")
    shop.deliver("payment-response", "order")
    shop.deliver("shipment-request", "shipment")
    shop.deliver("shipment-response", "order")

    order = shop.http("GET", f"/order/dan/{placed['order_id']}")
    assert order["status"] == "delivered"


def test_every_message_may_come_twice(shop: DeployedShop) -> None:
    placed = shop.http("POST", "/order/add/eve", ORDER)
    shop.deliver("payment-request", "payment", times=2)
    shop.deliver("payment-response", "order", times=2)
    shop.deliver("shipment-request", "shipment", times=2)
    shop.deliver("shipment-response", "order", times=2)

    order = shop.http("GET", f"/order/eve/{placed['order_id']}")
    assert order["status"] == "delivered"


def test_an_answer_may_wait_for_the_payment(shop: DeployedShop) -> None:
    placed = shop.http("POST", "/order/add/fay", ORDER)
    shop.deliver("payment-request", "payment")

    assert placed["payment"]["message"] == "pending payment"
    assert shop.http("GET", "/order/fay")[0]["_id"] == placed["order_id"]
    shop.drain()


def test_the_sweeper_ends_an_order_that_was_never_paid(shop: DeployedShop) -> None:
    placed = shop.http("POST", "/order/add/gus", ORDER)
    shop.drain()
    two_days_ago = instant_to_text(datetime.now(UTC) - timedelta(hours=49))
    dynamodb, table = shop.aws("dynamodb"), shop.settings["TABLE"]
    (item,) = (
        item
        for item in dynamodb.scan(TableName=table)["Items"]
        if item.get("order_id") == {"S": placed["order_id"]} and "placed_at" in item
    )
    dynamodb.put_item(TableName=table, Item={**item, "placed_at": {"S": two_days_ago}})

    report = shop.processes["order"].invoke(schedule_event())

    assert report["timed_out"] == 1, shop.processes["order"].log
    order = shop.http("GET", f"/order/gus/{placed['order_id']}")
    assert order["status"] not in {"pending payment", "Pending Payment"}


def test_the_shop_is_ready(shop: DeployedShop) -> None:
    assert shop.http("GET", "/readyz") == {"status": "ready"}


def test_a_customer_registers_and_fills_a_cart(shop: DeployedShop) -> None:
    secret = {"username": "hal", "password": "open-the-doors-1"}
    person = {"firstname": "Hal", "lastname": "Nine", "email": "hal@example.com"}
    shop.http("POST", "/register", {**secret, **person})
    tokens = shop.http("POST", "/login", secret)
    token, user_id = tokens["access_token"], tokens["token"]
    item = {"itemid": "sfsdsda3343", "name": "Mat", "quantity": 2, "price": 5}
    shop.http("POST", f"/cart/item/add/{user_id}", item, token)
    shop.http("POST", f"/cart/item/modify/{user_id}", {**item, "quantity": 1}, token)

    assert shop.http("GET", f"/cart/items/{user_id}", token=token)["cart"][0]["quantity"] == 1
    shop.http("GET", f"/cart/clear/{user_id}", token=token)
    assert shop.http("GET", f"/users/{user_id}", token=token)["data"]["username"] == "hal"


@pytest.mark.parametrize("path", ["/products", "/cart/all", "/order/all", "/users"])
def test_lists_are_read(shop: DeployedShop, path: str) -> None:
    shop.http("GET", path)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_no_function_may_read_the_whole_table(shop: DeployedShop, function: Function) -> None:
    role = shop.credentials[function.name]
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=shop.endpoint_url,
        region_name=REGION,
        aws_access_key_id=role["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=role["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=role["AWS_SESSION_TOKEN"],
    )

    # Shows that this emulator enforces what the tests above rely on, too.
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.scan(TableName=shop.settings["TABLE"])
