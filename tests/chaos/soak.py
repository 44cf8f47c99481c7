"""A real shop in mixed traffic for long, with faults between it and AWS, and then too much.

``python -m tests.chaos.soak --minutes 20`` (also ``--seed``, ``--rate``). Five of a hundred
calls of the functions to table, queues and keys fail, hang or lose their answer, and bad
messages are put on every queue. Then more customers come at once than the shop takes. At
the end every acknowledged order is where its card leads, the queues are empty, the dead
letters are the bad messages and nothing else, and no process has grown.

The emulator keeps its data in memory, so its own growth is printed and not judged.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

from httpx import AsyncClient, HTTPError, Limits

from infra.topology import QUEUES
from tests.chaos.helpers.customers import look
from tests.chaos.helpers.process_memory import MemoryGauge
from tests.chaos.helpers.proxied_shop import ProxiedShop, proxied_shop
from tests.chaos.helpers.shop_queues import ShopQueues
from tests.chaos.helpers.traffic import GOOD, Customer, TrafficLog
from tests.e2e.helpers.poison_messages import bad_bodies

MOST_GROWTH = 0.05
EMULATOR = "emulator_server"
FEEDING = tuple(queue for queue in QUEUES if queue.dead_letters)
DEAD_LETTERS = tuple(queue for queue in QUEUES if queue.dead_letters is None)
ENDS = {True: "delivered", False: "creditcard validation has failed, unable to process payment"}


@dataclass(frozen=True)
class Plan:
    """How long, how much, how bad."""

    seconds: float
    seed: int
    rate: float = 0.05
    customers: int = 10
    pause_seconds: float = 0.3
    poison_per_queue: int = 20
    crowd: int = 400
    visibility_seconds: int | None = None
    reading_seconds: float = 2.0
    is_memory_judged: bool = True


@dataclass
class Report:
    """What happened, and what is wrong."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    orders: int = 0
    turned_away: int = 0

    def text(self) -> str:
        """Return it for people."""
        return "\n".join(
            [*self.lines, *(f"PROBLEM: {problem}" for problem in self.problems or ["none"])]
        )


class Soak:
    """One run on a shop that is ready."""

    def __init__(self, proxied: ProxiedShop, plan: Plan) -> None:
        """Prepare it."""
        self.report = Report()
        self._shop = proxied.shop
        self._proxy = proxied.proxy
        self._effects = proxied.effects
        self._plan = plan
        self._log = TrafficLog()
        self._gauge = MemoryGauge()
        self._queues = ShopQueues(self._shop)
        self._planted: Counter[str] = Counter()

    async def run(self) -> Report:
        """Do all of it."""
        plan = self._plan
        if plan.visibility_seconds is not None:
            await asyncio.to_thread(self._queues.shorten_visibility, plan.visibility_seconds)
        end = time.monotonic() + plan.seconds
        customers = [
            Customer(self._shop.url, self._log, seed=f"{plan.seed}/{number}")
            for number in range(plan.customers)
        ]
        living = [
            asyncio.create_task(
                customer.live(lambda: time.monotonic() >= end, pause_seconds=plan.pause_seconds)
            )
            for customer in customers
        ]
        poisoning = asyncio.create_task(self._poison())
        while time.monotonic() < end:
            self._gauge.read(self._shop.children())
            await asyncio.sleep(plan.reading_seconds)
        await asyncio.gather(*living, poisoning)
        self._tell_of_traffic()
        self._proxy.rate = 0.0
        _say("a crowd comes")
        await self._crowd()
        self.report.problems += self._log.surprises[:10]
        _say("seeing the orders through")
        await self._check_orders()
        if not self.report.problems:
            # What is wrong already does not become right by waiting for the rest.
            _say("waiting for the bad messages to die")
            await self._check_queues()
        self._check_side_effects()
        self._check_memory()
        return self.report

    async def _poison(self) -> None:
        """Plant bad messages, spread over the time."""
        count = self._plan.poison_per_queue
        bodies = {
            queue.name: bad_bodies(queue.name, count, seed=self._plan.seed) for queue in FEEDING
        }
        for number in range(count):
            for queue in FEEDING:
                body = bodies[queue.name][number]
                await asyncio.to_thread(self._queues.send, queue.name, body)
                self._planted[body] += 1
            await asyncio.sleep(self._plan.seconds / count / 1.5)

    def _tell_of_traffic(self) -> None:
        proxy, answers = self._proxy, dict(sorted(self._log.answers.items()))
        share = proxy.faults.total() / max(1, proxy.calls)
        self.report.lines += [
            f"answers {answers}, {len(self._log.orders)} orders acknowledged",
            f"{proxy.calls} calls to AWS, {100 * share:.1f} % of them disturbed",
            f"how: {dict(proxy.faults.most_common())}",
        ]

    # Too many at once ----------------------------------------------------------------------

    async def _crowd(self) -> None:
        """Have a crowd order at once; who is turned away comes again."""
        customer = Customer(self._shop.url, self._log, seed="crowd")
        buyer = await customer.arrive()
        await customer.leave()
        turned_away: Counter[int] = Counter()
        hung_up = 0
        limits = Limits(max_connections=self._plan.crowd)
        async with AsyncClient(base_url=self._shop.url, timeout=60, limits=limits) as http:
            product = (await http.get("/products")).json()["data"][0]
            body = {
                "card": GOOD,
                "cart": [{"itemid": product["id"], "quantity": 1}],
                "total": product["price"],
            }

            async def order() -> None:
                nonlocal hung_up
                headers = {**buyer[1], "Idempotency-Key": uuid4().hex}
                while True:
                    try:
                        answer = await http.post(
                            f"/order/add/{buyer[0]}", json=body, headers=headers
                        )
                    except HTTPError:
                        # A connection may be closed just when it is used again (RFC 9112,
                        # 9.3.1): under the same key a repeat is safe.
                        hung_up += 1
                        await asyncio.sleep(0.2)
                        continue
                    if self._log.hear("crowd", answer, 200):
                        self._log.orders[answer.json()["order_id"]] = (buyer[0], buyer[1], True)
                        return
                    if answer.status_code not in {429, 503}:
                        return
                    turned_away[answer.status_code] += 1
                    await asyncio.sleep(float(answer.headers["retry-after"]))

            await asyncio.gather(*(order() for _ in range(self._plan.crowd)))
        self.report.turned_away = turned_away.total()
        self.report.lines.append(
            f"a crowd of {self._plan.crowd} at once: turned away {dict(turned_away)} times, "
            f"{hung_up} connections lost, all of them served in the end"
        )
        if hung_up > self._plan.crowd / 10:
            self.report.problems.append(f"{hung_up} connections lost in the crowd")

    # Checks -------------------------------------------------------------------------------

    async def _check_orders(self) -> None:
        begun, left = time.monotonic(), dict(self._log.orders)
        self.report.orders = len(left)
        # The sweeper may have to look twice.
        deadline = begun + 700
        async with AsyncClient(base_url=self._shop.url, timeout=10) as http:
            while left:
                for order_id, (user_id, headers, is_good) in list(left.items()):
                    found = await look(http, f"/order/{user_id}/{order_id}", headers)
                    if found is not None and found.get("status") == ENDS[is_good]:
                        del left[order_id]
                    elif found is not None and found.get("status") == HTTPStatus.NOT_FOUND:
                        self.report.problems.append(f"{order_id} was acknowledged and is lost")
                if self.report.problems:
                    return
                if left and time.monotonic() > deadline:
                    self.report.problems.append(f"{len(left)} not final: {sorted(left)[:5]}")
                    return
                await asyncio.sleep(0.2 if left else 0)
        took = time.monotonic() - begun
        self.report.lines.append(
            f"{len(self._log.orders)} acknowledged orders final {took:.1f} s after the traffic"
        )

    async def _check_queues(self) -> None:
        deadline = time.monotonic() + 300
        feeding = [queue.name for queue in FEEDING]
        while True:
            depths = {
                queue: await asyncio.to_thread(self._queues.depth, queue) for queue in feeding
            }
            if not any(depths.values()):
                break
            if time.monotonic() > deadline:
                self.report.problems.append(f"queues are not empty: {depths}")
                break
            await asyncio.sleep(0.5)
        dead = await asyncio.to_thread(self._take_dead_letters)
        self.report.lines.append(
            f"queues empty; {dead.total()} dead letters, {self._planted.total()} planted"
        )
        if dead != self._planted:
            extra, missing = dead - self._planted, self._planted - dead
            self.report.problems.append(
                f"dead letters: {extra.total()} more and {missing.total()} fewer than planted: "
                f"{[body[:150] for body in [*extra, *missing]][:3]}"
            )

    def _take_dead_letters(self) -> Counter[str]:
        return Counter(
            body for queue in DEAD_LETTERS for body in self._queues.take(queue.name, sys.maxsize)
        )

    def _check_side_effects(self) -> None:
        ends: dict[bool, list[str]] = {True: [], False: []}
        for order_id, (_, _, is_good) in self._log.orders.items():
            ends[is_good].append(order_id)
        self.report.lines.append(self._effects.text())
        self.report.problems += self._effects.problems(ends[True], declined=ends[False])[:10]

    def _check_memory(self) -> None:
        growth, latest = self._gauge.growth(), self._gauge.latest()
        for name in sorted(growth):
            text = f"{name}: {latest[name] / 2**20:.1f} MiB of its own, {100 * growth[name]:+.1f} %"
            self.report.lines.append(text)
            is_judged = self._plan.is_memory_judged and name != EMULATOR
            if is_judged and growth[name] > MOST_GROWTH:
                self.report.problems.append(f"{name} grew by {100 * growth[name]:.1f} %")
        self.report.problems += [f"{process} was restarted" for process in self._gauge.restarted]


def run(folder: Path, plan: Plan) -> Report:
    """Start a shop on a faulty proxy in a folder, soak it, and stop it."""
    with proxied_shop(
        folder, seed=plan.seed, SHOP_DELIVERY_SECONDS="0-2", SHOP_PAYMENT_WAIT_SECONDS="1"
    ) as proxied:
        # Not before the shop is ready: what is tested is how it runs.
        proxied.proxy.rate = plan.rate
        return asyncio.run(Soak(proxied, plan).run())


def _say(text: str) -> None:
    sys.stderr.write(f"{text} ...\n")


def main() -> None:
    """Do it for as long as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=0.05, help="share of disturbed calls")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    plan = Plan(60 * options.minutes, options.seed, rate=options.rate)
    sys.stdout.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="acme-shop-soak-") as folder:
        report = run(Path(folder), plan)
    sys.stdout.write(f"{report.text()}\n")
    sys.exit(bool(report.problems))


if __name__ == "__main__":
    main()
