"""Alarms for everything that is watched, one alarm for releases, and all of it on one page."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.components.alarm_definitions import Watch
from infra.components.notifications import Notices
from infra.topology import alarm_name, gateway_name

#: The dashboard is a grid of 24 columns.
_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3


class Alarms(pulumi.ComponentResource):
    """An alarm for each watch, told to the stack's topic when it begins and when it ends.

    ``release`` is on while any of those is that say whether a new version works: as long as
    a canary is on trial, this is what ends it.
    """

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        region: str,
        watches: Sequence[Watch],
        notices: Notices,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the alarms and the dashboard of a stack."""
        super().__init__("shop:alarms:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        made = {watch.name: _alarm(watch, stack, notices, child) for watch in watches}
        judges = [made[watch.name] for watch in watches if watch.ends_release]
        if judges:
            rule = pulumi.Output.all(*(judge.name for judge in judges)).apply(
                lambda names: " OR ".join(f'ALARM("{each}")' for each in names)
            )
            aws.cloudwatch.CompositeAlarm(
                "release",
                alarm_name=alarm_name(stack, "release"),
                alarm_description="Something that a new version could have broken is broken.",
                alarm_rule=rule,
                opts=child,
            )
        aws.cloudwatch.Dashboard(
            name,
            dashboard_name=gateway_name(stack),
            dashboard_body=pulumi.Output.json_dumps(
                {
                    "widgets": [
                        _widget(number, watch, region) for number, watch in enumerate(watches)
                    ]
                }
            ),
            opts=child,
        )
        self.register_outputs({})


def _alarm(
    watch: Watch, stack: str, notices: Notices, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    is_percentile = watch.statistic.startswith("p")
    return aws.cloudwatch.MetricAlarm(
        watch.name,
        name=alarm_name(stack, watch.name),
        alarm_description=watch.meaning,
        namespace=watch.namespace,
        metric_name=watch.metric,
        dimensions=watch.dimensions,
        statistic=None if is_percentile else watch.statistic,
        extended_statistic=watch.statistic if is_percentile else None,
        period=watch.period_seconds,
        evaluation_periods=1,
        threshold=watch.threshold,
        comparison_operator="LessThanThreshold" if watch.at_least else "GreaterThanThreshold",
        # A shop without customers has no figures, and nothing is wrong with it.
        treat_missing_data="breaching" if watch.at_least else "notBreaching",
        alarm_actions=[notices.arn],
        ok_actions=[notices.arn],
        opts=opts,
    )


def _widget(number: int, watch: Watch, region: str) -> dict[str, object]:
    """Return a graph of what is watched, with the line it must not cross."""
    row, column = divmod(number, _COLUMNS)
    dimensions = [part for pair in watch.dimensions.items() for part in pair]
    return {
        "type": "metric",
        "x": column * _WIDTH,
        "y": row * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": watch.name,
            "region": region,
            "stat": watch.statistic,
            "period": watch.period_seconds,
            "metrics": [[watch.namespace, watch.metric, *dimensions]],
            "annotations": {"horizontal": [{"label": "alarm", "value": watch.threshold}]},
        },
    }
