"""What the local shop's write-ahead log costs: the emulator with it, and beside it without.

Both get what an order asks of table and queues, in turns of equal length, and the CPU is that
of the emulator's process, its snapshots included.
"""

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from app.store.schema import SHAPE
from infra.local.clients import Clients
from infra.local.deploy_data import ensure_queues, ensure_table
from infra.local.emulator import Emulator
from infra.local.emulator_saver import QUIET_SECONDS
from infra.topology import queue_name, table_name
from tests.bench.figures import Case, Figure, figures

REGION, STACK = "eu-west-1", "local"
_ORDERS = 60
#: Messages about an order, from the request for payment to the delivery.
_MESSAGES = 5
_BODY = "x" * 700
_HZ = os.sysconf("SC_CLK_TCK")


class _Contestant:
    """An emulator with table and queues."""

    def __init__(self, emulator: Emulator) -> None:
        self._clients = Clients(emulator.endpoint_url, REGION)
        self._table: Any = self._clients("dynamodb")
        self._sqs: Any = self._clients("sqs")
        ensure_table(self._table, table_name(STACK), SHAPE)
        ensure_queues(self._sqs, STACK, REGION)
        name = queue_name(STACK, "shipment-response")
        self._url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self._stat = Path(f"/proc/{emulator.pid}/stat")

    def cpu_ms(self) -> float:
        """Return what the process and its ended children have used."""
        fields = self._stat.read_text("ascii").rpartition(")")[2].split()
        return 1000 / _HZ * sum(map(int, fields[11:15]))

    def order(self, order_id: str) -> None:
        """Write an order and its payment, move it on three times, and pass its messages."""
        key = {"PK": {"S": order_id}, "SK": {"S": "s"}}
        self._put(key)
        self._put({**key, "SK": {"S": "payment"}})
        for number in range(3):
            self._table.update_item(
                TableName=table_name(STACK),
                Key=key,
                UpdateExpression="SET n = :n",
                ExpressionAttributeValues={":n": {"N": str(number)}},
            )
        for _ in range(_MESSAGES):
            self._sqs.send_message(QueueUrl=self._url, MessageBody=_BODY)
            [message] = self._sqs.receive_message(QueueUrl=self._url)["Messages"]
            handle = message["ReceiptHandle"]
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)

    def _put(self, key: dict[str, Any]) -> None:
        item = {**key, "body": {"S": _BODY}}
        self._table.put_item(TableName=table_name(STACK), Item=item)


def log(rounds: int) -> list[Figure]:
    """Measure what an order costs the emulator with its log and without."""
    found: dict[str, list[float]] = {"shop": [], "no log": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        emulators = {"shop": Emulator(folder / "emulator"), "no log": Emulator()}
        contestants = {
            name: _Contestant(stack.enter_context(emulator)) for name, emulator in emulators.items()
        }
        # The first round warms up.
        for number in range(rounds + 1):
            for name in sorted(contestants, reverse=bool(number % 2)):
                contestant = contestants[name]
                before = contestant.cpu_ms()
                for order in range(_ORDERS):
                    contestant.order(f"{number}-{order}")
                # Its snapshot comes when nothing happens.
                time.sleep(2 * QUIET_SECONDS)
                if number:
                    found[name].append((contestant.cpu_ms() - before) / _ORDERS)
    return figures(Case("log: an order in the emulator", found))
