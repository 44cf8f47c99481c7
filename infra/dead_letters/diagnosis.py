"""Telling why a message is in a dead-letter queue.

SQS keeps no reason with a dead message, so its body is parsed again and its order is looked up.
"""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import (
    EventRefusedError,
    InvalidInputError,
    OrderNotFoundError,
    QueueUnavailableError,
    StoreUnavailableError,
    UnreadableItemError,
)
from app.domain.order import Order, OrderState
from app.domain.payment import check_amount
from app.messages import (
    CreditCardValidated,
    Event,
    EventType,
    PaymentRequested,
    ShipmentRequested,
)
from app.services.event_checks import check_payment_request, check_payment_result
from app.store.orders import get_order
from app.store.payments import find_decision
from app.store.table import Table
from infra.dead_letters.messages import (
    SCAN_SECONDS,
    DeadLetter,
    DeadLetterQueues,
    QueueScan,
    event_in,
    order_id_in,
    origin_or_none,
    trace_id_in,
    type_of,
)
from infra.dead_letters.payments import get_payment_status

_UNSHIPPED = frozenset({OrderState.PENDING, OrderState.PAID})


@dataclass(frozen=True)
class Diagnosis:
    """What operators are told of a dead letter; of the body it holds the type and the order's id.

    ``receives`` counts the deliveries in the queue it died in. ``dies_again`` says that its worker
    would refuse it now as it did before. ``trace_id`` is that of the request it was sent for.
    """

    queue: str
    message_id: str
    age_seconds: int
    receives: int
    event_type: str | None
    order_id: str | None
    reason: str
    comes_from: str | None
    dies_again: bool = False
    trace_id: str | None = None


async def diagnose_queues(
    client: DeadLetterQueues,
    table: Table,
    queues: Iterable[str],
    missing: list[str],
    *,
    now: datetime,
) -> list[Diagnosis]:
    """Return a diagnosis of every dead letter in ``queues``; the letters stay where they are.

    A queue that is not there, or does not answer, is entered in ``missing``.

    Raises:
        QueueUnavailableError: none of them answers.
    """
    diagnoses, asked = [], list(queues)
    for queue in asked:
        try:
            with QueueScan(client, queue, visibility_seconds=SCAN_SECONDS) as scan:
                for dead_letter in scan.dead_letters():
                    diagnoses.append(await diagnose(table, dead_letter, now=now))  # noqa: PERF401
        except QueueUnavailableError as failure:
            missing.append(str(failure))
            if len(missing) == len(asked):
                raise
    return diagnoses


async def diagnose(table: Table, dead_letter: DeadLetter, *, now: datetime) -> Diagnosis:
    """Return the diagnosis of one dead letter, with the reason why it is dead."""
    dies_again = False
    try:
        event = event_in(dead_letter)
        refusal = await find_refusal(table, event, now=now)
        dies_again = refusal is not None
        reason = refusal or await _reason_of_event(table, event, now=now)
    except InvalidInputError as failure:
        reason, dies_again = str(failure), True
    except StoreUnavailableError:
        reason = "not known: the store does not answer"
    except UnreadableItemError as failure:
        reason = unreadable_text(failure)
    return make_diagnosis(dead_letter, reason, now=now, dies_again=dies_again)


def unreadable_text(failure: UnreadableItemError) -> str:
    """Return what is said where the item of an order, or of its payment, cannot be read."""
    return (
        f"what is stored of its order cannot be read ({failure}); correct that first"
        ' (infra/RUNBOOK.md, "An order cannot be read")'
    )


def make_diagnosis(
    dead_letter: DeadLetter, reason: str, *, now: datetime, dies_again: bool = False
) -> Diagnosis:
    """Return the diagnosis of a dead letter whose ``reason`` is known."""
    return Diagnosis(
        queue=dead_letter.queue,
        message_id=dead_letter.message_id,
        age_seconds=max(0, int((now - dead_letter.sent_at).total_seconds())),
        receives=dead_letter.receives,
        event_type=type_of(dead_letter),
        order_id=order_id_in(dead_letter.body),
        reason=reason,
        comes_from=origin_or_none(dead_letter),
        dies_again=dies_again,
        trace_id=trace_id_in(dead_letter.traceparent),
    )


async def find_refusal(table: Table, event: Event, *, now: datetime) -> str | None:
    """Return why the worker of an event would refuse it now, or None if it would take it.

    Up to four reads. A worker that believes hand-sent events (``TRUST_EVENTS``) takes more.

    Raises:
        StoreUnavailableError: the table does not answer.
    """
    if isinstance(event, ShipmentRequested):
        return None
    if isinstance(event, PaymentRequested):
        status = await get_payment_status(table, event.order_id, now=now)
        if status.obstacle is not None or status.decision is not None:
            return None
        return await _refusal(check_payment_request(table, event))
    try:
        order = await get_order(table, event.order_id)
    except OrderNotFoundError:
        return "no order has this id"
    return await _refusal_by_order(table, event, order)


async def _refusal_by_order(table: Table, event: Event, order: Order) -> str | None:
    """Return why the order worker would refuse an event about an order that is there, or None."""
    if isinstance(event, CreditCardValidated) and order.state in _UNSHIPPED:
        decision = await find_decision(table, event.order_id, consistent=True)
        try:
            check_amount(decision, total_cents=order.total_cents)
        except EventRefusedError as failure:
            return f"another amount was paid ({failure}); a person must find out which is right"
    if order.state is not OrderState.PENDING:
        return None
    if isinstance(event, CreditCardValidated):
        return await _refusal(check_payment_result(table, event))
    return "the order is not paid yet"


async def _reason_of_event(table: Table, event: Event, *, now: datetime) -> str:
    if isinstance(event, PaymentRequested):
        status = await get_payment_status(table, event.order_id, now=now)
        if status.obstacle is not None:
            return status.obstacle
        if status.decision is None:
            return "nothing is wrong with it, and the payment is not decided: redrive it"
        return "the payment is decided; a redrive announces the decision again"
    try:
        order = await get_order(table, event.order_id)
    except OrderNotFoundError:
        return "no order has this id"
    return _reason_of_order(event, order)


async def _refusal(check: Awaitable[object]) -> str | None:
    """Return why a worker that trusts no hand-sent events refuses an event, or None."""
    try:
        await check
    except EventRefusedError as failure:
        return (
            f"it agrees with nothing stored ({failure}): sent by hand, or the table was restored;"
            " redrive it only where TRUST_EVENTS is 1"
        )
    return None


def _reason_of_order(event: Event, order: Order) -> str:
    if isinstance(event, CreditCardValidated):
        is_done = order.state is not OrderState.PENDING
    elif isinstance(event, ShipmentRequested):
        is_done = order.state not in {OrderState.PENDING, OrderState.PAID}
    else:
        target = OrderState.SHIPPED
        if event.event_type is EventType.SHIPMENT_DELIVERED:
            target = OrderState.DELIVERED
        is_done = order.state >= target
    if is_done:
        return f"the order is past this already: {order.state.name.lower()}"
    return f"nothing is wrong with it, and the order is {order.state.name.lower()}: redrive it"
