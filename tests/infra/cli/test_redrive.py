"""``redrive`` on the emulator's queues."""

import asyncio
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import typer

from app.domain.errors import QueueUnavailableError, StoreUnavailableError
from app.domain.order import OrderState
from app.domain.payment import PAID_MESSAGE, PaymentDecision
from app.queues import get_client
from app.store.orders import get_order
from app.store.payments import decide_once
from app.store.table import get_table, open_table
from infra.cli import dead_letters, redrive, sweep
from infra.cli.dead_letter_queues import SQSDeadLetterQueues
from infra.cli.queue_client import Depth
from infra.cli.stacks import connect
from tests.infra.cli.helpers.dead_letters import (
    NOW,
    bodies,
    die,
    list_dead_letters,
    new_order,
    printed_json,
    put,
    sample,
    url,
)
from tests.infra.local.helpers.shop_process import eventually


def test_letters_go_back_where_they_came_from_and_the_rest_is_named(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = {
        "payment-request": [sample("payment", "success", f"o-{number}") for number in range(12)],
        "payment-response": [sample("payment", "accepted", "o-1")],
        "shipment-request": [sample("shipment", "requested", "o-1")],
        "shipment-response": [
            sample("shipment", outcome, "o-1") for outcome in ("sent", "delivered")
        ],
    }
    for queue, texts in sent.items():
        for text in texts:
            put(shop, f"{queue.partition('-')[0]}-error", text)
    put(shop, "payment-error", "poison")
    put(shop, "shipment-error", "poison")

    redrive.command(stack=shop, per_second=1000, as_json=True)

    done = printed_json(capsys)
    assert len(done["moved"]) == 16
    assert {dead_letter["queue"] for dead_letter in done["stayed"]} == {
        "payment-error",
        "shipment-error",
    }
    for queue, texts in sent.items():
        assert sorted(bodies(shop, queue)) == sorted(texts)
    assert len(list_dead_letters(shop, capsys)) == 2

    redrive.command(stack=shop)

    said = capsys.readouterr().out
    assert said.startswith("Moved nothing.\n")
    assert said.count("the message is not JSON") == 2


def test_a_dry_run_and_a_limit_are_kept(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(4):
        put(shop, "shipment-error", sample("shipment", "requested", f"o-{number}"))

    redrive.command(stack=shop, dry_run=True)
    redrive.command(stack=shop, most=3, as_json=True)

    first, second = capsys.readouterr().out.splitlines()
    assert first == "Would move 4 from shipment-error to shipment-request."
    assert len(json.loads(second)["moved"]) == 3
    assert len(list_dead_letters(shop, capsys)) == 1
    assert len(bodies(shop, "shipment-request")) == 3


def test_decided_and_late_payments_are_told_apart(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    decided, late, young = str(uuid4()), new_order(age=timedelta(hours=49)), new_order()
    decision = PaymentDecision(decided, True, 100, "t", PAID_MESSAGE, "", NOW)
    asyncio.run(decide_once(get_table(), decision))
    for order_id in (decided, late, young):
        put(shop, "payment-error", sample("payment", "success", order_id))

    redrive.command(stack=shop, dry_run=True)
    redrive.command(stack=shop, dry_run=True, as_json=True)
    redrive.command(stack=shop)

    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        "Would move 1 from payment-error to payment-request.",
        "Would announce 1 decided payments of payment-error on payment-response.",
    ]
    # It asks for more than the order costs.
    assert said[2].startswith("Would die again: message ")
    planned = json.loads(said[4])
    assert {step["order_id"]: step["action"] for step in planned["moved"]} == {
        decided: "announce the decision",
        young: "send back",
    }
    assert [dead_letter["order_id"] for dead_letter in planned["stayed"]] == [late]
    assert said[5:7] == [
        "Moved 1 from payment-error to payment-request.",
        "Announced 1 decided payments of payment-error on payment-response.",
    ]
    assert said[8].endswith("too old to be paid; the sweeper ends the order")
    [announced] = bodies(shop, "payment-response")
    assert json.loads(announced)["data"]["orderID"] == decided
    [asked] = bodies(shop, "payment-request")
    assert json.loads(asked)["data"]["orderID"] == young
    sweep.command(stack=shop)
    assert asyncio.run(get_order(get_table(), late)).state is OrderState.DECLINED


def test_a_store_that_is_away_fails_the_command_after_its_work(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, "payment-error", sample("payment", "success", "o-1"))
    put(shop, "shipment-error", sample("shipment", "requested", "o-1"))
    connection = connect(shop)
    connection.__dict__["table"] = open_table(
        "nowhere",
        region="eu-west-1",
        endpoint_url="http://127.0.0.1:9",
        credentials=("test", "test"),
    )
    monkeypatch.setattr(redrive, "connect", lambda *_: connection)

    with pytest.raises(StoreUnavailableError, match="payment requests stay; run it again"):
        redrive.command(stack=shop, as_json=True)

    done = printed_json(capsys)
    assert [step["to"] for step in done["moved"]] == ["shipment-request"]
    assert "the store does not answer" in done["stayed"][0]["reason"]
    assert len(bodies(shop, "payment-error")) == 1


def test_letters_leave_no_faster_than_allowed(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        put(shop, "shipment-error", sample("shipment", "requested", f"o-{number}"))
    begun = datetime.now(UTC)

    redrive.command("shipment-error", stack=shop, per_second=10)

    assert datetime.now(UTC) - begun >= timedelta(seconds=0.3)


def test_letters_that_another_look_holds_are_counted(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        put(shop, "shipment-error", sample("shipment", "requested", f"o-{number}"))
    hidden = get_client().receive_message(
        QueueUrl=url(shop, "shipment-error"), MaxNumberOfMessages=3, VisibilityTimeout=60
    )["Messages"]

    dead_letters.command(stack=shop, as_json=True)
    redrive.command(stack=shop, dry_run=True, as_json=True)
    redrive.command(stack=shop)
    dead_letters.command(stack=shop)

    heard = capsys.readouterr()
    said = heard.out.splitlines()
    assert len(hidden) == 3
    assert len(json.loads(said[0])) == 2
    assert json.loads(said[1])["held_by_others"] == 3
    assert said[2:] == [
        "Moved 2 from shipment-error to shipment-request.",
        "3 are held by another look; run it again in a minute.",
        "There are no other dead letters.",
    ]
    assert heard.err.splitlines() == ["3 are held by another look; run it again in a minute."] * 2


def test_what_will_die_again_is_said_before_and_after(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown, good = str(uuid4()), new_order(OrderState.SHIPPED)
    for order_id in (unknown, good):
        put(shop, "shipment-error", sample("shipment", "delivered", order_id))
    put(shop, "shipment-error", sample("shipment", "sent", new_order()))

    redrive.command(stack=shop, dry_run=True)
    redrive.command(stack=shop, as_json=True)

    planned, _, done = capsys.readouterr().out.rstrip().rpartition("\n")
    assert planned.count("Would die again: message ") == 2
    assert f"event ShipmentDelivered, order {unknown}: no order has this id" in planned
    warnings = {step["order_id"]: step["warning"] for step in json.loads(done)["moved"]}
    assert warnings.pop(good) is None
    assert sorted(warnings.values()) == ["no order has this id", "the order is not paid yet"]


def test_a_letter_goes_back_under_its_trace(shop: str) -> None:
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    die(shop, "shipment-request", sample("shipment", "requested", "o-1"), traceparent=traceparent)

    redrive.command(stack=shop)

    (message,) = get_client().receive_message(
        QueueUrl=url(shop, "shipment-request"), MessageAttributeNames=["All"]
    )["Messages"]
    assert message["MessageAttributes"]["traceparent"]["StringValue"] == traceparent


class FailingQueues(SQSDeadLetterQueues):
    """Fails from the fourth message on."""

    taken = 0

    def send(self, queue: str, body: str, **options: Any) -> str:
        self.taken += 1
        if self.taken > 3:
            raise QueueUnavailableError(f"{queue} does not answer")
        return super().send(queue, body, **options)


def test_a_queue_that_fails_midway_is_told_with_what_was_done(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        put(shop, "shipment-error", sample("shipment", "requested", f"o-{number}"))
    monkeypatch.setattr(redrive, "SQSDeadLetterQueues", FailingQueues)

    with pytest.raises(QueueUnavailableError, match="shipment-request does not answer"):
        redrive.command(stack=shop)

    assert capsys.readouterr().out.splitlines() == [
        "Moved 3 from shipment-error to shipment-request.",
        "It did not get through; run it again for the rest.",
    ]
    assert len(bodies(shop, "shipment-error")) == 2
    assert len(bodies(shop, "shipment-request")) == 3


def test_ctrl_c_ends_it_with_the_code_that_shells_know(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class InterruptedQueues(SQSDeadLetterQueues):
        def send(self, queue: str, body: str, **options: Any) -> str:
            raise KeyboardInterrupt

    put(shop, "shipment-error", sample("shipment", "requested", "o-1"))
    monkeypatch.setattr(redrive, "SQSDeadLetterQueues", InterruptedQueues)

    with pytest.raises(typer.Exit) as ended:
        redrive.command(stack=shop, as_json=True)

    assert ended.value.exit_code == 130
    done = printed_json(capsys)
    assert (done["is_complete"], done["moved"], done["held_by_others"]) == (False, [], 0)


def test_how_many_are_held_is_not_known_when_no_queue_answers(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class UnreachableQueues(SQSDeadLetterQueues):
        def depths(self, *_: object) -> list[Depth]:
            raise QueueUnavailableError("payment-error does not answer")

    monkeypatch.setattr(redrive, "SQSDeadLetterQueues", UnreachableQueues)

    with pytest.raises(QueueUnavailableError, match="payment-error does not answer"):
        redrive.command(stack=shop, as_json=True)

    assert printed_json(capsys)["held_by_others"] is None


def test_ctrl_c_ends_it_between_two_letters_and_what_was_done_is_said(shop: str) -> None:
    for number in range(20):
        put(shop, "shipment-error", sample("shipment", "requested", f"o-{number}"))
    # Tests that run in the background of a shell ignore Ctrl-C, and children inherit that.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from infra.cli.main import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "redrive", "--stack", shop, "--per-second", "5", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    sent: list[str] = eventually(lambda: bodies(shop, "shipment-request"), 60)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    sent += bodies(shop, "shipment-request")

    done = json.loads(out)
    assert process.returncode == 130
    assert (done["is_complete"], done["held_by_others"]) == (False, 0)
    assert len(sent) == len(done["moved"])
    assert len(sent) + len(bodies(shop, "shipment-error")) == 20
