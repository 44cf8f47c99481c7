"""Whether a dead payment request may be sent again.

Sending restarts the queue's retention time, which would keep the card in it for another day.
So a card is sent back only while its order is pending and young enough to be paid.
"""

from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import OrderNotFoundError
from app.domain.order import OrderState
from app.domain.payment import PAYMENT_TIMEOUT, PaymentDecision
from app.store.orders import get_order
from app.store.payments import find_decision
from app.store.table import Table

TOO_OLD = "too old to be paid; the sweeper ends the order"


@dataclass(frozen=True)
class PaymentStatus:
    """The payment that a dead letter asks for.

    With a ``decision`` the payment is decided; an ``obstacle`` says why it must not be asked
    for again.
    """

    decision: PaymentDecision | None = None
    obstacle: str | None = None


async def get_payment_status(table: Table, order_id: str, *, now: datetime) -> PaymentStatus:
    """Return the status of an order's payment; two reads at most.

    A payment without a stored order was requested by hand and has no obstacle.

    Raises:
        StoreUnavailableError: the table does not answer.
    """
    decision = await find_decision(table, order_id)
    if decision is not None:
        return PaymentStatus(decision=decision)
    try:
        order = await get_order(table, order_id)
    except OrderNotFoundError:
        return PaymentStatus()
    if order.state is not OrderState.PENDING:
        return PaymentStatus(obstacle=f"the order is past this already: {order.state.name.lower()}")
    if now - order.placed_at >= PAYMENT_TIMEOUT:
        return PaymentStatus(obstacle=TOO_OLD)
    return PaymentStatus()
