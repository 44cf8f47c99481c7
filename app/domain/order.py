"""An order and the states it moves through, forward only (openapi/CONTRACT.md, 2)."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from app.domain.errors import OrderNotPaidError

#: Status texts on the wire (openapi/CONTRACT.md, 2).
PENDING_TEXT = "Pending Payment"
SHIPPED_TEXT = "shipped - pending delivery"
DELIVERED_TEXT = "delivered"

#: The id under which tills sell to customers who give no name (app/static/pos/sale.js).
WALK_IN = "walk-in"


class OrderState(IntEnum):
    """The state of an order; the number is its rank, and an order's rank only rises."""

    PENDING = 1
    PAID = 2
    SHIPPED = 3
    DELIVERED = 4
    DECLINED = 5
    #: A state that a later release gave the order. This release shows the stored status text
    #: and moves the order nowhere; the release that knows the state does.
    UNKNOWN = 0

    @classmethod
    def from_stored(cls, number: int) -> "OrderState":
        """Return the state behind a stored number; one of a later release is ``UNKNOWN``."""
        try:
            return cls(number)
        except ValueError:
            return cls.UNKNOWN

    @property
    def is_final(self) -> bool:
        """Whether nothing in this release changes the order any more."""
        return self in {OrderState.DELIVERED, OrderState.DECLINED, OrderState.UNKNOWN}


#: The states from which an order may move to the state in the key.
ALLOWED_FROM: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PAID: frozenset({OrderState.PENDING}),
    OrderState.DECLINED: frozenset({OrderState.PENDING}),
    OrderState.SHIPPED: frozenset({OrderState.PAID}),
    # Standard queues may deliver the second shipment event before the first.
    OrderState.DELIVERED: frozenset({OrderState.PAID, OrderState.SHIPPED}),
}


def check_late_event(order: "Order", target: OrderState) -> None:
    """Accept an event that repeats or comes late: the order is in ``target`` or beyond.

    Raises:
        OrderNotPaidError: the event comes early: a shipment of an order that is not paid
            yet. SQS has to deliver the message again later.
    """
    if order.state is OrderState.PENDING and target in {
        OrderState.SHIPPED,
        OrderState.DELIVERED,
    }:
        raise OrderNotPaidError


@dataclass(frozen=True)
class Address:
    """Where an order goes; every part may be empty."""

    street: str = ""
    city: str = ""
    zip: str = ""
    state: str = ""
    country: str = ""


@dataclass(frozen=True)
class CardSummary:
    """What the shop stores of a card: a masked number and the expiry, never the CVV."""

    type: str = ""
    number: str = ""
    expiry_month: str = ""
    expiry_year: str = ""


@dataclass(frozen=True)
class OrderLine:
    """One article of an order at the price it was sold for."""

    item_id: str
    name: str
    description: str
    quantity: int
    price_cents: int


@dataclass(frozen=True)
class OrderStep:
    """One step of an order: the state it entered, when, and which function of which release did it.

    ``by`` is ``<function>@<version>``.
    """

    state: OrderState
    at: datetime
    by: str


@dataclass(frozen=True)
class Order:
    """One purchase.

    ``fingerprint`` is a keyed hash of the request; it tells a repeat from another body that
    was sent under the same idempotency key. ``history`` holds the steps that this release and
    later ones recorded, in the order of their ranks; ``trace_id`` is the W3C trace id, 32
    lower-case hexadecimal digits, of the request that placed the order. ``placed_by`` is the id
    of who placed it for the buyer, a member of the staff. ``decline_reason`` is the text of the
    refusal that the buyer was answered; orders that earlier releases declined have none.
    """

    order_id: str
    user_id: str
    state: OrderState
    status: str
    first_name: str
    last_name: str
    email: str
    address: Address
    delivery: str
    card: CardSummary
    lines: tuple[OrderLine, ...]
    total_cents: int
    placed_at: datetime
    updated_at: datetime
    fingerprint: str = ""
    transaction_id: str | None = None
    tracking_number: str | None = None
    decline_reason: str | None = None
    history: tuple[OrderStep, ...] = ()
    trace_id: str | None = None
    placed_by: str | None = None

    def entered(self, state: OrderState, at: datetime) -> bool:
        """Tell whether the order took its step into ``state`` at that instant: no repeat did it."""
        return any(step.state is state and step.at == at for step in self.history)


def sum_lines(lines: tuple[OrderLine, ...]) -> int:
    """Return the sum of price times quantity, in cents."""
    return sum(line.price_cents * line.quantity for line in lines)
