"""When the sweeper looks at an order that is not final, and when it looks again.

An open order is looked at first after ``GRACE``, when its messages are normally done. From
then on the pause between two looks is as long as the order has waited already, within
``GRACE`` and ``LONGEST_PAUSE``: an order that waits for days costs a few looks, and while the
shipment worker is down one order is requested some thirty times a day, not every five minutes.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from app.domain.order import Order, OrderState
from app.domain.payment import PAYMENT_TIMEOUT

#: An order is left alone while its messages are normally still on their way.
GRACE = timedelta(minutes=5)

#: No open order is left alone for longer, so the age of the oldest one is known to an hour.
LONGEST_PAUSE = timedelta(hours=1)

#: No order is filed under a look later than this; one that is was damaged, or a clock was wrong.
LATEST_LOOK = LONGEST_PAUSE + GRACE


def stuck_at(order: Order, *, longest_delivery: timedelta) -> datetime:
    """Return when an open order counts as stuck, if nothing moves it before."""
    if order.state is OrderState.PENDING:
        return order.placed_at + GRACE
    if order.state is OrderState.PAID:
        return order.updated_at + GRACE
    # A state of a later release, too: this release does not know how long an order may be in it.
    return order.updated_at + longest_delivery + GRACE


def next_look_at(order: Order, *, now: datetime, longest_delivery: timedelta) -> datetime:
    """Return when to look at an open order again that was looked at now."""
    due = stuck_at(order, longest_delivery=longest_delivery)
    if now < due:
        return min(due, now + LONGEST_PAUSE)
    again = now + min(max(now - due + GRACE, GRACE), LONGEST_PAUSE)
    ends_at = order.placed_at + PAYMENT_TIMEOUT
    return min(again, ends_at) if order.state is OrderState.PENDING and now < ends_at else again


@dataclass(frozen=True)
class SweepReport:
    """What one sweep looked at and did, in numbers of orders.

    ``failed`` ones could not be pushed, ``unreadable`` ones not even read; both were logged
    and come again with the next sweep. ``oldest_seconds`` is the age of the oldest order that
    was still open afterwards, ``oldest_pending_seconds`` that of the oldest which waits for its
    payment. ``is_complete`` says that nothing was left for lack of time.
    """

    seen: int = 0
    settled: int = 0
    timed_out: int = 0
    shipments_requested: int = 0
    failed: int = 0
    unreadable: int = 0
    oldest_seconds: int = 0
    oldest_pending_seconds: int = 0
    is_complete: bool = True

    @property
    def finished(self) -> int:
        """Return how many orders were finished in place of what was lost."""
        return self.settled + self.timed_out + self.shipments_requested

    def __add__(self, other: "SweepReport") -> "SweepReport":
        """Return both reports as one."""
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name not in {"is_complete", "oldest_seconds", "oldest_pending_seconds"}
        }
        return SweepReport(
            **sums,
            oldest_seconds=max(self.oldest_seconds, other.oldest_seconds),
            oldest_pending_seconds=max(self.oldest_pending_seconds, other.oldest_pending_seconds),
            is_complete=self.is_complete and other.is_complete,
        )
