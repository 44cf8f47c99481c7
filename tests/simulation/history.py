"""What the shop promised and what it did; each rule of the promise is checked as it happens.

The rules are written down here once more, on purpose: an oracle that asked the shop's own
code for the rules would agree with every mistake in them.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.memory import Item, MemoryTable, Place
from tests.simulation.sqs import SimulatedSQS

PENDING, PAID, SHIPPED, DELIVERED, DECLINED = 1, 2, 3, 4, 5
_NEXT = {PENDING: {PAID, DECLINED}, PAID: {SHIPPED, DELIVERED}, SHIPPED: {DELIVERED}}
_FINAL = {DELIVERED, DECLINED}
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
#: What nobody may change once an order is placed.
_FIXED = ("user_id", "total_cents", "fingerprint", "lines", "placed_at", "delivery", "card")
_TIMEOUT = timedelta(hours=48)


class ViolationError(Exception):
    """A rule was broken; the text begins with its name."""

    def __init__(self, rule: str, about: str) -> None:
        """Say which rule was broken by what."""
        super().__init__(f"{rule}: {about}")
        self.rule = rule


@dataclass(frozen=True)
class Promise:
    """An answer 200 or 202 to a client, with what it said about the payment."""

    order_id: str
    paid: bool | None


def check(holds: object, rule: str, *about: object) -> None:
    """Break off if a rule does not hold; ``about`` is only turned into text then."""
    if not holds:
        raise ViolationError(rule, " ".join(map(str, about)))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class History:
    """Listens to the table, the queues and the clients of one simulated shop."""

    def __init__(self, memory: MemoryTable, sqs: SimulatedSQS, numbers: tuple[str, ...]) -> None:
        """Watch a shop in which the cards with these ``numbers`` are used."""
        self._items = memory.items
        self._numbers = numbers
        self.promises: list[Promise] = []
        self.charges: dict[str, set[str]] = defaultdict(set)
        self.trackings: dict[str, set[str]] = defaultdict(set)
        memory.on_write = self.written
        memory.on_attempt = self.charging
        sqs.on_attempt = self.attempted
        sqs.on_send = self.sent

    def order(self, order_id: str) -> Item | None:
        """Return an order's item."""
        return self._items.get((f"ORDER#{order_id}", "ORDER"))

    def decision(self, order_id: str) -> Item | None:
        """Return the item of the decision about an order's payment."""
        return self._items.get((f"PAYMENT#{order_id}", "PAYMENT"))

    @property
    def has_catalog(self) -> bool:
        """Return whether there is anything to buy."""
        return any(kind == "PRODUCT" for _, kind in self._items)

    def orders(self) -> list[Item]:
        """Return every order there is."""
        return [item for (_, kind), item in self._items.items() if kind == "ORDER"]

    def open_orders(self) -> list[Item]:
        """Return the orders that are not final."""
        return [item for item in self.orders() if item["state"] not in _FINAL]

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
        """Hear of a decision somebody is about to store: the card is charged by now."""
        if item.get("SK") == "PAYMENT" and item["success"]:
            self.charges[item["order_id"]].add(item["transaction_id"])

    def _decided(self, item: Item) -> None:
        order = self.order(item["order_id"])
        check(order, "only orders are charged", item)
        check(
            (item["transaction_id"] == "-1") is not item["success"],
            "a charge has an id, a refusal has none",
            item,
        )
        if order and item["message"] == "payment timed out":
            waited = _instant(item["decided_at"]) - _instant(order["placed_at"])
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
        check(new["status"] in _STATUS[state], "status and state agree", new)
        check(("GSI3PK" in new) is (state not in _FINAL), "the sweeper sees open orders", new)
        if old is None:
            check(state == PENDING, "an order begins unpaid", new)
        else:
            for name in _FIXED:
                check(new[name] == old[name], "what was ordered stays", order_id, name)
            for name in ("transaction_id", "tracking_number"):
                check(
                    name not in old or new.get(name) == old[name],
                    "a number once given stays",
                    order_id,
                    name,
                )
        self._agrees(new)

    def _agrees(self, order: Item) -> None:
        """Check an order against the decision about its payment."""
        order_id, state = order["order_id"], order["state"]
        decision = self.decision(order_id)
        transaction = order.get("transaction_id")
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
        """Hear of a message that somebody sends, whether it arrives or not."""
        if queue == "shipment-response":
            data = json.loads(body)["data"]
            self.trackings[data["orderNumber"]].add(data["trackingNumber"])

    def sent(self, queue: str, body: str) -> None:
        """Check a message that is about to be on its queue."""
        data: dict[str, Any] = json.loads(body)["data"]
        if queue == "payment-request":
            check(self.order(data["orderID"]), "an order is stored before it is charged", body)
            return
        check(
            not any(number in body for number in self._numbers),
            "cards travel in payment requests only",
            queue,
        )
        if queue == "payment-response":
            decision = self.decision(data["orderID"])
            check(
                decision
                and decision["success"] is (data["success"] == "true")
                and decision["transaction_id"] == data["transactionID"],
                "what is announced was decided",
                body,
                decision,
            )
            return
        order = self.order(data["_id" if queue == "shipment-request" else "orderNumber"])
        check(order and order["state"] in _WAS_PAID, "only what is paid is shipped", body)

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

    # The end.

    def check_promises(self) -> None:
        """Check that messages alone, without the sweeper, kept every promise."""
        for promise in self.promises:
            order = self.order(promise.order_id)
            state = order["state"] if order else None
            check(state in _FINAL, "messages finish what was acknowledged", promise, state)

    def check_swept(self, grace_ends: datetime) -> None:
        """Check that a sweep settled what was decided; younger orders had their grace."""
        for order in self.open_orders():
            is_late = order["state"] == PENDING and _instant(order["placed_at"]) < grace_ends
            decided = self.decision(order["order_id"])
            check(not (is_late and decided), "a sweep settles what is decided", order)

    def check_end(self) -> None:
        """Check that everything has come to its end."""
        for ids in self.charges.values():
            check(len(ids) == 1, "an order is charged once", sorted(ids))
        for numbers in self.trackings.values():
            check(len(numbers) == 1, "an order is shipped once", sorted(numbers))
        for order in self.orders():
            order_id, state = order["order_id"], order["state"]
            check(state in _FINAL, "every order ends", order_id, state)
            if state == DELIVERED:
                number = order.get("tracking_number")
                check(
                    {number} == self.trackings[order_id],
                    "what is delivered has its tracking number",
                    order,
                )
            self._agrees(order)
        for promise in self.promises:
            state = (self.order(promise.order_id) or {}).get("state")
            check(state in _FINAL, "what is acknowledged ends", promise, state)
            check(
                promise.paid is None or promise.paid is (state == DELIVERED),
                "the end is what the client was told",
                promise,
                state,
            )
        text = repr(self._items)
        check(
            not any(number in text for number in self._numbers),
            "no card number is in the table",
        )
