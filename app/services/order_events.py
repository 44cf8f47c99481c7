"""Moving orders on by events: the result of a payment, and what the shipper says."""

from datetime import datetime

from app.domain.order import Order, OrderState
from app.domain.payment import DECLINED_MESSAGE, PAID_MESSAGE, PaymentDecision
from app.messages import CreditCardValidated, ShipmentDelivered, ShipmentRequested, ShipmentSent
from app.metrics import (
    ORDERS_DELIVERED,
    ORDERS_PAID,
    TIME_TO_DELIVERED,
    TIME_TO_PAID,
    emit_metrics,
)
from app.queues import Queues
from app.store import orders as store
from app.store.table import Table
from app.trace_context import following_order


async def settle_payment(
    table: Table,
    queues: Queues,
    message: CreditCardValidated,
    *,
    now: datetime,
    by: str,
    decision: PaymentDecision | None = None,
    is_believed: bool = False,
) -> Order:
    """Move an order to paid or declined; request the shipment of a paid one.

    Safe to repeat: the shipment is requested again until the order is shipped. The message has
    one text for all refusals; the reason that the buyer was answered is in the stored
    ``decision``, None if there is none. ``by`` names function and version in the order's history.
    A message that ``is_believed`` counts whatever was decided, as where events are sent by hand.

    Raises:
        OrderNotFoundError: there is no order with the id in the message.
        EventRefusedError: another amount than the order's total was paid; a person must look.
    """
    if not message.success:
        return await store.advance_order(
            table,
            message.order_id,
            OrderState.DECLINED,
            status=message.message or DECLINED_MESSAGE,
            now=now,
            by=by,
            decline_reason=decision.reason if decision and not decision.success else None,
        )
    order = await store.advance_order(
        table,
        message.order_id,
        OrderState.PAID,
        status=PAID_MESSAGE,
        now=now,
        by=by,
        transaction_id=message.transaction_id or None,
        payment=decision if decision and decision.success and not is_believed else None,
    )
    if order.state is OrderState.PAID:
        if order.entered(OrderState.PAID, now):
            emit_metrics({ORDERS_PAID: 1, TIME_TO_PAID: _age(order, now)}, now=now)
        await request_shipment(queues, order)
    return order


def _age(order: Order, now: datetime) -> float:
    """Return the seconds since an order was placed; clocks of functions differ a little."""
    return max(0.0, (now - order.placed_at).total_seconds())


async def request_shipment(queues: Queues, order: Order) -> None:
    """Request the shipment of a paid order; safe to repeat."""
    with following_order(order.trace_id):
        await queues.send(ShipmentRequested(order.order_id, delivery=order.delivery))


async def record_shipment(
    table: Table, message: ShipmentSent | ShipmentDelivered, *, now: datetime, by: str
) -> Order:
    """Move an order to shipped or delivered; repeated and late events change no state.

    Raises:
        OrderNotFoundError: there is no order with the id in the message.
        OrderNotPaidError: the order is not paid yet; SQS has to deliver the message again.
    """
    sent = isinstance(message, ShipmentSent)
    order = await store.advance_order(
        table,
        message.order_id,
        OrderState.SHIPPED if sent else OrderState.DELIVERED,
        status=message.status_text,
        now=now,
        by=by,
        tracking_number=message.tracking_number or None,
    )
    if order.entered(OrderState.DELIVERED, now):
        emit_metrics({ORDERS_DELIVERED: 1, TIME_TO_DELIVERED: _age(order, now)}, now=now)
    return order
