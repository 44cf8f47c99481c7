"""Alarms on orders that stand still, and on what had to be repeated or finished for them."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from app import metrics
from infra import topology
from infra.components.alarm_definitions import AlarmDefinition

Name = TypeVar("Name")

#: A payment takes a second or two, and five deliveries of its message three minutes.
_PENDING_SECONDS = 10 * 60


#: Of fewer orders an hour a share says nothing.
_FEWEST_ORDERS = 10


def order_alarms(functions: Mapping[str, Name]) -> Iterator[AlarmDefinition[Name]]:
    """Yield alarms on pending orders, on finishes of the sweeper, and on records that failed.

    ``functions`` has the AWS names of the functions by ours, the dimension of their metrics.
    """
    sweeps = {metrics.DIMENSION: functions[topology.SWEEPER.function]}
    yield AlarmDefinition(
        "sweep-pending-order",
        "An order waits for its payment for more than ten minutes.",
        metrics.NAMESPACE,
        metrics.OLDEST_PENDING_ORDER,
        sweeps,
        statistic="Maximum",
        threshold=_PENDING_SECONDS,
        period_seconds=300,
    )
    yield AlarmDefinition(
        "sweep-finishes",
        "The sweeper had to finish orders: a message or an answer of theirs was lost.",
        metrics.NAMESPACE,
        metrics.SWEEP_FINISHES,
        sweeps,
        period_seconds=300,
    )
    yield AlarmDefinition(
        "api-unreadable",
        "An item of the table is damaged, and lists leave it out. The log of the function api names"
        " it and the attribute (`product.unreadable`, `user.unreadable`, `order.unreadable`).",
        metrics.NAMESPACE,
        metrics.UNREADABLE_ITEMS,
        {metrics.DIMENSION: functions["api"]},
        period_seconds=300,
    )
    yield AlarmDefinition(
        "declined-orders",
        "Every second order of an hour is declined: a client tries stolen cards, or the card rules"
        " refuse good ones. The log of the function payment has the reason of each.",
        metrics.NAMESPACE,
        metrics.ORDERS_DECLINED,
        {metrics.DIMENSION: functions["payment"]},
        threshold=0.5,
        period_seconds=3600,
        share_of=metrics.ORDERS_PLACED,
        share_dimensions={metrics.DIMENSION: functions["api"]},
        fewest_samples=_FEWEST_ORDERS,
    )
    for name in sorted({mapping.function for mapping in topology.MAPPINGS}):
        yield AlarmDefinition(
            f"{name}-failed-records",
            "Messages failed and come again, which Lambda does not count as errors. The function's"
            " log names each with its cause (`record.failed`).",
            metrics.NAMESPACE,
            metrics.FAILED_RECORDS,
            {metrics.DIMENSION: functions[name]},
            threshold=3,
            period_seconds=300,
        )
