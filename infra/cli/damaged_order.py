"""What is left of an order whose item is gone or damaged: its payment, messages and log."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.errors import (
    OrderNotFoundError,
    ServiceMisconfiguredError,
    StoreUnavailableError,
    UnreadableItemError,
)
from app.domain.order import Order
from app.domain.payment import PaymentDecision
from app.store.keys import order_key
from app.store.orders import get_order_with_item, list_orders
from app.store.pagination import PageRequest
from app.store.payments import find_decision
from infra.cli.order_context import gather_order_context
from infra.cli.stacks import StackConnection
from infra.log_search import LogLine
from infra.orders.facts import Explanation, OrderContext
from infra.orders.filing import FilingFault, filing_faults
from infra.orders.obstacles import half_released, held_back, misfiled, obstacles

_GONE, _UNDECIDED = "is gone", "not decided"
_RESTORE = (
    'Restore the table to a time when it was there (infra/RUNBOOK.md, "Restore the table to '
    'yesterday").'
)
_MOVE = (
    'Move it to its key (infra/RUNBOOK.md, "An order is under a wrong key"); its messages and the '
    "sweeper find it then."
)
_LOOK = (
    "If acme-shop orders --audit{} finds it under a mistyped key, move it from there (infra/"
    'RUNBOOK.md, "An order is under a wrong key"). Else restore the table to a time when it was '
    'there (infra/RUNBOOK.md, "Restore the table to yesterday").'
)
_CORRECT = 'Correct what is damaged (infra/RUNBOOK.md, "An order cannot be read"); then'
_SILENT = "is not known"
#: AWS's code where there is no such table.
_NO_TABLE = "ResourceNotFoundException"
_AGAIN = (
    'Find out why the table does not answer (infra/RUNBOOK.md, "Customers see failures"), and ask '
    "again."
)
#: What is shorter is the beginning of too many ids.
_SHORTEST_BEGINNING = 4
#: How many of the newest orders are looked at for an id that begins so, and how many are told.
_NEWEST, _MOST_TOLD = 100, 5


@dataclass(frozen=True, kw_only=True)
class DamagedOrderEvidence(OrderContext):
    """What is known of an order without its item; ``item`` and ``payment`` are for people.

    ``causes`` are all that was found, the damage first.
    """

    order_id: str
    item: str
    payment: str
    causes: tuple[Explanation, ...]


async def gather_damaged_order(
    connection: StackConnection, order_id: str, *, now: datetime
) -> DamagedOrderEvidence:
    """Return what is left of an order that cannot be shown as usual; nothing is moved.

    Of a stack the log of the last day is searched. Only what names the whole id as that of an
    order counts: a part of it, or the id of something else, is in the log, too.

    Raises:
        OrderNotFoundError: nothing is known under this id; says which ids begin so.
    """
    order, item, filing = await _order(connection, order_id, now=now)
    decision, payment = await _payment(connection, order_id)
    around = await gather_order_context(connection, order_id, order=order, now=now)
    around = replace(around, filing=filing)
    place = await _mistyped_place(connection, order_id) if item == _GONE else None
    if (
        item == _GONE
        and not place
        and payment == _UNDECIDED
        and not (around.dead_letters or around.messages or _names_order(around.log, order_id))
    ):
        raise OrderNotFoundError(await _unknown_text(connection, order_id, around.log))
    facts = [f"Its item {item}"]
    if decision and decision.success:
        facts.append(f"its payment was taken ({decision.amount_cents} cents)")
    elif payment != _UNDECIDED:
        facts.append(f"its payment: {payment}")
    facts += [f"its message is in {message.queue}" for message in around.messages or ()]
    facts += [f"its message is in {dead_letter.queue}" for dead_letter in around.dead_letters]
    if item == _GONE:
        facts += [f"an item with its id lies under {place}"] if place else []
        step = _MOVE if place else _LOOK.format(around.options)
    elif _NO_TABLE in item:
        step = _RESTORE
    else:
        step = _AGAIN if _SILENT in item else how_to_correct(around)
    damage = Explanation("; ".join(dict.fromkeys(facts)) + ".", step)
    return DamagedOrderEvidence(
        **vars(around),
        order_id=order_id,
        item=item,
        payment=payment,
        causes=(damage, *_beside(order_id, around, is_gone=item == _GONE)),
    )


async def _mistyped_place(connection: StackConnection, order_id: str) -> str | None:
    """Return the key that is a usual mistake for an order's, if an item with its id is there."""
    right = order_key(order_id)
    for wrong in (
        order_key(order_id.upper()),
        order_key(f"{order_id} "),
        {**right, "SK": right["SK"].lower()},
        {**right, "PK": right["PK"].lower()},
    ):
        item = await connection.table.get(wrong, consistent=True) if wrong != right else None
        if item and item.get("order_id") == order_id:
            return f"PK={wrong['PK']}, SK={wrong['SK']}"
    return None


def how_to_correct(around: OrderContext) -> str:
    """Return what brings an order on whose item, or whose payment's, can be corrected."""
    if around.dead_letters:
        return f"{_CORRECT} send its dead letters back: acme-shop redrive{around.options}"
    if around.messages:
        queue = around.messages[0].queue
        return (
            f"{_CORRECT} its message in {queue} moves it on by itself; after five tries it is a "
            f"dead letter instead: acme-shop redrive{around.options}"
        )
    return f"{_CORRECT} the sweeper goes on with it: acme-shop sweep{around.options}"


def _beside(order_id: str, around: OrderContext, *, is_gone: bool) -> Iterator[Explanation]:
    """Yield what would hold the order, or holds others, once its item is right again."""
    if misfiling := misfiled(order_id, around):
        yield misfiling
    yield from obstacles(around.queues, around)
    if half_out := half_released(around):
        yield half_out
    for dead_letter in around.dead_letters:
        discard = f"acme-shop discard {dead_letter.message_id}{around.options}"
        until = "what is stored can be read; then: acme-shop redrive --queue "
        until += f"{dead_letter.queue}{around.options}"
        if is_gone:
            until = f"the order is restored; if it is not to be: {discard}"
        yield held_back(dead_letter, until=until)


def _names_order(log: Iterable[LogLine], order_id: str) -> bool:
    """Tell whether a line is about the order with exactly this id."""
    field = re.compile(rf"\border_id={re.escape(order_id)}(?![\w.-])")
    return any(field.search(line.text) for line in log)


async def _unknown_text(connection: StackConnection, typed: str, log: Iterable[LogLine]) -> str:
    """Return that there is no such order, and the ids in log and table that begin so."""
    text = OrderNotFoundError.text
    if len(typed) < _SHORTEST_BEGINNING:
        return text
    field = re.compile(rf"\border_id=({re.escape(typed)}[\w-]+)")
    known = {found for line in log for found in field.findall(line.text)}
    page = await list_orders(connection.table, PageRequest(_NEWEST))
    known |= {order.order_id for order in page.entries if order.order_id.startswith(typed)}
    if not known:
        return text
    more = ", ..." if len(known) > _MOST_TOLD else ""
    return f"{text}; ids that begin so: {', '.join(sorted(known)[:_MOST_TOLD])}{more}"


async def _order(
    connection: StackConnection, order_id: str, *, now: datetime
) -> tuple[Order | None, str, tuple[FilingFault, ...]]:
    """Return the order if it can be read, its item in words, and what is wrong with its lists."""
    try:
        item, order = await get_order_with_item(connection.table, order_id)
    except OrderNotFoundError:
        return None, _GONE, ()
    except UnreadableItemError as failure:
        return None, f"cannot be read ({failure})", ()
    except StoreUnavailableError as failure:
        return None, f"{_SILENT} ({_why(failure)})", ()
    text = f"can be read: {order.state.name.lower()}, {order.total_cents} cents"
    return order, text, filing_faults(item, order, now=now)


def _why(failure: StoreUnavailableError) -> str:
    """Return why the table cannot be read, with AWS's code if AWS refuses."""
    if isinstance(failure, ServiceMisconfiguredError):
        return f"{failure}: {failure.operation} {failure.code}"
    return str(failure)


async def _payment(
    connection: StackConnection, order_id: str
) -> tuple[PaymentDecision | None, str]:
    try:
        decision = await find_decision(connection.table, order_id, consistent=True)
    except UnreadableItemError as failure:
        return None, f"its decision cannot be read ({failure})"
    except StoreUnavailableError as failure:
        return None, f"its decision {_SILENT} ({_why(failure)})"
    if decision is None:
        return None, _UNDECIDED
    result = "paid" if decision.success else f"declined: {decision.reason}"
    return decision, f"{result}, {decision.amount_cents} cents"
