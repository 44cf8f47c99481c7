"""Finishing what was left half done (app/DECISIONS.md, 1 and 3)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.domain.errors import ShopError
from app.domain.order import Order, OrderState
from app.domain.payment import PAYMENT_TIMEOUT, PaymentDecision, check_amount, time_out_payment
from app.domain.sweeping import GRACE, LONGEST_PAUSE, SweepReport, next_look_at, stuck_at
from app.messages import CreditCardValidated
from app.queues import Queues
from app.services.order_events import request_shipment, settle_payment
from app.services.payments import count_declined
from app.store.open_orders import (
    OpenEntry,
    leave_sweep,
    list_due_orders,
    list_misfiled_orders,
    postpone_sweep,
)
from app.store.pagination import Page, PageRequest
from app.store.payments import FoundDecisions, decide_once, find_decisions
from app.store.table import Table
from app.trace_context import following_order

log = logging.getLogger("shop.sweeper")

#: Shipments that one sweep requests again: while the shipment worker is down, more requests
#: only become dead letters.
MOST_SHIPMENTS = 200

#: What a sweep can do for an order, by the fields of its report.
_STEPS = ("settled", "timed_out", "shipments_requested")

#: Orders that are pushed only if their payment, if one is decided, was of their total.
_ASKED_FOR = frozenset({OrderState.PENDING, OrderState.PAID})

_PAGE_SIZE = 100
_PARALLEL = 20


class _ListOrders(Protocol):
    async def __call__(
        self, table: Table, request: PageRequest, *, now: datetime
    ) -> Page[OpenEntry]:
        """Return a page of orders to look at now."""


class SweepFailedError(ShopError):
    """Some orders could not be looked at or pushed; the others were."""


async def sweep(
    table: Table,
    queues: Queues,
    *,
    now: datetime,
    by: str,
    longest_delivery_seconds: int,
    trusts_events: bool = False,
    may_go_on: Callable[[], bool] = lambda: True,
) -> SweepReport:
    """Push every open order that is stuck, the longest overdue first.

    Safe to run at any time, twice, and next to the workers: it only repeats what they do.
    One order that fails stops no other. Reads only orders that are due, and puts each one
    off afterwards (``app/domain/sweeping.py``), so the next sweep starts where this one ended
    and orders that nothing can push yet do not stand before others. Then it takes those that are
    filed too far in the future to be ever due. Asks for
    ``MOST_SHIPMENTS`` shipments at most. ``may_go_on`` is asked before every few orders.
    Where events are trusted, an order goes on that one has paid with another amount.

    Costs, for 100 due orders, two queries per partition and four batch reads, and one write for
    each order that stays open.
    """
    state = _SweepState(now, by, timedelta(seconds=longest_delivery_seconds), trusts_events)
    report = await _sweep_list(list_due_orders, table, queues, state, may_go_on)
    if report.is_complete:
        report += await _sweep_list(list_misfiled_orders, table, queues, state, may_go_on)
    return report


async def _sweep_list(
    list_orders: _ListOrders,
    table: Table,
    queues: Queues,
    state: "_SweepState",
    may_go_on: Callable[[], bool],
) -> SweepReport:
    """Push the orders of one list, page by page."""
    report, token = SweepReport(), None
    while True:
        page = await list_orders(table, PageRequest(_PAGE_SIZE, token), now=state.now)
        waiting = [
            entry.order.order_id
            for entry in page.entries
            if entry.order and entry.order.state in _ASKED_FOR
        ]
        decisions = await find_decisions(table, waiting)
        report += await _run_parallel(
            page.entries,
            lambda entry, found=decisions: _push(  # type: ignore[misc]
                table, queues, entry, found, state
            ),
            may_go_on,
        )
        token = page.next_token
        if token is None:
            return report
        if not may_go_on():
            return report + SweepReport(is_complete=False)


async def _run_parallel(
    entries: Sequence[OpenEntry],
    push: Callable[[OpenEntry], Awaitable[SweepReport]],
    may_go_on: Callable[[], bool],
) -> SweepReport:
    """Push orders, a few at once, as long as there is time."""
    report = SweepReport()
    for start in range(0, len(entries), _PARALLEL):
        if not may_go_on():
            return report + SweepReport(is_complete=False)
        batch = entries[start : start + _PARALLEL]
        for pushed in await asyncio.gather(*map(push, batch)):
            report += pushed
    return report


@dataclass
class _SweepState:
    """What the orders of one sweep share."""

    now: datetime
    #: Who takes the steps, in the history of an order: ``sweeper@<version>``.
    by: str
    longest_delivery: timedelta
    trusts_events: bool
    shipments_left: int = MOST_SHIPMENTS


async def _push(
    table: Table,
    queues: Queues,
    entry: OpenEntry,
    decisions: FoundDecisions,
    state: _SweepState,
) -> SweepReport:
    """Push one order and put it off; a failure is logged and disturbs no other order."""
    if entry.order is None or entry.order_id in decisions.unreadable:
        # Only its decision says whether it may be shipped.
        return SweepReport(unreadable=1) + await _put_off(table, entry, state.now + GRACE)
    decision = decisions.by_order.get(entry.order_id)
    with following_order(entry.order.trace_id):
        return await _push_order(table, queues, entry, entry.order, decision, state)


async def _push_order(
    table: Table,
    queues: Queues,
    entry: OpenEntry,
    order: Order,
    decision: PaymentDecision | None,
    state: _SweepState,
) -> SweepReport:
    now = state.now
    if order.state is OrderState.UNKNOWN:
        # The release that knows the state sweeps it, if it is there.
        age = int((now - order.placed_at).total_seconds())
        report = SweepReport(seen=1, oldest_seconds=age)
        return report + await _put_off(table, entry, now + LONGEST_PAUSE)
    if order.state.is_final:
        # What made it final took it off the list: an operator has put it back.
        return SweepReport(seen=1) + await _refile(entry, leave_sweep(table, entry))
    try:
        order, report = await _move(table, queues, order, decision, state)
    except ShopError as failure:
        cause = type(failure).__name__
        log.warning("sweep.failed order_id=%s cause=%s: %s", entry.order_id, cause, failure)
    except Exception:
        log.exception("sweep.crashed order_id=%s", entry.order_id)
    else:
        for step in _STEPS:
            if getattr(report, step):
                log.info("sweep.%s order_id=%s", step, order.order_id)
        if order.state.is_final or not report.is_complete:
            return report
        until = next_look_at(order, now=now, longest_delivery=state.longest_delivery)
        age = int((now - order.placed_at).total_seconds())
        is_pending = order.state is OrderState.PENDING
        report += SweepReport(oldest_seconds=age, oldest_pending_seconds=age if is_pending else 0)
        return report + await _put_off(table, entry, until)
    return SweepReport(seen=1, failed=1) + await _put_off(table, entry, now + GRACE)


async def _put_off(table: Table, entry: OpenEntry, until: datetime) -> SweepReport:
    return await _refile(entry, postpone_sweep(table, entry, until=until))


async def _refile(entry: OpenEntry, write: Awaitable[None]) -> SweepReport:
    """Change an order's place in the list; a failure is logged and disturbs no other order."""
    try:
        await write
    except ShopError as failure:
        # It stays due, so the next sweep begins with it.
        cause = type(failure).__name__
        log.warning("sweep.failed order_id=%s cause=%s: %s", entry.order_id, cause, failure)
        return SweepReport(failed=1)
    return SweepReport()


async def _move(
    table: Table,
    queues: Queues,
    order: Order,
    decision: PaymentDecision | None,
    state: _SweepState,
) -> tuple[Order, SweepReport]:
    """Do for one order what its workers did not; return it as it is then.

    Raises:
        EventRefusedError: another amount than its total was paid; a person must look.
    """
    seen = SweepReport(seen=1)
    if not state.trusts_events:
        check_amount(decision, total_cents=order.total_cents)
    if order.state is OrderState.PENDING:
        order, report = await _settle(table, queues, order, decision, state)
        return order, seen + report
    if state.now < stuck_at(order, longest_delivery=state.longest_delivery):
        return order, seen
    if not state.shipments_left:
        return order, seen + SweepReport(is_complete=False)
    state.shipments_left -= 1
    await request_shipment(queues, order)
    return order, seen + SweepReport(shipments_requested=1)


async def _settle(
    table: Table,
    queues: Queues,
    order: Order,
    decision: PaymentDecision | None,
    state: _SweepState,
) -> tuple[Order, SweepReport]:
    """Push an order that waits for its payment; return it as it is then."""
    now = state.now
    if decision is not None:
        settled = CreditCardValidated.from_decision(decision)
        order = await settle_payment(
            table,
            queues,
            settled,
            now=now,
            by=state.by,
            decision=decision,
            is_believed=state.trusts_events,
        )
        return order, SweepReport(settled=1)
    if now - order.placed_at >= PAYMENT_TIMEOUT:
        # Unless a decision is made in this very moment: then that one counts.
        decision = await decide_once(
            table, time_out_payment(order.order_id, amount_cents=order.total_cents, now=now)
        )
        count_declined(decision, now=now)
        ended = CreditCardValidated.from_decision(decision)
        order = await settle_payment(table, queues, ended, now=now, by=state.by, decision=decision)
        return order, SweepReport(timed_out=1)
    return order, SweepReport()
