"""One running shop: what is up, what is fed, what is restarted."""

import json
import os
import re
import signal
import stat
from functools import partial
from pathlib import Path
from typing import Any

from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST
from infra import topology
from infra.local.clients import Clients
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from infra.local.emulator_delivery import HOLDING_VARIABLE
from tests.infra.local.helpers.shop_process import ShopProcess, clients, eventually, running

# The tests of this module share one shop and leave it as they found it.


def queue(shop: ShopProcess, name: str) -> str:
    url: str = shop.facts["environment"][topology.queue_setting(name)]
    return url


def send(shop: ShopProcess, name: str, *bodies: str) -> None:
    clients(shop.facts)("sqs").send_message_batch(
        QueueUrl=queue(shop, name),
        Entries=[{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)],
    )


def seen(shop: ShopProcess, function: str, body: str) -> list[dict[str, Any]]:
    """Return the records with this body that a handler has been given."""
    return [
        {**record, **note}
        for note in shop.notes(function)
        for record in note["event"].get("Records", ())
        if record["body"] == body
    ]


def change(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def settled(shop: ShopProcess) -> dict[str, int]:
    """Return the shop's processes when none of them is being replaced any more."""
    seen: list[dict[str, int]] = []

    def unchanged() -> bool:
        seen.append(shop.children())
        return len(seen[-1]) == 5 and seen[-10:].count(seen[-1]) == 10

    eventually(unchanged)
    return seen[-1]


def test_the_ready_line_stands_alone(shop: ShopProcess) -> None:
    assert shop.out.read_text() == f"Shop ready: {shop.url}\n"


def test_the_seed_data_is_put_in_once(shop: ShopProcess) -> None:
    assert len((shop.project / "notes" / "seed").read_text().splitlines()) == 1


def test_other_commands_find_the_shop(shop: ShopProcess) -> None:
    mode = (shop.data / "shop.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600
    assert shop.facts["url"] == shop.url
    assert shop.facts["environment"]["TABLE"] == topology.table_name("local")


def test_the_api_sees_the_settings_of_its_function_only(shop: ShopProcess) -> None:
    environment = shop.get("/")["environment"]

    assert environment["PAYMENT_REQUEST_QUEUE_URL"] == queue(shop, "payment-request")
    assert "SHIPMENT_REQUEST_QUEUE_URL" not in environment
    assert environment["AWS_ENDPOINT_URL"] == shop.facts["endpoint_url"]
    assert "PYTHONDONTWRITEBYTECODE" not in environment


def test_every_queue_feeds_its_worker(shop: ShopProcess) -> None:
    for mapping in topology.MAPPINGS:
        send(shop, mapping.queue, f"to {mapping.queue}")

    for mapping in topology.MAPPINGS:
        records = eventually(partial(seen, shop, mapping.function, f"to {mapping.queue}"))
        note = records[0]
        assert note["eventSourceARN"].endswith(topology.queue_name("local", mapping.queue))
        assert note["attributes"]["ApproximateReceiveCount"] == "1"
        assert note["arn"].endswith(topology.function_name("local", mapping.function))
        assert note["request_id"]
        assert 0 < note["remaining"] <= 6000
        assert "PAYMENT_REQUEST_QUEUE_URL" not in note["environment"]


def test_only_failed_records_stay_on_the_queue(shop: ShopProcess) -> None:
    send(shop, PAYMENT_RESPONSE, "fine", "fail please")
    sqs = clients(shop.facts)("sqs")

    eventually(lambda: seen(shop, "order", "fine") and seen(shop, "order", "fail please"))

    def left() -> str:
        names = ["ApproximateNumberOfMessagesNotVisible"]
        url = queue(shop, PAYMENT_RESPONSE)
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        count: str = found[names[0]]
        return count

    eventually(lambda: left() == "1")
    sqs.purge_queue(QueueUrl=queue(shop, PAYMENT_RESPONSE))


def test_a_handler_that_raises_keeps_its_process(shop: ShopProcess) -> None:
    send(shop, SHIPMENT_REQUEST, "raise")
    first = eventually(lambda: seen(shop, "shipment", "raise"))[0]
    eventually(lambda: "ValueError: no such thing" in shop.errors)

    send(shop, SHIPMENT_REQUEST, "after")

    assert eventually(lambda: seen(shop, "shipment", "after"))[0]["pid"] == first["pid"]
    clients(shop.facts)("sqs").purge_queue(QueueUrl=queue(shop, SHIPMENT_REQUEST))


def test_a_change_of_the_api_is_served_and_no_request_is_refused(shop: ShopProcess) -> None:
    workers = {name: pid for name, pid in settled(shop).items() if name in ("payment", "order")}
    main = shop.project / "app" / "main.py"
    (shop.project / "routers" / "carts.py").write_text("")
    eventually(lambda: "The code changed: api." in shop.errors)

    change(main, "one", "two")
    versions: list[str] = []
    while not versions or versions[-1] != "two":
        versions.append(shop.get("/version")["version"])
        assert len(versions) < 5000

    change(main, "two", "one")
    eventually(lambda: shop.get("/version")["version"] == "one")
    # A change in app concerns every process.
    eventually(lambda: shop.children().keys() >= workers.keys())
    assert all(shop.children()[name] != pid for name, pid in workers.items())


def test_a_change_of_a_worker_reaches_the_next_message(shop: ShopProcess) -> None:
    path = shop.project / "workers" / "payment.py"
    api = shop.get("/")["pid"]
    old = settled(shop)["payment"]

    change(path, '"event": event', '"changed": True, "event": event')
    eventually(lambda: shop.children().get("payment", old) != old)
    send(shop, PAYMENT_REQUEST, "after the change")

    records = eventually(lambda: seen(shop, "payment", "after the change"))
    eventually(lambda: any("changed" in record for record in records), 1)
    assert shop.get("/")["pid"] == api


def test_a_change_of_the_definitions_asks_for_a_new_start(shop: ShopProcess) -> None:
    (shop.project / "infra" / "topology.py").touch()

    eventually(lambda: "Stop and start the shop to have all of this change." in shop.errors)


def test_a_syntax_error_waits_for_the_next_change(shop: ShopProcess) -> None:
    path = shop.project / "workers" / "order.py"
    text = path.read_text()

    path.write_text("def handler(:\n")
    eventually(lambda: "order is waiting for the next change of the code." in shop.errors)
    send(shop, PAYMENT_RESPONSE, "patient")
    path.write_text(text)

    assert eventually(lambda: seen(shop, "order", "patient"))
    assert "SyntaxError" in shop.errors


def test_a_process_that_dies_is_started_again(shop: ShopProcess) -> None:
    pids = settled(shop)
    for name in ("api_server", "payment"):
        os.kill(pids[name], signal.SIGKILL)

    send(shop, PAYMENT_REQUEST, "to the new one")

    assert shop.get("/")["pid"] != pids["api_server"]
    assert eventually(lambda: seen(shop, "payment", "to the new one"))
    # It may have been killed before it had answered for the first time since a change.
    eventually(lambda: re.search(r"api (ended|did not start).*\(signal SIGKILL\)", shop.errors))
    eventually(lambda: "payment is started again." in shop.errors)


def test_an_emulator_that_dies_comes_back_with_its_data(shop: ShopProcess) -> None:
    dynamodb = clients(shop.facts)("dynamodb")
    table = shop.facts["environment"]["TABLE"]
    dynamodb.put_item(TableName=table, Item={"PK": {"S": "saved-key"}, "SK": {"S": "k"}})
    seeds = shop.project / "notes" / "seed"
    before = len(seeds.read_text().splitlines())
    pid = settled(shop)["emulator_server"]

    os.kill(pid, signal.SIGKILL)

    eventually(lambda: len(seeds.read_text().splitlines()) == before + 1)
    assert dynamodb.get_item(TableName=table, Key={"PK": {"S": "saved-key"}, "SK": {"S": "k"}})[
        "Item"
    ]
    assert shop.children()["emulator_server"] != pid
    send(shop, SHIPMENT_REQUEST, "after the crash")
    assert eventually(lambda: seen(shop, "shipment", "after the crash"))


def test_an_open_shop_is_loud_fires_its_schedule_and_takes_messages_once_it_is_ready(
    shop: ShopProcess, project: Path, tmp_path: Path
) -> None:
    """The schedule is counted from its making, which is set back here instead of waited for."""
    folder = tmp_path / "data" / "emulator"
    with Emulator(folder, environment={HOLDING_VARIABLE: "1"}) as emulator:
        stack = deploy(emulator.endpoint_url, function_urls={})
        Clients(emulator.endpoint_url, stack["REGION"])("sqs").send_message(
            QueueUrl=stack[topology.queue_setting(PAYMENT_REQUEST)], MessageBody="left over"
        )
    path = folder / "state" / "scheduler.json"
    state = json.loads(path.read_text())
    for schedule in state["payload"]["schedules"]["data"].values():
        schedule["CreationDate"] -= 3600
    path.write_text(json.dumps(state))

    with running(project, tmp_path / "data", AUTH_MODE="0") as open_shop:
        notes = eventually(
            lambda: [n for n in open_shop.notes("order") if "Records" not in n["event"]], 60
        )
        mode = open_shop.get("/")["environment"]["AUTH_MODE"]
        left_over = eventually(partial(seen, open_shop, "payment", "left over"))[0]
        ready_at = (open_shop.data / "shop.json").stat().st_mtime

    assert left_over["attributes"]["ApproximateReceiveCount"] == "1"
    taken_at = int(left_over["attributes"]["ApproximateFirstReceiveTimestamp"])
    assert taken_at >= int(ready_at * 1000)
    assert notes[0]["event"]["source"] == "aws.scheduler"
    assert mode == "0"
    assert "!!! AUTH_MODE=0" in open_shop.errors
    assert "!!! AUTH_MODE=0" not in shop.errors
