"""One schedule: a shop, its clients, its faults, and the checks of its outcome."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from unittest.mock import patch
from uuid import UUID

from app.settings import TableLayout
from infra.dead_letters.messages import SCAN_SECONDS
from tests.simulation.simulator.backlog import backlog_orders
from tests.simulation.simulator.carts import SharedCart
from tests.simulation.simulator.catalog import Catalog
from tests.simulation.simulator.faults import DAY, HOUR, MINUTE, DrawnFaults, draws
from tests.simulation.simulator.final_checks import (
    check_end,
    check_promises,
    check_swept,
    settled_by_sweep,
)
from tests.simulation.simulator.history import History
from tests.simulation.simulator.lambdas import EPOCH, Lambdas, Log
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.memory_table import Item, MemoryTable
from tests.simulation.simulator.network import Network, Trace
from tests.simulation.simulator.operators import Operator
from tests.simulation.simulator.purchases import NUMBERS, Purchase, draw_purchases
from tests.simulation.simulator.releases import Release, chosen_releases, current_release
from tests.simulation.simulator.rules import ViolationError
from tests.simulation.simulator.shoppers import Shop, Shopper, check_keys
from tests.simulation.simulator.sqs import SimulatedSQS
from tests.simulation.simulator.sqs_client import SimulatedSQSClient

#: After the faults: pauses between sweeps. Clocks were wrong by two days at most.
_SWEEPS = (6 * MINUTE, 6 * MINUTE, 8 * MINUTE, 50 * HOUR, 6 * MINUTE, 8 * MINUTE, 52 * HOUR)
_LATER = (6 * MINUTE, 8 * MINUTE) * 2
_REDRIVES = 5
#: How often the schedule calls, in seconds.
_RHYTHM = 5 * MINUTE
#: An order may be on its way for so long before the sweeper looks at it.


@dataclass(frozen=True)
class Outcome:
    """What became of one schedule; ``rule`` names the broken promise, if one was."""

    seed: int
    events: int
    orders: int
    rule: str | None = None
    about: str = ""


class World:
    """Everything there is in one schedule."""

    def __init__(
        self,
        seed: int,
        *,
        faults: DrawnFaults | None = None,
        purchases: list[Purchase] | None = None,
        releases: Sequence[Release] = (),
    ) -> None:
        """Make a world; what is not given is drawn, and nothing happens yet.

        ``releases`` are those whose code runs side by side; today's alone if there are none.
        """
        self.seed = seed
        self.releases = releases or (current_release(),)
        #: Whether nothing can fail any more when the faults are said to be over.
        self.is_checking_sweeps = True
        self.random = random = Random(seed)
        self.loop = SimLoop(random)
        self.trace = Trace(self.loop)
        self.faults_end_at = random.choice((10.0, 10 * MINUTE, HOUR, 12 * HOUR, 3 * DAY))
        #: Whether a payment is to come at the moment the sweeper gives the order up.
        self.is_racing = purchases is None and draws(random, 0.08)
        if self.is_racing:
            self.faults_end_at = 3 * DAY
        self.faults = faults or DrawnFaults(random, ends=self.faults_end_at)
        self.network = self.make_network()
        self.sqs = SimulatedSQS(self.loop, self.faults, self.trace, random)
        self.memory = memory = MemoryTable("shop", clock=self.loop.time, is_strict=False)
        true_time = self._true_time if self.faults.has_exact_clocks else None
        self.history = History(memory, self.sqs, NUMBERS, loop=self.loop, true_time=true_time)
        self.catalog = Catalog(memory, self.loop)
        self.sqs_client = SimulatedSQSClient(self.sqs, self.network)
        self.lambdas = Lambdas(
            self.network,
            self.faults,
            self.sqs,
            self.trace,
            memory=memory,
            releases=self.releases,
            random=random,
        )
        self.operator = Operator(
            self.lambdas, self.sqs, self.history, self.faults, self.trace, loop=self.loop
        )
        # Drawn apart, so that a cart changes nothing of what else is drawn.
        cart_random = Random(f"{seed}/cart")
        self.cart = (
            SharedCart(
                self.loop,
                self.lambdas,
                self.faults,
                self.trace,
                random=cart_random,
                has_keys=all(release.knows_addition_keys for release in self.releases),
            )
            if purchases is None and draws(cart_random, 0.25)
            else None
        )
        self.log = Log(self.trace, lambda: self.loop.process.name)
        self.purchases = purchases or draw_purchases(random)
        if purchases is None and draws(random, 1 / 200):
            self.faults.limit_latency()
            layouts = {release.layout for release in self.releases}
            # Of before the schedule: what every release can read.
            layout = TableLayout.FORMER if TableLayout.FORMER in layouts else TableLayout.CURRENT
            for item in backlog_orders(EPOCH, layout=layout):
                memory.items[item["PK"], item["SK"]] = item
        if self.is_racing:
            self.faults.limit_latency(0.01)
            self.sqs.payments_die_until = 40 * HOUR
            self.history.on_order = self._race

    def make_network(self) -> Network:
        """Return what carries the calls."""
        return Network(self.loop, self.faults, self.trace, self.random)

    def _true_time(self) -> datetime:
        return EPOCH + timedelta(seconds=self.loop.now)

    def uuid4(self) -> UUID:
        """Return an id that follows from the seed."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def run(self) -> None:
        """Run the schedule.

        Raises:
            ViolationError: a promise was broken.
        """
        with _in(self):
            try:
                self.run_with_faults()
                self.run_to_the_end()
            finally:
                self.network.is_over = True
                self.loop.cancel_everything()

    def run_with_faults(self) -> None:
        """Open the shop and let calls, messages and processes fail until the faults end."""
        loop = self.loop
        for number, purchase in enumerate(self.purchases):
            client = Process(f"client{number}")
            loop.at(loop.world, purchase.begins, self.start_client, self.shopper(purchase), client)
        if self.cart is not None:
            self.cart.schedule(until=self.faults_end_at)
        self._schedule_disturbances()
        loop.run(self.faults_end_at)
        self.faults.stop()
        self.trace.note("world", "nothing fails any more")

    def _schedule_disturbances(self) -> None:
        """Schedule sweeps, operators' actions and a catalog that moves while faults happen."""
        loop, random = self.loop, self.random
        for _ in range(random.choice((0, 1, 2, 4))):
            when = random.random() * self.faults_end_at
            loop.at(loop.world, when, self.lambdas.sweep)
            if random.random() < 0.3:
                loop.at(loop.world, when, self.lambdas.sweep)
        if random.random() < 0.1:
            self._sweep_in_rhythm()
        if self.faults.has_operator:
            for _ in range(random.choice((0, 0, 1, 2))):
                loop.at(loop.world, random.random() * self.faults_end_at, self.operator.redrive)
            if self.faults_end_at > DAY and random.random() < 0.5:
                loop.at(loop.world, random.uniform(DAY, self.faults_end_at), self.operator.redrive)
        if draws(random, 0.3):
            self.catalog.move_by_chance(random, until=self.faults_end_at)
        if draws(random, 0.2):
            when = random.random() * min(self.faults_end_at, 2 * MINUTE)
            loop.at(loop.world, when, self.operator.send_by_hand, random.random())
        if self.faults.is_purged:
            loop.at(loop.world, random.random() * min(self.faults_end_at, HOUR), self.sqs.purge)

    def _sweep_in_rhythm(self) -> None:
        """Let the real schedule run for an hour and a half."""
        loop, begins = self.loop, self.random.random() * self.faults_end_at
        for number in range(18):
            if begins + number * _RHYTHM < self.faults_end_at:
                loop.at(loop.world, begins + number * _RHYTHM, self.lambdas.sweep)

    def _race(self, order: Item) -> None:
        """Deliver the request for an order's payment while a sweep gives the order up."""
        loop, random = self.loop, self.random
        placed_at = (datetime.fromisoformat(order["placed_at"]) - EPOCH).total_seconds()
        gives_up_at = placed_at + 48 * HOUR + random.random()
        # A sweep asks a few times before it decides, the payment worker never.
        comes_at = gives_up_at + random.random() * 10 * self.faults.slowest
        sent_at = gives_up_at - 10 * MINUTE
        back = partial(self.operator.redrive, delay=comes_at - sent_at)
        loop.at(loop.world, max(sent_at, loop.now), back)
        loop.at(loop.world, max(gives_up_at, loop.now), self.lambdas.sweep)

    def shopper(self, purchase: Purchase) -> Shopper:
        """Return the client that wants a purchase."""
        shop = Shop(self.lambdas, self.history, self.catalog, self.faults, self.trace)
        return Shopper(purchase, shop, others=self.purchases)

    def start_client(self, shopper: Shopper, client: Process) -> None:
        """Let a client go shopping."""
        task = self.loop.start(client, shopper.shop(self.loop, client, self.random))
        task.add_done_callback(self._client_left)

    def _client_left(self, task: "asyncio.Task[None]") -> None:
        """Raise what a client found to be wrong."""
        if not self.network.is_over and (failure := task.exception()) is not None:
            raise failure

    def run_to_the_end(self) -> None:
        """Check that messages alone keep the promises and that sweeps end all other orders."""
        self._settle()
        check_promises(self.history, self.sqs.lost | self.sqs.dead())
        for pause in (*_SWEEPS, *_LATER):
            if not self.history.open_orders():
                break
            self.loop.run(self.loop.now + pause)
            due = settled_by_sweep(self.history, self.lambdas.now())
            self.lambdas.sweep()
            self._settle()
            if self.is_checking_sweeps:
                check_swept(self.history, due)
        self._settle()
        check_end(self.history)
        check_keys(self.purchases, self.history)
        if self.cart is not None:
            self.cart.check_end()
        if left := self.sqs.count(with_dead=self.faults.has_operator):
            raise ViolationError("no message is left over", f"{left}")
        if self.log.crash:
            raise ViolationError("no handler crashes", self.log.crash)

    def _settle(self) -> None:
        """Deliver everything, dead letters too."""
        self.loop.run()
        for _ in range(_REDRIVES if self.faults.has_operator and self.sqs.dead() else 0):
            # Letters that a killed redrive was looking at show up again.
            self.loop.run(self.loop.now + SCAN_SECONDS)
            moved = self.operator.moved
            self.operator.redrive()
            self.loop.run()
            if self.operator.moved == moved:
                return


@contextmanager
def _in(world: World) -> Iterator[None]:
    """Give the modules of each release the world's ids, logger and queues."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(world.loop, "run_blocking", world.sqs_client.run))
        for release in world.releases:
            stack.enter_context(
                release.in_simulation(world.sqs_client, log=world.log, uuid4=world.uuid4)
            )
        yield


def simulate(seed: int) -> Outcome:
    """Run one schedule and return what became of it."""
    outcome, _ = simulate_traced(seed)
    return outcome


def simulate_traced(seed: int) -> tuple[Outcome, Trace]:
    """Run one schedule and return what became of it and everything that happened."""
    world = World(seed, releases=chosen_releases())
    rule, about = None, ""
    try:
        world.run()
    except ViolationError as violation:
        rule, about = violation.rule, str(violation)
    events, orders = len(world.trace.entries), len(world.history.orders())
    return Outcome(seed, events, orders, rule, about), world.trace


def hash_of(trace: Trace) -> str:
    """Return a short text that stands for everything that happened."""
    return hashlib.sha256(repr(trace.entries).encode()).hexdigest()[:16]


def text_of(trace: Trace) -> str:
    """Return a trace to be read by people."""
    return "\n".join(
        f"{instant:14.3f}  {who:<12} {event}  {about}".rstrip()
        for instant, who, event, about in trace.entries
    )
