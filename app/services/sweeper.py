"""The sweeper: moves orders on that got stuck (app/DECISIONS.md, 1 and 3)."""

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

#: Younger orders are skipped: their messages are normally still on their way.
GRACE = timedelta(minutes=5)

#: Shipments that one sweep requests again. While the shipment worker is down, more requests
#: would only become dead letters.
MOST_SHIPMENTS = 200

_PAGE_SIZE = 100
_PARALLEL = 10


class SweepFailedError(ShopError):
    """Some orders could not be read or moved on; the others were."""


@dataclass(frozen=True)
class SweepReport:
    """What one sweep did, as counts of orders; each of the ``failed`` ones was logged."""

    seen: int = 0
    settled: int = 0
    timed_out: int = 0
    shipments_requested: int = 0
    failed: int = 0
    is_complete: bool = True

    def __add__(self, other: "SweepReport") -> "SweepReport":
        """Return the sums of both reports."""
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
    """Check every order that is not final and move on those that are stuck.

    Safe to run at any time, twice, and beside the workers: it only repeats what they do. An
    order that fails does not stop the others. Payments come first, oldest first; then up to
    ``MOST_SHIPMENTS`` shipments are requested again. ``may_go_on`` is called before every
    ``_PARALLEL`` orders; when it returns False the sweep ends, and the next one starts over.
    """
    report = SweepReport()
    stuck: list[Order] = []
    longest_journey = timedelta(seconds=longest_delivery_seconds) + GRACE
    token = None
    while True:
        page = await list_open_orders(table, PageRequest(_PAGE_SIZE, token))
        orders = [order for order in page.entries if now - order.placed_at >= GRACE]
        pending = [order for order in orders if order.state is OrderState.PENDING]
        others = [order for order in orders if order.state is not OrderState.PENDING]
        stuck += [order for order in others if _is_stuck(order, longest_journey, now=now)]
        report += SweepReport(seen=len(orders), failed=page.unreadable)
        decisions = await find_decisions(table, [order.order_id for order in pending])
        report += await _run_parallel(
            pending,
            lambda order, decisions=decisions: _settle(  # type: ignore[misc]
                table, queues, order, decisions.get(order.order_id), now=now
            ),
            may_go_on,
        )
        token = page.next_token
        if token is None or len(orders) < len(page.entries):
            break
        if not may_go_on():
            return report + SweepReport(is_complete=False)
    # In random order, so that the orders beyond the limit are not the same every time.
    Random(now.timestamp()).shuffle(stuck)  # noqa: S311 - guessing the order gains nothing

    async def request(order: Order) -> SweepReport:
        await request_shipment(queues, order)
        return SweepReport(shipments_requested=1)

    requested = await _run_parallel(stuck[:MOST_SHIPMENTS], request, may_go_on)
    return report + requested + SweepReport(is_complete=len(stuck) <= MOST_SHIPMENTS)


def _is_stuck(order: Order, longest_journey: timedelta, *, now: datetime) -> bool:
    """Tell whether a paid order has had no event for longer than its shipment takes."""
    idle = now - order.updated_at
    return (order.state is OrderState.PAID and idle >= GRACE) or (
        order.state is OrderState.SHIPPED and idle >= longest_journey
    )


async def _run_parallel(
    orders: Sequence[Order],
    action: Callable[[Order], Awaitable[SweepReport]],
    may_go_on: Callable[[], bool],
) -> SweepReport:
    """Apply ``action`` to orders, ``_PARALLEL`` at a time; log and count those that fail."""

    async def attempt(order: Order) -> SweepReport:
        try:
            return await action(order)
        except ShopError as failure:
            log.warning("sweep.failed order_id=%s cause=%s", order.order_id, failure)
        except Exception:
            log.exception("sweep.crashed order_id=%s", order.order_id)
        return SweepReport(failed=1)

    report = SweepReport()
    for start in range(0, len(orders), _PARALLEL):
        if not may_go_on():
            return report + SweepReport(is_complete=False)
        for result in await asyncio.gather(*map(attempt, orders[start : start + _PARALLEL])):
            report += result
    return report


async def _settle(
    table: Table,
    queues: Queues,
    order: Order,
    decision: PaymentDecision | None,
    *,
    now: datetime,
) -> SweepReport:
    """Settle a pending order by its decision, or decline it after ``PAYMENT_TIMEOUT``."""
    if decision is not None:
        await settle_payment(table, queues, CreditCardValidated.from_decision(decision), now=now)
        return SweepReport(settled=1)
    if now - order.placed_at >= PAYMENT_TIMEOUT:
        await _time_out(table, queues, order, now=now)
        return SweepReport(timed_out=1)
    return SweepReport()


async def _time_out(table: Table, queues: Queues, order: Order, *, now: datetime) -> None:
    """Decline an order as timed out, unless a decision is stored at the same moment."""
    decision = await decide_once(
        table, time_out_payment(order.order_id, amount_cents=order.total_cents, now=now)
    )
    await settle_payment(table, queues, CreditCardValidated.from_decision(decision), now=now)
