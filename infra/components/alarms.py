"""An alarm for every definition, a composite alarm for releases, and a dashboard."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

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
            definition.name: _alarm(definition, stack, notifications, child)
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
    notifications: Notifications,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.MetricAlarm:
    is_percentile = definition.statistic.startswith("p")
    return aws.cloudwatch.MetricAlarm(
        definition.name,
        name=alarm_name(stack, definition.name),
        alarm_description=definition.meaning,
        namespace=definition.namespace,
        metric_name=definition.metric,
        dimensions=definition.dimensions,
        statistic=None if is_percentile else definition.statistic,
        extended_statistic=definition.statistic if is_percentile else None,
        period=definition.period_seconds,
        evaluation_periods=1,
        threshold=definition.threshold,
        comparison_operator="LessThanThreshold" if definition.at_least else "GreaterThanThreshold",
        # Without customers there are no figures, which is no reason for an alarm.
        treat_missing_data="breaching" if definition.needs_figures else "notBreaching",
        alarm_actions=[notifications.arn],
        ok_actions=[notifications.arn],
        opts=opts,
    )


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
            "metrics": [[definition.namespace, definition.metric, *dimensions]],
            "annotations": {"horizontal": [{"label": "alarm", "value": definition.threshold}]},
        },
    }
