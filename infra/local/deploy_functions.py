"""Functions, event source mappings and the schedule, in the emulator."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from infra import topology
from infra.local.deploy_data import ACCOUNT, queue_arn

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_scheduler import EventBridgeSchedulerClient

#: The emulator calls a function with this variable at its address instead of running it.
PROXY_VARIABLE = "MINISTACK_LAMBDA_PROXY_URL"

# The functions run outside of the emulator and assume no role, but Lambda requires one.
_ROLE = "acme-shop-local"
_ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{_ROLE}"


def ensure_role(client: "IAMClient") -> None:
    """Create the role of all functions."""
    with suppress(client.exceptions.EntityAlreadyExistsException):
        client.create_role(
            RoleName=_ROLE, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
        )


def ensure_functions(
    client: "LambdaClient", stack: str, function_urls: Mapping[str, str]
) -> dict[str, str]:
    """Create or update the functions that are called by a mapping or schedule, or have a URL."""
    called = {
        topology.SWEEPER.function,
        *(mapping.function for mapping in topology.MAPPINGS),
    }
    arns = {}
    for function in topology.FUNCTIONS:
        if function.name not in called and function.name not in function_urls:
            continue
        name = topology.function_name(stack, function.name)
        url = function_urls.get(function.name)
        configuration: Any = {
            "FunctionName": name,
            "Timeout": function.timeout_seconds,
            "MemorySize": function.memory_mb,
            "Environment": {"Variables": {PROXY_VARIABLE: url} if url else {}},
        }
        try:
            made = client.create_function(
                **configuration,
                Role=_ROLE_ARN,
                PackageType="Image",
                Code={"ImageUri": f"{ACCOUNT}.dkr.ecr.local/acme-shop:local"},
                ImageConfig={"Command": [function.handler]},
            )
            arns[function.name] = made["FunctionArn"]
        except client.exceptions.ResourceConflictException:
            updated = client.update_function_configuration(**configuration)
            arns[function.name] = updated["FunctionArn"]
    return arns


def ensure_mappings(
    client: "LambdaClient", stack: str, region: str, arns: Mapping[str, str]
) -> None:
    """Create or update the mappings, and remove those no longer defined."""
    obsolete = {}
    for queue in topology.QUEUES:
        source = queue_arn(stack, region, queue.name)
        found = client.list_event_source_mappings(EventSourceArn=source)
        for existing in found["EventSourceMappings"]:
            obsolete[source, existing["FunctionArn"]] = existing["UUID"]
    for mapping in topology.MAPPINGS:
        settings: Any = {
            "FunctionName": arns[mapping.function],
            "BatchSize": mapping.batch_size,
            "MaximumBatchingWindowInSeconds": mapping.window_seconds,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": mapping.max_concurrency},
            "Enabled": True,
        }
        source = queue_arn(stack, region, mapping.queue)
        uuid = obsolete.pop((source, arns[mapping.function]), None)
        if uuid is None:
            client.create_event_source_mapping(EventSourceArn=source, **settings)
        else:
            client.update_event_source_mapping(UUID=uuid, **settings)
    for uuid in obsolete.values():
        client.delete_event_source_mapping(UUID=uuid)


def ensure_schedule(
    client: "EventBridgeSchedulerClient",
    stack: str,
    schedule: topology.Schedule,
    arns: Mapping[str, str],
) -> None:
    """Create or update the schedule."""
    wanted: Any = {
        "Name": topology.schedule_name(stack, schedule.name),
        "ScheduleExpression": schedule.expression,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arns[schedule.function], "RoleArn": _ROLE_ARN},
        "State": "ENABLED",
    }
    try:
        client.create_schedule(**wanted)
    except client.exceptions.ConflictException:
        client.update_schedule(**wanted)
