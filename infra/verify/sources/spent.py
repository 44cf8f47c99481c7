"""What a deployed shop uses up and costs, as AWS counts it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.messages import PAYMENT_REQUEST
from app.store.schema import FORMER_SHAPE
from infra.cost.units import Units
from infra.topology import FUNCTIONS, QUEUES, function_name, queue_name, table_name
from infra.verify.sources.cloudwatch import Series, Window, read_series

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

_MB_PER_GB = 1024
_MS_PER_SECOND = 1000

#: Requests to SQS, an empty look included.
_QUEUE_METRICS = (
    "NumberOfMessagesSent",
    "NumberOfMessagesReceived",
    "NumberOfMessagesDeleted",
    "NumberOfEmptyReceives",
)


def units_used(client: "CloudWatchClient", stack: str, window: Window) -> tuple[Units, int]:
    """Return what the whole stack used in a window, and how many orders were placed in it."""
    series = {
        **_table_series(stack),
        **{
            f"{metric} {queue.name}": Series(
                "AWS/SQS", metric, "Sum", (("QueueName", queue_name(stack, queue.name)),)
            )
            for queue in QUEUES
            for metric in _QUEUE_METRICS
        },
        **{
            f"{metric} {function.name}": Series(
                "AWS/Lambda",
                metric,
                "Sum",
                (("FunctionName", function_name(stack, function.name)),),
            )
            for function in FUNCTIONS
            for metric in ("Invocations", "Duration")
        },
    }
    found = {name: value or 0.0 for name, value in read_series(client, series, window).items()}

    def total(start: str) -> float:
        return sum(value for name, value in found.items() if name.startswith(start))

    units = Units(
        read_units=total("ConsumedReadCapacityUnits"),
        write_units=total("ConsumedWriteCapacityUnits"),
        queue_requests=sum(map(total, _QUEUE_METRICS)),
        # Nothing but the gateway calls the api.
        http_requests=found["Invocations api"],
        function_calls=total("Invocations"),
        gb_seconds=sum(
            found[f"Duration {function.name}"] / _MS_PER_SECOND * function.memory_mb / _MB_PER_GB
            for function in FUNCTIONS
        ),
    )
    return units, int(found[f"NumberOfMessagesSent {PAYMENT_REQUEST}"])


def _table_series(stack: str) -> dict[str, Series]:
    """Return the consumption of the table, and of each index apart from it."""
    table = ("TableName", table_name(stack))
    places: dict[str, tuple[tuple[str, str], ...]] = {
        "table": (table,),
        **{
            index.name: (table, ("GlobalSecondaryIndexName", index.name))
            for index in FORMER_SHAPE.indexes
        },
    }
    return {
        f"{metric} {name}": Series("AWS/DynamoDB", metric, "Sum", dimensions)
        for name, dimensions in places.items()
        for metric in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
    }


@dataclass(frozen=True)
class Budget:
    """One budget: what part of its limit is spent, and will be by the end of its period.

    ``forecast`` is None as long as AWS has not seen enough to make one.
    """

    name: str
    actual: float
    forecast: float | None


def list_budgets(client: Any, account: str, stack: str) -> list[Budget]:
    """Return the cost budgets whose names begin with the stack's."""
    pages = client.get_paginator("describe_budgets").paginate(AccountId=account)
    return [
        _budget(budget)
        for page in pages
        for budget in page.get("Budgets", [])
        if budget["BudgetType"] == "COST" and budget["BudgetName"].startswith(f"{stack}-")
    ]


def _budget(found: dict[str, Any]) -> Budget:
    limit = float(found["BudgetLimit"]["Amount"])
    spend = found.get("CalculatedSpend", {})
    forecast = spend.get("ForecastedSpend", {}).get("Amount")
    return Budget(
        found["BudgetName"],
        float(spend.get("ActualSpend", {}).get("Amount", 0)) / limit,
        float(forecast) / limit if forecast is not None else None,
    )
