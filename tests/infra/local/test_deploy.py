import json
from dataclasses import replace
from typing import Any

import pytest

from app.store.schema import FORMER_GSI1, FORMER_SHAPE, SHAPE, Index
from infra import topology
from infra.local.clients import Clients
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from infra.local.environment import proxy_environment
from infra.local.errors import OutdatedDataError

URLS = {"payment": "http://127.0.0.1:1", "order": "http://127.0.0.1:2"}


@pytest.fixture
def aws(emulator: Emulator) -> Clients:
    return Clients(emulator.endpoint_url, "eu-west-1")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"d{abs(hash(request.node.name)) % 10**8}"


def attributes(aws: Clients, url: str) -> dict[str, str]:
    found: dict[str, str] = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]
    return found


def mappings(aws: Clients, name: str) -> list[dict[str, Any]]:
    pages = aws("lambda").get_paginator("list_event_source_mappings").paginate()
    # Other tests' stacks have theirs in the same emulator: more than a page.
    return [
        mapping
        for page in pages
        for mapping in page["EventSourceMappings"]
        if f":{name}-" in mapping["EventSourceArn"]
    ]


def test_the_settings_of_the_stack_are_returned(emulator: Emulator, name: str) -> None:
    settings = deploy(emulator.endpoint_url, stack=name)

    assert settings["TABLE"] == topology.table_name(name)
    assert settings["REGION"] == "eu-west-1"
    assert settings["SIGNING_KEYS_SECRET"] == topology.signing_keys_name(name)
    for queue in topology.QUEUES:
        url = settings[topology.queue_setting(queue.name)]
        assert url.endswith(topology.queue_name(name, queue.name))


def test_a_repeat_changes_nothing(emulator: Emulator, aws: Clients, name: str) -> None:
    first = deploy(emulator.endpoint_url, stack=name, function_urls=URLS)
    secret = aws("secretsmanager").get_secret_value(SecretId=first["SIGNING_KEYS_SECRET"])
    before = {mapping["UUID"] for mapping in mappings(aws, name)}

    second = deploy(emulator.endpoint_url, stack=name, function_urls=URLS)

    again = aws("secretsmanager").get_secret_value(SecretId=first["SIGNING_KEYS_SECRET"])
    assert first == second
    assert again["SecretString"] == secret["SecretString"]
    assert {mapping["UUID"] for mapping in mappings(aws, name)} == before


def test_signing_keys_are_random(emulator: Emulator, aws: Clients, name: str) -> None:
    def keys(stack: str) -> dict[str, Any]:
        secret = deploy(emulator.endpoint_url, stack=stack)["SIGNING_KEYS_SECRET"]
        found = aws("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        parsed: dict[str, Any] = json.loads(found)
        return parsed

    mine, others = keys(name), keys(f"{name}b")

    assert sorted(mine) == ["fingerprint", "signin_1", "signin_2"]
    texts = [*mine["signin_1"], *mine["signin_2"], mine["fingerprint"]]
    texts += [*others["signin_1"], *others["signin_2"], others["fingerprint"]]
    assert len(set(texts)) == len(texts)
    assert all(len(bytes.fromhex(text)) == 32 for text in texts)


def test_queues_are_as_defined(emulator: Emulator, aws: Clients, name: str) -> None:
    settings = deploy(emulator.endpoint_url, stack=name)

    for queue in topology.QUEUES:
        found = attributes(aws, settings[topology.queue_setting(queue.name)])
        assert found["VisibilityTimeout"] == str(queue.visibility_seconds)
        assert found["MessageRetentionPeriod"] == str(queue.retention_seconds)
        key = topology.card_key_alias(name) if queue.carries_cards else ""
        assert found.get("KmsMasterKeyId", "") == key
        if queue.dead_letters:
            policy = json.loads(found["RedrivePolicy"])
            assert policy["maxReceiveCount"] == topology.MAX_RECEIVES
            assert policy["deadLetterTargetArn"].endswith(
                topology.queue_name(name, queue.dead_letters)
            )
        else:
            assert "RedrivePolicy" not in found
    assert aws("kms").describe_key(KeyId=topology.card_key_alias(name))["KeyMetadata"]


def test_the_table_is_as_defined(emulator: Emulator, aws: Clients, name: str) -> None:
    settings = deploy(emulator.endpoint_url, stack=name)

    table = aws("dynamodb").describe_table(TableName=settings["TABLE"])["Table"]
    indexes = {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert indexes == {index.name for index in SHAPE.indexes}


@pytest.mark.parametrize(
    "indexes",
    [
        SHAPE.indexes[:-1],
        (*SHAPE.indexes[:-1], Index(SHAPE.indexes[-1].name, "ALL")),
        FORMER_SHAPE.indexes,
        (FORMER_GSI1,),
    ],
)
def test_a_table_of_another_release_gets_the_indexes_of_this_one(
    emulator: Emulator, aws: Clients, name: str, indexes: tuple[Index, ...]
) -> None:
    deploy(emulator.endpoint_url, stack=name, table_shape=replace(SHAPE, indexes=indexes))

    settings = deploy(emulator.endpoint_url, stack=name)

    table = aws("dynamodb").describe_table(TableName=settings["TABLE"])["Table"]
    assert {
        index["IndexName"]: index["Projection"]["ProjectionType"]
        for index in table["GlobalSecondaryIndexes"]
    } == {index.name: index.projection for index in SHAPE.indexes}
    assert {attribute["AttributeName"] for attribute in table["AttributeDefinitions"]} == set(
        SHAPE.key_attributes
    )


def test_old_data_with_other_keys_is_refused(emulator: Emulator, name: str) -> None:
    deploy(emulator.endpoint_url, stack=name, table_shape=replace(SHAPE, hash_key="Id"))

    with pytest.raises(OutdatedDataError, match="`make reset`"):
        deploy(emulator.endpoint_url, stack=name)


def test_without_functions_nothing_runs(emulator: Emulator, aws: Clients, name: str) -> None:
    deploy(emulator.endpoint_url, stack=name)

    assert mappings(aws, name) == []


def test_mappings_are_as_defined(emulator: Emulator, aws: Clients, name: str) -> None:
    deploy(emulator.endpoint_url, stack=name, function_urls=URLS)

    found = {
        mapping["EventSourceArn"].rpartition(":")[2]: mapping for mapping in mappings(aws, name)
    }
    assert len(found) == len(topology.MAPPINGS)
    for mapping in topology.MAPPINGS:
        there = found[topology.queue_name(name, mapping.queue)]
        assert there["FunctionArn"].endswith(topology.function_name(name, mapping.function))
        assert there["State"] == "Enabled"
        assert there["BatchSize"] == mapping.batch_size
        assert there["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert there["ScalingConfig"] == {"MaximumConcurrency": mapping.max_concurrency}


def test_changed_definitions_reach_what_is_there(
    emulator: Emulator, aws: Clients, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(emulator.endpoint_url, stack=name, function_urls=URLS)
    queues = tuple(replace(queue, visibility_seconds=77) for queue in topology.QUEUES)
    monkeypatch.setattr(topology, "QUEUES", queues)
    monkeypatch.setattr(topology, "MAPPINGS", topology.MAPPINGS[:1])
    monkeypatch.setattr(
        topology, "SWEEPER", replace(topology.SWEEPER, expression="rate(7 minutes)")
    )

    settings = deploy(emulator.endpoint_url, stack=name, function_urls={"payment": "http://x"})

    function = aws("lambda").get_function_configuration(
        FunctionName=topology.function_name(name, "payment")
    )
    schedule = aws("scheduler").get_schedule(Name=topology.schedule_name(name, "sweeper"))
    assert attributes(aws, settings["PAYMENT_REQUEST_QUEUE_URL"])["VisibilityTimeout"] == "77"
    assert len(mappings(aws, name)) == 1
    assert "http://x" in function["Environment"]["Variables"].values()
    assert schedule["ScheduleExpression"] == "rate(7 minutes)"
    assert schedule["Target"]["Arn"].endswith(topology.function_name(name, "order"))


def test_a_profile_of_the_user_does_not_get_in_the_way(
    emulator: Emulator, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    assert deploy(emulator.endpoint_url, stack=name)["TABLE"]


def test_an_emulator_that_enforces_iam_takes_the_stack_too() -> None:
    with Emulator(auth=True) as emulator:
        assert deploy(emulator.endpoint_url, function_urls={})["TABLE"]


def test_the_emulator_can_be_told_where_functions_are() -> None:
    told = proxy_environment({"order": "http://127.0.0.1:2"}, stack="s")

    assert told == {
        f"MINISTACK_LAMBDA_PROXY_{topology.function_name('s', 'order')}": "http://127.0.0.1:2"
    }
