"""The monthly cost limit of a stack, with warnings to its topic."""

import pulumi
import pulumi_aws as aws

from infra.components.notifications import Notifications
from infra.components.tags import STACK_TAG
from infra.topology import gateway_name

#: Per cent of the limit, and whether it is spent or only foreseen.
WARNINGS = ((80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED"))


class MonthlyBudget(pulumi.ComponentResource):
    """A budget for everything that carries the stack's tag.

    Bills know the tag once it is activated for cost allocation, which is done for an
    account, not for a stack.
    """

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        limit_dollars: int,
        notifications: Notifications,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the budget of a stack, in US dollars a month."""
        super().__init__("shop:money:MonthlyBudget", name, None, opts)
        aws.budgets.Budget(
            name,
            name=gateway_name(stack),
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(limit_dollars),
            limit_unit="USD",
            cost_filters=[
                aws.budgets.BudgetCostFilterArgs(
                    name="TagKeyValue", values=[f"user:{STACK_TAG}${stack}"]
                )
            ],
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[notifications.arn],
                )
                for percent, kind in WARNINGS
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
