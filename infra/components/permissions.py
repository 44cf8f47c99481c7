"""What a function may do, statement by statement, derived from ``infra/topology.py``.

There is no Pulumi in here, so that tests can make the same roles without it: an ARN
is an output in a deployment and plain text anywhere else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from infra.table_access import FORMER_LISTS, ITEMS, LISTS
from infra.topology import MAPPINGS, QUEUES, Function

Arn = TypeVar("Arn")

#: What Lambda does with a function's role to leave traces. X-Ray knows no resources for them.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
TRACING = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")

_LEADING_KEYS = "dynamodb:LeadingKeys"
_CARD_QUEUES = frozenset(queue.name for queue in QUEUES if queue.carries_cards)


@dataclass(frozen=True)
class Resources(Generic[Arn]):
    """The ARNs a function's permissions can be about.

    ``log_streams`` stands for the streams of the function's own log group, ``indexes`` and
    ``queues`` are under their names in ``app/store/schema.py`` and ``infra/topology.py``.
    """

    log_streams: Arn
    table: Arn
    indexes: Mapping[str, Arn]
    queues: Mapping[str, Arn]
    card_key: Arn
    signing_keys: Arn
    #: Where errors are reported, in a stack that reports them.
    sentry_dsn: Arn | None = None


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy document with ``statements``."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(service: str, **condition: object) -> dict[str, Any]:
    """Return the document that lets one AWS service take a role, and no other principal."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return policy(statement | ({"Condition": condition} if condition else {}))


def allow(sid: str, actions: Iterable[str], resources: Iterable[Arn]) -> dict[str, Any]:
    """Return one statement that allows ``actions`` on ``resources``."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": list(resources),
    }


def _lists(function: Function, resources: Resources[Arn]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a function queries, of the indexes that the table has."""
    for lists in (LISTS, FORMER_LISTS):
        for index, kinds in lists.get(function.name, {}).items():
            if index in resources.indexes:
                yield index, kinds


def function_policy(
    function: Function, resources: Resources[Arn], *, is_traced: bool = True
) -> dict[str, Any]:
    """Return the policy of one function's role: exact actions on exact resources."""
    receives_from = [mapping.queue for mapping in MAPPINGS if mapping.function == function.name]
    sends_cards = not _CARD_QUEUES.isdisjoint(function.sends_to)
    receives_cards = not _CARD_QUEUES.isdisjoint(receives_from)

    statements = [
        allow(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [resources.log_streams],
        )
    ]
    for action, kinds in ITEMS.get(function.name, {}).items():
        statement = allow(action, [f"dynamodb:{action}"], [resources.table])
        statements.append(statement | _only_items(kinds))
    for index, kinds in _lists(function, resources):
        statement = allow(f"Query{index}", ["dynamodb:Query"], [resources.indexes[index]])
        statements.append(statement | _only_items(kinds))
    if function.sends_to:
        targets = [resources.queues[queue] for queue in function.sends_to]
        statements.append(allow("Send", ["sqs:SendMessage"], targets))
    if function.checks:
        checked = [resources.queues[queue] for queue in function.checks]
        statements.append(allow("Check", ["sqs:GetQueueAttributes"], checked))
    if receives_from:
        sources = [resources.queues[queue] for queue in receives_from]
        # Lambda polls with the function's role; these three are what it asks for.
        actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        statements.append(allow("Receive", actions, sources))
    if sends_cards or receives_cards:
        # A sender decrypts too: SQS hands it the data key it has cached, encrypted.
        actions = ["kms:Decrypt", *(["kms:GenerateDataKey"] if sends_cards else [])]
        statements.append(allow("CarryCards", actions, [resources.card_key]))
    statements += _secret_statements(function, resources)
    if is_traced:
        statements.append(allow("Trace", TRACING, ["*"]))
    return policy(*statements)


def _secret_statements(function: Function, resources: Resources[Arn]) -> Iterator[dict[str, Any]]:
    """Yield what a function may do in Secrets Manager."""
    reading = ["secretsmanager:GetSecretValue"]
    if function.reads_signing_keys:
        yield allow("ReadSigningKeys", reading, [resources.signing_keys])
    if function.rotates_signing_keys:
        calls = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
        actions = [f"secretsmanager:{call}" for call in calls]
        yield allow("RotateSigningKeys", actions, [resources.signing_keys])
    if resources.sentry_dsn is not None:
        yield allow("ReadSentryDsn", reading, [resources.sentry_dsn])


def _only_items(kinds: Iterable[str]) -> dict[str, Any]:
    """Return the condition that a call names items or lists of some kinds, and no others.

    A call that named no item would be allowed by the first half alone.
    """
    return {
        "Condition": {
            "ForAllValues:StringLike": {_LEADING_KEYS: [f"{kind}#*" for kind in kinds]},
            "Null": {_LEADING_KEYS: "false"},
        }
    }


def items_of(statement: Mapping[str, Any]) -> list[str]:
    """Return the partition keys a statement is limited to; one empty text if it is not.

    Raises:
        ValueError: the statement has another condition, which no test compares with calls.
    """
    condition = {**statement.get("Condition", {})}
    keys: list[str] = condition.pop("ForAllValues:StringLike", {}).get(_LEADING_KEYS, [""])
    condition.pop("Null", None)
    if condition:
        raise ValueError(statement)
    return keys
