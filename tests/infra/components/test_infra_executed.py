"""Executed, not only graphed: what the program deploys sells, pays, ships and delivers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from infra.components.resource_graph import REGION
from infra.local.clients import Clients
from infra.local.emulator import Emulator
from infra.local.environment import aws_environment, base_environment
from infra.topology import EVERY_FUNCTION, MAPPINGS, Function
from tests.infra.components.deployment import a_few_pages, deploy_with
from tests.infra.components.emulator_mocks import EmulatorMocks
from tests.infra.components.executed_stack import ExecutedStack
from tests.infra.components.walkthrough import CARD, REFUSED_CARD, Walkthrough, order_of


@pytest.fixture(scope="module")
def walkthrough(executed: ExecutedStack) -> Walkthrough:
    """Return a visitor of the stack."""
    return Walkthrough(executed)


def dead_letters(executed: ExecutedStack, queue: str) -> list[str]:
    """Take and return what lies where the graph sends the dead letters of a queue."""
    policy = executed.deployment.all("Queue")[queue].document("redrivePolicy")
    sqs, url = executed.aws("sqs"), executed.deployment.by_arn(policy["deadLetterTargetArn"]).id
    dead_letters = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for dead_letter in dead_letters:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=dead_letter["ReceiptHandle"])
    return [dead_letter["Body"] for dead_letter in dead_letters]


def test_an_order_arrives(walkthrough: Walkthrough) -> None:
    order_id = walkthrough.place()

    walkthrough.stack.work()

    assert walkthrough.state_of(order_id) == "delivered"


def test_the_answer_to_an_order_waits_for_the_payment(walkthrough: Walkthrough) -> None:
    body = order_of(walkthrough.add_product())

    placed = walkthrough.visit("POST", "/order/add/{userid}", body, waits=True)

    assert placed["payment"]["message"] == "transaction successful"
    assert walkthrough.state_of(placed["order_id"]) == "delivered"


def test_an_order_with_a_refused_card_ends_declined(walkthrough: Walkthrough) -> None:
    order_id = walkthrough.place(card=REFUSED_CARD)

    walkthrough.stack.work()

    assert walkthrough.state_of(order_id) == "declined"


def test_every_message_may_come_twice(walkthrough: Walkthrough) -> None:
    paid, refused = walkthrough.place(), walkthrough.place(card=REFUSED_CARD)

    walkthrough.stack.work(times=2)

    assert (walkthrough.state_of(paid), walkthrough.state_of(refused)) == ("delivered", "declined")


@pytest.mark.parametrize("queue", [mapping.queue for mapping in MAPPINGS])
def test_poison_becomes_a_dead_letter_after_five_receives(
    executed: ExecutedStack, queue: str
) -> None:
    poller, url = executed.pollers[queue], executed.deployment.all("Queue")[queue].id
    executed.aws("sqs").send_message(QueueUrl=url, MessageBody="poison")

    receives = 0
    while receives < 10 and poller.poll():
        receives += 1
        poller.let_time_pass()

    assert receives == 5
    assert dead_letters(executed, queue) == ["poison"]


def test_good_messages_pass_between_bad_ones(
    executed: ExecutedStack, walkthrough: Walkthrough
) -> None:
    url = executed.deployment.all("Queue")["payment-request"].id
    order_ids = []
    for _ in range(2):
        executed.aws("sqs").send_message(QueueUrl=url, MessageBody="poison")
        order_ids.append(walkthrough.place())

    executed.work()

    assert [walkthrough.state_of(order_id) for order_id in order_ids] == ["delivered", "delivered"]
    executed.lose_messages()


def test_no_call_gets_more_than_the_mapping_says(executed: ExecutedStack) -> None:
    mapping = executed.deployment.all("EventSourceMapping")["shipment-response"]
    url = executed.deployment.all("Queue")["shipment-response"].id
    poller = executed.pollers["shipment-response"]
    poller.batches.clear()
    for _ in range(int(mapping["batchSize"]) + 1):
        executed.aws("sqs").send_message(QueueUrl=url, MessageBody="poison")

    poller.poll()

    assert sorted(poller.batches) == [1, mapping["batchSize"]]
    executed.lose_messages()


def test_the_clock_calls_the_sweeper(walkthrough: Walkthrough) -> None:
    order_id = walkthrough.place()
    walkthrough.stack.lose_messages()
    walkthrough.age(order_id, hours=49)

    report = walkthrough.stack.call_on_schedule()

    assert report["timed_out"] == 1
    assert walkthrough.state_of(order_id) == "declined"
    walkthrough.stack.work()


def test_the_stack_is_ready(walkthrough: Walkthrough) -> None:
    assert walkthrough.visit("GET", "/readyz") == {"status": "ready"}


@pytest.mark.parametrize("function", EVERY_FUNCTION, ids=lambda function: function.name)
def test_the_emulator_enforces_what_these_tests_rely_on(
    executed: ExecutedStack, function: Function
) -> None:
    table = executed.deployment.one("Table")["name"]

    with pytest.raises(ClientError, match="AccessDenied"):
        executed.client_of(function.name, "dynamodb").scan(TableName=table)


@pytest.mark.parametrize(
    ("function", "allowed", "refused"),
    [("payment", "PAYMENT", "USERNAME"), ("order", "PAYMENT", "ORDER"), ("api", "CART", "PAYMENT")],
)
def test_a_function_writes_no_other_kind_of_item(
    executed: ExecutedStack, function: str, allowed: str, refused: str
) -> None:
    table = executed.deployment.one("Table")["name"]
    client = executed.client_of(function, "dynamodb")

    def write(kind: str) -> None:
        key = {"PK": {"S": f"{kind}#nobody"}, "SK": {"S": kind}}
        client.put_item(TableName=table, Item=key)

    write(allowed)
    executed.aws("dynamodb").delete_item(
        TableName=table, Key={"PK": {"S": f"{allowed}#nobody"}, "SK": {"S": allowed}}
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        write(refused)


def test_no_request_gets_in_without_a_token(executed: ExecutedStack) -> None:
    answer = executed.request("GET", "/order/somebody")

    assert answer["statusCode"] == 401


def test_no_card_number_stays_behind(walkthrough: Walkthrough) -> None:
    walkthrough.place()
    walkthrough.place(card=REFUSED_CARD)

    walkthrough.stack.work(times=2)

    table = walkthrough.stack.deployment.one("Table")["name"]
    items = json.dumps(walkthrough.stack.aws("dynamodb").scan(TableName=table)["Items"])
    logs = b"".join(function.log for function in walkthrough.stack.functions.values()).decode()
    for card in (CARD, REFUSED_CARD):
        assert card["number"] not in items + logs


def test_a_new_stack_can_be_filled_before_it_has_functions(emulator: Emulator) -> None:
    aws = Clients(emulator.endpoint_url, REGION)
    with a_few_pages():
        made = deploy_with(lambda deployment: EmulatorMocks(deployment, aws), "fresh", image="none")
    command = [
        str(Path(sys.executable).parent / "acme-shop"),
        "seed",
        "--stack",
        "fresh",
        "--catalog",
    ]

    subprocess.run(
        command, env={**base_environment(), **aws_environment(emulator.endpoint_url)}, check=True
    )

    assert made.all("lambda/function:Function") == {}
    assert aws("dynamodb").scan(TableName=made.one("Table")["name"])["Count"] == 8
