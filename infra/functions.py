"""The functions: one image, one role each, logs that do not stay for ever."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from app.stack import QUEUES, Function, function_name, queue_setting
from infra.configuration import Configuration
from infra.keys import CardKey, SigningKeys
from infra.permissions import Resources, function_policy, trust
from infra.queues import Queues
from infra.table import Table


@dataclass(frozen=True)
class Surroundings:
    """What the functions work with; which of it each may touch is in ``app/stack.py``."""

    table: Table
    queues: Queues
    card_key: CardKey
    signing_keys: SigningKeys


def _environment(
    function: Function, configuration: Configuration, surroundings: Surroundings
) -> dict[str, pulumi.Input[str]]:
    """Return exactly the variables a function reads."""
    made: dict[str, pulumi.Input[str]] = {
        "REGION": configuration.region,
        "TABLE": surroundings.table.name,
        "SIGNING_KEYS_SECRET": surroundings.signing_keys.arn,
        **{
            queue_setting(queue.name): surroundings.queues.by_name[queue.name].url
            for queue in QUEUES
        },
    }
    return {
        name: made[name] if name in made else configuration.variable(name)
        for name in function.settings
    }


class ShopFunction(pulumi.ComponentResource):
    """One Lambda function with its role and its log group."""

    def __init__(
        self,
        function: Function,
        *,
        image: str,
        configuration: Configuration,
        surroundings: Surroundings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make ``function`` from ``image``."""
        super().__init__("shop:functions:ShopFunction", function.name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        name = function_name(configuration.stack, function.name)
        # Made here, because a group that Lambda makes itself keeps logs for ever.
        logs = aws.cloudwatch.LogGroup(
            function.name,
            name=f"/aws/lambda/{name}",
            retention_in_days=configuration.generic.log_retention_days,
            opts=child,
        )
        role = aws.iam.Role(
            function.name,
            name=name,
            assume_role_policy=pulumi.Output.json_dumps(trust("lambda.amazonaws.com")),
            opts=child,
        )
        resources = Resources[pulumi.Input[str]](
            log_streams=pulumi.Output.concat(logs.arn, ":*"),
            table=surroundings.table.arn,
            indexes=surroundings.table.index_arns,
            queues={queue: made.arn for queue, made in surroundings.queues.by_name.items()},
            card_key=surroundings.card_key.arn,
            signing_keys=surroundings.signing_keys.arn,
        )
        permissions = aws.iam.RolePolicy(
            function.name,
            name=function.name,
            role=role.name,
            policy=pulumi.Output.json_dumps(function_policy(function, resources)),
            opts=child,
        )
        made = aws.lambda_.Function(
            function.name,
            name=name,
            role=role.arn,
            package_type="Image",
            image_uri=image,
            image_config=aws.lambda_.FunctionImageConfigArgs(commands=[function.handler]),
            architectures=[configuration.generic.architecture.value],
            timeout=function.timeout_seconds,
            memory_size=function.memory_mb,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables=_environment(function, configuration, surroundings)
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format="Text", log_group=logs.name
            ),
            # The first call may come at once, and event source mappings are refused when
            # the role cannot poll their queue.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
        )
        self.name = made.name
        self.arn = made.arn
        self.invoke_arn = made.invoke_arn
        self.register_outputs({"arn": self.arn})
