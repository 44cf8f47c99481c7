"""Stacks: their configuration, their outputs, and that they stay out of each other's way."""

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from app.settings import AuthMode, list_variables, read_settings
from infra.components.configuration import ConfigurationError, setting_keys
from infra.components.resource_graph import Deployment
from infra.components.stack_config import DynamoDB, Generic, Tags
from tests.infra.components.deployment import IMAGE, ROOT, TAGS, deploy

DIGEST = "sha256:" + "0123456789abcdef" * 4

#: What AWS allows the names of.
LONGEST = {
    "Alias": 256,
    "Bucket": 63,
    "Budget": 100,
    "MetricAlarm": 255,
    "OriginAccessControl": 64,
    "ResponseHeadersPolicy": 128,
    "Topic": 256,
    "Function": 64,
    "LogGroup": 512,
    "Queue": 80,
    "Repository": 256,
    "Role": 64,
    "Schedule": 64,
    "Secret": 512,
    "Table": 255,
}

#: What AWS has no tags for.
WITHOUT_TAGS = {
    "Alias",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "CachePolicy",
    "Dashboard",
    "FunctionEventInvokeConfig",
    "Integration",
    "OriginAccessControl",
    "SecretRotation",
    "Permission",
    "RandomPassword",
    "ResponseHeadersPolicy",
    "RolePolicy",
    "Route",
    "Schedule",
    "TopicPolicy",
    "TopicSubscription",
}


def problems(**config: Any) -> str:
    """Return why a stack is refused."""
    with pytest.raises(ConfigurationError) as refusal:
        deploy(**config)
    return str(refusal.value)


def test_outputs_are_those_the_design_fixes(deployment: Deployment) -> None:
    url = "https://dev-front-id.cloudfront.net/"
    queues = {
        f"{title}Queue::{kind}": f"{prefix}dev-acmeserverless-sqs-{name}"
        for title, name in (
            ("PaymentRequest", "payment-request"),
            ("PaymentResponse", "payment-response"),
            ("PaymentError", "payment-error"),
            ("ShipmentRequest", "shipment-request"),
            ("ShipmentResponse", "shipment-response"),
            ("ShipmentError", "shipment-error"),
        )
        for kind, prefix in (("Name", ""), ("Arn", "arn:aws:sqs:eu-west-1:123456789012:"))
    }
    function = "arn:aws:lambda:eu-west-1:123456789012:function:dev-acmeserverless-lambda-"
    table = "dev-acmeserverless-dynamodb"

    assert deployment.outputs == {
        "Table::Name": table,
        "Table::Arn": f"arn:aws:dynamodb:eu-west-1:123456789012:table/{table}",
        "Table::Layout": "current",
        **queues,
        **{
            f"{name}::Arn": function + name
            for name in ("api", "order", "payment", "rotation", "shipment")
        },
        **{
            f"{name}::Version": "42" for name in ("api", "order", "payment", "rotation", "shipment")
        },
        "Image::Repository": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/dev-acmeserverless",
        "Image::Live": IMAGE,
        "Gateway::URL": url,
        "POS URL": "https://dev-front-id.cloudfront.net/pos",
        "Shop URL": url,
    }


#: Names inside something that has the stack in its own name.
INNER_NAMES = (":RolePolicy", ":Stage", "lambda/alias:Alias")
#: The inputs that are names.
NAMES = ("name", "alarmName", "bucket", "dashboardName")


def names_of(deployment: Deployment) -> set[tuple[str, str]]:
    """Return the names AWS knows a stack's resources by."""
    return {
        (made.type, made[key])
        for made in deployment.resources
        for key in NAMES
        if key in made.inputs and not made.type.endswith(INNER_NAMES)
    }


def test_two_stacks_have_no_name_in_common(deployment: Deployment) -> None:
    other = deploy("dev-2", all_pages=True, all_alarms=True)

    names, other_names = names_of(deployment), names_of(other)

    assert len(names) == len(other_names) > 20
    assert names.isdisjoint(other_names)
    assert "dev-acme" not in str([made.inputs for made in other.resources]).replace(IMAGE, "")


def test_everything_that_can_be_tagged_says_whose_it_is(deployment: Deployment) -> None:
    for made in deployment.resources:
        if made.type.rpartition(":")[2] in WITHOUT_TAGS:
            assert "tags" not in made.inputs
        else:
            assert made["tags"] == {
                **TAGS,
                "ManagedBy": "Pulumi",
                "Stack": "dev",
                "Stage": "dev",
            }, made.name


#: What a secret in plain text would look like: keys, tokens, long hexadecimal numbers.
SECRET_LOOKS = re.compile(r"-----BEGIN|AKIA[0-9A-Z]{16}|eyJ[\w-]{10,}\.|\b[0-9a-f]{40,}\b")


def test_no_secret_is_written_into_a_stack(deployment: Deployment) -> None:
    api = deployment.all("lambda/function:Function")["api"]["environment"]["variables"]
    # Hashes of random values are none.
    hashes = api["ORIGIN_HEADER_SHA256"]
    for made in deployment.resources:
        assert not SECRET_LOOKS.search(str(made.inputs).replace(hashes, "")), made.name
        assert not {"secretString", "password", "secretBinary"} & set(made.inputs)


def test_the_longest_stack_name_fits_every_service() -> None:
    longest = deploy("a" + "-a" * 15 + "a", all_alarms=True)

    for kind, limit in LONGEST.items():
        for made in longest.all(kind).values():
            assert len(made.inputs.get("name", made.inputs.get("bucket", ""))) <= limit


@pytest.mark.parametrize(
    "name", ["a" * 33, "a-" * 16 + "a", "Dev", "dev.1", "1dev", "dev_1", "dev-", "d--v"]
)
def test_a_stack_name_that_would_break_other_names_is_refused(name: str) -> None:
    assert "the stack's name" in problems(stack=name)


@pytest.mark.parametrize("stage", ["dev", "prod", "staging", "Local"])
def test_the_open_mode_is_refused_outside_stages_for_trying_out(stage: str) -> None:
    assert f"authMode=0 is refused in stage {stage}" in problems(stage=stage, authMode="0")


@pytest.mark.parametrize("stage", ["local", "test", "demo"])
def test_the_open_mode_is_allowed_in_stages_for_trying_out(stage: str) -> None:
    deployment = deploy(stage=stage, authMode=0, cardRules="classic")

    functions = deployment.all("lambda/function:Function")
    assert functions["api"]["environment"]["variables"]["AUTH_MODE"] == "0"
    payment = functions["payment"]["environment"]["variables"]
    assert (payment["AUTH_MODE"], payment["CARD_RULES"]) == ("0", "classic")


def test_tokens_are_checked_unless_the_stack_says_otherwise(deployment: Deployment) -> None:
    variables = deployment.all("lambda/function:Function")["api"]["environment"]["variables"]

    assert read_settings(variables).auth_mode is AuthMode.ENFORCE


def test_a_stack_without_configuration_is_told_everything_it_lacks() -> None:
    assert problems(region="", image=None, stage=None, tags={}).splitlines() == [
        "The stack cannot be deployed:",
        "  aws:region is not set",
        "  awsconfig:generic.image is not set",
        "  awsconfig:generic.stage is not set",
        "  awsconfig:tags.author is not set",
        "  awsconfig:tags.feature is not set",
        "  awsconfig:tags.team is not set",
        "  awsconfig:tags.version is not set",
    ]


STABLE = {"api": 41, "order": 17, "payment": "17", "shipment": 9}


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("alarmEmail", "nobody", ".alarmEmail must be an e-mail address, such as ops@"),
        ("architecture", "arm", ".architecture must be arm64 or x86_64"),
        ("authMode", 2, ": authMode: must be 1 or 0"),
        ("canary", 10, ".canary must have keys of its own"),
        ("canary", {"percent": 101, "stable": STABLE}, ".canary.percent must be at most 100"),
        ("canary", {"percent": 10, "stable": {"api": 1}}, ".canary.stable must have the version"),
        ("canary", {"percent": 10, "stable": STABLE | {"api": "x"}}, ".canary.stable must have"),
        ("cardRules", "none", ": cardRules: must be strict or classic"),
        ("deliverySeconds", "5-9999", ": deliverySeconds"),
        ("image", "shop", ".image must be <registry>"),
        ("image", IMAGE.partition(":")[0], ".image must be <registry>"),
        ("image", IMAGE.replace("4f2a9c1", "latest"), ".image must not be tagged 'latest'"),
        ("logRetentionDays", 31, ".logRetentionDays must be one of 1, 3, 5"),
        ("logRetentionDays", "for ever", ".logRetentionDays must be a whole number"),
        ("logRetentiondays", 30, ".logRetentiondays is no key of a stack"),
        ("monthlyBudget", 0, ".monthlyBudget must be at least 1"),
        ("paymentWaitSeconds", 60, ": paymentWaitSeconds: must be 0 to"),
        ("stage", " ", ".stage is not set"),
        ("throttleBurst", "many", ".throttleBurst must be a whole number"),
        ("throttleRate", 0, ".throttleRate must be at least 1"),
        ("tracePercent", 101, ".tracePercent must be at most 100"),
        ("waf", "perhaps", ".waf must be true or false"),
        ("domain", "Shop", ".domain must be a host name in small letters"),
        ("certificateArn", "arn:aws", ".certificateArn must be the ARN of a certificate"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_its_key(
    key: str, value: Any, problem: str
) -> None:
    assert f"awsconfig:generic{problem}" in problems(**{key: value})


@pytest.mark.parametrize(
    ("dynamodb", "problem"),
    [
        ("on demand", " must have keys of its own"),
        ({"billingMode": "FREE"}, ".billingMode must be PAY_PER_REQUEST or PROVISIONED"),
        ({"billingMode": "PROVISIONED", "readCapacity": 5}, " billingMode PROVISIONED needs"),
        ({"readCapacity": 5}, " readCapacity and writeCapacity need"),
        ({"recoveryDays": 36}, ".recoveryDays must be at most 35"),
    ],
)
def test_a_table_that_cannot_be_had_is_refused(dynamodb: Any, problem: str) -> None:
    assert f"awsconfig:dynamodb{problem}" in problems(dynamodb=dynamodb)


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"colour": "red"}, ".colour is no key of a stack"),
        ({"team": ""}, ".team must not be empty"),
        ({"author": "<eric>"}, ".author must be letters, digits"),
    ],
)
def test_a_tag_that_makes_no_sense_is_refused(tags: dict[str, str], problem: str) -> None:
    assert f"awsconfig:tags{problem}" in problems(tags=TAGS | tags)


def sample() -> dict[str, Any]:
    """Return the sample of a stack's file."""
    text = (ROOT / "infra" / "Pulumi.sample.yaml").read_text("utf-8")
    config: dict[str, Any] = yaml.safe_load(text)["config"]
    return config


def test_the_sample_can_be_deployed() -> None:
    config = sample()

    deployment = deploy(
        region=config["aws:region"],
        dynamodb=config["awsconfig:dynamodb"],
        tags=config["awsconfig:tags"],
        **config["awsconfig:generic"],
    )

    assert "Table::Arn" in deployment.outputs


def test_the_sample_has_every_key() -> None:
    text = (ROOT / "infra" / "Pulumi.sample.yaml").read_text("utf-8")

    keys = {
        *setting_keys(),
        *(field.alias or "" for field in Generic.model_fields.values()),
        *(field.alias or "" for field in DynamoDB.model_fields.values()),
        *Tags.model_fields,
    }

    assert {key for key in keys if f" {key}:" not in text} == set()


def test_a_stack_can_set_everything_it_may() -> None:
    deployment = deploy(
        architecture="arm64",
        catalogVersion="v2",
        deliverySeconds="1-2",
        image=f"{IMAGE.partition(':')[0]}@{DIGEST}",
        logRetentionDays=365,
        paymentWaitSeconds=0.5,
    )

    api = deployment.all("lambda/function:Function")["api"]
    variables = api["environment"]["variables"]
    assert api["architectures"] == ["arm64"]
    assert variables["CATALOG_VERSION"] == "v2"
    assert variables["SHOP_PAYMENT_WAIT_SECONDS"] == "0.5"
    assert variables["VERSION"] == "0123456789ab"
    order = deployment.all("lambda/function:Function")["order"]["environment"]["variables"]
    assert order["SHOP_DELIVERY_SECONDS"] == "1-2"
    assert {group["retentionInDays"] for group in deployment.all("LogGroup").values()} == {365}


def test_every_setting_has_a_key_or_is_made_by_the_program() -> None:
    by_key = {
        "authMode",
        "cardRules",
        "catalogVersion",
        "deliverySeconds",
        "paymentWaitSeconds",
        "stage",
        "version",
    }

    assert by_key <= set(setting_keys())
    made = set(list_variables()) - {key.lower() for key in by_key}
    assert {"table", "region", "signing_keys_secret", "payment_request_queue_url"} <= made
    assert not {"table", "region", "signingKeysSecret"} & set(setting_keys())


def test_a_first_deployment_makes_what_functions_need_and_no_functions() -> None:
    deployment = deploy(image="none")

    assert deployment.all("lambda/function:Function") == {}
    assert deployment.all("EventSourceMapping") == {}
    assert set(deployment.all("Repository")) == {"images"}
    assert len(deployment.all("Queue")) == 6
    assert "Table::Arn" in deployment.outputs
    assert "Gateway::URL" not in deployment.outputs
