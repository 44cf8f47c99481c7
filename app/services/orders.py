"""Placing orders, and waiting for their payment."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from app.deadlines import seconds_left
from app.domain.card import detect_brand, mask_number
from app.domain.card_text import mask_card_numbers
from app.domain.draft import Bill, OrderDraft, bill_as_sent, bill_from_catalog
from app.domain.errors import (
    IdempotencyConflictError,
    InvalidInputError,
    OrderNotFoundError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnreadableItemError,
)
from app.domain.ids import order_id_for
from app.domain.order import PENDING_TEXT, Address, CardSummary, Order, OrderState, OrderStep
from app.domain.payment import PaymentDecision
from app.domain.throttling import Counter
from app.messages import PaymentRequested
from app.metrics import ORDERS_PLACED, PAYMENT_WAITS_RUN_OUT, emit_metrics
from app.queues import Queues
from app.services.declines import check_declines
from app.services.fingerprints import compute_fingerprint, is_repeat
from app.services.payment_wait import PaymentWait
from app.store import orders as store
from app.store.declines import find_products_and_declines
from app.store.payments import find_decision
from app.store.table import Table
from app.trace_context import following_order

# The decision usually takes about 100 ms; each read costs half a read unit.
_FIRST_PAUSE_SECONDS = 0.04
_PAUSE_FACTOR = 1.5
_LONGEST_PAUSE_SECONDS = 0.4


async def place_order(
    table: Table,
    queues: Queues,
    draft: OrderDraft,
    *,
    idempotency_key: str | None,
    client_is_trusted: bool,
    fingerprint_key: bytes,
    now: datetime,
    by: str,
    trace_id: str | None = None,
    placed_by: str | None = None,
    decline_counters: Sequence[Counter] = (),
) -> Order:
    """Store an order and request its payment: one read, one conditional put and one send.

    With an ``idempotency_key`` a repeat returns the order of the first call in its present
    state, and requests the payment again while it is pending. ``client_is_trusted`` accepts
    the client's prices and total (open mode). ``by`` names function and version in the order's
    history; ``trace_id`` (32 hexadecimal digits) is stored on a new order, and so is
    ``placed_by``, the id of who places it, unless that is the buyer. The first of
    ``decline_counters`` is read with the products; :mod:`app.services.declines` says what a
    declined card costs.

    Raises:
        InvalidInputError: an unknown article, or a total that disagrees with the catalog.
        TooManyAttemptsError: many cards were declined before, and this order comes too soon.
        IdempotencyConflictError: the key was used for another order.
        QueueUnavailableError: the payment may not have been requested; the client must retry.
    """
    order_id = order_id_for(draft.user_id, idempotency_key) if idempotency_key else str(uuid4())
    try:
        products, declines = await find_products_and_declines(
            table,
            _articles_to_read(draft, client_is_trusted=client_is_trusted),
            # Only where the first has counted something do the others hold.
            [counter.key for counter in decline_counters[:1]],
            now=now,
        )
        bill = (bill_as_sent if client_is_trusted else bill_from_catalog)(draft, products)
        await check_declines(table, decline_counters, declines, now=now)
    except (InvalidInputError, TooManyAttemptsError):
        # A repeat is answered even if the catalog has changed since, and tries no further card.
        earlier = await _find_order(table, order_id) if idempotency_key else None
        if earlier is None:
            raise
        order = _same_order(earlier, draft, fingerprint_key)
    else:
        fingerprint = compute_fingerprint(draft, fingerprint_key)
        order = replace(
            _order_from(draft, bill, order_id=order_id, fingerprint=fingerprint, now=now),
            history=(OrderStep(OrderState.PENDING, now, by),),
            trace_id=trace_id,
            placed_by=None if placed_by == draft.user_id else placed_by,
        )
        earlier = await store.add_order(table, order)
        if earlier is not None:
            order = _same_order(earlier, draft, fingerprint_key)
        else:
            emit_metrics({ORDERS_PLACED: 1}, now=now)
    if order.state is OrderState.PENDING:
        request = PaymentRequested(
            order_id,
            draft.card,
            total_cents=order.total_cents,
            decline_counters=tuple(counter.key for counter in decline_counters),
        )
        # A repeat is a request of its own, but what it sends belongs to the order.
        with following_order(order.trace_id):
            await queues.send(request)
    return order


async def find_order_by_key(table: Table, user_id: str, idempotency_key: str) -> Order | None:
    """Return the order a user placed under an idempotency key, or None; one consistent read."""
    return await _find_order(table, order_id_for(user_id, idempotency_key))


def _articles_to_read(draft: OrderDraft, *, client_is_trusted: bool) -> list[str]:
    """Return the ids of the articles whose price the client does not say, or is not asked."""
    return [
        line.item_id
        for line in draft.lines
        if line.item_id and (not client_is_trusted or line.price_cents is None)
    ]


async def _find_order(table: Table, order_id: str) -> Order | None:
    try:
        return await store.get_order(table, order_id)
    except OrderNotFoundError:
        return None


def _same_order(earlier: Order, draft: OrderDraft, key: bytes) -> Order:
    if not is_repeat(draft, key, stored=earlier.fingerprint):
        raise IdempotencyConflictError("Idempotency-Key: was used for another order")
    return earlier


def _order_from(
    draft: OrderDraft, bill: Bill, *, order_id: str, fingerprint: str, now: datetime
) -> Order:
    card = draft.card
    return Order(
        order_id=order_id,
        user_id=draft.user_id,
        state=OrderState.PENDING,
        status=PENDING_TEXT,
        # What people type into such fields is at times a card's number.
        first_name=mask_card_numbers(draft.first_name),
        last_name=mask_card_numbers(draft.last_name),
        email=mask_card_numbers(draft.email),
        address=Address(
            **{part: mask_card_numbers(text) for part, text in vars(draft.address).items()}
        ),
        delivery=mask_card_numbers(draft.delivery),
        card=CardSummary(
            type=detect_brand(card.digits) or "",
            number=mask_number(card.number),
            expiry_month=f"{card.expiry_month:02d}",
            expiry_year=str(card.full_year),
        ),
        lines=tuple(
            replace(
                line,
                name=mask_card_numbers(line.name),
                description=mask_card_numbers(line.description),
            )
            for line in bill.lines
        ),
        total_cents=bill.total_cents,
        placed_at=now,
        updated_at=now,
        fingerprint=fingerprint,
    )


async def wait_for_decision(
    table: Table, order_id: str, *, seconds: float, wait: PaymentWait
) -> PaymentDecision | None:
    """Return the decision about an order's payment, or None after ``seconds`` at most.

    ``wait`` shortens that while payments are slow. Reads at least once. A table that does not
    answer counts as "no decision yet": the order is stored, and a client that got 503 now
    would order a second time.
    """
    clock = asyncio.get_running_loop().time
    seconds = wait.seconds(seconds, now=clock())
    deadline = clock() + min(seconds, seconds_left())
    decision = await _read_decision(table, order_id)
    pause = _FIRST_PAUSE_SECONDS
    with suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            while decision is None:
                await asyncio.sleep(pause)
                pause = min(pause * _PAUSE_FACTOR, _LONGEST_PAUSE_SECONDS)
                decision = await _read_decision(table, order_id)
    if seconds > 0:
        wait.record_result(is_decided=decision is not None, now=clock())
        if decision is None:
            emit_metrics({PAYMENT_WAITS_RUN_OUT: 1}, now=datetime.now(UTC))
    return decision


async def _read_decision(table: Table, order_id: str) -> PaymentDecision | None:
    try:
        return await find_decision(table, order_id)
    except (StoreUnavailableError, UnreadableItemError):
        return None
