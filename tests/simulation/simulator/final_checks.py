"""Checks of the outcome: without the sweeper, after a sweep, and in the end."""

from datetime import datetime

from app.domain.sweeping import GRACE
from tests.simulation.simulator.history import History, number_of
from tests.simulation.simulator.rules import DELIVERED, FINAL, PENDING, check, instant


def check_promises(history: History, lost: set[str]) -> None:
    """Check that messages alone, without the sweeper, kept every promise.

    Orders of which a message was ``lost`` are the sweeper's.
    """
    for promise in history.promises:
        order = history.order(promise.order_id)
        state = order["state"] if order else None
        check(
            state in FINAL or promise.order_id in lost,
            "messages finish what was acknowledged",
            promise,
            state,
        )


def settled_by_sweep(history: History, now: datetime) -> set[str]:
    """Return the orders that a sweep now has to settle: decided, and due to be looked at.

    Whatever the index says: a sweeper of a release before leaves an order alone for ``GRACE``.
    """
    return {
        order["order_id"]
        for order in history.open_orders()
        if order["state"] == PENDING
        and instant(order["GSI3SK"].partition("#")[0]) <= now
        and instant(order["placed_at"]) + GRACE <= now
        and history.decision(order["order_id"])
    }


def check_swept(history: History, due: set[str]) -> None:
    """Check that a sweep settled the orders that it had to settle."""
    for order in history.open_orders():
        is_left = order["state"] == PENDING and order["order_id"] in due
        check(not is_left, "a sweep settles what is decided", order)


def check_end(history: History) -> None:
    """Check that everything has come to its end."""
    for ids in history.charges.values():
        check(len(ids) == 1, "an order is charged once", sorted(ids))
    for numbers in history.trackings.values():
        check(len(numbers) == 1, "an order is shipped once", sorted(numbers))
    for order in history.orders():
        order_id, state = order["order_id"], order["state"]
        check(state in FINAL, "every order ends", order_id, state)
        if state == DELIVERED:
            number = number_of(order, "tracking_number")
            check(
                {number} == history.trackings[order_id],
                "what is delivered has its tracking number",
                order,
            )
        history.agrees(order)
    for promise in history.promises:
        state = (history.order(promise.order_id) or {}).get("state")
        check(state in FINAL, "what is acknowledged ends", promise, state)
        check(
            promise.paid is None or promise.paid is (state == DELIVERED),
            "the end is what the client was told",
            promise,
            state,
        )
    text = repr(history.items)
    check(
        not any(number in text for number in history.numbers),
        "no card number is in the table",
    )
