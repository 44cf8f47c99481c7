"""``dead-letters``, ``redrive`` and ``sweep`` on the emulator's queues."""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from unittest.mock import create_autospec
from uuid import uuid4

import pytest

from app.domain.errors import InvalidInputError, QueueUnavailableError
from app.domain.order import OrderState
from app.domain.payment import PAID_MESSAGE, PaymentDecision
from app.messages import ShipmentRequested
from app.store.orders import get_order
from app.store.payments import decide_once
from app.store.table import get_table
from app.trace_context import following_order
from infra.ages import age_text
from infra.cli import dead_letters, discard, redrive, sweep
from infra.cli.queue_client import QueueClient
from infra.dead_letters.diagnosis import Diagnosis
from infra.dead_letters.messages import DEAD_LETTER_QUEUES
from infra.topology import QUEUES
from tests.chaos.helpers.faulty_proxy import FaultyProxy
from tests.infra.cli.helpers.dead_letters import (
    CARD,
    NOW,
    bodies,
    depth,
    die,
    list_dead_letters,
    new_order,
    printed_json,
    put,
    sample,
)
from tests.infra.local.helpers.shop_process import eventually


def test_a_dead_letter_is_shown_with_its_reason(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    die(shop, "payment-request", '{"metadata": {"type": "PaymentRequested"}, "data": {}}')

    for _ in range(2):  # A look counts as a receive for SQS, and must not for the reader.
        [found] = list_dead_letters(shop, capsys)

    assert found.pop("message_id")
    assert 0 <= found.pop("age_seconds") < 60
    assert "order_id: is missing" in found.pop("reason")
    assert found == {
        "queue": "payment-error",
        "receives": 5,
        "event_type": "PaymentRequested",
        "order_id": None,
        "comes_from": "payment-request",
        "dies_again": True,
        "trace_id": None,
    }


def test_no_id_is_cut_however_narrow_the_terminal_is(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    order_id = new_order(OrderState.SHIPPED)
    die(shop, "shipment-response", sample("shipment", "delivered", order_id))
    put(shop, "shipment-error", "poison")
    listed = list_dead_letters(shop, capsys)

    dead_letters.command(stack=shop)

    said = capsys.readouterr().out
    assert all(dead_letter["message_id"] in said for dead_letter in listed)
    assert (
        f"  ShipmentDelivered of order {order_id}, died in shipment-response after 5 receives\n"
        "  nothing is wrong with it, and the order is shipped: redrive it.\n" in said
    )
    assert "  ? of order ?, was put there by hand\n" in said
    again = "the message is not JSON. It would die again; to remove it: acme-shop discard "
    assert again in said


def test_a_letter_whose_queue_is_unknown_just_died() -> None:
    unknown = Diagnosis("payment-error", "m-1", 60, 5, None, None, "poison", None)

    assert ", died after 5 receives" in dead_letters.diagnosis_text(unknown)[1]
    traced = dead_letters.diagnosis_text(replace(unknown, trace_id="ab" * 16))[1]
    assert f"of order ? (to find it: acme-shop order {'ab' * 16}), died" in traced


def test_one_dead_letter_is_discarded_and_the_others_stay(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(shop, "payment-error", "poison")
    put(shop, "shipment-error", sample("shipment", "delivered", new_order(OrderState.SHIPPED)))
    poison, good = (dead_letter["message_id"] for dead_letter in list_dead_letters(shop, capsys))

    discard.command(good, dry_run=True, stack=shop)
    assert "Would remove:" in capsys.readouterr().out
    assert len(list_dead_letters(shop, capsys)) == 2

    discard.command(poison, stack=shop, as_json=True)

    said = printed_json(capsys)
    assert (said["dry_run"], said["discarded"]["message_id"]) == (False, poison)
    assert [dead_letter["message_id"] for dead_letter in list_dead_letters(shop, capsys)] == [good]
    for wrong in (poison, good[:8], ""):
        with pytest.raises(InvalidInputError, match="no dead letter with this id"):
            discard.command(wrong, stack=shop)
    discard.command(good, stack=shop)
    assert capsys.readouterr().out.endswith("It could have been sent back.\n")
    assert list_dead_letters(shop, capsys) == []


def test_the_reason_of_a_good_letter_is_where_its_order_stands(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pending, shipped = new_order(), new_order(OrderState.SHIPPED)
    decided = str(uuid4())
    decision = PaymentDecision(decided, True, 100, "t", PAID_MESSAGE, "", NOW)
    asyncio.run(decide_once(get_table(), decision))
    expected = {
        ("payment", "success", str(uuid4())): "agrees with nothing stored (orderID:",
        ("payment", "failure", decided): "announces the decision again",
        ("payment", "accepted", str(uuid4())): "no order has this id",
        ("payment", "accepted", pending): "agrees with nothing stored (orderID:",
        ("payment", "declined", shipped): "past this already: shipped",
        ("shipment", "requested", shipped): "past this already: shipped",
        ("shipment", "requested", pending): "the order is pending: redrive it",
        ("shipment", "sent", pending): "not paid yet",
        ("shipment", "sent", shipped): "past this already: shipped",
        ("shipment", "delivered", shipped): "the order is shipped: redrive it",
    }
    for domain, outcome, order_id in expected:
        put(shop, f"{domain}-error", sample(domain, outcome, order_id))

    found = list_dead_letters(shop, capsys)

    assert len(found) == len(expected)
    for diagnosis, reason in zip(found, expected.values(), strict=True):
        assert reason in diagnosis["reason"]


def test_letters_are_visible_again_at_once(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(25):
        put(shop, "shipment-error", f"poison {number}")

    looks = [list_dead_letters(shop, capsys, "shipment-error") for _ in range(3)]

    assert [len(dead_letters) for dead_letters in looks] == [25, 25, 25]
    assert len(bodies(shop, "shipment-error")) == 25


def test_only_the_queue_of_the_option_is_shown(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(shop, "shipment-error", "poison")
    put(shop, "payment-error", "poison")

    assert {
        dead_letter["queue"] for dead_letter in list_dead_letters(shop, capsys, "shipment-error")
    } == {"shipment-error"}
    assert len(list_dead_letters(shop, capsys)) == 2
    with pytest.raises(InvalidInputError, match="payment-error or shipment-error"):
        dead_letters.command("payment-request", stack=shop)


def test_the_table_never_shows_a_card(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    put(shop, "payment-error", sample("payment", "success", "o-[red]1"))
    put(shop, "payment-error", json.dumps({"data": {"orderID": CARD, "card": {"CVV": "98765"}}}))

    dead_letters.command(stack=shop)
    dead_letters.command(stack=shop, as_json=True)
    redrive.command(stack=shop, dry_run=True)
    redrive.command(stack=shop, as_json=True)

    said = capsys.readouterr().out
    assert "o-[red]1" in said
    assert "PaymentRequested" in said
    assert "************1111" in said
    assert CARD not in said
    assert "98765" not in said


def test_nothing_dead_is_said_so(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    dead_letters.command(stack=shop)
    redrive.command(stack=shop)

    assert capsys.readouterr().out == "There are no dead letters.\nMoved nothing.\n"


def test_a_sweep_says_what_it_did(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    unpaid = new_order(age=timedelta(hours=49))
    decided = new_order(age=timedelta(hours=1))
    decision = PaymentDecision(decided, True, 6250, "t", PAID_MESSAGE, "", NOW)
    asyncio.run(decide_once(get_table(), decision))

    sweep.command(stack=shop, as_json=True)
    sweep.command(stack=shop)

    first, second = capsys.readouterr().out.splitlines()
    assert json.loads(first) == {
        "seen": 2,
        "settled": 1,
        "timed_out": 1,
        "shipments_requested": 0,
        "failed": 0,
        "unreadable": 0,
        "oldest_seconds": 3600,
        "oldest_pending_seconds": 0,
        "is_complete": True,
    }
    assert second.startswith("Looked at 0 orders that have been open for 5 minutes and more: 0")
    assert asyncio.run(get_order(get_table(), unpaid)).state is OrderState.DECLINED
    [request] = bodies(shop, "shipment-request")
    assert json.loads(request)["data"]["_id"] == decided


def test_what_a_sweep_sends_goes_on_in_the_trace_of_its_order() -> None:
    client, trace_id = create_autospec(QueueClient, instance=True), uuid4().hex

    with following_order(trace_id):
        asyncio.run(sweep.StackQueues(client).send(ShipmentRequested("o-1")))

    assert client.send.call_args.kwargs["traceparent"].split("-")[1] == trace_id


def test_the_commands_are_there_as_processes_of_their_own(shop: str) -> None:
    put(shop, "shipment-error", sample("shipment", "requested", "o-1"))
    put(shop, "shipment-error", "poison")
    told = {}

    for name in ("dead-letters", "redrive", "sweep"):
        finished = subprocess.run(
            [sys.executable, "-m", "infra.cli.main", name, "--stack", shop, "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert finished.stderr == ""
        told[name] = json.loads(finished.stdout)

    assert len(told["dead-letters"]) == 2
    assert [step["to"] for step in told["redrive"]["moved"]] == ["shipment-request"]
    assert told["sweep"]["is_complete"]


async def test_a_slow_store_prints_no_warnings(shop: str) -> None:
    wire = FaultyProxy(
        lambda: os.environ["AWS_ENDPOINT_URL"], rate=0.0, seed=0, tap=lambda *_: time.sleep(0.03)
    )
    environment = {**os.environ, "AWS_ENDPOINT_URL": await wire.listen()}

    finished = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "infra.cli.main", "sweep", "--stack", shop],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    await wire.close()
    assert wire.calls
    assert finished.stderr == ""


def test_a_redrive_that_is_killed_loses_nothing(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [sample("shipment", "requested", f"o-{number}") for number in range(20)]
    for text in texts:
        put(shop, "shipment-error", text)
    command = [sys.executable, "-m", "infra.cli.main", "redrive", "--stack", shop]
    # So slow that there is something left when it is killed.
    process = subprocess.Popen([*command, "--per-second", "5"])
    moved: list[str] = eventually(lambda: bodies(shop, "shipment-request"), 60)
    process.kill()
    process.wait()

    # What it held is not seen by others for a minute.
    moved += bodies(shop, "shipment-request")
    assert set(moved) < set(texts)
    redrive.command("shipment-error", per_second=1000, stack=shop, as_json=True)
    left = depth(shop, "shipment-error")
    moved += bodies(shop, "shipment-request")

    assert len(set(moved)) + left >= len(texts)
    assert left <= 10


@pytest.mark.usefixtures("shop")
def test_a_stack_that_is_not_there_is_named() -> None:
    for command in (dead_letters.command, redrive.command, sweep.command):
        with pytest.raises(QueueUnavailableError, match="nowhere-acmeserverless"):
            command(stack="nowhere")


def test_every_queue_with_dead_letters_is_known() -> None:
    behind = {queue.dead_letters for queue in QUEUES if queue.dead_letters}

    assert behind == set(DEAD_LETTER_QUEUES)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (200_000, "2 d 7 h")],
)
def test_an_age_has_two_units(seconds: int, text: str) -> None:
    assert age_text(seconds) == text
