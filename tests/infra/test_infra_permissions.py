"""Permissions: one role each, exact actions on exact resources, cards for two functions."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.stack import FUNCTIONS, MAPPINGS, Function
from infra.permissions import Resources, function_policy
from tests.infra.deployment import Deployment

each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)


def grants(deployment: Deployment, role: str) -> Iterator[tuple[str, str]]:
    """Yield every action a role may do with the resource it may do it on."""
    statements: list[dict[str, Any]] = deployment.all("RolePolicy")[role].document("policy")[
        "Statement"
    ]
    for statement in statements:
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            yield from ((action, resource) for resource in statement["Resource"])


def holders(deployment: Deployment, action: str, *resources: str) -> set[str]:
    """Return the roles that may do ``action`` on one of ``resources``."""
    wanted = {(action, resource) for resource in resources}
    return {
        role
        for role in deployment.all("RolePolicy")
        if not wanted.isdisjoint(grants(deployment, role))
    }


def test_every_function_has_a_role_of_its_own(deployment: Deployment) -> None:
    roles = {function["role"] for function in deployment.all("Function").values()}

    assert roles == {deployment.all("Role")[function.name].arn for function in FUNCTIONS}


def test_only_the_service_that_needs_a_role_can_take_it(deployment: Deployment) -> None:
    takers = {
        name: role.document("assumeRolePolicy")["Statement"][0]["Principal"]
        for name, role in deployment.all("Role").items()
    }

    assert takers == {
        **{function.name: {"Service": "lambda.amazonaws.com"} for function in FUNCTIONS},
        "sweeper": {"Service": "scheduler.amazonaws.com"},
    }


def test_no_role_may_do_anything_by_a_wildcard(deployment: Deployment) -> None:
    for role in deployment.all("RolePolicy"):
        for action, resource in grants(deployment, role):
            assert "*" not in action
            # The streams of one log group have no names before they are written.
            assert "*" not in resource.removesuffix(":*")


def test_every_permission_is_about_something_of_this_stack(deployment: Deployment) -> None:
    made = {resource.arn for resource in deployment.resources}

    for role in deployment.all("RolePolicy"):
        for _, resource in grants(deployment, role):
            assert resource.removesuffix(":*").partition("/index/")[0] in made


@each_function
def test_a_function_writes_its_own_logs_and_no_others(
    deployment: Deployment, function: Function
) -> None:
    logs = {grant for grant in grants(deployment, function.name) if grant[0].startswith("logs:")}
    streams = f"{deployment.all('LogGroup')[function.name].arn}:*"

    assert logs == {("logs:CreateLogStream", streams), ("logs:PutLogEvents", streams)}


@each_function
def test_a_function_does_to_the_table_what_the_stack_lists(
    deployment: Deployment, function: Function
) -> None:
    table = deployment.one("Table").arn

    done = {action for action, resource in grants(deployment, function.name) if resource == table}

    assert done == {f"dynamodb:{action}" for action in function.table_actions}


@each_function
def test_indexes_are_queried_and_nothing_else(deployment: Deployment, function: Function) -> None:
    table = deployment.one("Table")
    indexes = {f"{table.arn}/index/{index['name']}" for index in table["globalSecondaryIndexes"]}

    done = {grant for grant in grants(deployment, function.name) if "/index/" in grant[1]}

    queries = "Query" in function.table_actions
    assert done == ({("dynamodb:Query", index) for index in indexes} if queries else set())


@each_function
def test_a_function_sends_to_and_receives_from_its_queues_only(
    deployment: Deployment, function: Function
) -> None:
    arns = {name: queue.arn for name, queue in deployment.all("Queue").items()}
    sources = [mapping.queue for mapping in MAPPINGS if mapping.function == function.name]

    done = {grant for grant in grants(deployment, function.name) if grant[0].startswith("sqs:")}

    assert done == {
        *(("sqs:SendMessage", arns[queue]) for queue in function.sends_to),
        *(("sqs:GetQueueAttributes", arns[queue]) for queue in function.checks),
        *(
            (f"sqs:{action}", arns[queue])
            for action in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
            for queue in sources
        ),
    }


def test_only_the_api_encrypts_cards_and_only_payment_reads_them(deployment: Deployment) -> None:
    key = deployment.one("Key").arn
    card_queues = [
        deployment.all("Queue")[name].arn for name in ("payment-request", "payment-error")
    ]

    assert holders(deployment, "kms:GenerateDataKey", key) == {"api"}
    # SQS has its senders decrypt the data key, so what counts is who can receive as well.
    assert holders(deployment, "kms:Decrypt", key) == {"api", "payment"}
    assert holders(deployment, "sqs:ReceiveMessage", *card_queues) == {"payment"}


def test_only_the_api_reads_the_signing_keys(deployment: Deployment) -> None:
    secret = deployment.one("Secret").arn

    assert holders(deployment, "secretsmanager:GetSecretValue", secret) == {"api"}


def test_the_sweeper_role_calls_one_function(deployment: Deployment) -> None:
    order = deployment.all("Function")["order"].arn

    assert set(grants(deployment, "sweeper")) == {("lambda:InvokeFunction", order)}


def test_another_account_cannot_use_the_sweeper_role(deployment: Deployment) -> None:
    (statement,) = deployment.all("Role")["sweeper"].document("assumeRolePolicy")["Statement"]

    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_card_key_works_for_queues_only(deployment: Deployment) -> None:
    using = [
        statement
        for statement in deployment.one("Key").document("policy")["Statement"]
        if {"kms:Decrypt", "kms:GenerateDataKey"} & set(statement["Action"])
    ]

    assert [statement["Condition"] for statement in using] == [
        {"StringEquals": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}
    ]


def test_whoever_looks_after_the_card_key_cannot_use_it_directly(deployment: Deployment) -> None:
    looking_after = deployment.one("Key").document("policy")["Statement"][0]

    # Without these two nobody could change the key again.
    assert {"kms:PutKeyPolicy", "kms:DescribeKey"} < set(looking_after["Action"])
    assert not any(
        action.startswith(("kms:Decrypt", "kms:Encrypt", "kms:Generate", "kms:ReEncrypt", "kms:*"))
        or action == "kms:CreateGrant"
        for action in looking_after["Action"]
    )


@each_function
def test_the_same_policy_can_be_made_without_pulumi(
    deployment: Deployment, function: Function
) -> None:
    table = deployment.one("Table")
    resources = Resources[str](
        log_streams=f"{deployment.all('LogGroup')[function.name].arn}:*",
        table=table.arn,
        indexes=[f"{table.arn}/index/{index['name']}" for index in table["globalSecondaryIndexes"]],
        queues={name: queue.arn for name, queue in deployment.all("Queue").items()},
        card_key=deployment.one("Key").arn,
        signing_keys=deployment.one("Secret").arn,
    )

    deployed = deployment.all("RolePolicy")[function.name].document("policy")

    assert function_policy(function, resources) == deployed
