"""Payment decisions in the table: stored once, never changed."""

from collections.abc import Sequence

from app.domain.instants import instant_to_text, text_to_instant
from app.domain.payment import PaymentDecision
from app.store.keys import payment_key
from app.store.table import NOT_THERE, Item, Table
from app.store.table_errors import ConditionFailedError


def decision_to_item(decision: PaymentDecision) -> Item:
    """Return the item that stores a decision."""
    return {
        **payment_key(decision.order_id),
        "order_id": decision.order_id,
        "success": decision.success,
        "amount_cents": decision.amount_cents,
        "transaction_id": decision.transaction_id,
        "message": decision.message,
        "reason": decision.reason,
        "decided_at": instant_to_text(decision.decided_at),
    }


def item_to_decision(item: Item) -> PaymentDecision:
    """Return the decision that an item stores."""
    return PaymentDecision(
        order_id=item["order_id"],
        success=item["success"],
        amount_cents=item["amount_cents"],
        transaction_id=item["transaction_id"],
        message=item.get("message", ""),
        reason=item.get("reason", ""),
        decided_at=text_to_instant(item["decided_at"]),
    )


async def decide_once(table: Table, decision: PaymentDecision) -> PaymentDecision:
    """Store ``decision`` unless the order has one; return the stored one."""
    try:
        await table.put(decision_to_item(decision), condition=NOT_THERE)
    except ConditionFailedError as failure:
        # The condition fails only where an item exists, so the error carries it.
        return item_to_decision(failure.item or {})
    return decision


async def find_decision(
    table: Table, order_id: str, *, consistent: bool = False
) -> PaymentDecision | None:
    """Return the decision about an order's payment, or None while there is none.

    A ``consistent`` read costs twice as much and never misses one.
    """
    item = await table.get(payment_key(order_id), consistent=consistent)
    return None if item is None else item_to_decision(item)


async def find_decisions(table: Table, order_ids: Sequence[str]) -> dict[str, PaymentDecision]:
    """Return the decisions that exist, by order id; one call per 100 ids."""
    items = await table.get_many([payment_key(order_id) for order_id in order_ids])
    return {item["order_id"]: item_to_decision(item) for item in items}
