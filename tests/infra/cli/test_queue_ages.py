"""How old the oldest message of a queue is: locally, and in a stack by CloudWatch."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.queues import get_client
from infra.cli import queues
from infra.cli.queue_ages import find_ages
from infra.cli.queue_client import QueueClient
from infra.cli.stacks import StackConnection, connect
from infra.local.emulator import Emulator
from infra.topology import queue_name
from tests.infra.cli.helpers.dead_letters import printed_json, put, url


def local(shop: str, emulator: Emulator) -> StackConnection:
    """Return the connection to a stack as to the shop of ``make run``."""
    return replace(connect(shop), endpoint_url=emulator.endpoint_url)


def test_the_emulator_is_asked_without_receiving(shop: str, emulator: Emulator) -> None:
    for queue in ("shipment-request", "shipment-error"):
        put(shop, queue, "one")
    connection = local(shop, emulator)

    found = find_ages(
        connection,
        QueueClient(connection),
        ["shipment-request", "shipment-error", "shipment-response"],
    )

    assert sorted(found) == ["shipment-error", "shipment-request"]
    assert all(0 <= age < 60 for age in found.values())
    (message,) = get_client().receive_message(
        QueueUrl=url(shop, "shipment-error"),
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
    )["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_local_shop_that_does_not_answer_has_no_ages(shop: str) -> None:
    connection = replace(connect(shop), endpoint_url="http://127.0.0.1:1")
    client = QueueClient(connect(shop))

    assert find_ages(connection, client, ["shipment-error"]) == {}


def test_cloudwatch_is_asked_for_a_stack(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, "shipment-request", "one")
    connect(shop).metrics.put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [
                    {"Name": "QueueName", "Value": queue_name(shop, "shipment-request")}
                ],
                "Timestamp": datetime.fromtimestamp(time.time() - 120, UTC),
                "Value": 3700,
            }
        ],
    )
    monkeypatch.setenv("COLUMNS", "200")

    queues.command(stack=shop, as_json=True)

    ages = {depth["queue"]: depth["oldest_seconds"] for depth in printed_json(capsys)}
    assert ages.pop("shipment-request") == 3700
    assert set(ages.values()) == {None}
    queues.command(stack=shop)
    assert "1 h 1 min" in capsys.readouterr().out


def test_without_a_right_to_read_metrics_the_ages_are_not_known(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:1")
    connection = connect(shop)

    assert find_ages(connection, QueueClient(connection), ["shipment-error"]) == {}
