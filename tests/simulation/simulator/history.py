"""What the shop promised and what it did; each rule of the promise is checked as it happens.

The rules are written down here once more, on purpose: an oracle that asked the shop's own
code for the rules would agree with every mistake in them.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.ids import tracking_number_for, transaction_id_for
from tests.simulation.simulator.loop import SimLoop
from tests.simulation.simulator.memory_table import Item, MemoryTable, Place
from tests.simulation.simulator.rules import (
    DECLINED,
    DELIVERED,
    FINAL,
    PAID,
    PENDING,
    SHIPPED,
    check,
    instant,
)
from tests.simulation.simulator.sqs import SimulatedSQS

_NEXT = {PENDING: {PAID, DECLINED}, PAID: {SHIPPED, DELIVERED}, SHIPPED: {DELIVERED}}
_WAS_PAID = {PAID, SHIPPED, DELIVERED}
_STATUS = {
    PENDING: {"Pending Payment"},
    PAID: {"transaction successful"},
    SHIPPED: {"shipped - pending delivery"},
    DELIVERED: {"delivered"},
    DECLINED: {
        "creditcard validation has failed, unable to process payment",
        "payment timed out",
    },
}
#: What must not change once an order is placed; some of it is left out where it is empty.
_FIXED = (
    "GSI1PK",
    "user_id",
    "total_cents",
    "fingerprint",
    "lines",
    "placed_at",
    "delivery",
    "card",
)
#: Numbers of an order that follow from its id, and what stands for one that does.
_NUMBERS = {"transaction_id": transaction_id_for, "tracking_number": tracking_number_for}
_FOLLOWS = "="
_TIMEOUT = timedelta(hours=48)
_TIMED_OUT = "payment timed out"
#: How long goods are on their way, in seconds, as the simulated shop is set.
_SHORTEST, _LONGEST = 5, 120
#: Two decisions about one order meet when they are wanted within so many seconds.
_SAME_MOMENT = 0.05
#: Who asks has stopped looking at the table at most so long before the answer: a pause
#: between two looks, the way there and back, and for how long a look may see the past.
_LAST_LOOK_SECONDS = 2.5


@dataclass(frozen=True)
class Promise:
    """An answer 200 or 202 to a client, with what it said about the payment."""

    order_id: str
    paid: bool | None


def number_of(order: Item, name: str) -> str | None:
    """Return an order's transaction id or tracking number."""
    stored: str | None = order.get(name)
    return _NUMBERS[name](order["order_id"]) if stored == _FOLLOWS else stored


def buyer_of(order: Item) -> str:
    """Return the id of an order's buyer, in either layout of the table."""
    buyer: str = order.get("user_id") or order["GSI1PK"].removeprefix("BUYER#")
    return buyer


def card_of(order: Item) -> tuple[str, str]:
    """Return the last digits of an order's card and its year, in either layout of the table."""
    card = order["card"]
    return card.get("number", card.get("u"))[-4:], card.get("expiry_year", card.get("y"))


class History:
    """Listens to the table, the queues and the clients of one simulated shop."""

    def __init__(
        self,
        memory: MemoryTable,
        sqs: SimulatedSQS,
        numbers: tuple[str, ...],
        *,
        loop: SimLoop,
        true_time: Callable[[], datetime] | None = None,
    ) -> None:
        """Watch a shop in which the cards with these ``numbers`` are used.

        ``true_time`` is given where every process has it.
        """
        self._loop = loop
        self._true_time = true_time
        #: Under which keys each order was placed; what has no key is one of a kind.
        self.keys: dict[str, set[Any]] = defaultdict(set)
        #: Whose each transaction and each tracking number is.
        self._owners: dict[str, str] = {}
        #: When each decision was stored, in the world's seconds.
        self._decided_at: dict[str, float] = {}
        self._wanted: dict[str, tuple[bool, float]] = {}
        #: When each order's payment was settled in the order itself, in the world's seconds.
        self._settled_at: dict[str, float] = {}
        #: How often the sweeper and a payment met.
        self.races = 0
        #: Hears of each new order.
        self.on_order: Callable[[Item], None] = lambda item: None
        self.items = memory.items
        self.numbers = numbers
        self.promises: list[Promise] = []
        self.charges: dict[str, set[str]] = defaultdict(set)
        self.trackings: dict[str, set[str]] = defaultdict(set)
        memory.on_write = self.written
        memory.on_attempt = self.charging
        sqs.on_attempt = self.attempted
        sqs.on_send = self.sent

    def order(self, order_id: str) -> Item | None:
        """Return an order's item."""
        return self.items.get((f"ORDER#{order_id}", "ORDER"))

    def decision(self, order_id: str) -> Item | None:
        """Return the item of the decision about an order's payment."""
        return self.items.get((f"PAYMENT#{order_id}", "PAYMENT"))

    def assume(self, order: Item, decision: Item | None, identity: Any) -> None:
        """Take an order, and the decision about it, for what happened before the beginning."""
        order_id = order["order_id"]
        self.keys[order_id].add(identity)
        if order["state"] != PENDING:
            self._settled_at[order_id] = self._loop.now
        if decision is not None:
            self._decided_at[order_id] = self._loop.now
            if decision["success"]:
                self.charges[order_id].add(decision["transaction_id"])
        if number := number_of(order, "tracking_number"):
            self.trackings[order_id].add(number)

    def placed_under(self, identity: Any) -> str | None:
        """Return the id of the order that is stored for a user and a key, or None."""
        for order_id, identities in self.keys.items():
            if identity in identities and self.order(order_id):
                return order_id
        return None

    def orders(self) -> list[Item]:
        """Return every order there is."""
        return [item for (_, kind), item in self.items.items() if kind == "ORDER"]

    def open_orders(self) -> list[Item]:
        """Return the orders that are not final."""
        return [item for item in self.orders() if item["state"] not in FINAL]

    # The table.

    def written(self, place: Place, old: Item | None, new: Item | None) -> None:
        """Check one write before it takes effect."""
        if place[1] == "PAYMENT":
            check(old is None, "a payment is decided once", old, "became", new)
            self._decided(new or {})
        elif place[1] == "ORDER":
            check(new is not None, "an order is never deleted", place[0])
            self._moved(old, new or {})

    def charging(self, item: Item) -> None:
        """Note an item that a process is about to store: a card is charged by now."""
        if item.get("SK") == "ORDER":
            self.keys[item["order_id"]].add(self._loop.process.order_identity)
        if item.get("SK") != "PAYMENT":
            return
        self._meet(item)
        if item["success"]:
            self.charges[item["order_id"]].add(item["transaction_id"])
            self._own(item["transaction_id"], item["order_id"])

    def _meet(self, item: Item) -> None:
        """Count the sweeper and the payment worker deciding at the same moment."""
        order_id, kind = item["order_id"], item["message"] == _TIMED_OUT
        earlier, at = self._wanted.get(order_id, (kind, 0.0))
        self.races += earlier is not kind and self._loop.now - at <= _SAME_MOMENT
        self._wanted[order_id] = kind, self._loop.now

    def _own(self, number: str, order_id: str) -> None:
        owner = self._owners.setdefault(number, order_id)
        check(owner == order_id, "a number is one order's", number, owner, order_id)

    def _decided(self, item: Item) -> None:
        order = self.order(item["order_id"])
        self._decided_at[item["order_id"]] = self._loop.now
        check(order, "only orders are charged", item)
        check(
            (item["transaction_id"] == "-1") is not item["success"],
            "a charge has an id, a refusal has none",
            item,
        )
        total = order["total_cents"] if order else None
        check(item["amount_cents"] == total, "what is charged is the total", item, total)
        if order and item["message"] == _TIMED_OUT:
            decided_at = self._true_time() if self._true_time else instant(item["decided_at"])
            waited = decided_at - instant(order["placed_at"])
            check(waited >= _TIMEOUT, "a payment has 48 hours", item["order_id"], waited)

    def _moved(self, old: Item | None, new: Item) -> None:
        order_id, state = new["order_id"], new["state"]
        before = PENDING if old is None else old["state"]
        check(
            state == before or state in _NEXT.get(before, ()),
            "an order only moves forward",
            order_id,
            before,
            "to",
            state,
        )
        if before == PENDING and state != PENDING:
            self._settled_at[order_id] = self._loop.now
        check(new["status"] in _STATUS[state], "status and state agree", new)
        check(("GSI3PK" in new) is (state not in FINAL), "the sweeper sees open orders", new)
        if old is None:
            check(state == PENDING, "an order begins unpaid", new)
            self.on_order(new)
        else:
            for name in _FIXED:
                check(new.get(name) == old.get(name), "what was ordered stays", order_id, name)
            for name in ("transaction_id", "tracking_number"):
                check(
                    name not in old or new.get(name) == old[name],
                    "a number once given stays",
                    order_id,
                    name,
                )
        self.agrees(new)

    def agrees(self, order: Item) -> None:
        """Check an order against the decision about its payment."""
        order_id, state = order["order_id"], order["state"]
        decision = self.decision(order_id)
        transaction = number_of(order, "transaction_id")
        if state in _WAS_PAID:
            check(decision and decision["success"], "only what is paid moves on", order)
            paid_with = decision["transaction_id"] if decision else None
            check(transaction == paid_with, "an order knows its charge", order)
            return
        if state == DECLINED:
            check(decision and not decision["success"], "only a refusal declines", order)
        check(transaction is None, "unpaid orders have no charge", order)
        check("tracking_number" not in order, "unpaid orders do not ship", order)

    # The queues.

    def attempted(self, queue: str, body: str) -> None:
        """Note a message that a process sends, whether it arrives or not."""
        if queue == "payment-request":
            order_id, process = json.loads(body)["data"]["orderID"], self._loop.process
            settled_at = self._settled_at.get(order_id, self._loop.now)
            check(
                process.started_at <= settled_at,
                "cards travel only while an order is pending",
                process.name,
                order_id,
            )
        if queue == "shipment-response":
            data = json.loads(body)["data"]
            self.trackings[data["orderNumber"]].add(data["trackingNumber"])
            self._own(data["trackingNumber"], data["orderNumber"])

    def sent(self, queue: str, body: str, delay: float | None) -> None:
        """Check a message that is about to be on its queue; one put back has no ``delay``."""
        message = json.loads(body)
        data: dict[str, Any] = message["data"]
        if queue == "payment-request":
            order = self.order(data["orderID"])
            check(order, "an order is stored before it is charged", body)
            asked, total = round(float(data["total"]) * 100), (order or {}).get("total_cents")
            check(asked == total, "what is asked for is the total", data["orderID"], asked, total)
            return
        check(
            not any(number in body for number in self.numbers),
            "cards travel in payment requests only",
            queue,
        )
        if queue == "payment-response":
            decision = self.decision(data["orderID"])
            check(
                decision
                and decision["success"] is (data["success"] == "true")
                and decision["transaction_id"] == data["transactionID"]
                and decision["amount_cents"] == round(float(data["amount"]) * 100),
                "what is announced was decided, amount included",
                body,
                decision,
            )
            return
        order = self.order(data["_id" if queue == "shipment-request" else "orderNumber"])
        check(order and order["state"] in _WAS_PAID, "only what is paid is shipped", body)
        delivery = order["delivery"] if order else None
        if queue == "shipment-request":
            check(data["delivery"] == delivery, "goods go where they shall", body, delivery)
        elif (
            message["metadata"]["type"] == "ShipmentDelivered"
            and data["trackingNumber"]
            and delay is not None
        ):
            # A report without a number is another shipper's, who is as quick as he likes.
            is_in_time = delay == 0 if delivery == "instore" else _SHORTEST <= delay <= _LONGEST
            check(is_in_time, "goods take their time", body, delay)

    # The clients.

    def promised(self, promise: Promise) -> None:
        """Check an answer of the shop, and remember it."""
        self.promises.append(promise)
        check(self.order(promise.order_id), "what is acknowledged is stored", promise)
        decision = self.decision(promise.order_id)
        check(
            promise.paid is None or (decision and decision["success"] is promise.paid),
            "a client is told the truth",
            promise,
            decision,
        )

    def answered(self, status: int, promise: Promise | None) -> None:
        """Check an answer of the running process, before it is on its way."""
        process = self._loop.process
        check(
            status in {200, 202} or not process.has_requested_payment,
            "what was asked for is answered",
            status,
        )
        if promise is not None and promise.paid is None and status == 200:
            at = self._decided_at.get(promise.order_id)
            is_old = at is not None and self._loop.now - at > _LAST_LOOK_SECONDS
            check(
                not (is_old and process.is_undisturbed),
                "what is decided is told",
                promise,
            )
