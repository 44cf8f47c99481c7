"""Every way of stopping the shop ends all of its processes within five seconds."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.local.running import running_shop
from tests.infra.local.helpers.shop_process import (
    MAKE,
    RUN,
    START_SECONDS,
    STOP_SECONDS,
    ShopProcess,
    children_of,
    clients,
    end,
    eventually,
    running,
)
from tests.infra.local.helpers.stand_ins import make_project
from tests.support.sizes import SIZES

#: For tests that are not about the five seconds; the open requests would take a minute.
_WORK_SECONDS = 15.0
#: On a busy machine the emulator may not save in time; then this is printed.
_NOT_SAVED = "acme-shop: Not all data could be saved"


#: A command, the signal it gets, and whether its children get it too. Each takes a whole shop.
_STOPS = [
    (MAKE, signal.SIGINT, True),
    (MAKE, signal.SIGKILL, False),
]
_MORE_STOPS = [
    (RUN, signal.SIGTERM, False),
    (RUN, signal.SIGINT, True),
    (MAKE, signal.SIGTERM, True),
    (MAKE, signal.SIGTERM, False),
    (MAKE, signal.SIGINT, False),
]


@pytest.mark.proof
def test_a_signal_stops_all_of_it_and_the_next_run_has_its_data(
    project: Path, tmp_path: Path
) -> None:
    environments: list[Any] = []
    for argv, number, group in [*_STOPS, *(_MORE_STOPS if SIZES.is_full else [])]:
        with running(project, tmp_path / "data", argv=argv) as shop:
            _find_runs(shop, environments)
            shop.send(number, group=group)
            code = shop.until_gone()

        assert code == (0 if argv is RUN else -number)
        assert "Traceback" not in shop.errors
        assert not (shop.data / "shop.json").exists()

    # A hang-up that is ignored stays ignored, and a kill takes the children along.
    with running(project, tmp_path / "data", argv=("nohup", *RUN)) as shop:
        _find_runs(shop, environments)
        shop.send(signal.SIGHUP)
        time.sleep(0.3)

        assert shop.get("/")["version"] == "one"
        shop.send(signal.SIGKILL, group=True)
        shop.until_gone()


def _find_runs(shop: ShopProcess, environments: list[Any]) -> None:
    """See that all runs before left their items, and leave one more."""
    facts = shop.facts
    dynamodb, table = clients(facts)("dynamodb"), facts["environment"]["TABLE"]
    found = dynamodb.scan(TableName=table)["Items"]
    key = {"PK": {"S": f"run {len(environments)}"}, "SK": {"S": "s"}}
    dynamodb.put_item(TableName=table, Item=key)

    assert {item["PK"]["S"] for item in found} == {
        f"run {number}" for number in range(len(environments))
    }
    environments.append(facts["environment"])
    assert facts["environment"] == environments[0]


#: How many processes a shop has started when the signal comes; it has five in the end.
_STARTED = [(signal.SIGINT, 0), (signal.SIGTERM, 4)]
_MORE_STARTED = [
    (number, started)
    for number in (signal.SIGINT, signal.SIGTERM)
    for started in range(6)
    if (number, started) not in _STARTED
]


@pytest.mark.proof
@pytest.mark.parametrize(
    ("number", "started"), [*_STARTED, *(_MORE_STARTED if SIZES.is_full else [])], ids=str
)
def test_a_signal_during_the_start_is_as_good(
    number: signal.Signals, started: int, project: Path, tmp_path: Path
) -> None:
    shop = ShopProcess(project, tmp_path / "data")
    try:
        shop.until_signals_are_handled()
        eventually(lambda: len(children_of(shop.process.pid)) >= started, START_SECONDS)
        shop.send(number, group=True)
        code = shop.until_gone()
    finally:
        end(shop)

    assert code == 0
    assert "Traceback" not in shop.errors
    assert "acme-shop:" not in shop.errors


def test_data_that_could_not_be_saved_is_no_clean_end(project: Path, tmp_path: Path) -> None:
    with running(project, tmp_path / "data") as shop:
        shutil.rmtree(tmp_path / "data" / "emulator")
        (tmp_path / "data" / "emulator").write_text("in the way")
        shop.send(signal.SIGTERM)
        code = shop.until_gone(_WORK_SECONDS)

    assert code == 1
    assert _NOT_SAVED in shop.errors


def test_shops_started_at_the_same_moment_run_and_end_side_by_side(tmp_path: Path) -> None:
    shops = [
        ShopProcess(make_project(tmp_path / f"project{number}"), tmp_path / f"data{number}")
        for number in (1, 2)
    ]
    try:
        first, second = [shop.until_ready() for shop in shops]
        facts = [running_shop(shop.data) for shop in shops]
        third = ShopProcess(first.project, first.data)
        code = third.process.wait(START_SECONDS + STOP_SECONDS)
        assert first.get("/")["pid"] != second.get("/")["pid"]
        _end_with_work_under_way(first)
        assert second.get("/")["version"] == "one"
        _end_with_a_second_ctrl_c(second)
    finally:
        for shop in shops:
            end(shop)

    assert facts[0].url != facts[1].url
    assert facts[0].endpoint_url != facts[1].endpoint_url
    assert code == 1
    assert "Another shop is running" in third.errors


def _end_with_work_under_way(shop: ShopProcess) -> None:
    """Not held up by a request that takes for ever, a handler that sleeps, and long polls."""
    sqs = clients(shop.facts)("sqs")
    sqs.send_message(
        QueueUrl=shop.facts["environment"]["PAYMENT_REQUEST_QUEUE_URL"], MessageBody="sleep"
    )
    eventually(lambda: shop.notes("payment"))
    with _slow_request(shop):
        os.kill(shop.shop_pid, signal.SIGTERM)
        code = shop.until_gone(_WORK_SECONDS)

    assert code == 0 or _NOT_SAVED in shop.errors
    assert "Traceback" not in shop.errors
    assert not (shop.data / "shop.json").exists()


def _end_with_a_second_ctrl_c(shop: ShopProcess) -> None:
    with _slow_request(shop):
        shop.send(signal.SIGINT)
        time.sleep(0.8)
        shop.send(signal.SIGINT)
        code = shop.until_gone(_WORK_SECONDS)

    assert code == 0 or _NOT_SAVED in shop.errors


@contextmanager
def _slow_request(shop: ShopProcess) -> Iterator[None]:
    """Have a request under way for the block."""
    host, port = shop.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /slow/60 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        yield
