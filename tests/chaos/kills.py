"""A real shop whose processes are killed, stopped and restarted while customers order.

``python -m tests.chaos.kills --minutes 10`` (also ``--seed``). Then it is checked that every
order a customer was told of is delivered within a minute of the last fault, was charged once
and shipped once; that the shop said 503 within three seconds while its store was away, and
worked again within five seconds of its return.

The emulator is never ended with ``kill -9``: it saves its state every half second to two
seconds, so that would lose what DynamoDB and SQS never lose.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from httpx import AsyncClient, HTTPError

from app.domain.ids import tracking_number_for, transaction_id_for
from app.stack import QUEUES, queue_setting
from tests.chaos.customers import Customers, Prober
from tests.local.harness import ShopProcess, clients, running

#: What is killed, by the names the shop gives its processes.
VICTIMS = ("api_server", "payment", "order", "shipment")
EMULATOR = "emulator_server"

RETURN_SECONDS = 5.0
FINAL_SECONDS = 60.0

_HEALTHY_SECONDS = 20.0

DELIVERED = "delivered"


@dataclass(frozen=True)
class Pace:
    """How long each part of a round takes, from one number of seconds to another.

    ``visibility_seconds`` makes messages of killed workers come again sooner than the 36
    seconds of a real stack. A process that was just started needs a moment to settle.
    """

    kill_seconds: tuple[float, float] = (15.0, 30.0)
    freeze_seconds: tuple[float, float] = (3.5, 8.0)
    settle_seconds: float = 2.5
    visibility_seconds: int | None = None
    answer_seconds: float = 3.0


@dataclass
class Report:
    """What was done to the shop, and what is wrong with it."""

    acknowledged: int = 0
    attempts: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    freezes: int = 0
    restarts: int = 0
    slowest_refusal_seconds: float = 0.0
    slowest_return_seconds: float = 0.0
    final_seconds: float = 0.0
    dead_letters: int = 0
    problems: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the report for people."""
        return [
            f"{self.acknowledged} orders acknowledged in {self.attempts} attempts",
            f"kill -9: {dict(self.kills)}; frozen {self.freezes}, restarted {self.restarts} times",
            f"slowest 503 while the store was away: {self.slowest_refusal_seconds:.2f} s",
            f"slowest first success after its return: {self.slowest_return_seconds:.2f} s",
            f"last order final {self.final_seconds:.1f} s after the last fault",
            f"{self.dead_letters} dead letters",
            *(f"PROBLEM: {each}" for each in self.problems or ["none"]),
        ]


class Chaos:
    """One run: customers, faults, and checks afterwards."""

    def __init__(self, shop: ShopProcess, pace: Pace, *, seed: int) -> None:
        """Work on a shop that is ready."""
        self.report = Report()
        self._shop = shop
        self._pace = pace
        self._chance = Random(seed)
        self._customers = Customers(shop.url, customers=8, seed=seed)
        self._prober = Prober(shop.url)
        self._last_fault = time.monotonic()

    async def run(self, seconds: float) -> Report:
        """Let customers order while processes are killed for so long; then check everything.

        The store's own faults come in between, and take their time on top.
        """
        self._hurry()
        shopping = asyncio.create_task(self._customers.shop())
        probing = asyncio.create_task(self._prober.ask_on())
        killed_for, turn = 0.0, 0
        # At least once each.
        while killed_for < seconds or turn < 2:
            some = self._chance.uniform(*self._pace.kill_seconds)
            await self._kill_for(some)
            killed_for += some
            await self._until_healthy()
            if turn % 2 == 0:
                await self._freeze(self._chance.uniform(*self._pace.freeze_seconds))
            else:
                await self._restart()
            turn += 1
        self._last_fault = time.monotonic()
        self._customers.close()
        await asyncio.wait_for(shopping, FINAL_SECONDS)
        await self._check_orders()
        probing.cancel()
        self._check_table()
        return self._finish()

    # Faults -------------------------------------------------------------------------------

    async def _kill_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            name = self._chance.choice(VICTIMS)
            pid = self._shop.children().get(name)
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.report.kills[name] += 1
                    self._last_fault = time.monotonic()
            await asyncio.sleep(self._chance.uniform(1.0, 3.0))

    async def _until_healthy(self) -> None:
        """Wait for the processes, so that what comes next is the store's doing alone."""
        async with asyncio.timeout(_HEALTHY_SECONDS):
            await _until(lambda: set(VICTIMS) <= set(self._shop.children()))
            await _until_answers(f"{self._shop.url}/readyz")
        await asyncio.sleep(self._pace.settle_seconds)

    async def _freeze(self, seconds: float) -> None:
        """Have the emulator take connections and answer nothing, like a black hole."""
        pid = self._shop.children()[EMULATOR]
        away = time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)
        self.report.freezes += 1
        await self._returned(away, time.monotonic())

    async def _restart(self) -> None:
        """Stop the emulator cleanly; the shop starts it again."""
        pid = self._shop.children()[EMULATOR]
        away = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        async with asyncio.timeout(_HEALTHY_SECONDS):
            await _until(lambda: self._shop.children().get(EMULATOR) not in {None, pid})
            await _until_answers(f"{self._shop.facts['endpoint_url']}/_ministack/health")
        self.report.restarts += 1
        await self._returned(away, time.monotonic())
        await asyncio.sleep(self._pace.settle_seconds)
        # Its return brought the stack up to its definitions.
        self._hurry()

    async def _returned(self, away: float, back: float) -> None:
        """Check what the prober heard while the store was away and when it was back."""
        self._last_fault = back
        deadline = back + RETURN_SECONDS + self._pace.answer_seconds
        while not (good := self._heard(back, lambda status: status == 200)):
            if time.monotonic() > deadline:
                self.report.problems.append("no success after the store's return")
                return
            await asyncio.sleep(0.05)
        took = good[0] - back
        self.report.slowest_return_seconds = max(self.report.slowest_return_seconds, took)
        if took > RETURN_SECONDS:
            self.report.problems.append(f"first success {took:.2f} s after the store's return")
        limit = self._pace.answer_seconds
        for begun, ended, status in list(self._prober.answers):
            # Who asked shortly before the return may be answered by the store itself.
            if not away < begun < back or (ended > back and begun + limit > back):
                continue
            took = ended - begun
            self.report.slowest_refusal_seconds = max(self.report.slowest_refusal_seconds, took)
            if status not in {200, 503} or took > limit:
                self.report.problems.append(
                    f"answer {status} after {took:.2f} s while the store was away"
                )

    def _heard(self, since: float, is_wanted: Callable[[int], bool]) -> list[float]:
        return [
            ended
            for _, ended, status in self._prober.answers
            if ended >= since and is_wanted(status)
        ]

    def _hurry(self) -> None:
        if self._pace.visibility_seconds is None:
            return
        sqs = clients(self._shop.facts)("sqs")
        for queue in QUEUES:
            sqs.set_queue_attributes(
                QueueUrl=self._shop.facts["environment"][queue_setting(queue.name)],
                Attributes={"VisibilityTimeout": str(self._pace.visibility_seconds)},
            )

    # Checks -------------------------------------------------------------------------------

    async def _check_orders(self) -> None:
        """See every acknowledged order through, and look at what it says of itself."""
        open_orders = dict(self._customers.ledger.acknowledged)
        deadline = self._last_fault + FINAL_SECONDS
        async with AsyncClient(base_url=self._shop.url, timeout=10) as http:
            while open_orders:
                for order_id, user in list(open_orders.items()):
                    found = (await http.get(f"/order/{user}/{order_id}")).json()
                    if found.get("status") == DELIVERED:
                        del open_orders[order_id]
                        self._check_order(order_id, found)
                if open_orders and time.monotonic() > deadline:
                    self.report.problems.append(
                        f"{len(open_orders)} orders not final: {sorted(open_orders)[:5]}"
                    )
                    break
                await asyncio.sleep(0.2)
            self.report.final_seconds = time.monotonic() - self._last_fault
            for user in set(self._customers.ledger.acknowledged.values()):
                listed = (await http.get(f"/order/{user}")).json()
                if len(listed) != 1:
                    self.report.problems.append(f"{len(listed)} orders of {user} instead of one")

    def _check_order(self, order_id: str, found: dict[str, Any]) -> None:
        expected = (transaction_id_for(order_id), tracking_number_for(order_id))
        if (found["transactionID"], found["trackingNumber"]) != expected:
            self.report.problems.append(f"order {order_id} was charged or shipped as another")

    def _check_table(self) -> None:
        """Count the charges: as many as there are orders, each for another order."""
        facts = self._shop.facts
        pages = clients(facts)("dynamodb").get_paginator("scan")
        charged: Counter[str] = Counter()
        for page in pages.paginate(
            TableName=facts["environment"]["TABLE"],
            FilterExpression="attribute_exists(decided_at)",
        ):
            for item in page["Items"]:
                charged[item["order_id"]["S"]] += item["success"]["BOOL"]
        wrong = [
            order_id for order_id in self._customers.ledger.acknowledged if charged[order_id] != 1
        ]
        if wrong:
            self.report.problems.append(f"not charged exactly once: {wrong[:5]}")
        sqs = clients(facts)("sqs")
        for queue in QUEUES:
            if queue.dead_letters is None:
                depth = sqs.get_queue_attributes(
                    QueueUrl=facts["environment"][queue_setting(queue.name)],
                    AttributeNames=["ApproximateNumberOfMessages"],
                )
                self.report.dead_letters += int(depth["Attributes"]["ApproximateNumberOfMessages"])

    def _finish(self) -> Report:
        ledger = self._customers.ledger
        self.report.acknowledged = len(ledger.acknowledged)
        self.report.attempts = ledger.attempts
        self.report.problems += ledger.surprises[:10]
        return self.report


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110  # Other processes cannot set an event.
        await asyncio.sleep(0.05)


async def _until_answers(url: str) -> None:
    async with AsyncClient(timeout=5) as http:
        while True:
            with suppress(HTTPError):
                if (await http.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.05)


def run(folder: Path, *, seconds: float, seed: int, pace: Pace | None = None) -> Report:
    """Start a shop in a folder, do all of it, and stop the shop."""
    (folder / "project").mkdir()
    with running(
        folder / "project",
        folder / "data",
        AUTH_MODE="0",
        SHOP_DELIVERY_SECONDS="0-2",
        SHOP_PAYMENT_WAIT_SECONDS="1",
    ) as shop:
        return asyncio.run(Chaos(shop, pace or Pace(), seed=seed).run(seconds))


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
