"""Payment decisions in the table: stored once, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.instants import instant_to_text
from app.domain.payment import PaymentDecision
from app.store.keys import payment_key
from app.store.stored_values import read_instant, read_own_id, read_typed
from app.store.table import NOT_THERE, Item, Table
from app.store.table_errors import ConditionFailedError
from app.store.unreadable_items import read_or_report, readable

_DECISION = "decision"


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
    """Return the decision that an item stores; all its types are checked.

    Raises:
        UnreadableItemError: the item is damaged.
    """
    return PaymentDecision(
        order_id=read_own_id(item, "order_id", payment_key),
        success=read_typed(item, "success", bool),
        amount_cents=read_typed(item, "amount_cents", int),
        transaction_id=read_typed(item, "transaction_id", str),
        message=read_typed(item, "message", str, ""),
        reason=read_typed(item, "reason", str, ""),
        decided_at=read_instant(item, "decided_at"),
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

    Raises:
        UnreadableItemError: its item is damaged; that is logged.
    """
    item = await table.get(payment_key(order_id), consistent=consistent)
    return None if item is None else read_or_report(_DECISION, item, item_to_decision)


@dataclass(frozen=True)
class FoundDecisions:
    """Decisions by order id; of those in ``unreadable`` the item is damaged."""

    by_order: dict[str, PaymentDecision]
    unreadable: frozenset[str]


async def find_decisions(table: Table, order_ids: Sequence[str]) -> FoundDecisions:
    """Return the decisions that exist; one call per 100 ids. A damaged one is logged."""
    keys = {payment_key(order_id)["PK"]: order_id for order_id in order_ids}
    items = await table.get_many([payment_key(order_id) for order_id in order_ids])
    found = await readable(_DECISION, items, item_to_decision)
    by_order = {decision.order_id: decision for decision in found}
    stored = {keys[item["PK"]] for item in items}
    return FoundDecisions(by_order, frozenset(stored - by_order.keys()))
