"""A shop in memory for tests that do one thing after the other."""

from collections.abc import Coroutine
from datetime import datetime
from random import Random
from typing import Any, TypeVar

from app.queues import SQSQueues
from app.settings import read_settings
from tests.simulation.simulator.catalog import Catalog
from tests.simulation.simulator.fake_clients import fake_table
from tests.simulation.simulator.faults import FaultPlan, NoFaults
from tests.simulation.simulator.gateway import Answer, ask, patched_application
from tests.simulation.simulator.lambdas import EPOCH, Log
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.memory_table import STALE_SECONDS, MemoryTable
from tests.simulation.simulator.network import Network, Trace
from tests.simulation.simulator.sqs_client import SimulatedSQSClient, sending_through
from workers.dependencies import Dependencies

T = TypeVar("T")
#: Events are checked, as on every stage that is not for trying things out.
_SETTINGS = read_settings(
    {
        "TABLE": "shop",
        "SHOP_CATALOG_SECONDS": "0",
        "SHOP_PAYMENT_WAIT_SECONDS": "0",
        "TRUST_EVENTS": "0",
    }
)


class StaleReads(NoFaults):
    """Every read that need not be consistent sees what was there before the last write."""

    def latency(self) -> float:
        """Return so little that the past is visible for the whole test."""
        return STALE_SECONDS / 1000

    def is_stale(self) -> bool:
        """Show the past."""
        return True


class SentMessages:
    """Queues that remember what was sent: queue, body, delay in seconds."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.on_attempt = lambda queue, body: None
        self.messages: list[tuple[str, str, float]] = []

    def send(self, queue: str, body: str, delay_seconds: float = 0) -> None:
        """Remember a message."""
        self.messages.append((queue, body, delay_seconds))


class SmallShop:
    """Table, catalog and queues in memory; each call is made by a process of its own."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        """Open the shop with one article."""
        self.loop = SimLoop(Random(0))
        self._trace = Trace(self.loop)
        network = Network(self.loop, faults or NoFaults(), self._trace, Random(0))
        self.memory = MemoryTable("shop", clock=self.loop.time, is_strict=False)
        self.catalog = Catalog(self.memory, self.loop)
        self.table = fake_table(self.memory, network)
        self.queues = SQSQueues()
        self.sent = SentMessages()
        self._client = SimulatedSQSClient(self.sent, network)
        self.now: datetime = EPOCH
        self.dependencies = Dependencies(
            lambda: self.table, lambda: self.queues, lambda: _SETTINGS, lambda: self.now
        )

    def put(self, *items: dict[str, Any]) -> None:
        """Store items as if they had always been there."""
        for item in items:
            self.memory.items[item["PK"], item["SK"]] = item

    def run(self, work: Coroutine[Any, Any, T], *, process: Process | None = None) -> T:
        """Run something to its end and return what it returns.

        Raises:
            Exception: what it raises.
        """
        with patched_application(Log(self._trace, lambda: "test")), sending_through(self._client):
            task = self.loop.start(process or Process("test"), work)
            self.loop.run()
        result: T = task.result()
        return result

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Make a request as the user ``u1``; ``_`` in the name of a header is a ``-``."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.run(
            ask(self.dependencies, method, path, user_id="u1", body=body, headers=names)
        )
