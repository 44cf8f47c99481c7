"""Gate cost: metered journeys, what CloudWatch counted, and AWS Budgets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from app.messages import PAYMENT_REQUEST
from app.store.schema import SHAPE
from infra import topology
from infra.cost.journeys import read_journeys
from infra.cost.prices import PriceList
from infra.cost.units import Units
from infra.item_sizes import item_size
from infra.local.emulator import Emulator
from infra.local.environment import aws_environment
from infra.verify.evidence import Evidence, Measurement
from infra.verify.gates import cost
from infra.verify.sources.metering import meter_call, metering
from tests.infra.verify.servers import Asked, Said, serving
from tests.infra.verify.stacks import clients_of, deployed, target_of

ONE_DOLLAR_PER_MILLION = "\n".join(
    [
        "dated = 2026-11-01",
        'region = "eu-west-1"',
        "[per_million]",
        *(f"{unit} = 1.0" for unit in Units.__dataclass_fields__),
        "[more_per_million]",
        "[per_gigabyte]",
        "[per_month]",
    ]
)


@pytest.fixture(autouse=True)
def at_emulator(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws_environment(emulator.endpoint_url).items():
        monkeypatch.setenv(name, value)


def _of(evidence: Evidence, name: str) -> Measurement:
    found = [measurement for measurement in evidence.measurements if measurement.name == name]
    assert len(found) == 1, evidence
    return found[0]


# Metered journeys.


async def test_the_journeys_of_this_tree_are_metered_and_priced() -> None:
    evidence = await cost.collect(target_of("", stage="source"))

    assert evidence.unreachable is None
    # A page of the catalog is four queries, a product one read.
    assert _of(evidence, "reads of browse").value == 4 * 0.5 + 3 * 0.5
    assert _of(evidence, "writes of browse").value == 0
    # Two products into the cart, which is new in an index of keys, and the count of its lines.
    assert _of(evidence, "writes of cart").value == 4
    # An order of two lines that is shipped home, and the cart with its place in a list.
    assert _of(evidence, "writes of buy").value == 9 + 2
    # Five messages, each sent, received and deleted.
    assert _of(evidence, "queue requests of buy").value == 5 * 3
    assert _of(evidence, "function calls of buy").value == 3 + 5
    for journey in ("browse", "cart", "buy"):
        priced = _of(evidence, f"cost of {journey}").value
        assert priced is not None
        assert priced > 0
    assert _of(evidence, "age of prices").value == (datetime.now(UTC).date() - _dated()).days

    for journey, units in read_journeys().items():
        assert _of(evidence, f"reads of {journey}").value == units["read_units"]
        assert _of(evidence, f"writes of {journey}").value == units["write_units"]
        assert _of(evidence, f"queue requests of {journey}").value == units["queue_requests"]
        assert _of(evidence, f"function calls of {journey}").value == units["function_calls"]


def _dated() -> date:
    return PriceList.read().dated


async def test_a_tree_whose_journeys_fail_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__init__.py").write_text("raise SystemExit(1)")

    evidence = await cost.collect(replace(target_of("", stage="source"), root=tmp_path))

    assert evidence.unreachable == "the journeys could not be played"


async def test_without_prices_nothing_is_judged(tmp_path: Path) -> None:
    evidence = await cost.collect(
        target_of("", stage="source"), prices_file=tmp_path / "prices.toml"
    )

    assert evidence.unreachable == "prices.toml: cannot be read"


def _item(size_bytes: int) -> dict[str, Any]:
    return {"PK": {"S": "x" * (size_bytes - 2)}}


@pytest.mark.parametrize(
    ("asked", "answer", "units"),
    [
        ({}, {"Items": []}, 0.5),
        ({}, {"Items": [_item(4096)]}, 0.5),
        ({}, {"Items": [_item(4000), _item(97)]}, 1.0),
        ({"ConsistentRead": True}, {"Items": [_item(8193)]}, 3.0),
    ],
)
def test_a_query_reads_the_sum_of_its_items_in_blocks(
    asked: dict[str, Any], answer: dict[str, Any], units: float
) -> None:
    assert meter_call("DynamoDB_20120810.Query", asked, answer).read_units == units


def test_a_batch_reads_each_of_its_items_in_blocks_even_those_missing() -> None:
    asked: dict[str, Any] = {"RequestItems": {"t": {"Keys": [{}, {}, {}]}}}
    answer = {"Responses": {"t": [_item(10), _item(4097)]}}

    used = meter_call("DynamoDB_20120810.BatchGetItem", asked, answer)

    assert used == Units(read_units=0.5 + 1.0 + 0.5)


def test_an_item_is_as_large_as_dynamodb_says() -> None:
    item = {
        "né": {"S": "ö"},
        "n": {"N": "-12.50"},
        "b": {"B": "AAEC"},
        "t": {"BOOL": True},
        "l": {"L": [{"S": "ab"}, {"NULL": True}]},
        "m": {"M": {"k": {"S": "v"}}},
        "s": {"SS": ["ab", "c"]},
    }

    sizes = {name: item_size({name: value}) - len(name.encode()) for name, value in item.items()}

    assert sizes == {
        "né": 2,
        "n": 4,
        "b": 3,
        "t": 1,
        "l": 3 + 2 + 1 + 1 + 1,
        "m": 3 + 1 + 1 + 1,
        "s": 3,
    }
    assert item_size(item) == sum(sizes.values()) + sum(len(field.encode()) for field in item)


def test_a_write_costs_its_size_and_every_index_it_touches(emulator: Emulator) -> None:
    table = topology.table_name(deployed(emulator))
    key = {"PK": {"S": "p"}, "SK": {"S": "s"}}
    indexed = {name: {"S": "x"} for name in SHAPE.key_attributes if name.startswith("GSI")}

    with metering(emulator.endpoint_url) as meter:
        client = boto3.client("dynamodb", endpoint_url=meter.url)
        client.put_item(TableName=table, Item={**key, "text": {"S": "x" * 1500}})
        plain = meter.take()
        client.put_item(TableName=table, Item={**key, **indexed})
        everywhere = meter.take()
        client.get_item(TableName=table, Key=key, ConsistentRead=True)
        read = meter.take()
        client.close()

    assert (plain.units, plain.calls) == (Units(write_units=2), 1)
    assert everywhere.units == Units(write_units=2 + len(SHAPE.indexes))
    assert read.units == Units(read_units=1)
    assert read.cpu_seconds > 0


def test_what_the_emulator_refuses_is_passed_on(emulator: Emulator) -> None:
    with metering(emulator.endpoint_url) as meter:
        client = boto3.client("dynamodb", endpoint_url=meter.url)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_item(TableName="nowhere", Key={"PK": {"S": "p"}, "SK": {"S": "s"}})
        client.close()
        assert meter.take().units == Units()


# A deployed shop.


def _put(cloudwatch: Any, namespace: str, metric: str, value: float, **dimensions: str) -> None:
    """Count something ten minutes ago."""
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=10),
                "Value": value,
            }
        ],
    )


def _create_budget(emulator: Emulator, name: str) -> None:
    clients_of(emulator)("budgets").create_budget(
        AccountId="000000000000",
        Budget={
            "BudgetName": name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "20", "Unit": "USD"},
        },
    )


async def test_a_deployed_shop_costs_what_was_counted_per_order(
    emulator: Emulator, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text(ONE_DOLLAR_PER_MILLION, encoding="utf-8")
    stack, cloudwatch = deployed(emulator), clients_of(emulator)("cloudwatch")
    _create_budget(emulator, f"{stack}-monthly")
    table = {"TableName": topology.table_name(stack)}
    _put(cloudwatch, "AWS/DynamoDB", "ConsumedReadCapacityUnits", 8, **table)
    _put(cloudwatch, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", 6, **table)
    index = {**table, "GlobalSecondaryIndexName": "GSI2"}
    _put(cloudwatch, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", 2, **index)
    queue = {"QueueName": topology.queue_name(stack, PAYMENT_REQUEST)}
    _put(cloudwatch, "AWS/SQS", "NumberOfMessagesSent", 2, **queue)
    _put(cloudwatch, "AWS/SQS", "NumberOfEmptyReceives", 4, **queue)
    function = {"FunctionName": topology.function_name(stack, "api")}
    _put(cloudwatch, "AWS/Lambda", "Invocations", 10, **function)
    _put(cloudwatch, "AWS/Lambda", "Duration", 4000, **function)

    evidence = await cost.collect(target_of(stack), prices_file=prices)

    per_order = _of(evidence, "cost per order")
    # 8 read, 8 written, 6 to SQS, 10 over HTTP, 10 calls, 4 seconds of a gigabyte; 2 orders.
    assert per_order.value == (8 + 8 + 6 + 10 + 10 + 4) / 2
    assert (per_order.samples, per_order.baseline) == (2, None)
    assert _of(evidence, "budget spent").value == 0
    assert evidence.findings == ()


async def test_without_orders_there_is_no_cost_per_order(emulator: Emulator) -> None:
    evidence = await cost.collect(target_of(deployed(emulator)))

    per_order = _of(evidence, "cost per order")
    assert (per_order.value, per_order.samples) == (None, 0)


async def test_a_stack_that_no_budget_watches_is_found(emulator: Emulator) -> None:
    stack = deployed(emulator)
    _create_budget(emulator, "somebody-else")

    evidence = await cost.collect(target_of(stack))

    assert [(finding.rule, finding.subject) for finding in evidence.findings] == [
        ("no-budget", stack)
    ]


def _budgets(*rows: dict[str, Any]) -> Callable[[Asked], Said]:
    """Return a service that answers as AWS Budgets does; the emulator makes no forecasts."""

    def answer(asked: Asked) -> Said:
        assert asked.headers["x-amz-target"] == "AWSBudgetServiceGateway.DescribeBudgets"
        return Said(200, {"Budgets": list(rows)}, {"Content-Type": "application/x-amz-json-1.1"})

    return answer


def _budget(name: str, *, actual: str, forecast: str | None = None) -> dict[str, Any]:
    spend: dict[str, Any] = {"ActualSpend": {"Amount": actual, "Unit": "USD"}}
    if forecast is not None:
        spend["ForecastedSpend"] = {"Amount": forecast, "Unit": "USD"}
    return {
        "BudgetName": name,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "20.0", "Unit": "USD"},
        "CalculatedSpend": spend,
    }


async def test_the_budget_that_is_used_up_most_counts(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = deployed(emulator)
    rows = [
        _budget(f"{stack}-monthly", actual="5.0", forecast="26"),
        _budget(f"{stack}-lambda", actual="8.0"),
        _budget("another-stack", actual="100", forecast="100"),
    ]

    with serving(_budgets(*rows)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BUDGETS", url)
        evidence = await cost.collect(target_of(stack))

    assert _of(evidence, "budget spent").value == 0.4
    assert _of(evidence, "budget forecast").value == 1.3


async def test_budgets_that_may_not_be_read_are_not_judged(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = Said(400, {"__type": "AccessDeniedException", "message": "arn:aws:secret"})

    with serving(lambda asked: denied) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BUDGETS", url)
        evidence = await cost.collect(target_of(deployed(emulator)))

    assert evidence.unreachable == "AWS refuses: AccessDeniedException"
