"""An alarm for every definition, a composite alarm for releases, and a dashboard."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.components.alarm_advice import advice_for
from infra.components.alarm_definitions import AlarmDefinition
from infra.components.notifications import Notifications
from infra.topology import alarm_name, gateway_name

Alarm = AlarmDefinition[pulumi.Output[str]]

#: The dashboard is a grid of 24 columns.
_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3


class Alarms(pulumi.ComponentResource):
    """One alarm for each definition; the stack's topic is told when it begins and ends.

    The composite alarm ``release`` is raised while any alarm with ``ends_release`` is. While a
    canary has its share of the calls, ``infra/release`` takes it back when that happens.
    """

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        region: str,
        definitions: Sequence[Alarm],
        notifications: Notifications,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the alarms and the dashboard of a stack."""
        super().__init__("shop:alarms:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        made = {
            definition.name: _alarm(definition, stack, region, notifications, child)
            for definition in definitions
        }
        ending = [made[definition.name] for definition in definitions if definition.ends_release]
        if ending:
            rule = pulumi.Output.all(*(alarm.name for alarm in ending)).apply(
                lambda names: " OR ".join(f'ALARM("{name}")' for name in names)
            )
            aws.cloudwatch.CompositeAlarm(
                "release",
                alarm_name=alarm_name(stack, "release"),
                alarm_description=(
                    "An alarm that a new version could have caused is raised; its name is in the"
                    " alarm's reason. A release on trial is taken back."
                ),
                alarm_rule=rule,
                opts=child,
            )
        aws.cloudwatch.Dashboard(
            name,
            dashboard_name=gateway_name(stack),
            dashboard_body=pulumi.Output.json_dumps(
                {
                    "widgets": [
                        _widget(number, definition, region)
                        for number, definition in enumerate(definitions)
                    ]
                }
            ),
            opts=child,
        )
        self.register_outputs({})


def _alarm(
    definition: Alarm,
    stack: str,
    region: str,
    notifications: Notifications,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.MetricAlarm:
    is_percentile = definition.statistic.startswith("p")
    is_share = bool(definition.share_of)
    return aws.cloudwatch.MetricAlarm(
        definition.name,
        name=alarm_name(stack, definition.name),
        alarm_description=advice_for(definition.name).text(
            definition.meaning, stack=stack, region=region
        ),
        namespace=None if is_share else definition.namespace,
        metric_name=None if is_share else definition.metric,
        dimensions=None if is_share else definition.dimensions,
        statistic=None if is_percentile or is_share else definition.statistic,
        extended_statistic=definition.statistic if is_percentile else None,
        # One slow call among five is no percentile.
        evaluate_low_sample_count_percentiles="ignore" if is_percentile else None,
        period=None if is_share else definition.period_seconds,
        metric_queries=_share(definition) if is_share else None,
        evaluation_periods=1,
        threshold=definition.threshold,
        comparison_operator="LessThanThreshold" if definition.at_least else "GreaterThanThreshold",
        # Without customers there are no figures, which is no reason for an alarm.
        treat_missing_data="breaching" if definition.needs_figures else "notBreaching",
        alarm_actions=[notifications.arn],
        ok_actions=[notifications.arn],
        opts=opts,
    )


def _series(definition: Alarm, dimensions: Sequence[object]) -> list[list[object]]:
    """Return what a graph draws: a metric, or its share in another one, which is not drawn."""
    series: list[object] = [definition.namespace, definition.metric, *dimensions]
    if not definition.share_of:
        return [series]
    others = [part for pair in definition.share_dimensions.items() for part in pair]
    whole = [definition.namespace, definition.share_of, *(others or dimensions)]
    hidden = {"visible": False, "stat": "Sum"}
    return [
        [{"expression": "part / whole", "label": definition.name}],
        [*series, {"id": "part", **hidden}],
        [*whole, {"id": "whole", **hidden}],
    ]


def _share(definition: Alarm) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    """Return the share of one metric in another; 0 while there are too few of the other."""
    sums = {
        "part": (definition.metric, definition.dimensions),
        "whole": (definition.share_of, definition.share_dimensions or definition.dimensions),
    }
    return [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="share",
            expression=f"IF(whole >= {definition.fewest_samples}, part / whole, 0)",
            label=definition.name,
            return_data=True,
        ),
        *(
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id=name,
                metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace=definition.namespace,
                    metric_name=metric,
                    dimensions=dimensions,
                    stat="Sum",
                    period=definition.period_seconds,
                ),
            )
            for name, (metric, dimensions) in sums.items()
        ),
    ]


def _widget(number: int, definition: Alarm, region: str) -> dict[str, object]:
    """Return a graph of the metric, with the alarm's threshold as a line."""
    row, column = divmod(number, _COLUMNS)
    dimensions = [part for pair in definition.dimensions.items() for part in pair]
    return {
        "type": "metric",
        "x": column * _WIDTH,
        "y": row * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": definition.name,
            "region": region,
            "stat": definition.statistic,
            "period": definition.period_seconds,
            "metrics": _series(definition, dimensions),
            "annotations": {"horizontal": [{"label": "alarm", "value": definition.threshold}]},
        },
    }
