"""Finishing what was left half done (app/DECISIONS.md, 1 and 3)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from random import Random

from app.domain.errors import ShopError
from app.domain.order import Order, OrderState
from app.domain.payment import PAYMENT_TIMEOUT, PaymentDecision, time_out_payment
from app.messages import CreditCardValidated
from app.queues import Queues
from app.services.orders import request_shipment, settle_payment
from app.store.orders import list_open_orders
from app.store.pagination import PageRequest
from app.store.payments import decide_once, find_decisions
from app.store.table import Table

log = logging.getLogger("shop.sweeper")

#: An order is left alone while its messages are normally still on their way.
GRACE = timedelta(minutes=5)

#: Shipments that one sweep asks for again: with no one to ship, more of them only become
#: dead letters.
MOST_SHIPMENTS = 200

_PAGE = 100
_AT_ONCE = 10


class SweepFailedError(ShopError):
    """Some orders could not be looked at or pushed; the others were."""


@dataclass(frozen=True)
class SweepReport:
    """What one sweep looked at and did, in numbers of orders; ``failed`` ones were logged."""

    seen: int = 0
    settled: int = 0
    timed_out: int = 0
    shipments_requested: int = 0
    failed: int = 0
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
    """Look at every order that is not final and push those that are stuck.

    Safe to run at any time, twice, and next to the workers: it only repeats what they do.
    One order that fails stops no other. Payments come first, oldest first; then shipments
    are asked for again, ``MOST_SHIPMENTS`` at most. ``may_go_on`` is asked before every few
    orders; the next sweep begins anew.
    """
    report = SweepReport()
    standing: list[Order] = []
    on_its_way = timedelta(seconds=longest_delivery_seconds) + GRACE
    token = None
    while True:
        page = await list_open_orders(table, PageRequest(_PAGE, token))
        orders = [order for order in page.entries if now - order.placed_at >= GRACE]
        pending = [order for order in orders if order.state is OrderState.PENDING]
        others = [order for order in orders if order.state is not OrderState.PENDING]
        standing += [order for order in others if _stands_still(order, on_its_way, now=now)]
        report += SweepReport(seen=len(orders), failed=page.unreadable)
        decisions = await find_decisions(table, [order.order_id for order in pending])
        report += await _side_by_side(
            pending,
            lambda order, found=decisions: _settle(  # type: ignore[misc]
                table, queues, order, found.get(order.order_id), now=now
            ),
            may_go_on,
        )
        token = page.next_token
        if token is None or len(orders) < len(page.entries):
            break
        if not may_go_on():
            return report + SweepReport(is_complete=False)
    # By chance, so that those a sweep has no time for are not the same every time.
    Random(now.timestamp()).shuffle(standing)  # noqa: S311  # Nobody gains from guessing it.

    async def ask(order: Order) -> SweepReport:
        await request_shipment(queues, order)
        return SweepReport(shipments_requested=1)

    asked = await _side_by_side(standing[:MOST_SHIPMENTS], ask, may_go_on)
    return report + asked + SweepReport(is_complete=len(standing) <= MOST_SHIPMENTS)


def _stands_still(order: Order, on_its_way: timedelta, *, now: datetime) -> bool:
    """Tell whether a paid order has had no news for longer than its shipment takes."""
    idle = now - order.updated_at
    return (order.state is OrderState.PAID and idle >= GRACE) or (
        order.state is OrderState.SHIPPED and idle >= on_its_way
    )


async def _side_by_side(
    orders: Sequence[Order],
    push: Callable[[Order], Awaitable[SweepReport]],
    may_go_on: Callable[[], bool],
) -> SweepReport:
    """Push orders, a few at once, as long as there is time; none disturbs another."""

    async def attempt(order: Order) -> SweepReport:
        try:
            return await push(order)
        except ShopError as failure:
            log.warning("sweep.failed order_id=%s cause=%s", order.order_id, failure)
        except Exception:
            log.exception("sweep.crashed order_id=%s", order.order_id)
        return SweepReport(failed=1)

    report = SweepReport()
    for place in range(0, len(orders), _AT_ONCE):
        if not may_go_on():
            return report + SweepReport(is_complete=False)
        some = orders[place : place + _AT_ONCE]
        for each in await asyncio.gather(*map(attempt, some)):
            report += each
    return report


async def _settle(
    table: Table,
    queues: Queues,
    order: Order,
    decision: PaymentDecision | None,
    *,
    now: datetime,
) -> SweepReport:
    """Push an order that waits for its payment."""
    if decision is not None:
        await settle_payment(table, queues, CreditCardValidated.from_decision(decision), now=now)
        return SweepReport(settled=1)
    if now - order.placed_at >= PAYMENT_TIMEOUT:
        await _time_out(table, queues, order, now=now)
        return SweepReport(timed_out=1)
    return SweepReport()


async def _time_out(table: Table, queues: Queues, order: Order, *, now: datetime) -> None:
    """Decline an order nobody paid, unless a decision is made in this very moment."""
    decision = await decide_once(
        table, time_out_payment(order.order_id, amount_cents=order.total_cents, now=now)
    )
    await settle_payment(table, queues, CreditCardValidated.from_decision(decision), now=now)
