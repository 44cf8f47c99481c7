"""``order`` and ``orders`` on the emulator's table, queues and functions."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.domain.errors import OrderNotFoundError
from app.domain.order import OrderState
from app.domain.payment import PAID_MESSAGE, PaymentDecision
from app.queues import get_client
from app.store.keys import order_key, payment_key
from app.store.order_steps import TRACE_ID, trace_id_to_text
from app.store.orders import add_order
from app.store.payments import decide_once
from app.store.table import get_table
from infra.cli import (
    dead_letters,
    order,
    order_context,
    orders,
    queues,
    redrive,
    stacks,
    trace,
)
from infra.cli.damaged_order import gather_damaged_order, how_to_correct
from infra.cli.dead_letter_queues import SQSDeadLetterQueues
from infra.cli.incomplete import IncompleteError
from infra.cli.order_context import queued_messages
from infra.cli.order_evidence import find_order_id, gather
from infra.cli.stacks import StackConnection, connect
from infra.dead_letters.diagnosis import Diagnosis
from infra.local.data_folder import DataFolder
from infra.local.deploy_data import ensure_queues
from infra.local.emulator import Emulator
from infra.local.errors import EmulatorSilentError
from infra.log_search import LogLine
from infra.orders.explanation import explain
from infra.orders.facts import OrderContext
from infra.orders.queued_messages import QueuedMessage
from infra.seeds.classic import classic_products, make_order
from infra.topology import function_name
from tests.infra.cli.helpers.dead_letters import (
    BUYER,
    NOW,
    new_order,
    printed_json,
    put,
    sample,
    url,
)

DEAD = Diagnosis(
    "payment-error", "m-1", 60, 5, "PaymentRequested", "o-1", "poison", "payment-request"
)
WAITING = QueuedMessage("payment-response", "m-2", "waiting", 9, 2)


@pytest.fixture
def worker() -> Iterator[str]:
    """The address of a process that answers GET like a worker."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def payment(shop: str) -> Iterator[str]:
    """The mapping of a payment function; it is paused."""
    client = connect(shop).functions
    name = function_name(shop, "payment")
    client.create_function(
        FunctionName=name,
        Role="arn:aws:iam::000000000000:role/any",
        PackageType="Image",
        Code={"ImageUri": "any"},
    )
    arn = (
        f"arn:aws:sqs:{client.meta.region_name}:000000000000:"
        + url(shop, "payment-request").rpartition("/")[2]
    )
    made = client.create_event_source_mapping(EventSourceArn=arn, FunctionName=name, Enabled=False)
    yield made["UUID"]
    client.delete_event_source_mapping(UUID=made["UUID"])
    client.delete_function(FunctionName=name)


def show(shop: str, order_id: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    order.command(order_id, stack=shop, as_json=True)
    found: dict[str, Any] = printed_json(capsys)
    return found


def test_a_paused_queue_is_named_with_its_mapping(
    shop: str, payment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = new_order()
    put(shop, "payment-request", "one")

    found = show(shop, order_id, capsys)

    assert found["state"] == "pending"
    assert found["queues"][0] == {
        "queue": "payment-request",
        "function": "payment",
        "waiting": 1,
        "in_flight": 0,
        "delayed": 0,
        "mapping_state": "Disabled",
        "mapping_id": payment,
        "obstacle": None,
        "queue_obstacle": None,
    }
    assert "Nothing takes messages from payment-request" in found["why"]
    assert f"--uuid {payment}" in found["next_step"]


def test_a_local_worker_that_gives_no_answer_is_named(shop: str, worker: str) -> None:
    urls = {"payment": worker, "order": "http://127.0.0.1:9"}
    connection = replace(connect(shop), worker_urls=urls)

    found = asyncio.run(gather(connection, new_order(), now=NOW))

    obstacles = {status.function: status.obstacle for status in found.queues}
    assert obstacles == {
        "payment": None,
        "order": "its process gives no answer",
        "shipment": "it is not deployed",
    }


@pytest.mark.usefixtures("payment")
def test_a_function_without_concurrency_is_named(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client, name = connect(shop).functions, function_name(shop, "payment")
    assert show(shop, new_order(), capsys)["queues"][0]["obstacle"] is None
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    found = show(shop, new_order(), capsys)

    assert "reserved concurrency is 0" in found["queues"][0]["obstacle"]


def test_only_the_dead_letters_of_the_order_are_told(shop: str) -> None:
    order_id, other = new_order(), new_order()
    put(shop, "payment-error", sample("payment", "success", order_id))
    put(shop, "payment-error", sample("payment", "success", other))

    found = asyncio.run(gather(connect(shop), order_id, now=NOW))

    assert [dead_letter.order_id for dead_letter in found.dead_letters] == [order_id]
    assert found.options == f" --stack {shop} --region {connect(shop).region}"


def test_the_messages_of_the_order_are_found_in_local_queues_and_not_received(
    shop: str, emulator: Emulator, worker: str
) -> None:
    order_id = new_order()
    put(shop, "payment-response", sample("payment", "success", order_id))
    put(shop, "payment-response", sample("payment", "success", new_order()))
    local = replace(
        connect(shop), endpoint_url=emulator.endpoint_url, worker_urls={"order": worker}
    )
    in_aws = replace(local, endpoint_url=None)

    found = [asyncio.run(gather(local, order_id, now=NOW)).messages for _ in range(2)]

    assert found[0] == found[1]
    assert found[0] is not None
    (message,) = found[0]
    assert (message.queue, message.place, message.receives) == ("payment-response", "waiting", 0)
    assert asyncio.run(gather(in_aws, order_id, now=NOW)).messages is None
    silent = replace(local, endpoint_url="http://127.0.0.1:1")
    queues_of_shop = SQSDeadLetterQueues(connect(shop))
    assert queued_messages(silent, queues_of_shop, order_id, now=NOW) is None


def test_messages_that_are_not_json_are_told_with_their_order(
    shop: str, emulator: Emulator, worker: str
) -> None:
    order_id, trace_id = str(uuid4()), uuid4().hex
    traceparent = f"00-{trace_id}-{'1' * 16}-01"
    placed = make_order(
        order_id,
        BUYER,
        list(classic_products(NOW))[:1],
        OrderState.PENDING,
        placed_at=NOW - timedelta(minutes=5),
    )
    asyncio.run(add_order(get_table(), replace(placed, trace_id=trace_id)))
    cut = sample("payment", "success", order_id)[:-30]
    local = replace(
        connect(shop), endpoint_url=emulator.endpoint_url, worker_urls={"payment": worker}
    )
    put(shop, "payment-request", "poison", traceparent=traceparent)
    put(shop, "payment-request", "poison")
    put(shop, "payment-error", cut)
    put(shop, "payment-error", "poison", traceparent=traceparent)

    found = asyncio.run(gather(local, order_id, now=NOW))

    assert found.messages is not None
    assert [message.queue for message in found.messages] == ["payment-request"]
    told = [(dead.order_id, dead.reason, dead.dies_again) for dead in found.dead_letters]
    assert told == [(order_id, "the message is not JSON", True)] * 2
    causes = explain(found, now=NOW)
    assert sum("the message is not JSON" in cause.why for cause in causes) == 2
    assert sum("Do not send it back" in cause.next_step for cause in causes) == 2
    assert not any("in no queue" in cause.why for cause in causes)


@pytest.mark.parametrize(
    ("given", "trusts"),
    [({"TRUST_EVENTS": "1", "STAGE": "test"}, True), ({"STAGE": "prod"}, False), (None, False)],
)
def test_what_the_deployed_worker_trusts_is_known(
    shop: str, given: dict[str, str] | None, *, trusts: bool
) -> None:
    client, name = connect(shop).functions, function_name(shop, "order")
    if given is not None:
        client.create_function(
            FunctionName=name,
            Role="arn:aws:iam::000000000000:role/any",
            PackageType="Image",
            Code={"ImageUri": "any"},
            Environment={"Variables": given},
        )

    found = asyncio.run(gather(connect(shop), new_order(), now=NOW))

    if given is not None:
        client.delete_function(FunctionName=name)
    assert found.trusts_events is trusts


def test_a_release_that_is_half_out_is_a_cause(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client = connect(shop).functions
    for function, release in (("payment", "4f2a9c1"), ("order", "9ab01cd")):
        name = function_name(shop, function)
        client.create_function(
            FunctionName=name, Role="arn:aws:iam::000000000000:role/any", PackageType="Image",
            Code={"ImageUri": "any"}, Environment={"Variables": {"VERSION": release}}, Publish=True,
        )  # fmt: skip
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    order_id = new_order()

    halves = show(shop, order_id, capsys)
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"VERSION": "4f2a9c1"}}
    )
    version = client.publish_version(FunctionName=name)["Version"]
    client.update_alias(
        FunctionName=name,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {version: 0.1}},
    )
    trial = show(shop, order_id, capsys)
    for function in ("payment", "order"):
        client.delete_function(FunctionName=function_name(shop, function))

    assert halves["causes"][-1]["why"] == (
        "A release is half out, its functions run different ones: payment 4f2a9c1, order 9ab01cd."
    )
    assert halves["causes"][-1]["next_step"].endswith(f"acme-shop release all --stack {shop}")
    assert trial["releases"][-1] == {
        "function": "order", "stable": "9ab01cd", "canary": "4f2a9c1", "percent": 10,
    }  # fmt: skip
    assert trial["causes"][-1]["next_step"].endswith(f"release rollback --stack {shop}")


def test_people_read_lines_without_card_name_or_address(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = new_order(OrderState.SHIPPED, age=timedelta(hours=1))
    decision = PaymentDecision(order_id, True, 6250, "t", PAID_MESSAGE, "", NOW)
    asyncio.run(decide_once(get_table(), decision))
    put(shop, "shipment-error", sample("shipment", "delivered", order_id))

    order.command(order_id, stack=shop)
    order.command(new_order(), stack=shop)

    said = capsys.readouterr().out
    for text in (
        f"order     {order_id}: shipped",
        "UTC, paid, 6250 cents",
        "queue     shipment-request: 0 w",
    ):
        assert text in said
    for text in ("dead      shipment-error", "why       Its message", "payment   not decided"):
        assert text in said
    order.command(new_order(age=timedelta(hours=-2)), stack=shop)
    assert "in the future: a clock was wrong" in capsys.readouterr().out
    for text in ("Cartman", "e@example.com", "1111"):
        assert text not in said


def test_an_order_whose_item_cannot_be_read_is_told_with_what_is_left(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = new_order()
    table = get_table()
    item = asyncio.run(table.get(order_key(order_id)))
    assert item is not None
    asyncio.run(table.put(item | {"lines": "x"}))

    order.command(order_id.upper(), stack=shop)

    said = capsys.readouterr().out
    assert f"order     {order_id}: its item cannot be read (lines: is not a list)" in said
    assert "payment   not decided" in said
    assert "queue     payment-request: 0 waiting" in said
    assert '(infra/RUNBOOK.md, "An order cannot be read")' in said
    # It has no dead letter that could be sent back.
    assert f"the sweeper goes on with it: acme-shop sweep --stack {shop}" in said


@pytest.mark.parametrize(
    ("around", "step"),
    [
        ({"dead_letters": (DEAD,)}, "send its dead letters back: acme-shop redrive -s x"),
        ({"messages": (WAITING,)}, "its message in payment-response moves it on by itself"),
        ({"messages": ()}, "the sweeper goes on with it: acme-shop sweep -s x"),
    ],
)
def test_what_brings_a_damaged_order_on_is_what_there_is(around: dict[str, Any], step: str) -> None:
    assert step in how_to_correct(OrderContext(**around, options=" -s x"))


def test_an_order_whose_item_is_gone_is_told_with_its_payment_and_message(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    paid, broken = str(uuid4()), new_order()
    for order_id in (paid, broken):
        decision = PaymentDecision(order_id, True, 100, "t", PAID_MESSAGE, "", NOW)
        asyncio.run(decide_once(get_table(), decision))
    damaged = asyncio.run(get_table().get(payment_key(broken)))
    assert damaged is not None
    asyncio.run(get_table().put(damaged | {"amount_cents": "x"}))
    put(shop, "shipment-error", sample("shipment", "delivered", paid))

    found = show(shop, paid, capsys)
    other = show(shop, broken, capsys)

    assert found["why"] == (
        "Its item is gone; its payment was taken (100 cents); its message is in shipment-error."
    )
    assert "Restore the table to yesterday" in found["next_step"]
    assert "its decision cannot be read (amount_cents: is not a whole number)" in other["why"]
    assert other["item"].startswith("can be read: pending")


def test_only_a_whole_order_id_in_the_log_is_an_order(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, user, message = str(uuid4()), str(uuid4()), str(uuid4())
    text = f"record.failed order_id={gone} user_id={user} message_id={message} cause=order"
    line = LogLine("2026-11-30 12:00:00", "order", "INFO", text, None)

    def found(_: StackConnection, ids: list[str], **__: Any) -> list[LogLine]:
        return [line] if ids[0] in text else []

    monkeypatch.setattr(order_context, "search_log", found)
    remains = partial(gather_damaged_order, connect(shop), now=NOW)

    assert asyncio.run(remains(gone)).log == (line,)
    for beginning in (gone[:8], gone[:-1]):
        with pytest.raises(OrderNotFoundError, match=f"ids that begin so: {gone}"):
            asyncio.run(remains(beginning))
    for other in (user, message, "order", gone[:3], str(uuid4())):
        with pytest.raises(OrderNotFoundError, match=r"no order has this id$"):
            asyncio.run(remains(other))


def test_the_orders_whose_ids_begin_so_are_told(shop: str) -> None:
    order_id = new_order()

    with pytest.raises(OrderNotFoundError, match=f"ids that begin so: {order_id}$"):
        order.command(f" {order_id[:20]} ", stack=shop)


def test_what_stands_beside_damage_is_told_with_it(
    shop: str, payment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged, undecided, gone = new_order(), new_order(), str(uuid4())
    for key, change in (
        (order_key(damaged), {"lines": "x"}),
        (payment_key(undecided), {"order_id": undecided}),
    ):
        item = asyncio.run(get_table().get(key)) or key
        asyncio.run(get_table().put(item | change))
    for order_id in (damaged, undecided, gone):
        put(shop, "payment-error", sample("payment", "success", order_id))

    for order_id in (damaged, undecided, gone):
        found = show(shop, order_id, capsys)
        causes = [cause["why"] + cause["next_step"] for cause in found["causes"]]
        letter = found["dead_letters"][0]["message_id"]

        assert found["why"] == found["causes"][0]["why"]
        assert any("from payment-request" in why and payment in why for why in causes)
        assert any(why.startswith("The worker order does not work") for why in causes)
        assert any(f"in payment-error, message {letter}" in why for why in causes)
        assert ("acme-shop discard" in causes[-1]) is (order_id == gone)


def test_a_table_that_is_gone_is_told_with_what_brings_it_back(shop: str) -> None:
    none = f"none-{uuid4().hex[:8]}"

    remains = asyncio.run(gather_damaged_order(connect(none), new_order(), now=NOW))

    assert "no access to its store: GetItem ResourceNotFoundException" in remains.item
    assert "Restore the table" in remains.causes[0].next_step


def test_a_queue_that_was_deleted_is_named_and_the_rest_is_told(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = new_order(age=timedelta(hours=1))
    damaged = new_order()
    item = asyncio.run(get_table().get(order_key(damaged)))
    asyncio.run(get_table().put((item or {}) | {"lines": "x"}))
    names = ("payment-request", "payment-error")
    put(shop, "shipment-error", sample("shipment", "delivered", order_id))
    made = {name: url(shop, name) for name in names}
    for name in names:
        get_client().delete_queue(QueueUrl=made[name])
    absent = f"{shop}-acmeserverless-sqs-payment-error does not exist"
    told = {}
    commands: dict[str, Callable[..., None]] = {
        "order": partial(order.command, order_id),
        "damaged": partial(order.command, damaged),
        "queues": queues.command,
        "dead-letters": partial(dead_letters.command, ""),
        "redrive": partial(redrive.command, "", dry_run=True),
    }

    try:
        for name, command in commands.items():
            with pytest.raises(IncompleteError, match="payment-error does not exist"):
                command(stack=shop, as_json=True)
            told[name] = printed_json(capsys)
            with pytest.raises(IncompleteError):
                command(stack=shop)
            capsys.readouterr()
        orders.command(only_open=True, most=100, stack=shop, as_json=True)
        assert order_id in capsys.readouterr().out
    finally:
        ensure_queues(connect(shop).sqs, shop, connect(shop).region)

    for name in ("order", "damaged"):
        assert any(absent in what for what in told[name]["missing"])
        assert "payment-request does not exist" in json.dumps(told[name]["causes"])
    assert [letter["queue"] for letter in told["order"]["dead_letters"]] == ["shipment-error"]
    assert [letter["order_id"] for letter in told["dead-letters"]] == [order_id]
    assert [depth["queue"] for depth in told["queues"] if depth["obstacle"]] == [*reversed(names)]
    assert len(told["redrive"]["moved"]) == 1


@pytest.mark.parametrize("typed", ["", " ", "x" * 201, "7c8bba4d-1ecc-42a9-8c64-16bea075f069"])
def test_an_unknown_order_is_said_so(shop: str, typed: str) -> None:
    with pytest.raises(OrderNotFoundError, match=r"no order has this id$"):
        order.command(typed, stack=shop)


def test_open_orders_are_listed_whole_and_the_stuck_ones_marked(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stuck, fresh = new_order(age=timedelta(hours=1)), new_order()
    done = new_order(OrderState.DELIVERED)

    orders.command(only_open=True, most=100, stack=shop, as_json=True)
    listed = {row["order_id"]: row["is_stuck"] for row in printed_json(capsys)}
    orders.command(only_open=False, most=100, stack=shop, as_json=True)
    everything = {row["order_id"] for row in printed_json(capsys)}
    orders.command(only_open=True, most=1, stack=shop)

    assert listed[stuck] is True
    assert listed[fresh] is False
    assert done not in listed
    assert {stuck, fresh, done} <= everything
    assert "There are more than these 1." in capsys.readouterr().out


def test_the_list_shows_whole_ids(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    order_id = new_order()

    orders.command(only_open=True, most=100, stack=shop)

    assert order_id in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        queues.command,
        orders.command,
        dead_letters.command,
        partial(order.command, "7c8bba4d-1ecc-42a9-8c64-16bea075f069"),
    ],
    ids=["queues", "orders", "dead-letters", "order"],
)
def test_a_command_says_at_once_that_the_emulator_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[[], None]
) -> None:
    monkeypatch.setenv("SHOP_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(stacks, "ANSWER_SECONDS", 0.1)
    # A stopped process's socket still takes connections.
    folder = DataFolder.open(tmp_path)  # Locked for as long as it is kept.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        folder.publish(
            {
                "pid": 1,
                "url": "http://127.0.0.1:1",
                "endpoint_url": f"http://127.0.0.1:{port}",
                "environment": {"REGION": "eu-west-1"},
            }
        )

        with pytest.raises(EmulatorSilentError, match="does not answer: it was stopped"):
            command()


def test_a_request_whose_lines_are_gone_leads_to_its_order(
    shop: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOP_DATA_DIR", str(tmp_path))
    order_id, request = new_order(age=timedelta(seconds=1)), uuid4().hex
    item = asyncio.run(get_table().get(order_key(order_id))) or {}
    asyncio.run(get_table().put(item | {TRACE_ID: trace_id_to_text(request)}))
    names = {"TABLE": get_table().name}
    near = StackConnection(shop, connect(shop).region, names, emulator.endpoint_url)

    assert find_order_id(near, request, now=NOW) == order_id
    with pytest.raises(OrderNotFoundError, match=f"acme-shop trace {'b2' * 16}"):
        find_order_id(near, "b2" * 16, now=NOW)


def test_of_several_orders_of_a_trace_the_first_that_stands_still_is_explained(
    shop: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, stuck = new_order(age=timedelta()), new_order(age=timedelta(days=1))
    gone, damaged = str(uuid4()), new_order()
    item = asyncio.run(get_table().get(order_key(damaged))) or {}
    asyncio.run(get_table().put(item | {"lines": "x"}))
    trace_id, given = uuid4().hex, [fresh, stuck, fresh, damaged, gone]
    lines = [LogLine("", "shop", "INFO", f"order.placed order_id={it}", trace_id) for it in given]
    monkeypatch.setattr("infra.cli.order_evidence.search_log", lambda *_, **__: lines)
    monkeypatch.setattr("infra.cli.order_context.search_log", lambda *_, **__: lines)

    found = show(shop, trace_id, capsys)
    order.command(trace_id, stack=shop)

    assert found["order_id"] == stuck
    assert found["trace_orders"] == {
        fresh: "pending",
        stuck: "pending",
        damaged: "cannot be read",
        gone: "is gone",
    }
    assert f"of trace  {damaged}: cannot be read\n" in capsys.readouterr().out
    with pytest.raises(OrderNotFoundError, match=f"several orders have this trace: {fresh}, "):
        find_order_id(connect(shop), trace_id, now=NOW)


def test_a_request_id_leads_to_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_DATA_DIR", str(tmp_path))
    request, other, order_id = "a1" * 16, "b2" * 16, "7c8bba4d-1ecc-42a9-8c64-16bea075f069"
    lines = [
        {"trace_id": request, "message": "order.placed order_id=? ms=1"},
        {"trace_id": request, "message": f"order.placed order_id={order_id} ms=1"},
        {"trace_id": other, "message": "request.crashed method=GET route=/products/{id}"},
    ]
    more = {"timestamp": "2026-11-23T09:00:00.000Z", "level": "INFO", "logger": "shop.http"}
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(more | it) + "\n" for it in lines))
    local = StackConnection("local", "eu-west-1", {}, "http://127.0.0.1:1")

    assert find_order_id(local, request, now=NOW) == order_id
    assert find_order_id(local, f" {order_id}\n", now=NOW) == order_id
    assert find_order_id(local, f"00-{request}-{'c3' * 8}-01", now=NOW) == order_id
    for pasted in (
        f'"{order_id.upper()}",',
        f"ORDER#{order_id}",
        f"http://127.0.0.1:8000/#/orders/{order_id}?x=1",
        f"record.failed order_id={order_id} queue=payment-request message_id={uuid4()}",
    ):
        assert find_order_id(local, pasted, now=NOW) == order_id
    for none in (f"{order_id}0", f"{order_id} {uuid4()}"):
        assert find_order_id(local, none, now=NOW) == none
    with pytest.raises(EmulatorSilentError):
        find_order_id(local, other, now=NOW)
    trace.command(order_id)
    assert f"order.placed order_id={order_id} ms=1" in capsys.readouterr().out
