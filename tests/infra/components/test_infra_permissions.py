"""Permissions: one role each, cards for two functions, keys for one to change.

That no role may do more or less than its function does is what
``test_infra_recorded.py`` sees while everything is done.
"""

from infra.components.permissions import TRACING, _only_items
from infra.components.resource_graph import Deployment
from infra.topology import EVERY_FUNCTION
from tests.infra.components.deployment import deploy


def holders(deployment: Deployment, action: str, *resources: str) -> set[str]:
    """Return the roles that may do ``action`` on one of ``resources``."""
    wanted = {(action, resource) for resource in resources}
    return {
        role
        for role in deployment.all("RolePolicy")
        if not wanted.isdisjoint(deployment.grants(role))
    }


def test_every_function_has_a_role_of_its_own(deployment: Deployment) -> None:
    roles = {function["role"] for function in deployment.all("lambda/function:Function").values()}

    assert roles == {deployment.all("Role")[function.name].arn for function in EVERY_FUNCTION}


def test_only_the_service_that_needs_a_role_can_take_it(deployment: Deployment) -> None:
    takers = {
        name: role.document("assumeRolePolicy")["Statement"][0]["Principal"]
        for name, role in deployment.all("Role").items()
    }

    assert takers == {
        **{function.name: {"Service": "lambda.amazonaws.com"} for function in EVERY_FUNCTION},
        "sweeper": {"Service": "scheduler.amazonaws.com"},
    }


def test_no_role_may_do_anything_by_a_wildcard(deployment: Deployment) -> None:
    for role in deployment.all("RolePolicy"):
        for action, resource in deployment.grants(role):
            assert "*" not in action
            if action in TRACING:
                continue
            # The streams of one log group have no names before they are written; an item's key
            # begins with its kind.
            arn, _, items = resource.partition(" ")
            assert "*" not in arn.removesuffix(":*") + items.removesuffix("#*")
            assert bool(items) == action.startswith("dynamodb:")


def test_every_permission_is_about_something_of_this_stack(deployment: Deployment) -> None:
    made = {resource.arn for resource in deployment.resources}

    for role in deployment.all("RolePolicy"):
        for action, resource in deployment.grants(role):
            if action in TRACING:
                continue
            arn = resource.partition(" ")[0].removesuffix(":*")
            assert arn.partition("/index/")[0] in made


def test_only_the_api_encrypts_cards_and_only_payment_reads_them(deployment: Deployment) -> None:
    key = deployment.all("Key")["cards"].arn
    card_queues = [
        deployment.all("Queue")[name].arn for name in ("payment-request", "payment-error")
    ]

    assert holders(deployment, "kms:GenerateDataKey", key) == {"api"}
    # SQS has its senders decrypt the data key, so what counts is who can receive as well.
    assert holders(deployment, "kms:Decrypt", key) == {"api", "payment"}
    assert holders(deployment, "sqs:ReceiveMessage", *card_queues) == {"payment"}


def test_only_rotation_changes_the_signing_keys(deployment: Deployment) -> None:
    secret = deployment.one("Secret").arn
    by_action = {
        action: holders(deployment, f"secretsmanager:{action}", secret)
        for action in ("GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
    }

    assert by_action == {
        "GetSecretValue": {"api", "rotation"},
        "PutSecretValue": {"rotation"},
        "UpdateSecretVersionStage": {"rotation"},
    }


def test_only_a_stack_that_reports_errors_has_a_secret_for_where(deployment: Deployment) -> None:
    reporting = deploy(sentry=True)
    secret = reporting.all("Secret")["sentry-dsn"]
    everyone = {function.name for function in EVERY_FUNCTION}

    assert secret["name"] == "dev-acmeserverless-sentry-dsn"
    assert reporting.all("SecretVersion") == {}
    assert holders(reporting, "secretsmanager:GetSecretValue", secret.arn) == everyone
    more = {role: set(reporting.grants(role)) - set(deployment.grants(role)) for role in everyone}
    assert more == {role: {("secretsmanager:GetSecretValue", secret.arn)} for role in everyone}
    for function in reporting.all("lambda/function:Function").values():
        variables = function["environment"]["variables"]
        assert variables["SENTRY_DSN_SECRET"] == secret.arn
        assert "SENTRY_DSN" not in variables
    for function in deployment.all("lambda/function:Function").values():
        assert not {"SENTRY_DSN", "SENTRY_DSN_SECRET"} & set(function["environment"]["variables"])


def test_rotation_is_called_by_secrets_manager_only(deployment: Deployment) -> None:
    rotation, secret = deployment.one("SecretRotation"), deployment.one("Secret")
    name = deployment.all("lambda/function:Function")["rotation"]["name"]
    [permission] = [
        made
        for made in deployment.all("lambda/permission:Permission").values()
        if made["function"] == name
    ]

    assert rotation["secretId"] == secret.arn
    assert deployment.function_of(rotation["rotationLambdaArn"]).name == "rotation"
    assert rotation["rotationRules"]["automaticallyAfterDays"] <= 90
    assert permission["principal"] == "secretsmanager.amazonaws.com"
    assert (permission["sourceArn"], permission["qualifier"]) == (secret.arn, "live")


def test_who_decides_payments_writes_nothing_else(deployment: Deployment) -> None:
    table = deployment.one("Table").arn
    writes = {
        (role, place.removeprefix(f"{table} "))
        for role in ("payment", "order")
        for action, place in deployment.grants(role)
        if action in {"dynamodb:PutItem", "dynamodb:UpdateItem"}
    }

    assert writes == {
        ("payment", "PAYMENT#*"),
        ("payment", "DECLINES#*"),
        ("order", "PAYMENT#*"),
        ("order", "ORDER#*"),
    }


def test_the_sweeper_role_calls_one_function(deployment: Deployment) -> None:
    ((action, called),) = set(deployment.grants("sweeper"))

    assert action == "lambda:InvokeFunction"
    assert deployment.function_of(called).name == "order"


def test_another_account_cannot_use_the_sweeper_role(deployment: Deployment) -> None:
    (statement,) = deployment.all("Role")["sweeper"].document("assumeRolePolicy")["Statement"]

    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_card_key_works_for_queues_only(deployment: Deployment) -> None:
    using = [
        statement
        for statement in deployment.all("Key")["cards"].document("policy")["Statement"]
        if {"kms:Decrypt", "kms:GenerateDataKey"} & set(statement["Action"])
    ]

    assert [statement["Condition"] for statement in using] == [
        {"StringEquals": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}
    ]


def test_the_administrator_of_the_card_key_cannot_use_it_directly(deployment: Deployment) -> None:
    looking_after = deployment.all("Key")["cards"].document("policy")["Statement"][0]

    # Without these two the key could never be changed again.
    assert {"kms:PutKeyPolicy", "kms:DescribeKey"} < set(looking_after["Action"])
    assert not any(
        action.startswith(("kms:Decrypt", "kms:Encrypt", "kms:Generate", "kms:ReEncrypt", "kms:*"))
        or action == "kms:CreateGrant"
        for action in looking_after["Action"]
    )


def test_a_call_that_names_no_item_is_not_allowed() -> None:
    """``ForAllValues`` is true of no values at all."""
    assert _only_items(["CART"])["Condition"]["Null"] == {"dynamodb:LeadingKeys": "false"}
