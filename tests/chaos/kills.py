"""A real shop whose processes are killed, stopped and restarted while customers order.

``python -m tests.chaos.kills --minutes 10`` (also ``--seed``). Then it is checked that every
order a customer was told of is delivered within a minute of the last fault, was charged once
and shipped once, counted by what the functions tried to store and to send; that the shop
said 503 within three seconds while its store was away, and worked again within five seconds
of its return.

The emulator is stopped and frozen here, not killed: ``tests/e2e/test_killed_shop.py`` ends it
with ``kill -9``.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from httpx import AsyncClient

from infra.topology import QUEUES
from tests.chaos.helpers.customers import TOTAL_CENTS, ContinuousProbe, Customers, look
from tests.chaos.helpers.faults import Faults, FaultTiming, Report
from tests.chaos.helpers.proxied_shop import ProxiedShop, proxied_shop
from tests.chaos.helpers.shop_queues import ShopQueues

FINAL_SECONDS = 60.0
_LOOKS_AT_ONCE = 16

DELIVERED = "delivered"


@dataclass(frozen=True)
class Demand:
    """How many customers there are, how long they pause at most, and how often the probe asks."""

    customers: int = 8
    pause_seconds: float = 0.6
    probe_seconds: float = 0.1


class Chaos:
    """One run: customers, faults, and checks afterwards."""

    def __init__(
        self, proxied: ProxiedShop, timing: FaultTiming, demand: Demand, *, seed: int
    ) -> None:
        """Work on a shop that is ready."""
        self.report = Report()
        self._proxied = proxied
        self._shop = proxied.shop
        self._timing = timing
        self._chance = Random(seed)
        self._customers = Customers(
            self._shop.url,
            customers=demand.customers,
            seed=seed,
            pause_seconds=demand.pause_seconds,
        )
        self._probe = ContinuousProbe(
            self._shop.url, self._customers.record, pause_seconds=demand.probe_seconds
        )
        self._faults = Faults(proxied, self._probe, self.report, timing=timing, chance=self._chance)

    async def run(self, seconds: float) -> Report:
        """Let customers order while processes are killed for so long; then check everything.

        The store's own faults come in between, and take their time on top.
        """
        self._faults.shorten_visibility()
        shopping = asyncio.create_task(self._customers.shop())
        probing = asyncio.create_task(self._probe.ask_on())
        killed_for, turn = 0.0, 0
        # At least once each.
        while killed_for < seconds or turn < self._faults.kinds:
            kill_seconds = self._chance.uniform(*self._timing.kill_seconds)
            await self._faults.kill_for(kill_seconds)
            killed_for += kill_seconds
            await self._faults.until_healthy()
            await self._faults.outage(turn)
            turn += 1
        self._customers.close()
        await asyncio.wait_for(shopping, FINAL_SECONDS)
        probing.cancel()
        await self._check_orders()
        self._check_side_effects()
        self._count_dead_letters()
        return self._finish()

    async def _check_orders(self) -> None:
        """See every acknowledged order through, and look at what it says of itself."""
        open_orders = dict(self._customers.record.acknowledged)
        deadline = self._faults.last + FINAL_SECONDS
        async with AsyncClient(base_url=self._shop.url, timeout=10) as http:
            while open_orders:
                waiting = list(open_orders.items())
                # Side by side: one by one, thousands of looks would take most of the time.
                for start in range(0, len(waiting), _LOOKS_AT_ONCE):
                    batch = waiting[start : start + _LOOKS_AT_ONCE]
                    looks = (look(http, f"/order/{user}/{order_id}") for order_id, user in batch)
                    for (order_id, _), found in zip(
                        batch, await asyncio.gather(*looks), strict=True
                    ):
                        if found is not None and found.get("status") == DELIVERED:
                            del open_orders[order_id]
                if open_orders and time.monotonic() > deadline:
                    self.report.problems.append(
                        f"{len(open_orders)} orders not final: {sorted(open_orders)[:5]}"
                    )
                    break
                await asyncio.sleep(0.2)
            self.report.final_seconds = time.monotonic() - self._faults.last
            for user in set(self._customers.record.acknowledged.values()):
                if len(listed := await _orders_of(http, user)) != 1:
                    self.report.problems.append(f"{len(listed)} orders of {user} instead of one")

    def _check_side_effects(self) -> None:
        """See that each order was charged what it costs and shipped, once, as no other was."""
        effects = self._proxied.effects
        self.report.side_effects = effects.text()
        acknowledged = self._customers.record.acknowledged
        self.report.problems += effects.problems(acknowledged, cents=TOTAL_CENTS)[:10]

    def _count_dead_letters(self) -> None:
        queues = ShopQueues(self._shop)
        names = [queue.name for queue in QUEUES if queue.dead_letters is None]
        self.report.dead_letters = sum(map(queues.depth, names))

    def _finish(self) -> Report:
        record = self._customers.record
        self.report.acknowledged = len(record.acknowledged)
        self.report.attempts = record.attempts
        self.report.problems += record.surprises[:10]
        return self.report


async def _orders_of(http: AsyncClient, user: str) -> list[Any]:
    """Return the orders of a user once the shop is not too busy to say."""
    async with asyncio.timeout(FINAL_SECONDS):
        while True:
            listed: list[Any] | None = await look(http, f"/order/{user}")
            if listed is not None:
                return listed
            await asyncio.sleep(0.2)


def run(
    folder: Path,
    *,
    seconds: float,
    seed: int,
    demand: Demand | None = None,
    timing: FaultTiming | None = None,
) -> Report:
    """Start a shop in a folder, do all of it, and stop the shop."""
    with proxied_shop(
        folder,
        seed=seed,
        AUTH_MODE="0",
        SHOP_DELIVERY_SECONDS="0-2",
        SHOP_PAYMENT_WAIT_SECONDS="1",
    ) as proxied:
        chaos = Chaos(proxied, timing or FaultTiming(), demand or Demand(), seed=seed)
        return asyncio.run(chaos.run(seconds))


def main() -> None:
    """Do it for as long as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kills", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="of killing; the store's faults come on top"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="acme-shop-chaos-") as folder:
        report = run(Path(folder), seconds=60 * options.minutes, seed=options.seed)
    sys.stdout.write("\n".join([*report.lines(), ""]))
    sys.exit(bool(report.problems))


if __name__ == "__main__":
    main()
