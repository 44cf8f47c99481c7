"""What CloudWatch has counted of the functions and queues in a span of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.topology import LIVE_ALIAS

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

_MINUTE = timedelta(minutes=1)
#: CloudWatch keeps single minutes for 15 days, and asks for coarser ones beyond.
_LONGEST = timedelta(days=14)
_DAY_SECONDS = 86_400
#: Seconds that one figure stands for, within a day and beyond it.
_PERIODS = (60, 3600)


@dataclass(frozen=True)
class Window:
    """The time between two instants, in whole minutes and at most two weeks."""

    start: datetime
    end: datetime

    @classmethod
    def since(cls, start: datetime, now: datetime) -> "Window":
        """Return the time from a deployment until now."""
        first = max(start, now - _LONGEST).replace(second=0, microsecond=0)
        last = now.replace(second=0, microsecond=0) + _MINUTE
        return cls(min(first, last - _MINUTE), last)

    def before(self) -> "Window":
        """Return the time right before this one that is as long."""
        return Window(self.start - (self.end - self.start), self.start)

    @property
    def seconds(self) -> int:
        """Return its length."""
        return int((self.end - self.start).total_seconds())


@dataclass(frozen=True)
class Series:
    """One statistic of one metric; sums of several spans add up, anything else takes the worst."""

    namespace: str
    metric: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]

    def query(self, name: str, window: Window) -> "MetricDataQueryTypeDef":
        """Return the question about it: by the minute where minutes can be put together again.

        A percentile cannot, so that is asked for the window as a whole.
        """
        period = _PERIODS[window.seconds > _DAY_SECONDS]
        if self.statistic.startswith("p"):
            period = window.seconds
        return {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": self.namespace,
                    "MetricName": self.metric,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in self.dimensions],
                },
                "Period": period,
                "Stat": self.statistic,
            },
        }

    def joined(self, values: list[float]) -> float | None:
        """Return one figure for the spans that were counted, or None if none was."""
        if not values:
            return None
        return sum(values) if self.statistic in {"Sum", "SampleCount"} else max(values)


def read_series(
    client: "CloudWatchClient", series: dict[str, Series], window: Window
) -> dict[str, float | None]:
    """Return the value of each series in the window; None where nothing was counted."""
    names = {f"q{number}": name for number, name in enumerate(series)}
    values: dict[str, list[float]] = {name: [] for name in series}
    more: dict[str, Any] = {}
    while True:
        answer = client.get_metric_data(
            MetricDataQueries=[series[name].query(query, window) for query, name in names.items()],
            StartTime=window.start,
            EndTime=window.end,
            **more,
        )
        for result in answer["MetricDataResults"]:
            values[names[result["Id"]]] += result["Values"]
        if not answer.get("NextToken"):
            return {name: one.joined(values[name]) for name, one in series.items()}
        more = {"NextToken": answer["NextToken"]}


@dataclass(frozen=True)
class FunctionFigures:
    """What one function did: calls, the slowest of its usual ones, failed and refused ones."""

    calls: int
    p95_ms: float | None
    errors: int
    throttles: int

    @property
    def error_rate(self) -> float | None:
        """Return the share of calls that failed, or None without calls."""
        return self.errors / self.calls if self.calls else None


def function_figures(
    client: "CloudWatchClient", function: str, window: Window, *, version: str | None
) -> FunctionFigures:
    """Return what a function did through its alias.

    ``version`` picks the calls that went to one of two versions behind a weighted alias. A
    refused call went to neither, so throttles are those of the alias.
    """
    alias = (("FunctionName", function), ("Resource", f"{function}:{LIVE_ALIAS}"))
    executed = alias if version is None else (*alias, ("ExecutedVersion", version))
    found = read_series(
        client,
        {
            "calls": Series("AWS/Lambda", "Invocations", "Sum", executed),
            "p95": Series("AWS/Lambda", "Duration", "p95", executed),
            "errors": Series("AWS/Lambda", "Errors", "Sum", executed),
            "throttles": Series("AWS/Lambda", "Throttles", "Sum", alias),
        },
        window,
    )
    return FunctionFigures(
        calls=int(found["calls"] or 0),
        p95_ms=found["p95"],
        errors=int(found["errors"] or 0),
        throttles=int(found["throttles"] or 0),
    )


def oldest_message_seconds(
    client: "CloudWatchClient", queues: dict[str, str], window: Window
) -> dict[str, float]:
    """Return how old the oldest message of each queue became (by our name, to the AWS name).

    CloudWatch has no figure for a queue without traffic; then no message waited there.
    """
    series = {
        name: Series("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", (("QueueName", aws),))
        for name, aws in queues.items()
    }
    return {name: value or 0.0 for name, value in read_series(client, series, window).items()}
