"""Alarms for everything that is watched, one alarm for releases, and all of it on one page."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.components.alarm_definitions import AlarmDefinition
from infra.components.notifications import Notifications
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
        definitions: Sequence[AlarmDefinition],
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
        judges = [made[definition.name] for definition in definitions if definition.ends_release]
        if judges:
            rule = pulumi.Output.all(*(judge.name for judge in judges)).apply(
                lambda names: " OR ".join(f'ALARM("{name}")' for name in names)
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
                        _widget(number, definition, region)
                        for number, definition in enumerate(definitions)
                    ]
                }
            ),
            opts=child,
        )
        self.register_outputs({})


def _alarm(
    definition: AlarmDefinition,
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
        # A shop without customers has no figures, and nothing is wrong with it.
        treat_missing_data="breaching" if definition.at_least else "notBreaching",
        alarm_actions=[notifications.arn],
        ok_actions=[notifications.arn],
        opts=opts,
    )


def _widget(number: int, definition: AlarmDefinition, region: str) -> dict[str, object]:
    """Return a graph of what is watched, with the line it must not cross."""
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
