"""The functions: one image, one role and one log group with a retention time for each.

Everything that calls a function calls its alias ``live``, never the newest code itself. Each
deployment publishes a version; without ``awsconfig:generic.canary`` the alias moves to it at
once. With it the versions in ``canary.stable`` stay live and ``canary.percent`` of all calls
try the new ones: 10 begins a release, removing the key ends it, 0 takes it back. That is a
deployment of one alias for each function: no image is pushed or pulled.

CodeDeploy could move the alias as well. It would need a service, a role and a deployment
group for each function, and would change what this program wrote; here the file of a stack
says what is live, and going back is an older file.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.configuration import Configuration
from infra.components.error_reports import SentryDsn
from infra.components.keys import CardKey, SigningKeys
from infra.components.origin_header import OriginHeader
from infra.components.permissions import Resources, function_policy, trust
from infra.components.queues import Queues
from infra.components.stack_config import Generic
from infra.components.table import Table
from infra.topology import (
    LIVE_ALIAS,
    QUEUES,
    ROTATION,
    Function,
    function_name,
    queue_setting,
    reserved_concurrency,
)


@dataclass(frozen=True)
class SharedResources:
    """What the functions work with; which of it each may touch is in ``infra/topology.py``."""

    table: Table
    queues: Queues
    card_key: CardKey
    signing_keys: SigningKeys
    origin_header: OriginHeader
    sentry_dsn: SentryDsn | None


def _environment(
    function: Function, configuration: Configuration, shared: SharedResources
) -> dict[str, pulumi.Input[str]]:
    """Return exactly the variables a function reads; one that is empty is left out."""
    made: dict[str, pulumi.Input[str]] = {
        "REGION": configuration.region,
        "TABLE": shared.table.name,
        "SIGNING_KEYS_SECRET": shared.signing_keys.arn,
        "ORIGIN_HEADER_SHA256": shared.origin_header.hashes,
        **{queue_setting(queue.name): shared.queues.by_name[queue.name].url for queue in QUEUES},
    }
    if shared.sentry_dsn:
        made["SENTRY_DSN_SECRET"] = shared.sentry_dsn.arn
    plain = {name: configuration.variable(name) for name in function.settings if name not in made}
    # The state of the stack keeps it encrypted.
    if headers := plain.get("OTEL_EXPORTER_OTLP_HEADERS"):
        made["OTEL_EXPORTER_OTLP_HEADERS"] = pulumi.Output.secret(headers)
    return {
        name: made[name] if name in made else plain[name]
        for name in function.settings
        if name in made or plain[name]
    }


class ShopFunction(pulumi.ComponentResource):
    """One Lambda function with its role, its log group and its alias ``live``."""

    def __init__(
        self,
        function: Function,
        *,
        image: str,
        configuration: Configuration,
        shared: SharedResources,
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
            table=shared.table.arn,
            indexes=shared.table.index_arns,
            queues={queue: made.arn for queue, made in shared.queues.by_name.items()},
            card_key=shared.card_key.arn,
            signing_keys=shared.signing_keys.arn,
            sentry_dsn=shared.sentry_dsn.arn if shared.sentry_dsn else None,
        )
        permissions = aws.iam.RolePolicy(
            function.name,
            name=function.name,
            role=role.name,
            policy=pulumi.Output.json_dumps(
                function_policy(
                    function, resources, is_traced=configuration.generic.trace_percent > 0
                )
            ),
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
            publish=True,
            timeout=function.timeout_seconds,
            memory_size=function.memory_mb,
            reserved_concurrent_executions=_concurrency(function, configuration.generic),
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables=_environment(function, configuration, shared)
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format="JSON",
                # Below it Lambda drops a line; without it, everything under WARNING is dropped.
                application_log_level="INFO",
                # Without START, END and REPORT of each call.
                system_log_level="WARN",
                log_group=logs.name,
            ),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(
                mode="Active" if configuration.generic.trace_percent else "PassThrough"
            ),
            # The first call may come at once, and event source mappings are refused when
            # the role cannot poll their queue.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
        )
        canary = configuration.generic.canary
        stable = canary.stable.get(function.name) if canary else None
        live = aws.lambda_.Alias(
            function.name,
            name=LIVE_ALIAS,
            function_name=made.name,
            function_version=stable or made.version,
            routing_config=made.version.apply(
                lambda version: _routing(version, stable, canary.percent if canary else 0)
            ),
            opts=child,
        )
        #: The version on trial, if there is one; metrics of a weighted alias tell it apart.
        self.canary_version = made.version if stable else None
        self.name = made.name
        self.arn = made.arn
        self.version = made.version
        self.live_name = live.name
        self.live_arn = live.arn
        self.live_invoke_arn = live.invoke_arn
        self.register_outputs({"arn": self.arn, "version": self.version})


def _concurrency(function: Function, generic: Generic) -> int | None:
    """Return the concurrent executions of a function, or None if the stack reserves none."""
    if not generic.reserve_concurrency or function is ROTATION:
        return None  # One call a month takes what AWS keeps free for such functions.
    return reserved_concurrency(function.name, api_concurrency=generic.api_concurrency)


def _routing(
    version: str, stable: str | None, percent: int
) -> "aws.lambda_.AliasRoutingConfigArgs | None":
    """Return how many calls go to ``version``, if it is on trial.

    A function that a release did not change has its stable version still, and Lambda
    refuses to share calls between a version and itself.
    """
    if stable in {None, version} or not percent:
        return None
    return aws.lambda_.AliasRoutingConfigArgs(additional_version_weights={version: percent / 100})
