"""Finishing what was left half done (design, decisions 1 and 3)."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from app.domain.order import Order, OrderState
from app.domain.payment import PAYMENT_TIMEOUT, PaymentDecision, time_out_payment
from app.messages import CreditCardValidated
from app.queues import Queues
from app.services.orders import request_shipment, settle_payment
from app.store.orders import list_open_orders
from app.store.pages import PageRequest
from app.store.payments import decide_once, find_decisions
from app.store.table import Table

#: An order is left alone while its messages are normally still on their way.
GRACE = timedelta(minutes=5)

_PAGE = 100


@dataclass(frozen=True)
class SweepReport:
    """What one sweep looked at and did, in numbers of orders."""

    seen: int = 0
    settled: int = 0
    timed_out: int = 0
    shipments_requested: int = 0
    is_complete: bool = True

    def __add__(self, other: "SweepReport") -> "SweepReport":
        """Return both reports as one."""
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name != "is_complete"
        }
        return SweepReport(**sums, is_complete=self.is_complete and other.is_complete)


async def sweep(
    table: Table,
    queues: Queues,
    *,
    now: datetime,
    longest_delivery_seconds: int,
    may_go_on: Callable[[], bool] = lambda: True,
) -> SweepReport:
    """Look at every order that is not final, oldest first, and push those that are stuck.

    Safe to run at any time, twice, and next to the workers: it only repeats what they do.
    ``may_go_on`` is asked before every page; the next sweep starts from the oldest again.
    """
    report = SweepReport()
    token = None
    while True:
        page = await list_open_orders(table, PageRequest(_PAGE, token))
        orders = [order for order in page.entries if now - order.placed_at >= GRACE]
        decisions = await find_decisions(
            table,
            [order.order_id for order in orders if order.state is OrderState.PENDING],
        )
        for order in orders:
            report += await _push(
                table,
                queues,
                order,
                decisions.get(order.order_id),
                now=now,
                longest_delivery_seconds=longest_delivery_seconds,
            )
        token = page.next_token
        if token is None or len(orders) < len(page.entries):
            return report
        if not may_go_on():
            return report + SweepReport(is_complete=False)


async def _push(
    table: Table,
    queues: Queues,
    order: Order,
    decision: PaymentDecision | None,
    *,
    now: datetime,
    longest_delivery_seconds: int,
) -> SweepReport:
    idle = now - order.updated_at
    on_its_way = timedelta(seconds=longest_delivery_seconds) + GRACE
    if order.state is OrderState.PENDING:
        if decision is not None:
            await settle_payment(table, queues, CreditCardValidated.about(decision), now=now)
            return SweepReport(seen=1, settled=1)
        if now - order.placed_at >= PAYMENT_TIMEOUT:
            await _time_out(table, queues, order, now=now)
            return SweepReport(seen=1, timed_out=1)
    elif (order.state is OrderState.PAID and idle >= GRACE) or (
        order.state is OrderState.SHIPPED and idle >= on_its_way
    ):
        await request_shipment(queues, order)
        return SweepReport(seen=1, shipments_requested=1)
    return SweepReport(seen=1)


async def _time_out(table: Table, queues: Queues, order: Order, *, now: datetime) -> None:
    """Decline an order nobody paid, unless a decision is made in this very moment."""
    decision = await decide_once(
        table, time_out_payment(order.order_id, amount_cents=order.total_cents, now=now)
    )
    await settle_payment(table, queues, CreditCardValidated.about(decision), now=now)
