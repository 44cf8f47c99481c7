"""What the emulator has acknowledged is there after ``kill -9``, and refused if it cannot be."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.store.orders import list_user_orders
from app.store.pagination import PageRequest
from app.store.products import list_products
from app.store.schema import FORMER_GSI1, SHAPE, TableShape
from app.store.table import Table, open_table
from infra.local import emulator_saver
from infra.local.clients import Clients
from infra.local.deploy_data import ensure_queues, ensure_table
from infra.local.emulator import Emulator
from infra.local.errors import DataFolderError
from infra.local.write_ahead_log import WriteAheadLog, read_batches
from tests.golden.releases import RELEASES, golden
from tests.infra.local.helpers.full_disk import Disk, read_only, small_disk
from tests.infra.local.helpers.shop_process import eventually
from tests.support.sizes import matrix

REGION = "eu-west-1"
TABLE = "local-acmeserverless-dynamodb"
QUEUE = "local-acmeserverless-sqs-shipment-response"
_WRITERS = 4


class Client:
    """One client of an emulator, which does not repeat anything by itself."""

    def __init__(self, emulator: Emulator) -> None:
        clients = Clients(emulator.endpoint_url, REGION)
        clients._config = clients._config.merge(
            Config(retries={"total_max_attempts": 1, "max_attempts": 0}, read_timeout=5)
        )
        self.dynamodb, self.sqs = clients("dynamodb"), clients("sqs")

    @property
    def queue_url(self) -> str:
        url: str = self.sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        return url

    def put(self, key: str, number: int) -> None:
        self.dynamodb.put_item(TableName=TABLE, Item={**_key(key), "n": {"N": str(number)}})

    def add(self, key: str, number: int) -> None:
        self.dynamodb.update_item(
            TableName=TABLE,
            Key=_key(key),
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": str(number)}},
        )

    def delete(self, key: str) -> None:
        self.dynamodb.delete_item(TableName=TABLE, Key=_key(key))

    def put_together(self, keys: list[str], number: int) -> None:
        self.dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": TABLE, "Item": {**_key(key), "n": {"N": str(number)}}}}
                for key in keys
            ]
        )

    def get(self, key: str) -> int | None:
        item = self.dynamodb.get_item(TableName=TABLE, Key=_key(key)).get("Item")
        return int(item["n"]["N"]) if item else None

    def send(self, body: str) -> None:
        answer = self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)
        assert answer["MessageId"]

    def bodies(self) -> list[str]:
        found: list[str] = []
        url = self.queue_url
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600
        ).get("Messages"):
            found += [message["Body"] for message in messages]
        return found


def _key(key: str) -> dict[str, Any]:
    return {"PK": {"S": key}, "SK": {"S": "s"}}


class Writer(threading.Thread):
    """Writes one key and one queue until its call fails, and knows what it was told.

    ``allowed`` is what the key may be: the value last acknowledged, and the one whose answer
    never came. Of a pair written in one transaction both are there or none.
    """

    def __init__(self, emulator: Emulator, number: int) -> None:
        super().__init__()
        self._client = Client(emulator)
        self._chance = Random(number)
        self.key = f"writer-{number}"
        self.allowed: set[int | None] = {None}
        self.sent: list[str] = []
        self.pairs: list[list[str]] = []
        self.half_done: list[str] = []
        self.acknowledged = 0

    def run(self) -> None:
        try:
            for count in range(1, 1_000_000):
                self._write(count)
                self.acknowledged += 1
        except (ClientError, BotoCoreError, KeyError):
            # A kill between headers and body leaves an answer without its fields.
            return

    def _write(self, count: int) -> None:
        kind = self._chance.choice(["put", "add", "delete", "send", "pair"])
        if kind == "send":
            body = f"{self.key}/{count}"
            self._client.send(body)
            self.sent.append(body)
        elif kind == "pair":
            self.half_done = [f"{self.key}/{count}/{side}" for side in "ab"]
            self._client.put_together(self.half_done, count)
            self.pairs.append(self.half_done)
            self.half_done = []
        else:
            value = None if kind == "delete" else count
            self.allowed.add(value)
            if value is None:
                self._client.delete(self.key)
            else:
                (self._client.put if kind == "put" else self._client.add)(self.key, value)
            self.allowed = {value}

    def check(self, client: Client, bodies: list[str]) -> None:
        """See that what was acknowledged is there."""
        assert client.get(self.key) in self.allowed
        assert set(self.sent) <= set(bodies)
        for pair in self.pairs:
            assert None not in [client.get(key) for key in pair]
        if self.half_done:
            first, second = (client.get(key) for key in self.half_done)
            assert (first is None) is (second is None)


def kill(emulator: Emulator) -> None:
    """End an emulator as ``kill -9`` does, and give its port back."""
    assert emulator._process is not None
    emulator._process.kill()
    emulator.stop()


@contextmanager
def deployed(folder: Path, shape: TableShape = SHAPE) -> Iterator[Emulator]:
    """Run an emulator that remembers, with the shop's table and queues."""
    with Emulator(folder) as emulator:
        clients = Clients(emulator.endpoint_url, REGION)
        ensure_table(clients("dynamodb"), TABLE, shape)
        ensure_queues(clients("sqs"), "local", REGION)
        yield emulator


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with deployed(tmp_path / "emulator") as emulator:
        yield emulator


@pytest.mark.proof
@pytest.mark.parametrize("seed", matrix(*range(10)))
def test_everything_acknowledged_is_there_after_a_kill_at_any_moment(
    seed: int, emulator: Emulator
) -> None:
    writers = [Writer(emulator, 10 * seed + number) for number in range(_WRITERS)]
    for writer in writers:
        writer.start()
    # Before, in and behind a snapshot, however fast the machine is.
    wanted = Random(seed).randint(20, 250)
    eventually(lambda: sum(writer.acknowledged for writer in writers) >= wanted, 120)
    kill(emulator)
    for writer in writers:
        writer.join()

    with Emulator(emulator.data_dir) as again:
        client = Client(again)
        bodies = client.bodies()
        for writer in writers:
            writer.check(client, bodies)


def test_a_message_that_was_handled_does_not_come_again_and_others_keep_their_count(
    emulator: Emulator,
) -> None:
    client = Client(emulator)
    for body in ("done", "in hand", "waiting"):
        client.send(body)
    received = {
        message["Body"]: message["ReceiptHandle"]
        for message in client.sqs.receive_message(
            QueueUrl=client.queue_url, MaxNumberOfMessages=2, VisibilityTimeout=600
        )["Messages"]
    }
    client.sqs.delete_message(QueueUrl=client.queue_url, ReceiptHandle=received["done"])
    kill(emulator)

    with Emulator(emulator.data_dir) as again:
        client = Client(again)
        messages = client.sqs.receive_message(
            QueueUrl=client.queue_url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )["Messages"]

    counts = {
        message["Body"]: message["Attributes"]["ApproximateReceiveCount"] for message in messages
    }
    assert counts == {"in hand": "2", "waiting": "1"}


def test_what_else_was_changed_is_there_after_a_kill(emulator: Emulator) -> None:
    """Signing keys, a purge, a dead message, a queue that is gone."""
    clients = Clients(emulator.endpoint_url, REGION)
    secrets, sqs = clients("secretsmanager"), clients("sqs")
    secrets.create_secret(Name="keys", SecretString="first")
    secrets.put_secret_value(SecretId="keys", SecretString="rotated")
    url = sqs.create_queue(QueueName="purged")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.purge_queue(QueueUrl=url)
    gone = sqs.create_queue(QueueName="gone")["QueueUrl"]
    sqs.delete_queue(QueueUrl=gone)
    client = Client(emulator)
    client.send("poison")
    for _ in range(6):
        sqs.receive_message(QueueUrl=client.queue_url, VisibilityTimeout=0)
    kill(emulator)

    with Emulator(emulator.data_dir) as again:
        clients = Clients(again.endpoint_url, REGION)
        secrets, sqs = clients("secretsmanager"), clients("sqs")
        dead = sqs.get_queue_url(QueueName="local-acmeserverless-sqs-shipment-error")["QueueUrl"]
        bodies = [message["Body"] for message in sqs.receive_message(QueueUrl=dead)["Messages"]]
        names = [url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]]
        value = secrets.get_secret_value(SecretId="keys")["SecretString"]
        purged = sqs.receive_message(
            QueueUrl=sqs.get_queue_url(QueueName="purged")["QueueUrl"]
        ).get("Messages", [])

    assert (value, bodies, purged) == ("rotated", ["poison"], [])
    assert "purged" in names
    assert "gone" not in names


@pytest.mark.parametrize("is_killed", [False, True])
async def test_the_folder_of_an_earlier_release_is_taken_over(
    tmp_path: Path, *, is_killed: bool
) -> None:
    """Its orders and products are in the index that it did not have."""
    of_before = replace(SHAPE, indexes=(FORMER_GSI1, *SHAPE.indexes[1:]))
    stored = golden(RELEASES[0].name, "items.json")
    credentials = ("test", "test")

    def table_of(emulator: Emulator) -> Table:
        return open_table(
            TABLE, region=REGION, endpoint_url=emulator.endpoint_url, credentials=credentials
        )

    with deployed(tmp_path, of_before) as earlier:
        await table_of(earlier).put_many(
            list({item["PK"]: item for item in stored.values()}.values())
        )
        if is_killed:
            kill(earlier)
    with deployed(tmp_path) as emulator:
        if is_killed:
            kill(emulator)
    with deployed(tmp_path) as emulator:
        table = table_of(emulator)
        orders = await list_user_orders(table, "u-1", PageRequest())
        products = await list_products(table, PageRequest())

    names = [name for name in stored if name.startswith("order ")]
    assert {order.order_id for order in orders.entries} == {
        stored[name]["order_id"] for name in names
    }
    assert [product.product_id for product in products.entries] == [stored["product"]["product_id"]]


def test_a_log_that_ends_in_the_middle_of_a_line_is_read_up_to_it(emulator: Emulator) -> None:
    client = Client(emulator)
    client.put("first", 1)
    kill(emulator)
    log = _newest_log(emulator)
    whole = log.read_bytes()
    log.write_bytes(whole + b'0badc0de [["item", "half a\n li')

    with Emulator(emulator.data_dir) as again:
        assert Client(again).get("first") == 1


def test_the_generations_of_a_log_are_read_in_the_order_they_were_written(tmp_path: Path) -> None:
    log = WriteAheadLog(tmp_path)
    for number in range(12):
        log.append(f"[[{number}]]")
        log.rotate()

    assert list(read_batches(tmp_path)) == [[[number]] for number in range(12)]


def test_a_log_that_is_damaged_in_its_middle_stops_the_start(emulator: Emulator) -> None:
    client = Client(emulator)
    for number in range(3):
        client.put("key", number)
    # Before the next snapshot.
    kill(emulator)
    log = _newest_log(emulator)
    lines = log.read_bytes().split(b"\n")
    lines[-3] = lines[-3].replace(b"key", b"kex")
    log.write_bytes(b"\n".join(lines))

    with pytest.raises(DataFolderError, match=r"\.log is damaged; .* `make reset`\.$"):
        Emulator(emulator.data_dir).start()


def _newest_log(emulator: Emulator) -> Path:
    return max((emulator.data_dir / "changes").glob("*.log"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def test_a_full_disk_refuses_writes_and_heals_when_there_is_room(
    disk: Disk, capfd: pytest.CaptureFixture[str]
) -> None:
    with deployed(disk.path / "emulator") as emulator:
        client = Client(emulator)
        client.put("before", 1)
        disk.fill()

        accepted = _write_until_refused(client)
        with pytest.raises(ClientError, match="No space left on device"):
            client.put("refused", 1)
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            client.send("refused")
        assert client.get("before") == 1
        disk.free()
        eventually(lambda: _accepts(client, "after"))
        kill(emulator)

        with Emulator(emulator.data_dir) as again:
            client = Client(again)
            found = [client.get("before"), client.get("after"), client.get("refused")]
            assert [client.get(key) for key in accepted] == [1] * len(accepted)
            assert client.bodies() == []

    said = capfd.readouterr().err
    assert found == [1, 1, None]
    assert "cannot be saved: No space left on device. Writes are refused" in said
    assert "can be saved again" in said


def test_on_a_disk_that_is_still_full_the_last_run_is_read_and_writes_wait_for_room(
    disk: Disk, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with deployed(disk.path / "emulator") as emulator:
        client = Client(emulator)
        client.put("logged", 1)
        client.send("logged")
        kill(emulator)
    disk.fill()
    held = {path: path.read_bytes() for path in emulator.data_dir.rglob("*.log")}

    with Emulator(emulator.data_dir) as full:
        client = Client(full)
        assert client.get("logged") == 1
        with pytest.raises(ClientError, match="No space left on device"):
            client.put("refused", 1)
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            client.send("refused")
        # Every start of the shop does this again.
        ensure_queues(Clients(full.endpoint_url, REGION)("sqs"), "local", REGION)
        assert list(tmp_path.glob("acme-shop-state-*")) == []
        assert {path: path.read_bytes() for path in held} == held
        disk.free()
        eventually(lambda: _accepts(client, "after"))
        kill(full)

    with Emulator(emulator.data_dir) as again:
        client = Client(again)
        found = [client.get(key) for key in ("logged", "after", "refused")]
        assert client.bodies() == ["logged"]
    said = capfd.readouterr().err
    assert found == [1, 1, None]
    assert said.count("cannot be saved: No space left on device. Writes are refused") == 1
    assert said.count("can be saved again") == 1


def test_a_full_disk_that_was_not_written_to_is_no_loss(disk: Disk) -> None:
    with deployed(disk.path / "emulator") as emulator:
        Client(emulator).put("logged", 1)
        kill(emulator)
    disk.fill()
    full = Emulator(emulator.data_dir).start()
    assert full._process is not None

    full._process.send_signal(signal.SIGTERM)

    assert full._process.wait(30) == 0
    full.stop()
    disk.free()
    with Emulator(emulator.data_dir) as again:
        assert Client(again).get("logged") == 1


def test_a_full_disk_without_room_for_temporary_files_stops_the_start_and_names_the_cure(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deployed(disk.path / "emulator") as emulator:
        Client(emulator).put("logged", 1)
        kill(emulator)
    disk.fill()
    monkeypatch.setattr("tempfile.tempdir", str(disk.path))

    with pytest.raises(DataFolderError, match=r"No space left on device\. Make room and start"):
        Emulator(emulator.data_dir).start()

    disk.free()
    with Emulator(emulator.data_dir) as again:
        assert Client(again).get("logged") == 1


def _write_until_refused(client: Client) -> list[str]:
    """Return the keys that were accepted: a file system may have a last bit of room."""
    accepted: list[str] = []
    try:
        for _ in range(10_000):
            key = uuid4().hex
            client.put(key, 1)
            accepted.append(key)
    except ClientError:
        return accepted
    raise AssertionError("the disk is not full")


def _accepts(client: Client, key: str) -> bool:
    try:
        client.put(key, 1)
    except ClientError:
        return False
    return True


def test_a_folder_that_becomes_read_only_loses_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with deployed(tmp_path / "emulator") as emulator:
        client = Client(emulator)
        changes, state = (emulator.data_dir / name for name in ("changes", "state"))
        with read_only(changes), read_only(state):
            client.put("meanwhile", 1)
            eventually(lambda: "No snapshot can be written" in capfd.readouterr().err)
            client.put("meanwhile", 2)
            kill(emulator)

        with Emulator(emulator.data_dir) as again:
            assert Client(again).get("meanwhile") == 2


def test_a_log_that_was_taken_away_refuses_writes_until_it_can_be_written_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with deployed(tmp_path / "emulator") as emulator:
        client = Client(emulator)
        client.put("before", 1)
        changes = emulator.data_dir / "changes"
        changes.rename(emulator.data_dir / "taken")
        changes.write_text("in the way")

        eventually(lambda: not _accepts(client, "before"))
        changes.unlink()
        changes.mkdir()
        eventually(lambda: _accepts(client, "after"))
        kill(emulator)

        with Emulator(emulator.data_dir) as again:
            client = Client(again)
            assert [client.get("before"), client.get("after")] == [1, 1]

    said = capfd.readouterr().err
    assert said.count("Writes are refused until it can.") == 1
    assert said.count("can be saved again") == 1


def test_cards_leave_the_log_soon_after_their_messages(emulator: Emulator) -> None:
    client = Client(emulator)
    client.send("4111111111111111")
    [message] = client.sqs.receive_message(QueueUrl=client.queue_url)["Messages"]
    client.sqs.delete_message(QueueUrl=client.queue_url, ReceiptHandle=message["ReceiptHandle"])

    def has_card(path: Path) -> bool:
        # A log that was saved elsewhere is removed at any moment.
        with suppress(FileNotFoundError):
            return b"4111111111111111" in path.read_bytes()
        return False

    def is_forgotten() -> bool:
        paths = [path for path in emulator.data_dir.rglob("*") if path.is_file()]
        return not any(map(has_card, paths))

    eventually(is_forgotten, 10 * emulator_saver.QUIET_SECONDS + 20)


def test_the_end_is_clean_and_leaves_no_log(emulator: Emulator) -> None:
    Client(emulator).put("last", 1)
    process = emulator._process
    assert process is not None

    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0
    assert [path.stat().st_size for path in (emulator.data_dir / "changes").iterdir()] == [0]
    with Emulator(emulator.data_dir) as again:
        assert Client(again).get("last") == 1
