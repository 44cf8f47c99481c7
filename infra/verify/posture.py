"""Rules a stack keeps to, each a generator of what breaks it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app.settings import NOT_CHECKED, OPEN_STAGES
from infra.components.permissions import TRACING
from infra.verify.evidence import Finding
from infra.verify.sources.graph import Graph, Resource, as_list

#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_FACTOR = 6

_QUEUE = "sqs/queue:Queue"
_PUBLIC_ACCESS = (
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
)
#: Policies that say who may come to a resource, and the input that holds them.
_RESOURCE_POLICIES = {
    "ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "iam/role:Role": "assumeRolePolicy",
    "kms/key:Key": "policy",
    "s3/bucketPolicy:BucketPolicy": "policy",
    "secretsmanager/secret:Secret": "policy",
    "secretsmanager/secretPolicy:SecretPolicy": "policy",
    "sns/topic:Topic": "policy",
    "sns/topicPolicy:TopicPolicy": "policy",
    "sqs/queue:Queue": "policy",
    "sqs/queuePolicy:QueuePolicy": "policy",
}
#: Conditions that say who may come, unlike those that say how or when.
_WHO = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "kms:calleraccount",
    }
)
#: The one way to give permissions here; what comes in another way is compared with nothing.
_ROLE, _ROLE_POLICY = "iam/role:Role", "iam/rolePolicy:RolePolicy"


def wildcards(graph: Graph) -> Iterator[Finding]:
    """Find permissions with a wildcard."""
    for policy in graph.all(_ROLE_POLICY):
        for statement in policy.document("policy"):
            for action in as_list(statement.get("Action", "*")):
                if "*" in action:
                    yield Finding("wildcard", f"role {policy.name}", f"may do {action}")
            for resource in as_list(statement.get("Resource", "*")):
                # The streams of one log group have no names before they are written, and X-Ray's
                # traces have none at all.
                is_trace = set(as_list(statement.get("Action", "*"))) <= set(TRACING)
                if "*" in resource.removesuffix(":*") and not is_trace:
                    yield Finding("wildcard", f"role {policy.name}", f"may act on {resource}")


def public_buckets(graph: Graph) -> Iterator[Finding]:
    """Find buckets that could be made public."""
    blocks = graph.all("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    for bucket in graph.all("s3/bucket:Bucket"):
        blocking = [block for block in blocks if block.inputs["bucket"] == bucket.inputs["bucket"]]
        if not any(all(block.inputs.get(key) for key in _PUBLIC_ACCESS) for block in blocking):
            yield Finding("public", f"bucket {bucket.name}", "can be made public")


def public_policies(graph: Graph) -> Iterator[Finding]:
    """Find resource policies that allow any principal."""
    for kind, key in _RESOURCE_POLICIES.items():
        for resource in graph.all(kind):
            statements = resource.document(key) if resource.inputs.get(key) else []
            if any(map(_is_public, statements)):
                yield Finding(
                    "public", f"{_word(resource)} {resource.name}", "allows any principal"
                )


def _is_public(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal", "*")
    named = principal.values() if isinstance(principal, Mapping) else [principal]
    asked = {
        key.lower() for condition in statement.get("Condition", {}).values() for key in condition
    }
    is_open_to_all = any("*" in as_list(value) for value in named)
    return statement["Effect"] == "Allow" and is_open_to_all and _WHO.isdisjoint(asked)


def public_functions(graph: Graph) -> Iterator[Finding]:
    """Find functions that can be called from outside the stack."""
    for permission in graph.all("lambda/permission:Permission"):
        if permission.inputs["principal"] == "*" or not permission.inputs.get("sourceArn"):
            yield Finding("public", f"permission {permission.name}", "does not say who may call")
    for url in graph.all("lambda/functionUrl:FunctionUrl"):
        if url.inputs["authorizationType"] == "NONE":
            yield Finding("public", f"function URL {url.name}", "can be called without credentials")


def calls_past_the_cdn(graph: Graph) -> Iterator[Finding]:
    """Find functions that believe a proxy's header from any sender."""
    for function in graph.all("lambda/function:Function"):
        environment = function.inputs["environment"]
        # A secret hides everything around it.
        variables = environment.get("value", environment)["variables"]
        believes = variables.get("TRUSTED_PROXIES", "0") != "0"
        if believes and variables.get("ORIGIN_HEADER_SHA256", NOT_CHECKED) == NOT_CHECKED:
            subject = f"function {function.name}"
            yield Finding("public", subject, "answers calls that go past the CDN")


def recovery(graph: Graph) -> Iterator[Finding]:
    """Find what cannot be brought back."""
    for table in graph.all("dynamodb/table:Table"):
        if not table.inputs.get("pointInTimeRecovery", {}).get("enabled"):
            yield Finding("recovery", f"table {table.name}", "has no point-in-time recovery")
        is_disposable = table.inputs.get("tags", {}).get("Stage") in OPEN_STAGES
        if not (table.inputs.get("deletionProtectionEnabled") or is_disposable):
            yield Finding("recovery", f"table {table.name}", "has no deletion protection")
    for key, what in (("recoveryWindowInDays", "secret"), ("deletionWindowInDays", "key")):
        kind = {"secret": "secretsmanager/secret:Secret", "key": "kms/key:Key"}[what]
        for resource in graph.all(kind):
            if resource.inputs.get(key, 0) < 7:
                yield Finding("recovery", f"{what} {resource.name}", "is gone within a week")


def dead_letters(graph: Graph) -> Iterator[Finding]:
    """Find queues that try for ever, or that give up without keeping the message."""
    behind = _dead_letter_queues(graph)
    for queue in graph.all(_QUEUE):
        if queue.arn in behind:
            continue
        target, receives = _redrive(queue)
        dead_letters = graph.by_arn(target)
        if dead_letters is None:
            yield Finding("dead-letters", f"queue {queue.name}", "has no dead-letter queue")
        elif receives != 5:
            yield Finding("dead-letters", f"queue {queue.name}", f"gives up after {receives}")


def retention(graph: Graph) -> Iterator[Finding]:
    """Find messages and logs that are kept too short or for ever."""
    for queue in graph.all(_QUEUE):
        dead_letters = graph.by_arn(_redrive(queue)[0])
        if dead_letters is not None and _kept(dead_letters) <= _kept(queue):
            yield Finding(
                "retention", f"queue {dead_letters.name}", f"keeps no longer than {queue.name}"
            )
    kept = {
        group.inputs["name"]: group.inputs.get("retentionInDays", 0)
        for group in graph.all("cloudwatch/logGroup:LogGroup")
    }
    for function in graph.all("lambda/function:Function"):
        if not kept.get(f"/aws/lambda/{function.inputs['name']}"):
            yield Finding("retention", f"function {function.name}", "keeps its logs for ever")


def visibility(graph: Graph) -> Iterator[Finding]:
    """Find messages that come back while a function still works on them."""
    for mapping in graph.all("lambda/eventSourceMapping:EventSourceMapping"):
        queue = graph.by_arn(mapping.inputs["eventSourceArn"])
        function = graph.function_of(mapping.inputs["functionName"])
        if queue is None or function is None:
            yield Finding("visibility", f"mapping {mapping.name}", "leads out of the stack")
            continue
        hidden = queue.inputs.get("visibilityTimeoutSeconds", 30)
        wanted = VISIBILITY_FACTOR * function.inputs.get("timeout", 3)
        if hidden < wanted:
            message = f"hides messages for {hidden:g} s; {function.name} needs {wanted:g} s"
            yield Finding("visibility", f"queue {queue.name}", message)


def encryption(graph: Graph) -> Iterator[Finding]:
    """Find what keeps something in clear."""
    locked = {
        encryption.inputs["bucket"]
        for encryption in graph.all(
            "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        )
    }
    is_encrypted: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        _QUEUE: lambda it: it.get("kmsMasterKeyId") or it.get("sqsManagedSseEnabled"),
        "dynamodb/table:Table": lambda it: it.get("serverSideEncryption", {}).get("enabled"),
        "s3/bucket:Bucket": lambda it: it["bucket"] in locked,
        "sns/topic:Topic": lambda it: it.get("kmsMasterKeyId"),
        "ecr/repository:Repository": lambda it: it.get("encryptionConfigurations"),
    }
    for kind, check in is_encrypted.items():
        for resource in graph.all(kind):
            if not check(resource.inputs):
                yield Finding(
                    "encryption", f"{_word(resource)} {resource.name}", "is not encrypted"
                )


def alarms(graph: Graph) -> Iterator[Finding]:
    """Find queues without an alarm, and alarms without a notification."""
    measure_budgets = set()
    for alarm in graph.all("cloudwatch/metricAlarm:MetricAlarm"):
        measure_budgets.add(alarm.inputs.get("dimensions", {}).get("QueueName"))
        if not alarm.inputs.get("alarmActions"):
            yield Finding("alarm", f"alarm {alarm.name}", "notifies no topic")
    for queue in graph.all(_QUEUE):
        if queue.inputs["name"] not in measure_budgets:
            yield Finding("alarm", f"queue {queue.name}", "has no alarm")


#: Of a stack with ``sentry: true``; the recorded calls are those of the sample.
_OPTIONAL = frozenset({"secretsmanager:GetSecretValue Secret sentry-dsn"})


def permissions(graph: Graph, recorded: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Compare what roles may do with what they were seen doing, both ways.

    ``recorded`` has, by role, texts like ``sqs:SendMessage Queue payment-request``.
    """
    granted: dict[str, set[str]] = {}
    for role, action, place in graph.grants():
        granted.setdefault(role, set()).add(f"{action} {place}")
    for role in sorted({*granted, *recorded}):
        may, does = granted.get(role, set()), set(recorded.get(role, ()))
        for permission in sorted(may - does - _OPTIONAL):
            yield Finding("permission", f"role {role}", f"never needed: {permission}")
        for missing in sorted(does - may):
            yield Finding("permission", f"role {role}", f"needed, not given: {missing}")


def unchecked_grants(graph: Graph) -> Iterator[Finding]:
    """Find permissions that are given past the policies that are compared with calls."""
    for resource in graph.resources:
        is_known = resource.kind.endswith((f":{_ROLE}", f":{_ROLE_POLICY}"))
        if resource.kind.startswith("aws:iam/") and not is_known:
            subject = f"{_word(resource)} {resource.name}"
            yield Finding("permission", subject, "gives what is compared with no calls")
    for role in graph.all(_ROLE):
        if role.inputs.get("managedPolicyArns") or role.inputs.get("inlinePolicies"):
            yield Finding("permission", f"role {role.name}", "has policies beside its own")


#: What looks at nothing but the graph.
RULES = (
    wildcards,
    public_buckets,
    public_policies,
    public_functions,
    calls_past_the_cdn,
    recovery,
    dead_letters,
    retention,
    visibility,
    encryption,
    alarms,
    unchecked_grants,
)


def _dead_letter_queues(graph: Graph) -> set[str]:
    return {_redrive(queue)[0] for queue in graph.all(_QUEUE)} - {""}


def _redrive(queue: Resource) -> tuple[str, int]:
    """Return where a queue's failures go and after how many receives; nowhere is ``""``."""
    text = queue.inputs.get("redrivePolicy")
    policy = json.loads(text) if text else {}
    return policy.get("deadLetterTargetArn", ""), policy.get("maxReceiveCount", 0)


def _kept(queue: Resource) -> float:
    seconds: float = queue.inputs.get("messageRetentionSeconds", 4 * 24 * 3600)
    return seconds


def _word(resource: Resource) -> str:
    return resource.kind.rpartition(":")[2].lower()
