"""When the sweeper looks at an order that is not final, and when it looks again.

An open order is looked at first after ``GRACE``, when its messages are normally done. From
then on the pause between two looks is as long as the order has waited already, within
``GRACE`` and ``LONGEST_PAUSE``: an order that waits for days costs a few looks, and while the
shipment worker is down one order is requested some thirty times a day, not every five minutes.
"""

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
    # A state of a later release, too: nobody here knows how long an order may be in it.
    return order.updated_at + longest_delivery + GRACE


def next_look_at(order: Order, *, now: datetime, longest_delivery: timedelta) -> datetime:
    """Return when to look at an open order again that was looked at now."""
    due = stuck_at(order, longest_delivery=longest_delivery)
    if now < due:
        return min(due, now + LONGEST_PAUSE)
    again = now + min(max(now - due + GRACE, GRACE), LONGEST_PAUSE)
    ends_at = order.placed_at + PAYMENT_TIMEOUT
    return min(again, ends_at) if order.state is OrderState.PENDING and now < ends_at else again
