"""Open orders from before a schedule begins: more than one page of the sweeper's list."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from app.domain.order import Address, CardSummary, Order, OrderState
from app.domain.payment import PaymentDecision
from app.settings import TableLayout
from app.store.order_items import order_to_item
from app.store.payments import decision_to_item
from tests.simulation.simulator.catalog import PRICE_CENTS
from tests.simulation.simulator.memory_table import Item

#: Who placed them.
BACKLOG_USER = "earlier"
_UNDECIDED, _DECIDED = 105, 5


def backlog_orders(now: datetime, *, layout: TableLayout = TableLayout.CURRENT) -> Iterator[Item]:
    """Yield orders that wait for their payment and, behind them, some that are decided."""
    for number in range(_UNDECIDED + _DECIDED):
        order_id = str(uuid5(NAMESPACE_OID, f"{number}"))
        placed_at = now - timedelta(minutes=20) + timedelta(seconds=number)
        yield order_to_item(_order(order_id, placed_at), layout=layout)
        if number >= _UNDECIDED:
            yield decision_to_item(_decision(order_id, placed_at))


def _order(order_id: str, placed_at: datetime) -> Order:
    return Order(
        order_id=order_id,
        user_id=BACKLOG_USER,
        state=OrderState.PENDING,
        status="Pending Payment",
        first_name="",
        last_name="",
        email="",
        address=Address(),
        delivery="instore",
        card=CardSummary("Visa", "************1111", "12", "2030"),
        lines=(),
        total_cents=PRICE_CENTS,
        placed_at=placed_at,
        updated_at=placed_at,
    )


def _decision(order_id: str, decided_at: datetime) -> PaymentDecision:
    return PaymentDecision(
        order_id=order_id,
        success=True,
        amount_cents=PRICE_CENTS,
        transaction_id=f"t-{order_id}",
        message="transaction successful",
        reason="",
        decided_at=decided_at,
    )
