"""What calls functions besides the gateway: queues, the schedule, and secret rotation."""

import pulumi
import pulumi_aws as aws

from infra.components.functions import ShopFunction
from infra.components.keys import SigningKeys
from infra.components.permissions import allow, policy, trust
from infra.topology import Mapping, Schedule, schedule_name


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
    """A schedule that calls a function, through a role with no other permission."""

    def __init__(
        self,
        schedule: Schedule,
        *,
        stack: str,
        target: ShopFunction,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Call ``target`` as ``schedule`` says."""
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
        # A group of its own, because failures of calls are counted by group.
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
                # The next call does the same work, so one that failed is not repeated.
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_event_age_in_seconds=60, maximum_retry_attempts=0
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
        )
        # The schedule calls asynchronously. A sweep that failed would be repeated by Lambda up
        # to twice, beside the next one.
        aws.lambda_.FunctionEventInvokeConfig(
            schedule.name,
            function_name=target.name,
            qualifier=target.live_name,
            maximum_retry_attempts=0,
            maximum_event_age_in_seconds=60,
            opts=child,
        )
        self.group = group.name
        self.register_outputs({"group": self.group})


#: Days between rotations: a key is published for one period, signs for one, verifies for one.
ROTATION_DAYS = 30


class RotationTrigger(pulumi.ComponentResource):
    """Secrets Manager calling a function to have the signing keys rotated."""

    def __init__(
        self,
        name: str,
        *,
        secret: SigningKeys,
        target: ShopFunction,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Let ``secret`` call ``target`` every month."""
        super().__init__("shop:triggers:RotationTrigger", name, None, opts)
        permission = aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=target.name,
            qualifier=target.live_name,
            principal="secretsmanager.amazonaws.com",
            source_arn=secret.arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.secretsmanager.SecretRotation(
            name,
            secret_id=secret.arn,
            rotation_lambda_arn=target.live_arn,
            rotation_rules=aws.secretsmanager.SecretRotationRotationRulesArgs(
                automatically_after_days=ROTATION_DAYS
            ),
            # A deployment is no reason to change keys.
            rotate_immediately=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})
