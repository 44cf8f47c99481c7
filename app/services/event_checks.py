"""Events are checked against what is stored before they change anything.

A client that may send to the shop's queues could otherwise pay, decline or charge any order. It
also happens without malice: a table that was restored to yesterday is older than its queues.
An event that does not agree is refused, so it comes to the dead letters with its reason.

What is compared never changes once it is stored. So a read that may be old will do where it
finds something, at half the price; what it does not find is read again, consistently.
"""

from app.domain.errors import EventRefusedError, OrderNotFoundError
from app.domain.order import Order
from app.domain.payment import PaymentDecision
from app.messages import CreditCardValidated, PaymentRequested
from app.store.orders import get_order
from app.store.payments import find_decision
from app.store.table import Table

#: What the stored decision fixes, by the names in the message.
_DECIDED = {"success": "success", "amount_cents": "amount", "transaction_id": "transactionID"}


async def check_payment_request(table: Table, message: PaymentRequested) -> None:
    """Return if an order of this amount is stored; one read, or two.

    Raises:
        EventRefusedError: there is no such order, or it costs something else.
    """
    try:
        order = await _get_stored_order(table, message.order_id)
    except OrderNotFoundError:
        raise EventRefusedError("orderID: no order has this id") from None
    if order.total_cents != message.total_cents:
        raise EventRefusedError("total: is not the total of the order")


async def check_payment_result(table: Table, message: CreditCardValidated) -> PaymentDecision:
    """Return the stored decision if it says the same; one read, or two.

    Raises:
        EventRefusedError: nothing was decided about this order, or something else was.
    """
    decision = await find_decision(table, message.order_id)
    if decision is None:
        decision = await find_decision(table, message.order_id, consistent=True)
    if decision is None:
        raise EventRefusedError("orderID: no decision about this order is stored")
    announced = CreditCardValidated.from_decision(decision)
    for field, name in _DECIDED.items():
        if getattr(message, field) != getattr(announced, field):
            raise EventRefusedError(f"{name}: is not what was decided about this order")
    return decision


async def _get_stored_order(table: Table, order_id: str) -> Order:
    try:
        return await get_order(table, order_id, consistent=False)
    except OrderNotFoundError:
        return await get_order(table, order_id)
