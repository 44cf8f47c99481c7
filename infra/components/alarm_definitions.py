"""The alarms of a stack as data: a metric, the value it must not pass, and what to do then.

There is no Pulumi in here. In a deployment the names are outputs; the cost model counts the
same definitions without a stack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Generic, TypeVar

from app import metrics
from app.domain.payment import PAYMENT_TIMEOUT
from app.domain.sweeping import GRACE, LONGEST_PAUSE
from app.messages import SHIPMENT_RESPONSE
from app.settings import MAX_DELIVERY_SECONDS, Settings
from app.store.schema import SHAPE
from infra import topology

#: A message this old is stuck, however slow its journey may be.
_STUCK_SECONDS = 5 * 60
_SILENCE_SECONDS = 3 * topology.SWEEP_INTERVAL_SECONDS
#: A payment that never comes is ended after its time-out, and then the order is final. An order
#: may be looked at that much later, and be on its way when it is.
_OLDEST_ORDER_SECONDS = (
    PAYMENT_TIMEOUT + LONGEST_PAUSE + 3 * GRACE
).total_seconds() + MAX_DELIVERY_SECONDS
#: How much longer than it waits for a payment the API may take, for 95 of 100 requests.
_API_MILLISECONDS = 1000

#: The share of requests that may fail.
_ERROR_BUDGET = 0.01

#: Metrics of a function with the text of their alarms.
_FUNCTION_METRICS = {
    "Errors": "The function crashed or ran out of time. Its log group has the traceback.",
    "Throttles": (
        "Lambda refused calls: the account's or the function's concurrency is used up."
        " Look at ConcurrentExecutions; ask AWS for a higher limit if the load is real."
    ),
}

#: Alarms on what is wrong with every sweep of 15 minutes, with their metric and text.
_REPEATED_SWEEPS = {
    "sweep-incomplete": (
        metrics.SWEEP_INCOMPLETE,
        (
            "For 15 minutes every sweep ended before the last open order: stuck orders can be"
            " left behind. A sweep by hand says how many are open and what they wait for."
        ),
    ),
    "sweep-failed": (
        metrics.SWEEP_FAILED,
        (
            "For 15 minutes every sweep met orders that it could not move on. The log of the"
            " function order names them and the error."
        ),
    ),
}

Name = TypeVar("Name")


@dataclass(frozen=True)
class AlarmDefinition(Generic[Name]):
    """One alarm: ``statistic`` of a metric over ``period_seconds``, above ``threshold``.

    With ``at_least`` the alarm is raised below the threshold, with ``needs_figures`` also when
    there is no figure. ``ends_release`` marks the alarms that take back a release on trial.
    With ``share_of`` the sum of the metric is divided by that one's, of ``share_dimensions`` if it
    has others; it is 0 while that one's is below ``fewest_samples``.
    ``meaning`` is the text of the notification: what it means, then what to do.
    """

    name: str
    meaning: str
    namespace: str
    metric: str
    dimensions: Mapping[str, Name | str]
    statistic: str = "Sum"
    threshold: float = 0
    period_seconds: int = 60
    at_least: bool = False
    needs_figures: bool = False
    share_of: str = ""
    share_dimensions: Mapping[str, Name | str] = field(default_factory=dict)
    fewest_samples: int = 100
    ends_release: bool = False


def queue_alarms(queues: Mapping[str, Name], settings: Settings) -> Iterator[AlarmDefinition[Name]]:
    """Yield an alarm on every dead letter, and on old messages in the other queues.

    ``queues`` has the AWS names of the queues by their names in ``infra/topology.py``.
    """
    for queue in topology.QUEUES:
        dimensions = {"QueueName": queues[queue.name]}
        if queue.dead_letters is None:
            yield AlarmDefinition(
                f"{queue.name}-letters",
                "Messages were given up after five tries; their orders do not move on."
                " Look at them, repair the cause, then send them back.",
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                dimensions,
                statistic="Maximum",
            )
            continue
        # Deliveries wait on this queue until their time comes.
        delay = settings.delivery_seconds[1] if queue.name == SHIPMENT_RESPONSE else 0
        yield AlarmDefinition(
            f"{queue.name}-age",
            "The oldest message waits too long: the worker fails or does not keep up."
            " Look at the errors, throttles and log of the function behind this queue.",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            dimensions,
            statistic="Maximum",
            threshold=_STUCK_SECONDS + delay,
        )


def table_alarms(table: Name) -> Iterator[AlarmDefinition[Name]]:
    """Yield alarms on reads and writes that the table or an index refused; by its AWS name."""
    for index, kind in product([None, *SHAPE.indexes], ("Read", "Write")):
        of_index = {"GlobalSecondaryIndexName": index.name} if index else {}
        subject = f"table-{index.name.lower()}" if index else "table"
        yield AlarmDefinition(
            f"{subject}-{kind.lower()}-throttles",
            "DynamoDB refuses calls: one key is used too much, or the capacity is too small."
            " Look at the consumed capacity; raise the units if the table is provisioned.",
            "AWS/DynamoDB",
            f"{kind}ThrottleEvents",
            {"TableName": table, **of_index},
        )


def function_alarms(functions: Mapping[str, Name]) -> Iterator[AlarmDefinition[Name]]:
    """Yield alarms on crashes and throttles of every function (AWS names by our names)."""
    for name, function in functions.items():
        for metric, meaning in _FUNCTION_METRICS.items():
            yield AlarmDefinition(
                f"{name}-{metric.lower()}",
                meaning,
                "AWS/Lambda",
                metric,
                {"FunctionName": function},
                # Calls that were refused ran no version; errors of one version are told apart.
                ends_release=metric == "Throttles" and name != topology.ROTATION.name,
            )


def refusal_alarms(functions: Mapping[str, Name]) -> Iterator[AlarmDefinition[Name]]:
    """Yield an alarm on calls that AWS refuses for good, for every function."""
    for name, function in functions.items():
        yield AlarmDefinition(
            f"{name}-refused",
            "AWS refuses calls of the function, and no repeat helps: a permission, the"
            " credentials, a key of KMS, or the table or queue itself is missing. The function's"
            " log names code and operation (`aws.refused`). Customers get 503 meanwhile.",
            metrics.NAMESPACE,
            metrics.PERMANENT_AWS_ERRORS,
            {metrics.DIMENSION: function},
        )


def release_alarms(
    functions: Mapping[str, Name], aliases: Mapping[str, Name], versions: Mapping[str, Name]
) -> Iterator[AlarmDefinition[Name]]:
    """Yield the alarms on errors of the version that was deployed last, one for each function.

    ``aliases`` has ``<function>:<alias>`` and ``versions`` the version on trial, each by our
    names. While a version is on trial only its own errors count: those of the stable version
    say nothing about the release. Without a trial all calls of the alias count.
    """
    for name, function in functions.items():
        # CloudWatch knows this dimension for aliases with two versions only.
        version = {"ExecutedVersion": versions[name]} if name in versions else {}
        yield AlarmDefinition(
            f"{name}-release-errors",
            "The version that was deployed last crashed or ran out of time; a release on trial"
            " is taken back. The function's log group has the traceback.",
            "AWS/Lambda",
            "Errors",
            {"FunctionName": function, "Resource": aliases[name], **version},
            ends_release=True,
        )


def gateway_alarms(api_id: Name, settings: Settings) -> Iterator[AlarmDefinition[Name]]:
    """Yield alarms on what customers see: failures and slow answers of the HTTP API."""
    dimensions = {"ApiId": api_id}
    yield AlarmDefinition(
        "api-5xx",
        "More than five requests failed within five minutes, and customers see it."
        " Look at the log of the function api; take back a release that has just begun.",
        "AWS/ApiGateway",
        "5xx",
        dimensions,
        threshold=5,
        period_seconds=300,
        ends_release=True,
    )
    yield AlarmDefinition(
        "api-error-budget",
        "More than one request in a hundred failed within an hour: the month's budget of errors"
        " is used up within hours.",
        "AWS/ApiGateway",
        "5xx",
        dimensions,
        threshold=_ERROR_BUDGET,
        period_seconds=3600,
        share_of="Count",
    )
    yield AlarmDefinition(
        "api-latency",
        "One request in twenty is slower than a customer should wait."
        " Look at the duration of the function api and at the age of payment-request.",
        "AWS/ApiGateway",
        "Latency",
        dimensions,
        statistic="p95",
        threshold=settings.payment_wait_seconds * 1000 + _API_MILLISECONDS,
        period_seconds=300,
        ends_release=True,
    )


def sweeper_alarms(schedule_group: Name) -> Iterator[AlarmDefinition[Name]]:
    """Yield alarms on a sweeper that cannot be called, and on one that is not called."""
    dimensions = {"ScheduleGroup": schedule_group}
    yield AlarmDefinition(
        "sweeper-failures",
        "EventBridge Scheduler could not call the sweeper: orders that are stuck stay stuck."
        " Look at the schedule's role and at the throttles of the function order.",
        "AWS/Scheduler",
        "TargetErrorCount",
        dimensions,
    )
    yield AlarmDefinition(
        "sweeper-silence",
        "The sweeper was not called for 15 minutes: orders that are stuck stay stuck."
        " See whether its schedule is disabled or deleted.",
        "AWS/Scheduler",
        "InvocationAttemptCount",
        dimensions,
        threshold=1,
        period_seconds=_SILENCE_SECONDS,
        at_least=True,
        needs_figures=True,
    )


def sweep_alarms(function: Name) -> Iterator[AlarmDefinition[Name]]:
    """Yield alarms on what sweeps report of open orders (``app/metrics.py``).

    ``function`` is the AWS name of the function that sweeps, the dimension of its metrics. No
    alarm takes a release back: the orders were there before it.
    """
    dimensions = {metrics.DIMENSION: function}
    for name, (metric, meaning) in _REPEATED_SWEEPS.items():
        yield AlarmDefinition(
            name,
            meaning,
            metrics.NAMESPACE,
            metric,
            dimensions,
            # One sweep that is short of time, or of AWS, is made good by the next.
            statistic="Minimum",
            period_seconds=_SILENCE_SECONDS,
        )
    yield AlarmDefinition(
        "sweep-unreadable",
        "An order cannot be read and was left as it is. The log of the function order names it;"
        " repair the item, or deploy code that reads it.",
        metrics.NAMESPACE,
        metrics.SWEEP_UNREADABLE,
        dimensions,
        statistic="Maximum",
        period_seconds=300,
    )
    yield AlarmDefinition(
        "sweep-oldest-order",
        "An order is open for longer than any payment or delivery takes. Find out"
        " which, and look for its messages in the dead letters.",
        metrics.NAMESPACE,
        metrics.OLDEST_OPEN_ORDER,
        dimensions,
        statistic="Maximum",
        threshold=_OLDEST_ORDER_SECONDS,
        period_seconds=300,
    )
