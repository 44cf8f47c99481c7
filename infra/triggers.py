"""What calls the workers: queues with messages in them, and the clock."""

import pulumi
import pulumi_aws as aws

from app.stack import Mapping, Schedule, schedule_name
from infra.functions import ShopFunction
from infra.permissions import allow, policy, trust


class QueueTrigger(pulumi.ComponentResource):
    """A queue feeding a function, which reports the records it failed."""

    def __init__(
        self,
        mapping: Mapping,
        *,
        source: aws.sqs.Queue,
        target: ShopFunction,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Let ``source`` call ``target`` as ``mapping`` says."""
        super().__init__("shop:triggers:QueueTrigger", mapping.queue, None, opts)
        aws.lambda_.EventSourceMapping(
            mapping.queue,
            event_source_arn=source.arn,
            function_name=target.live_arn,
            batch_size=mapping.batch_size,
            maximum_batching_window_in_seconds=mapping.window_seconds,
            # Without this one failed record brings back the whole batch.
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=aws.lambda_.EventSourceMappingScalingConfigArgs(
                maximum_concurrency=mapping.max_concurrency
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


class ScheduleTrigger(pulumi.ComponentResource):
    """The clock calling a function, through a role that can do nothing else."""

    def __init__(
        self,
        schedule: Schedule,
        *,
        stack: str,
        target: ShopFunction,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Let the clock call ``target`` as ``schedule`` says."""
        super().__init__("shop:triggers:ScheduleTrigger", schedule.name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        name = schedule_name(stack, schedule.name)
        account = aws.get_caller_identity_output().account_id
        role = aws.iam.Role(
            schedule.name,
            name=name,
            # Not for another account's schedules, which could name this role too.
            assume_role_policy=pulumi.Output.json_dumps(
                trust(
                    "scheduler.amazonaws.com",
                    StringEquals={"aws:SourceAccount": account},
                )
            ),
            opts=child,
        )
        permissions = aws.iam.RolePolicy(
            schedule.name,
            name=schedule.name,
            role=role.name,
            policy=pulumi.Output.json_dumps(
                policy(allow("CallFunction", ["lambda:InvokeFunction"], [target.live_arn]))
            ),
            opts=child,
        )
        # A group of its own, because that is what the clock's failures are counted by.
        group = aws.scheduler.ScheduleGroup(schedule.name, name=name, opts=child)
        aws.scheduler.Schedule(
            schedule.name,
            name=name,
            group_name=group.name,
            schedule_expression=schedule.expression,
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=target.live_arn,
                role_arn=role.arn,
                # The next call makes up for one that was missed, so none needs to be late.
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_event_age_in_seconds=60, maximum_retry_attempts=0
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
        )
        self.group = group.name
        self.register_outputs({"group": self.group})
