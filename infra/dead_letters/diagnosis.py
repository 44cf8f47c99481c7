"""Telling why a dead letter died.

It says nothing about that itself, so it is read once more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import InvalidInputError, OrderNotFoundError, StoreUnavailableError
from app.domain.order import Order, OrderState
from app.messages import (
    CreditCardValidated,
    Event,
    EventType,
    PaymentRequested,
    ShipmentRequested,
)
from app.store.orders import get_order
from app.store.table import Table
from infra.dead_letters.messages import (
    LOOK_SECONDS,
    Letter,
    LetterBox,
    Look,
    event_in,
    order_id_in,
    origin_or_none,
    type_of,
)
from infra.dead_letters.payments import standing_of


@dataclass(frozen=True)
class Finding:
    """What may be told of a letter."""

    queue: str
    message_id: str
    age_seconds: int
    receives: int
    event_type: str | None
    order_id: str | None
    reason: str
    comes_from: str | None


async def look(
    box: LetterBox, table: Table, queues: Iterable[str], *, now: datetime
) -> list[Finding]:
    """Return what may be told of every dead letter; the letters stay where they are."""
    findings = []
    for queue in queues:
        with Look(box, queue, hidden_seconds=LOOK_SECONDS) as current:
            findings += [await find_out(table, each, now=now) for each in current.letters()]
    return findings


async def find_out(table: Table, letter: Letter, *, now: datetime) -> Finding:
    """Return what may be told of a letter, with the reason why it is dead."""
    try:
        reason = await _reason_of_event(table, event_in(letter), now=now)
    except InvalidInputError as failure:
        reason = str(failure)
    except StoreUnavailableError:
        reason = "not known: the store does not answer"
    return finding(letter, reason, now=now)


def finding(letter: Letter, reason: str, *, now: datetime) -> Finding:
    """Return what may be told of a letter that is dead for ``reason``."""
    return Finding(
        queue=letter.queue,
        message_id=letter.message_id,
        age_seconds=max(0, int((now - letter.sent_at).total_seconds())),
        receives=letter.receives,
        event_type=type_of(letter),
        order_id=order_id_in(letter.body),
        reason=reason,
        comes_from=origin_or_none(letter),
    )


async def _reason_of_event(table: Table, event: Event, *, now: datetime) -> str:
    if isinstance(event, PaymentRequested):
        standing = await standing_of(table, event.order_id, now=now)
        if standing.obstacle is not None:
            return standing.obstacle
        if standing.decision is None:
            return "nothing is wrong with it, and the payment is not decided: redrive it"
        return "the payment is decided; a redrive announces the decision again"
    try:
        order = await get_order(table, event.order_id)
    except OrderNotFoundError:
        return "no order has this id"
    return _reason_of_order(event, order)


def _reason_of_order(event: Event, order: Order) -> str:
    if isinstance(event, CreditCardValidated):
        is_done = order.state is not OrderState.PENDING
    elif isinstance(event, ShipmentRequested):
        is_done = order.state not in {OrderState.PENDING, OrderState.PAID}
    else:
        if order.state is OrderState.PENDING:
            return "the order is not paid yet"
        target = OrderState.SHIPPED
        if event.event_type is EventType.SHIPMENT_DELIVERED:
            target = OrderState.DELIVERED
        is_done = order.state >= target
    if is_done:
        return f"the order is past this already: {order.state.name.lower()}"
    return f"nothing is wrong with it, and the order is {order.state.name.lower()}: redrive it"
