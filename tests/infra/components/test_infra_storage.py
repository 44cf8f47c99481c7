"""Everything that keeps something: its shape, its encryption, its way back."""

import pytest

from app.store.schema import SHAPE, TIME_TO_LIVE
from infra.components.configuration import ConfigurationError
from infra.components.resource_graph import Deployment
from tests.infra.components.deployment import deploy

#: Every type of resource in the program that keeps data, with the inputs that encrypt it.
ENCRYPTED_BY = {
    "Queue": {"kmsMasterKeyId", "sqsManagedSseEnabled"},
    "Repository": {"encryptionConfigurations"},
    "Table": {"serverSideEncryption"},
    "Topic": {"kmsMasterKeyId"},
}

#: What AWS encrypts with keys of its own, unless it is told another key. The bucket's objects
#: are encrypted by a resource beside it, which test_infra_pages.py looks at.
ENCRYPTED_BY_AWS = {"Bucket", "BucketObject", "LogGroup", "Secret"}

#: What keeps nothing but its own settings.
KEEPS_NOTHING = {
    *("Alias", "Api", "Budget", "BucketOwnershipControls", "BucketPolicy"),
    *("BucketPublicAccessBlock", "BucketServerSideEncryptionConfiguration", "CompositeAlarm"),
    *("Dashboard", "Distribution", "EventSourceMapping", "Function", "Integration", "Key"),
    "FunctionEventInvokeConfig",
    *("MetricAlarm", "OriginAccessControl", "Permission", "ResponseHeadersPolicy", "Role"),
    *("RolePolicy", "Route", "Schedule", "ScheduleGroup", "SecretRotation", "Stage"),
    # Pulumi keeps the value, encrypted in its state.
    *("CachePolicy", "RandomPassword", "SamplingRule", "TopicPolicy"),
}


def test_the_table_is_named_as_the_contract_says(deployment: Deployment) -> None:
    assert deployment.one("Table")["name"] == "dev-acmeserverless-dynamodb"


def test_the_table_has_the_shape_the_store_relies_on(deployment: Deployment) -> None:
    table = deployment.one("Table")

    assert (
        (table["hashKey"], table["rangeKey"])
        == ("PK", "SK")
        == (
            SHAPE.hash_key,
            SHAPE.range_key,
        )
    )
    assert {
        attribute["name"]: attribute["type"] for attribute in table["attributes"]
    } == dict.fromkeys(SHAPE.key_attributes, "S")
    assert [
        (
            index["name"],
            index["projectionType"],
            tuple(index.get("nonKeyAttributes", ())),
            [(key["attributeName"], key["keyType"]) for key in index["keySchemas"]],
        )
        for index in table["globalSecondaryIndexes"]
    ] == [
        (
            index.name,
            index.projection,
            index.attributes,
            [(index.hash_key, "HASH"), (index.range_key, "RANGE")],
        )
        for index in SHAPE.indexes
    ]


def test_old_counters_are_deleted_without_a_charge(deployment: Deployment) -> None:
    assert deployment.one("Table")["ttl"] == {"attributeName": TIME_TO_LIVE, "enabled": True}


def test_an_idle_table_costs_nothing(deployment: Deployment) -> None:
    assert deployment.one("Table")["billingMode"] == "PAY_PER_REQUEST"


def test_a_table_can_have_capacity_of_its_own() -> None:
    bought = {"billingMode": "PROVISIONED", "readCapacity": 7, "writeCapacity": 3}

    table = deploy(dynamodb={**bought, "recoveryDays": 10}).one("Table")

    assert bought.items() <= table.inputs.items()
    for index in table["globalSecondaryIndexes"]:
        assert (index["readCapacity"], index["writeCapacity"]) == (7, 3)
    assert table["pointInTimeRecovery"]["recoveryPeriodInDays"] == 10


def test_the_table_can_go_back_to_any_second(deployment: Deployment) -> None:
    recovery = deployment.one("Table")["pointInTimeRecovery"]

    assert recovery == {"enabled": True, "recoveryPeriodInDays": 35}


def test_a_new_stack_can_begin_with_an_earlier_table() -> None:
    source = {"table": "dev-acmeserverless-dynamodb", "at": "2026-11-29T09:00:00+01:00"}
    then = deploy("again", dynamodb={"restoreFrom": source}).one("Table")
    latest = deploy("again", dynamodb={"restoreFrom": {"table": source["table"]}}).one("Table")

    assert then["name"] == "again-acmeserverless-dynamodb"
    assert then["restoreSourceName"] == latest["restoreSourceName"] == source["table"]
    assert then["restoreDateTime"] == "2026-11-29T08:00:00Z"
    assert latest["restoreToLatestTime"] is True
    assert "restoreDateTime" not in latest.inputs
    with pytest.raises(ConfigurationError, match=r"restoreFrom\.at"):
        deploy("again", dynamodb={"restoreFrom": {**source, "at": "yesterday"}})


def test_everything_that_stores_is_encrypted(deployment: Deployment) -> None:
    for kind, inputs in ENCRYPTED_BY.items():
        stores = deployment.all(kind)
        assert stores
        for store in stores.values():
            assert len(inputs & set(store.inputs)) == 1, store.name
    assert deployment.one("Table")["serverSideEncryption"] == {"enabled": True}


def test_nothing_that_stores_is_forgotten_here(deployment: Deployment) -> None:
    kinds = {made.type.rpartition(":")[2] for made in deployment.resources}

    assert kinds == {*ENCRYPTED_BY, *ENCRYPTED_BY_AWS, *KEEPS_NOTHING}


def test_queues_without_cards_are_encrypted_by_sqs(deployment: Deployment) -> None:
    managed = {
        name
        for name, queue in deployment.all("Queue").items()
        if queue.inputs.get("sqsManagedSseEnabled") is True
    }

    assert managed == {
        "payment-response",
        "shipment-error",
        "shipment-request",
        "shipment-response",
    }


def test_the_card_key_is_renewed_and_can_be_brought_back(deployment: Deployment) -> None:
    key, alias = deployment.all("Key")["cards"], deployment.all("kms/alias:Alias")["cards"]

    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 30
    assert (alias["name"], alias["targetKeyId"]) == (
        "alias/dev-acmeserverless-cards",
        "dev-cards-id",
    )


def test_the_program_makes_the_place_of_the_signing_keys_and_never_the_keys(
    deployment: Deployment,
) -> None:
    secret = deployment.one("Secret")

    assert secret["name"] == "dev-acmeserverless-signing-keys"
    assert secret["recoveryWindowInDays"] == 30
    assert deployment.all("SecretVersion") == {}


def test_tags_of_images_never_move(deployment: Deployment) -> None:
    repository = deployment.one("Repository")

    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}


def test_only_a_stack_for_trying_out_can_be_destroyed_with_its_data(
    deployment: Deployment,
) -> None:
    demo = deploy("demo", stage="demo")

    assert deployment.one("Table")["deletionProtectionEnabled"] is True
    assert deployment.one("Repository")["forceDelete"] is False
    assert demo.one("Table")["deletionProtectionEnabled"] is False
    assert demo.one("Repository")["forceDelete"] is True
