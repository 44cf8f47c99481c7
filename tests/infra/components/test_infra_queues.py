"""Queues: how long they keep, hide and repeat messages, and where failed ones go."""

import pytest

from infra.components.resource_graph import Deployment, PlannedResource

HOUR = 60 * 60
NAMES = (
    "dev-acmeserverless-sqs-payment-request",
    "dev-acmeserverless-sqs-payment-response",
    "dev-acmeserverless-sqs-payment-error",
    "dev-acmeserverless-sqs-shipment-request",
    "dev-acmeserverless-sqs-shipment-response",
    "dev-acmeserverless-sqs-shipment-error",
)
DEAD_LETTERS = {
    "payment-request": "payment-error",
    "payment-response": "payment-error",
    "shipment-request": "shipment-error",
    "shipment-response": "shipment-error",
}


@pytest.fixture(scope="session")
def queues(deployment: Deployment) -> dict[str, PlannedResource]:
    """Return the queues by their names without the stack."""
    return deployment.all("Queue")


def test_queues_are_named_as_the_contract_says(queues: dict[str, PlannedResource]) -> None:
    assert {queue["name"] for queue in queues.values()} == set(NAMES)


@pytest.mark.parametrize(("name", "dead_letters"), DEAD_LETTERS.items())
def test_a_dead_letter_queue_is_behind_every_main_queue(
    queues: dict[str, PlannedResource], name: str, dead_letters: str
) -> None:
    redrive = queues[name].document("redrivePolicy")

    assert redrive == {"deadLetterTargetArn": queues[dead_letters].arn, "maxReceiveCount": 5}


@pytest.mark.parametrize("name", sorted(set(DEAD_LETTERS.values())))
def test_dead_letters_are_not_moved_on(queues: dict[str, PlannedResource], name: str) -> None:
    assert "redrivePolicy" not in queues[name].inputs


@pytest.mark.parametrize(("name", "dead_letters"), DEAD_LETTERS.items())
def test_dead_letters_are_kept_longer_than_their_queue_keeps_messages(
    queues: dict[str, PlannedResource], name: str, dead_letters: str
) -> None:
    kept = {key: queue["messageRetentionSeconds"] for key, queue in queues.items()}

    assert kept[dead_letters] > kept[name]


def test_a_message_stays_invisible_for_six_times_the_function_timeout(
    deployment: Deployment,
) -> None:
    mappings = deployment.all("EventSourceMapping").values()

    assert mappings
    for mapping in mappings:
        queue = deployment.by_arn(mapping["eventSourceArn"])
        function = deployment.function_of(mapping["functionName"])
        assert queue["visibilityTimeoutSeconds"] >= 6 * function["timeout"]


def test_every_main_queue_calls_one_function(deployment: Deployment) -> None:
    calls = {
        deployment.by_arn(mapping["eventSourceArn"]).name: deployment.function_of(
            mapping["functionName"]
        ).name
        for mapping in deployment.all("EventSourceMapping").values()
    }

    assert calls == {
        "payment-request": "payment",
        "payment-response": "order",
        "shipment-request": "shipment",
        "shipment-response": "order",
    }


def test_only_failed_records_come_back(deployment: Deployment) -> None:
    for mapping in deployment.all("EventSourceMapping").values():
        assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_full_queue_does_not_take_every_function_there_is(deployment: Deployment) -> None:
    for mapping in deployment.all("EventSourceMapping").values():
        # AWS takes 2 to 1000.
        assert 2 <= mapping["scalingConfig"]["maximumConcurrency"] <= 100


def test_a_batch_above_ten_waits_for_a_window(deployment: Deployment) -> None:
    for mapping in deployment.all("EventSourceMapping").values():
        # AWS refuses such batches without a window of at least a second.
        assert mapping["batchSize"] <= 10 or mapping["maximumBatchingWindowInSeconds"] >= 1


def test_cards_are_kept_for_48_hours_at_most(
    deployment: Deployment, queues: dict[str, PlannedResource]
) -> None:
    key = deployment.all("Key")["cards"].arn
    card_queues = {
        name for name, queue in queues.items() if queue.inputs.get("kmsMasterKeyId") == key
    }

    assert card_queues == {"payment-request", "payment-error"}
    for name in card_queues:
        # A dead letter keeps the time of its first sending, so its queue's time counts alone.
        assert queues[name]["messageRetentionSeconds"] <= 48 * HOUR
