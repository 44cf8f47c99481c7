"""Every order of the five events, with one to three copies of each, ends the same.

29,160 cases are walks over few situations: what a handler does depends on the table, the
message and the day only. Each step from one situation to the next is run by the real
handler the first time and remembered; ``is_remembering=False`` runs every step.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from random import Random
from typing import Any

from app.domain.card import Card, CardRules
from app.domain.order import Address, CardSummary, Order, OrderState
from app.domain.payment import decide_payment
from app.domain.shipment import plan_shipment
from app.messages import (
    CreditCardValidated,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentSent,
)
from app.queues import SQSQueues
from app.settings import read_settings
from app.store.order_items import order_to_item
from app.store.order_steps import step_name
from tests.simulation.simulator.fake_clients import fake_table
from tests.simulation.simulator.faults import NoFaults
from tests.simulation.simulator.lambdas import SimContext
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.memory_table import Item, MemoryTable, Place
from tests.simulation.simulator.network import Network, Trace
from tests.simulation.simulator.sqs_client import (
    DroppedMessages,
    SimulatedSQSClient,
    sending_through,
)
from workers import order, payment, shipment
from workers.batch import handle_batch
from workers.dependencies import Dependencies

#: The day everything is handled, and the day everything comes once more from dead letters.
TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = TODAY + timedelta(days=14)

_ORDER_ID = "0a3ef1c5-6f0a-4d2b-9c54-0d4a2c0a1f5e"
# Good today, expired when the dead letters come back.
_CARD = Card("4111111111111111", 11, 2026, "123")
_SETTINGS = read_settings({"SHOP_DELIVERY_SECONDS": "5-120"})

Event = int
State = tuple[tuple[Place, str], ...]


def _bodies() -> list[tuple[str, Any, str]]:
    """Return queue, handler and text of the five events."""
    decision = decide_payment(
        _ORDER_ID, _CARD, amount_cents=6250, rules=CardRules.STRICT, now=TODAY
    )
    shipped = plan_shipment(_ORDER_ID, delivery="UPS", seconds=(5, 120))
    request = PaymentRequested(_ORDER_ID, _CARD, total_cents=6250)
    shipping = ShipmentRequested(order_id=_ORDER_ID, delivery="UPS")
    return [
        ("payment-request", payment.handle, request.to_body()),
        ("payment-response", order.handle, CreditCardValidated.from_decision(decision).to_body()),
        ("shipment-request", shipment.handle, shipping.to_body()),
        ("shipment-response", order.handle, ShipmentSent.from_shipment(shipped).to_body()),
        ("shipment-response", order.handle, ShipmentDelivered.from_shipment(shipped).to_body()),
    ]


def _new_order() -> Item:
    summary = CardSummary("Visa", "************1111", "11", "2026")
    return order_to_item(
        Order(
            order_id=_ORDER_ID,
            user_id="u",
            state=OrderState.PENDING,
            status="Pending Payment",
            first_name="",
            last_name="",
            email="",
            address=Address(),
            delivery="UPS",
            card=summary,
            lines=(),
            total_cents=6250,
            placed_at=TODAY,
            updated_at=TODAY,
        )
    )


class Shop:
    """A shop with one order, which handles one message at a time."""

    def __init__(self) -> None:
        """Place the order."""
        self.loop = SimLoop(Random(0))
        network = Network(self.loop, NoFaults(), Trace(self.loop), Random(0))
        self.memory = MemoryTable("shop", clock=self.loop.time, is_strict=False)
        table, queues = fake_table(self.memory, network), SQSQueues()
        self._client = SimulatedSQSClient(DroppedMessages(), network)
        self.now = TODAY
        self.dependencies = Dependencies(
            lambda: table, lambda: queues, lambda: _SETTINGS, lambda: self.now
        )
        item = _new_order()
        self.memory.items[item["PK"], item["SK"]] = item

    def handle(self, event: tuple[str, Any, str], now: datetime) -> bool:
        """Handle an event and return whether it is done, or has to come again."""
        queue, handler, body = event
        self.now = now
        record = {"messageId": "m", "body": body, "eventSourceARN": f"arn:x-{queue}"}
        process = Process("worker", deadline=self.loop.now + 6)
        context = SimContext(process, self.loop.time)
        work = handle_batch({"Records": [record]}, context, handler, self.dependencies)
        task: asyncio.Task[Any] = self.loop.start(process, work)
        with sending_through(self._client):
            self.loop.run()
        return not task.result()["batchItemFailures"]


@dataclass(frozen=True)
class Case:
    """The order of the events and how many copies of each come."""

    events: tuple[Event, ...]
    copies: tuple[int, ...]


def cases() -> Iterator[Case]:
    """Yield all 120 orders of the events times all 243 numbers of copies."""
    for events in permutations(range(5)):
        for copies in product((1, 2, 3), repeat=5):
            yield Case(events, copies)


def in_a_row(case: Case) -> list[Event]:
    """Return the events, the copies of each one after the other."""
    return [event for event in case.events for _ in range(case.copies[event])]


def in_rounds(case: Case) -> list[Event]:
    """Return the events, first one of each, then the second copies, then the third."""
    return [event for turn in range(3) for event in case.events if case.copies[event] > turn]


class Walker:
    """Walks from situation to situation."""

    def __init__(self, *, is_remembering: bool = True) -> None:
        """Begin with an unpaid order."""
        self._shop = Shop()
        self._bodies = _bodies()
        self._is_remembering = is_remembering
        self._contents = [dict(self._shop.memory.items)]
        self._numbers = {repr(sorted(self._contents[0].items())): 0}
        self._steps: dict[tuple[int, Event, datetime], tuple[int, bool]] = {}

    @property
    def situations(self) -> int:
        """Return how many situations were met."""
        return len(self._contents)

    def step(self, situation: int, event: Event, now: datetime) -> tuple[int, bool]:
        """Return the situation after an event, and whether the event is done."""
        known = self._steps.get((situation, event, now))
        if known is not None and self._is_remembering:
            return known
        self._shop.memory.items.clear()
        self._shop.memory.items.update(self._contents[situation])
        is_done = self._shop.handle(self._bodies[event], now)
        after = dict(self._shop.memory.items)
        number = self._numbers.setdefault(repr(sorted(after.items())), len(self._contents))
        if number == len(self._contents):
            self._contents.append(after)
        self._steps[situation, event, now] = (number, is_done)
        return number, is_done

    def walk(self, events: Sequence[Event], *, is_retried: bool) -> Item:
        """Return the order at the end, with the decision about its payment.

        With ``is_retried``, refused events are delivered again; without it they become dead
        letters, and are redriven 14 days later, when all other events come once more too.
        """
        situation, refused = 0, []
        for event in events:
            situation, is_done = self.step(situation, event, TODAY)
            if not is_done:
                refused.append(event)
        for event in refused if is_retried else ():
            situation, is_done = self.step(situation, event, TODAY)
            assert is_done
        for event in events:
            situation, is_done = self.step(situation, event, LATER)
        for event in refused:
            situation, is_done = self.step(situation, event, LATER)
            assert is_done
        contents = self._contents[situation]
        order = contents[f"ORDER#{_ORDER_ID}", "ORDER"]
        return {**order, "decision": contents[f"PAYMENT#{_ORDER_ID}", "PAYMENT"]}


def essence(item: Item) -> str:
    """Return everything in an order's item but its history, which tells the order of events."""
    left_out = {"updated_at", *map(step_name, OrderState)}
    return repr(sorted((name, value) for name, value in item.items() if name not in left_out))
