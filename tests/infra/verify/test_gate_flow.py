"""Gate flow: a purchase in a running shop, and stacks with something left behind."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.order import OrderState
from app.messages import PAYMENT_REQUEST
from app.store.orders import add_order
from app.store.table import open_table
from infra import topology
from infra.local.clients import Clients
from infra.local.emulator import Emulator
from infra.local.environment import REGION, aws_environment
from infra.seeds.classic import SAMPLE_ORDER_ID, classic_products, classic_stock, make_order
from infra.verify.evidence import Evidence
from infra.verify.gates import flow
from infra.verify.sources.concurrency import concurrency_findings
from infra.verify.sources.purchase import place_orders
from tests.infra.local.helpers.shop_process import ShopProcess
from tests.infra.verify.servers import Asked, Said, serving
from tests.infra.verify.stacks import clients_of, deployed, target_of


@pytest.fixture(scope="module")
def stack(emulator: Emulator) -> str:
    return deployed(emulator)


@pytest.fixture
def at_emulator(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws_environment(emulator.endpoint_url).items():
        monkeypatch.setenv(name, value)


def _values(evidence: Evidence) -> dict[str, float | None]:
    return {measurement.name: measurement.value for measurement in evidence.measurements}


def _found(evidence: Evidence, rule: str) -> list[str]:
    return [
        f"{finding.subject} {finding.message}"
        for finding in evidence.findings
        if finding.rule == rule
    ]


async def test_who_practises_orders_as_often_as_told(shop: ShopProcess) -> None:
    dynamodb = Clients(shop.facts["endpoint_url"], REGION)("dynamodb")

    def count() -> int:
        items = dynamodb.scan(TableName=topology.table_name("local"))["Items"]
        return len([item for item in items if item["PK"]["S"].startswith("ORDER#")])

    before = count()
    await place_orders(shop.url, orders=12)

    assert count() == before + 12


async def test_a_running_shop_delivers_and_leaves_nothing_behind(
    shop: ShopProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws_environment(shop.facts["endpoint_url"]).items():
        monkeypatch.setenv(name, value)

    evidence = await flow.collect(target_of("local", url=shop.url, is_local=True))

    assert evidence.unreachable is None
    assert evidence.findings == ()
    values = _values(evidence)
    assert values.pop("purchase delivered after") == pytest.approx(30, abs=30)
    assert values == {
        "purchases delivered": 1,
        "dead letters": 0,
        "stuck orders": 0,
        "drift": 0,
    }


def _shop_with_orders_in(state: str, *, register_status: int = 201) -> Any:
    """Return the answers of a shop that is only a facade."""

    def answer(asked: Asked) -> Said:
        if asked.path == "/register":
            return Said(register_status, {"resourceId": "u1"})
        if asked.path == "/login":
            return Said(200, {"access_token": "t0p-secret"})
        if asked.path.startswith("/order/add"):
            return Said(200, {"order_id": "o1"})
        if asked.path.startswith("/order"):
            return Said(200, {"state": state})
        if asked.path == "/products":
            return Said(200, {"data": [{"id": "p1", "price": 1.5}]})
        return Said(200, {"data": {"id": "p1", "price": 1.5}})

    return answer


@pytest.mark.usefixtures("at_emulator")
async def test_a_declined_purchase_is_found(stack: str) -> None:
    with serving(_shop_with_orders_in("declined")) as url:
        evidence = await flow.collect(target_of(stack, url=url, is_local=True))

    assert _values(evidence)["purchases delivered"] == 0
    [said] = _found(evidence, "purchase")
    assert re.fullmatch(r"order o1 is declined after \d+ s", said)


@pytest.mark.usefixtures("at_emulator")
async def test_a_purchase_that_is_under_way_for_too_long_is_found(
    stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "PURCHASE_DEADLINE_SECONDS", 0.3)

    with serving(_shop_with_orders_in("paid")) as url:
        evidence = await flow.collect(target_of(stack, url=url, is_local=True))

    assert _values(evidence)["purchases delivered"] == 0
    [said] = _found(evidence, "purchase")
    assert re.fullmatch(r"order o1 is paid after \d+ s", said)


@pytest.mark.usefixtures("at_emulator")
async def test_a_shop_that_refuses_a_step_is_found(stack: str) -> None:
    with serving(_shop_with_orders_in("paid", register_status=503)) as url:
        evidence = await flow.collect(target_of(stack, url=url, is_local=True))

    assert _found(evidence, "purchase") == ["the shop refuses POST /register: 503"]
    assert "t0p-secret" not in repr(evidence)


@pytest.mark.usefixtures("at_emulator")
@pytest.mark.parametrize("body", [["not", "a", "shop"], {"data": []}, None])
async def test_something_else_than_a_shop_is_not_judged(stack: str, body: Any) -> None:
    with serving(lambda asked: Said(200, body)) as url:
        evidence = await flow.collect(target_of(stack, url=url, is_local=True))

    assert evidence.unreachable
    assert evidence.measurements == ()


async def test_a_shop_that_does_not_answer_is_not_judged() -> None:
    evidence = await flow.collect(target_of("local", url="http://127.0.0.1:1", is_local=True))

    assert evidence.unreachable == "the shop does not answer: ConnectError"


@pytest.mark.usefixtures("at_emulator")
async def test_dead_letters_are_counted_and_named(emulator: Emulator) -> None:
    stack, sqs = deployed(emulator), clients_of(emulator)("sqs")
    name = topology.queue_name(stack, topology.SHIPMENT_ERROR)
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="{}")
    sqs.receive_message(QueueUrl=url)

    with serving(_shop_with_orders_in("delivered")) as shop_url:
        evidence = await flow.collect(target_of(stack, url=shop_url, is_local=True))

    assert _values(evidence)["dead letters"] == 3
    assert _found(evidence, "dead-letters") == [f"{name} 3 messages"]


@pytest.mark.usefixtures("at_emulator")
async def test_an_order_that_should_long_be_final_is_stuck(emulator: Emulator) -> None:
    stack, now = deployed(emulator), datetime.now(UTC)
    table = open_table(topology.table_name(stack), region="eu-west-1")
    buyer, goods = classic_stock(now).users[0][0], list(classic_products(now))[:1]
    for order_id, state, minutes in (
        ("forgotten", OrderState.SHIPPED, 90),
        ("under-way", OrderState.SHIPPED, 10),
        ("arrived", OrderState.DELIVERED, 90),
        (SAMPLE_ORDER_ID, OrderState.PENDING, 90),
    ):
        placed_at = now - timedelta(minutes=minutes)
        await add_order(table, make_order(order_id, buyer, goods, state, placed_at=placed_at))

    with serving(_shop_with_orders_in("delivered")) as url:
        evidence = await flow.collect(target_of(stack, url=url, is_local=True))

    assert _values(evidence)["stuck orders"] == 1
    assert _found(evidence, "stuck") == ["order forgotten is still open"]


def _change_queue(clients: Any, stack: str) -> None:
    sqs = clients("sqs")
    name = topology.queue_name(stack, PAYMENT_REQUEST)
    sqs.set_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
        Attributes={"VisibilityTimeout": "5", "KmsMasterKeyId": "", "RedrivePolicy": ""},
    )


def _delete_queue(clients: Any, stack: str) -> None:
    sqs = clients("sqs")
    name = topology.queue_name(stack, topology.PAYMENT_ERROR)
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _change_function(clients: Any, stack: str) -> None:
    clients("lambda").update_function_configuration(
        FunctionName=topology.function_name(stack, "order"), MemorySize=128
    )


def _stop_mapping(clients: Any, stack: str) -> None:
    functions = clients("lambda")
    name = topology.function_name(stack, "payment")
    found = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=found[0]["UUID"], Enabled=False)


def _delete_mapping(clients: Any, stack: str) -> None:
    functions = clients("lambda")
    name = topology.function_name(stack, "shipment")
    found = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.delete_event_source_mapping(UUID=found[0]["UUID"])


def _delete_schedule(clients: Any, stack: str) -> None:
    clients("scheduler").delete_schedule(Name=topology.schedule_name(stack, "sweeper"))


def _change_schedule(clients: Any, stack: str) -> None:
    scheduler = clients("scheduler")
    name = topology.schedule_name(stack, "sweeper")
    there = scheduler.get_schedule(Name=name)
    shipment = topology.function_name(stack, "shipment")
    arn = f"{there['Target']['Arn'].rpartition(':')[0]}:{shipment}:live"
    scheduler.delete_schedule(Name=name)
    scheduler.create_schedule_group(Name=name)
    scheduler.create_schedule(
        Name=name,
        GroupName=name,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={**there["Target"], "Arn": arn},
        State="ENABLED",
    )


def _add_index(clients: Any, stack: str) -> None:
    clients("dynamodb").update_table(
        TableName=topology.table_name(stack),
        AttributeDefinitions=[{"AttributeName": "email", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-hand",
                    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )


@pytest.mark.usefixtures("at_emulator")
async def test_a_stack_as_defined_has_no_drift(emulator: Emulator) -> None:
    stack = deployed(emulator)

    assert flow.find_drift(target_of(stack, is_local=True)) == []


@pytest.mark.usefixtures("at_emulator")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            _change_queue,
            {
                "payment-request: visibility time is 5, the definitions say 36",
                "payment-request: own key is False, the definitions say True",
                "payment-request: receives is 0, the definitions say 5",
            },
        ),
        (_change_function, {"order: memory is 128, the definitions say 512"}),
        (
            _stop_mapping,
            {"payment-request to payment: state is Disabled, the definitions say Enabled"},
        ),
        (
            _delete_mapping,
            {"shipment-request to shipment: number of mappings is 0, the definitions say 1"},
        ),
        (_delete_schedule, {"sweeper: number of schedules is 0, the definitions say 1"}),
        (
            _change_schedule,
            {"sweeper: expression is rate(1 hour), the definitions say rate(5 minutes)"},
        ),
        (_add_index, {"table: by-hand is there, the definitions say no such index"}),
    ],
)
async def test_what_was_changed_by_hand_is_drift(
    emulator: Emulator, change: Any, expected: set[str]
) -> None:
    stack = deployed(emulator)
    change(clients_of(emulator), stack)

    found = flow.find_drift(target_of(stack, is_local=True))

    assert expected <= {f"{finding.subject}: {finding}" for finding in found}
    assert {finding.subject for finding in found} == {
        difference.partition(": ")[0] for difference in expected
    }


@pytest.mark.usefixtures("at_emulator")
async def test_a_queue_that_is_gone_is_drift(emulator: Emulator) -> None:
    stack = deployed(emulator)
    _delete_queue(clients_of(emulator), stack)

    found = flow.find_drift(target_of(stack, is_local=True))

    assert "payment-error: it is missing, the definitions say there" in {
        f"{finding.subject}: {finding}" for finding in found
    }


@pytest.mark.usefixtures("at_emulator")
async def test_in_aws_a_function_has_exactly_its_settings(emulator: Emulator) -> None:
    stack = deployed(emulator)
    functions = clients_of(emulator)("lambda")
    order = next(function for function in topology.FUNCTIONS if function.name == "order")
    given = {name: "x" for name in order.settings if name != "TABLE"}
    functions.update_function_configuration(
        FunctionName=topology.function_name(stack, "order"),
        Environment={"Variables": {**given, "DEBUG": json.dumps({"by": "hand"})}},
    )

    found = flow.find_drift(target_of(stack, is_local=False))

    assert [f"{finding}" for finding in found if finding.subject == "order"] == [
        "DEBUG is given, the definitions say not given",
        "TABLE is missing, the definitions say given",
    ]


def _reserve(clients: Any, stack: str, **reserved: int) -> None:
    for function, concurrency in reserved.items():
        clients("lambda").put_function_concurrency(
            FunctionName=topology.function_name(stack, function),
            ReservedConcurrentExecutions=concurrency,
        )


def _limit(emulator: Emulator) -> int:
    settings = clients_of(emulator)("lambda").get_account_settings()
    limit: int = settings["AccountLimit"]["ConcurrentExecutions"]
    return limit


def _crowding(emulator: Emulator, stack: str) -> dict[str, str]:
    found = concurrency_findings(clients_of(emulator)("lambda"), stack)
    return {finding.subject: finding.message for finding in found}


def test_functions_that_share_the_accounts_concurrency_are_found(emulator: Emulator) -> None:
    stack = deployed(emulator)

    assert _crowding(emulator, stack) == {
        "function api": "reserves 0 concurrent executions, 1 are needed",
        "function payment": "reserves 0 concurrent executions, 10 are needed",
        "function order": "reserves 0 concurrent executions, 21 are needed",
        "function shipment": "reserves 0 concurrent executions, 10 are needed",
    }


def test_workers_with_concurrency_of_their_own_and_a_capped_api_are_fine(
    emulator: Emulator,
) -> None:
    stack = deployed(emulator)
    # All that the account has, but for what the workers need and AWS keeps free.
    api = _limit(emulator) - 41 - 100
    _reserve(clients_of(emulator), stack, api=api, payment=10, order=21, shipment=10)

    assert _crowding(emulator, stack) == {}


def test_an_account_with_too_low_a_limit_is_found(emulator: Emulator) -> None:
    stack = deployed(emulator)
    limit = _limit(emulator)
    _reserve(clients_of(emulator), stack, api=limit - 140, payment=10, order=21, shipment=10)

    assert _crowding(emulator, stack) == {
        "account": (
            f"the limit is {limit} concurrent executions; the stack needs {limit - 99}, and AWS"
            " keeps 100 free"
        )
    }
