"""Reading one order as its customer may see it."""

from contextlib import suppress
from dataclasses import replace

from app.domain.errors import StoreUnavailableError, UnreadableItemError
from app.domain.order import Order, OrderState
from app.domain.payment import DECLINED_MESSAGE, PAID_MESSAGE, PaymentDecision
from app.store.orders import get_order
from app.store.payments import find_decision
from app.store.table import Table


async def read_order(table: Table, order_id: str) -> Order:
    """Return an order, settled as soon as its payment is decided.

    The order worker stores the step a moment after the decision. A client that was told that the
    payment succeeded must not read "pending" then, so while an order is pending its decision is
    read too, with one consistent read. The step is in the history once it is stored.

    Raises:
        OrderNotFoundError: there is no such order.
    """
    order = await get_order(table, order_id)
    if order.state is OrderState.PENDING:
        # The order is what was asked for: without its decision it is as it is stored.
        with suppress(StoreUnavailableError, UnreadableItemError):
            if decision := await find_decision(table, order_id, consistent=True):
                return _settled(order, decision)
    return order


def _settled(order: Order, decision: PaymentDecision) -> Order:
    """Return a pending order as ``settle_payment`` will store it."""
    if not decision.success:
        return replace(
            order,
            state=OrderState.DECLINED,
            status=decision.message or DECLINED_MESSAGE,
            decline_reason=decision.reason,
            updated_at=decision.decided_at,
        )
    return replace(
        order,
        state=OrderState.PAID,
        status=PAID_MESSAGE,
        transaction_id=decision.transaction_id,
        updated_at=decision.decided_at,
    )
