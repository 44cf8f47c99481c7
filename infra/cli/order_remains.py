"""What is left of an order whose item is gone or damaged: its payment, messages and log."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import OrderNotFoundError, UnreadableItemError
from app.domain.payment import PaymentDecision
from app.store.orders import get_order, list_orders
from app.store.pagination import PageRequest
from app.store.payments import find_decision
from infra.cli.dead_letter_queues import SQSDeadLetterQueues
from infra.cli.order_evidence import dead_letters_of, queue_statuses, queued_messages
from infra.cli.stacks import StackConnection, search_log
from infra.dead_letters.diagnosis import Diagnosis
from infra.log_search import LogLine, LogSearchError
from infra.order_causes import QueueStatus
from infra.queued_messages import QueuedMessage

_GONE, _UNDECIDED = "is gone", "not decided"
_RESTORE = (
    'Restore the table to a time when it was there (infra/RUNBOOK.md, "Restore the table to '
    'yesterday").'
)
_CORRECT = (
    'Correct what is damaged (infra/RUNBOOK.md, "An order cannot be read"); then send its dead '
    "letters back: acme-shop redrive"
)
_DAY = timedelta(days=1)
#: What is shorter is the beginning of too many ids.
_SHORTEST_BEGINNING = 4
#: How many of the newest orders are looked at for an id that begins so, and how many are told.
_NEWEST, _MOST_TOLD = 100, 5


@dataclass(frozen=True)
class Remains:
    """What is known of an order without its item; ``item`` and ``payment`` are for people."""

    order_id: str
    item: str
    payment: str
    queues: tuple[QueueStatus, ...]
    messages: tuple[QueuedMessage, ...] | None
    dead_letters: tuple[Diagnosis, ...]
    log: tuple[LogLine, ...]
    log_obstacle: str | None
    why: str
    next_step: str


async def gather_remains(connection: StackConnection, order_id: str, *, now: datetime) -> Remains:
    """Return what is left of an order that :func:`gather` could not read; nothing is moved.

    Of a stack the log of the last day is searched. Only what names the whole id as that of an
    order counts: a part of it, or the id of something else, is in the log, too.

    Raises:
        OrderNotFoundError: nothing is known under this id; says which ids begin so.
        QueueUnavailableError: the queues or the functions do not answer.
    """
    item = await _state_of_item(connection, order_id)
    decision, payment = await _payment(connection, order_id)
    queues = SQSDeadLetterQueues(connection)
    dead_letters = tuple(await dead_letters_of(queues, connection.table, order_id, now=now))
    messages = queued_messages(connection, queues, order_id, now=now)
    log_obstacle: str | None = None
    log: tuple[LogLine, ...] = ()
    try:
        log = tuple(search_log(connection, [order_id], since=now - _DAY, until=now))
    except LogSearchError as failure:
        log_obstacle = str(failure)
    if (
        item == _GONE
        and payment == _UNDECIDED
        and not (dead_letters or messages or _names_order(log, order_id))
    ):
        raise OrderNotFoundError(await _unknown_text(connection, order_id, log))
    facts = [f"Its item {item}"]
    if decision and decision.success:
        facts.append(f"its payment was taken ({decision.amount_cents} cents)")
    elif payment != _UNDECIDED:
        facts.append(f"its payment: {payment}")
    facts += [f"its message is in {message.queue}" for message in messages or ()]
    facts += [f"its message is in {dead_letter.queue}" for dead_letter in dead_letters]
    return Remains(
        order_id=order_id,
        item=item,
        payment=payment,
        queues=queue_statuses(connection, queues),
        messages=messages,
        dead_letters=dead_letters,
        log=log,
        log_obstacle=log_obstacle,
        why="; ".join(facts) + ".",
        next_step=_RESTORE if item == _GONE else _CORRECT,
    )


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


async def _state_of_item(connection: StackConnection, order_id: str) -> str:
    try:
        order = await get_order(connection.table, order_id)
    except OrderNotFoundError:
        return _GONE
    except UnreadableItemError as failure:
        return f"cannot be read ({failure})"
    return f"can be read: {order.state.name.lower()}, {order.total_cents} cents"


async def _payment(
    connection: StackConnection, order_id: str
) -> tuple[PaymentDecision | None, str]:
    try:
        decision = await find_decision(connection.table, order_id, consistent=True)
    except UnreadableItemError as failure:
        return None, f"its decision cannot be read ({failure})"
    if decision is None:
        return None, _UNDECIDED
    result = "paid" if decision.success else f"declined: {decision.reason}"
    return decision, f"{result}, {decision.amount_cents} cents"
