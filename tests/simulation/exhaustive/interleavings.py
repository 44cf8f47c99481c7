"""Every interleaving of two invocations about one order, each with one fault at most.

For each state that an order can be in, every pair of invocations that may run then is run
side by side: the api placing it again, the payment, order and shipment functions with each
message that may still be on its way, and the sweeper. Each order in which their calls to AWS
take effect is tried, and at each call of each of these orders each fault. Then messages and
sweeps bring the order to its end, under the same rules as in drawn schedules.

Orders that differ only in reads that see the same are run once: calls that one invocation
makes side by side are taken in the order in which it makes them, and of two reads that stand
side by side, one of either invocation, both ways round are not tried.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from itertools import combinations_with_replacement

from app.domain.card import Card, CardRules
from app.domain.ids import tracking_number_for
from app.domain.order import Order, OrderState
from app.domain.payment import PaymentDecision, decide_payment
from app.domain.shipment import plan_shipment
from app.messages import (
    QUEUE_OF,
    CreditCardValidated,
    Event,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentSent,
)
from app.store.order_items import item_to_order, order_to_item
from app.store.payments import decision_to_item
from tests.simulation.exhaustive.stepping import RedundantError, SteppedWorld
from tests.simulation.simulator.faults import HOUR, MINUTE
from tests.simulation.simulator.lambdas import EPOCH
from tests.simulation.simulator.loop import Process
from tests.simulation.simulator.purchases import (
    EXPIRED,
    GOOD,
    Purchase,
    body_of,
    order_identity,
    simple_purchase,
)
from tests.simulation.simulator.rules import ViolationError
from tests.simulation.simulator.small_shop import SmallShop

#: A state and two invocations.
Pair = tuple[str, str, str]

API, SWEEP = "api", "sweep"
_LATE, _OLD = 10 * MINUTE, 49 * HOUR
_PAY, _DECIDED, _SHIP = "PaymentRequested", "CreditCardValidated", "ShipmentRequested"
_SENT, _DELIVERED = "ShipmentSent", "ShipmentDelivered"


@dataclass(frozen=True)
class State:
    """Where an order stands, how old it is in seconds, and what may run then."""

    order_state: OrderState | None
    is_decided: bool
    age: float
    invocations: tuple[str, ...]
    card: Card = GOOD


STATES = {
    "not placed": State(None, False, 0.0, (API,)),
    "pending": State(OrderState.PENDING, False, _LATE, (API, _PAY, SWEEP)),
    "pending for two days": State(OrderState.PENDING, False, _OLD, (API, _PAY, SWEEP)),
    "pending, payment decided": State(
        OrderState.PENDING, True, _LATE, (API, _PAY, _DECIDED, SWEEP)
    ),
    "pending, payment refused": State(
        OrderState.PENDING, True, _LATE, (API, _PAY, _DECIDED, SWEEP), EXPIRED
    ),
    "paid": State(
        OrderState.PAID, True, _LATE, (API, _PAY, _DECIDED, _SHIP, _SENT, _DELIVERED, SWEEP)
    ),
    "shipped": State(
        OrderState.SHIPPED, True, _LATE, (API, _PAY, _DECIDED, _SHIP, _SENT, _DELIVERED, SWEEP)
    ),
    "delivered": State(
        OrderState.DELIVERED, True, _LATE, (API, _PAY, _DECIDED, _SHIP, _SENT, _DELIVERED)
    ),
    "declined": State(OrderState.DECLINED, True, _LATE, (API, _PAY, _DECIDED), EXPIRED),
}


@lru_cache(maxsize=10)
def _purchase(card: Card) -> Purchase:
    return replace(simple_purchase(card, "UPS"), is_async=True)


@lru_cache(maxsize=10)
def _placed(card: Card) -> Order:
    """Return the order as the api stores it at the beginning of simulated time."""
    shop, purchase = SmallShop(), _purchase(card)
    shop.ask("POST", "/order/add/u1", body_of(purchase.draft), Idempotency_Key=purchase.key or "")
    [item] = [item for (_, kind), item in shop.memory.items.items() if kind == "ORDER"]
    return item_to_order(item)


@lru_cache(maxsize=10)
def _decision(card: Card) -> PaymentDecision:
    order = _placed(card)
    return decide_payment(
        order.order_id, card, amount_cents=order.total_cents, rules=CardRules.STRICT, now=EPOCH
    )


@lru_cache(maxsize=100)
def _event(name: str, card: Card) -> Event:
    order = _placed(card)
    shipment = plan_shipment(order.order_id, delivery=order.delivery, seconds=(5, 120))
    events: dict[str, Callable[[], Event]] = {
        _PAY: lambda: PaymentRequested(order.order_id, card, total_cents=order.total_cents),
        _DECIDED: lambda: CreditCardValidated.from_decision(_decision(card)),
        _SHIP: lambda: ShipmentRequested(order.order_id, delivery=order.delivery),
        _SENT: lambda: ShipmentSent.from_shipment(shipment),
        _DELIVERED: lambda: ShipmentDelivered.from_shipment(shipment),
    }
    return events[name]()


class Interleaving(SteppedWorld):
    """Two invocations about an order in one state."""

    def __init__(self, state: State, pair: tuple[str, str], prefix: list[int]) -> None:
        """Get ready; the first steps are those of ``prefix``."""
        super().__init__([_purchase(state.card)])
        self.prefix = prefix
        self._pair = pair
        self._state = state
        self.loop.now = state.age
        if state.order_state is not None:
            self._store(state.order_state)

    def _store(self, state: OrderState) -> None:
        card = self._state.card
        order, decision = _placed(card), _decision(card) if self._state.is_decided else None
        stood_still = EPOCH + timedelta(seconds=self._state.age - 6 * MINUTE)
        order = replace(order, state=state, updated_at=stood_still)
        if state is OrderState.DECLINED:
            order = replace(order, status=_decision(card).message)
        elif state is not OrderState.PENDING:
            order = replace(
                order,
                status=_STATUS[state],
                transaction_id=_decision(card).transaction_id,
            )
        if state in {OrderState.SHIPPED, OrderState.DELIVERED}:
            order = replace(order, tracking_number=tracking_number_for(order.order_id))
        placed = order_to_item(order)
        decided = decision_to_item(decision) if decision else None
        for item in (placed, decided):
            if item is not None:
                self.memory.items[item["PK"], item["SK"]] = item
        self.history.assume(placed, decided, order_identity(_purchase(card)))
        if {_SENT, _DELIVERED}.intersection(self._pair):
            self.history.trackings[order.order_id].add(tracking_number_for(order.order_id))
        # Of some messages nothing is known, so messages alone need not finish it.
        self.sqs.lost.add(order.order_id)

    def start_actors(self) -> None:
        """Start both invocations."""
        for number, name in enumerate(self._pair):
            if name == API:
                purchase = _purchase(self._state.card)
                self.start_client(self.shopper(purchase), Process(f"client{number}"))
            elif name == SWEEP:
                self.lambdas.sweep()
            else:
                event = _event(name, self._state.card)
                queue = QUEUE_OF[type(event)]
                self.lambdas.take(queue, [self.sqs.put_in_flight(queue, event.to_body())])


_STATUS = {
    OrderState.PAID: "transaction successful",
    OrderState.SHIPPED: "shipped - pending delivery",
    OrderState.DELIVERED: "delivered",
}


def pairs() -> list[Pair]:
    """Return each state with each pair of invocations, the same twice included."""
    return [
        (name, first, second)
        for name, state in STATES.items()
        for first, second in combinations_with_replacement(state.invocations, 2)
    ]


@dataclass
class Explored:
    """How many interleavings there were, and which broke a rule."""

    count: int = 0
    broken: tuple[str, ...] = ()


def interleavings(
    name: str, pair: tuple[str, str], *, may_fail: bool = True
) -> Iterator[str | None]:
    """Run every interleaving of a pair, and yield which rule each broke, if it did."""
    prefix: list[int] = []
    while True:
        world = Interleaving(STATES[name], pair, prefix)
        world.may_fail = may_fail
        try:
            world.run()
        except RedundantError:
            pass
        except ViolationError as violation:
            steps = [number for number, _ in world.trail]
            yield f"{name}, {pair[0]} and {pair[1]}, steps {steps}: {violation}"
        else:
            yield None
        trail = world.trail
        while trail and trail[-1][0] + 1 == trail[-1][1]:
            trail.pop()
        if not trail:
            return
        prefix = [number for number, _ in trail]
        prefix[-1] += 1


def explore(name: str, pair: tuple[str, str], *, may_fail: bool = True) -> Explored:
    """Run every interleaving of a pair, each with one fault at most, or with none."""
    results = list(interleavings(name, pair, may_fail=may_fail))
    return Explored(len(results), tuple(result for result in results if result))


def explore_pair(pair: Pair) -> tuple[Pair, Explored]:
    """Run every interleaving of one of :func:`pairs`; for processes side by side."""
    name, first, second = pair
    return pair, explore(name, (first, second))
