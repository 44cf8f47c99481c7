"""Roles may do, and functions are told, exactly what was seen when everything was done.

A proxy in front of the emulator records every call with the role that made it. What was
seen is kept in ``infra/verify/recorded_calls.json`` for the gate ``posture``; with
``RECORD_CALLS=1`` in the environment this file writes it anew. Functions note the settings
they read themselves.
"""

import json
import os
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from app.main import app
from infra.components.configuration import variables
from infra.components.permissions import TRACING
from infra.topology import EVERY_FUNCTION, SWEEPER, Function
from infra.verify.gates.posture import RECORDED_FILE
from infra.verify.sources.graph import Graph, Resource
from tests.infra.components.deployment import ROOT
from tests.infra.components.executed_stack import ExecutedStack
from tests.infra.components.walkthrough import Walkthrough

ROLES = [*(function.name for function in EVERY_FUNCTION), SWEEPER.name]

#: What Lambda does with a function's role, which no line of the function's code shows.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-lambda-function-trigger.html
LAMBDA_NEEDS = {
    "logs:CreateLogStream": "every execution environment has a stream of its own",
    "logs:PutLogEvents": "what a function prints goes there",
    "sqs:ReceiveMessage": "a mapping polls its queue",
    "sqs:DeleteMessage": "a mapping deletes what the function did not report as failed",
    "sqs:GetQueueAttributes": "a mapping looks at the backlog to decide how much to call",
}

#: What SQS asks KMS for on behalf of its caller, who must be allowed to: senders need a data
#: key and read the one that is cached, receivers read it. The emulator does not ask.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
KMS_NEEDS = {
    "sqs:SendMessage": ("kms:Decrypt", "kms:GenerateDataKey"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
}


@pytest.fixture(scope="module")
def walkthrough(executed: ExecutedStack) -> Walkthrough:
    """Return a walkthrough that saw all of a stack."""
    walkthrough = Walkthrough(executed)
    walkthrough.run_all()
    return walkthrough


def behind(stack: ExecutedStack, action: str, resource: str) -> Iterator[tuple[str, str]]:
    """Yield what else a call needs permission for, because its queue is encrypted."""
    for key_action in KMS_NEEDS.get(action, ()):
        if key := stack.deployment.by_arn(resource).inputs.get("kmsMasterKeyId"):
            yield key_action, key


def test_the_tour_sees_every_route(walkthrough: Walkthrough) -> None:
    routes = {
        (method, context.path)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in context.methods or ()
    }

    assert walkthrough.visited == routes


def test_no_call_was_refused_in_the_walkthrough(walkthrough: Walkthrough) -> None:
    refused = [(role, call) for role, call in walkthrough.stack.calls() if call.was_refused]

    assert refused == []


def needed(walkthrough: Walkthrough, role: str) -> set[tuple[str, str]]:
    """Return actions and resources a role was seen with, and what they need in turn.

    Traces are sent by Lambda with the function's role, past the emulator.
    """
    seen = {(call.action, call.resource) for who, call in walkthrough.stack.calls() if who == role}
    traces = {(action, "*") for action in TRACING} if role != SWEEPER.name else set()
    return seen | traces | {more for call in seen for more in behind(walkthrough.stack, *call)}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_it_was_seen_doing_and_nothing_else(
    walkthrough: Walkthrough, role: str
) -> None:
    granted = set(walkthrough.stack.deployment.grants(role))

    assert granted == needed(walkthrough, role)


def test_what_was_seen_is_what_is_kept_for_the_posture_gate(walkthrough: Walkthrough) -> None:
    made = [
        Resource(it.type, it.name, it.arn, it.inputs)
        for it in walkthrough.stack.deployment.resources
    ]
    graph = Graph(made)
    seen = {
        role: sorted(
            f"{action} {graph.describe_arn(arn)} {items}".rstrip()
            for action, place in needed(walkthrough, role)
            for arn, _, items in [place.partition(" ")]
        )
        for role in ROLES
    }
    path = ROOT / RECORDED_FILE
    if os.environ.get("RECORD_CALLS"):
        path.write_text(json.dumps(seen, indent=2) + "\n", encoding="utf-8")

    assert json.loads(path.read_text(encoding="utf-8")) == seen


def test_lambda_itself_needs_what_is_named_here(walkthrough: Walkthrough) -> None:
    assert {call.action for _, call in walkthrough.stack.calls("lambda")} == set(LAMBDA_NEEDS)


#: What every function is told although no line of its code reads it.
UNREAD = {
    "stage": "the rules that settings keep among themselves ask for it, in open mode",
    "version": "a rollback knows the versions of a release by it",
}


@pytest.mark.parametrize("function", EVERY_FUNCTION, ids=lambda call: call.name)
def test_a_function_is_told_what_it_was_seen_reading_and_nothing_else(
    walkthrough: Walkthrough, function: Function
) -> None:
    read = walkthrough.stack.settings_read(function.name)
    # Classic rules without open mode are refused, so who reads one has to know the other.
    rules = {"auth_mode"} if "card_rules" in read else set()

    assert {variables()[name] for name in function.settings} == {*read, *rules, *UNREAD}
