"""What a function may do, statement by statement, derived from ``infra/topology.py``.

There is no Pulumi in here, so that tests can make the same roles without it: an ARN
is an output in a deployment and plain text anywhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from infra.topology import MAPPINGS, QUEUES, Function

Arn = TypeVar("Arn")

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


def function_policy(function: Function, resources: Resources[Arn]) -> dict[str, Any]:
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
    if function.table_actions:
        actions = [f"dynamodb:{action}" for action in function.table_actions]
        statements.append(allow("UseTable", actions, [resources.table]))
    if function.queries:
        asked = [resources.indexes[index] for index in function.queries]
        statements.append(allow("QueryIndexes", ["dynamodb:Query"], asked))
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
    if function.keeps_signing_keys:
        calls = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
        actions = [f"secretsmanager:{call}" for call in calls]
        statements.append(allow("KeepSigningKeys", actions, [resources.signing_keys]))
    return policy(*statements)
