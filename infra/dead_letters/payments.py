"""Whether a dead payment request may have its card looked at once more.

A message that is sent again is as good as new to its queue, which would keep the card
for another day. So a card goes back only while its order still waits for it.
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
class Standing:
    """Where the payment stands that a dead letter asks for.

    With a ``decision`` there is nothing left to ask; an ``obstacle`` says why nobody may.
    """

    decision: PaymentDecision | None = None
    obstacle: str | None = None


async def standing_of(table: Table, order_id: str, *, now: datetime) -> Standing:
    """Return where the payment of an order stands; two reads at most.

    A payment of no order was asked for by hand, and is as good as any.

    Raises:
        StoreUnavailableError: it cannot be told.
    """
    decision = await find_decision(table, order_id)
    if decision is not None:
        return Standing(decision=decision)
    try:
        order = await get_order(table, order_id)
    except OrderNotFoundError:
        return Standing()
    if order.state is not OrderState.PENDING:
        return Standing(obstacle=f"the order is past this already: {order.state.name.lower()}")
    if now - order.placed_at >= PAYMENT_TIMEOUT:
        return Standing(obstacle=TOO_OLD)
    return Standing()
