"""Declined cards beyond their limits: who waits, who does not, and what it costs."""

from asyncio import gather
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.card import Card, CardRules
from app.domain.draft import DraftLine, OrderDraft
from app.domain.errors import StoreUnavailableError, TooManyAttemptsError
from app.domain.order import Address, Order
from app.domain.product import Product
from app.domain.throttling import Limit
from app.message_parser import parse_event
from app.messages import PaymentRequested
from app.security.origins import Origin
from app.security.signing_keys import SigningKeys
from app.services.orders import place_order
from app.services.payments import decide
from app.services.throttling import decline_counters
from app.settings import read_settings
from app.store import declines as store
from app.store.table import Table
from tests.support.sent_events import SentEvents
from tests.support.shop import count_calls, fresh, stored_product

NOW = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"f" * 32)
LIMITS = replace(
    read_settings({"STAGE": "production"}).limits,
    declined_cards=Limit(2, 60),
    declined_cards_by_address=Limit(3, 4),
)
GOOD = Card("4111111111111111", 12, 2030, "123")
BAD = replace(GOOD, number="4111111111111112")


class Checkout:
    """Orders by one user from one address, whose payments are decided at once."""

    def __init__(self, table: Table, product: Product, *, user: str, origin: Origin) -> None:
        self.table, self.product, self.user = table, product, user
        self.counters = decline_counters(KEYS, LIMITS, user_id=user, origin=origin)
        self.sent = SentEvents()

    async def place(
        self, card: Card = BAD, *, key: str | None = None, now: datetime = NOW
    ) -> Order | str:
        """Return the order, or the seconds to wait."""
        line = DraftLine(self.product.product_id, "", "", 1, None)
        draft = OrderDraft(self.user, "", "", "", Address(), "UPS", card, (line,), None)
        try:
            return await place_order(
                self.table,
                self.sent,
                draft,
                idempotency_key=key,
                client_is_trusted=False,
                fingerprint_key=b"k" * 32,
                now=now,
                by="api@1",
                decline_counters=self.counters,
            )
        except TooManyAttemptsError as refused:
            return str(refused.retry_after_seconds)

    async def decide(self, *, now: datetime = NOW, times: int = 1) -> None:
        """Decide about what was asked for last; the message goes over the wire."""
        message = parse_event(self.sent.events[-1].to_body(), PaymentRequested)
        assert isinstance(message, PaymentRequested)
        for delivery in range(times):
            later = now + timedelta(seconds=delivery)
            await decide(self.table, SentEvents(), message, rules=CardRules.STRICT, now=later)

    async def buy(self, card: Card = BAD, *, now: datetime = NOW) -> str:
        """Return ``placed``, or the seconds to wait."""
        order = await self.place(card, now=now)
        if isinstance(order, str):
            return order
        await self.decide(now=now)
        return "placed"


async def checkout(
    table: Table, *, user: str | None = None, origin: Origin | None = None
) -> Checkout:
    return Checkout(
        table,
        await stored_product(table),
        user=user or fresh("user"),
        origin=origin or Origin(fresh("address")),
    )


async def test_who_has_many_cards_declined_must_wait_longer_each_time(table: Table) -> None:
    shopper, now, waits = await checkout(table), NOW, []
    assert [await shopper.buy() for _ in range(2)] == ["placed"] * 2

    for _ in range(5):
        waits.append(int(await shopper.buy(now=now)))
        assert await shopper.buy(GOOD, now=now) == str(waits[-1])
        now += timedelta(seconds=waits[-1])
        assert await shopper.buy(now=now) == "placed"

    # The address has a limit of its own, whose waits are shorter.
    assert waits == [1, 2, 4, 8, 16]
    assert await shopper.buy(GOOD, now=NOW + timedelta(hours=1)) == "placed"


async def test_cards_that_are_good_are_never_slowed_down(table: Table) -> None:
    shopper = await checkout(table)

    assert [await shopper.buy(GOOD) for _ in range(12)] == ["placed"] * 12


async def test_new_users_of_one_address_are_slowed_down_once_their_card_was_declined(
    table: Table,
) -> None:
    origin = Origin(fresh("address"))
    first = await checkout(table, origin=origin)
    assert [await first.buy() for _ in range(2)] == ["placed"] * 2
    second = await checkout(table, origin=origin)
    assert await second.buy() == "placed"
    neighbour = await checkout(table, origin=origin)

    # Who shares an address with them may buy, and is asked to wait after a declined card.
    assert await neighbour.buy(GOOD) == "placed"
    assert await neighbour.buy() == "placed"
    assert await neighbour.buy() == "2"
    moved = await checkout(table, user=neighbour.user)
    assert await moved.buy() == "placed"


async def test_a_message_that_comes_twice_counts_once(table: Table) -> None:
    shopper = await checkout(table)
    await shopper.place()
    await shopper.decide(times=5)

    assert await shopper.buy() == "placed"
    assert await shopper.buy() == "1"


async def test_a_repeat_of_an_order_is_answered_and_counts_nothing(table: Table) -> None:
    shopper, key = await checkout(table), fresh("key")
    placed = await shopper.place(key=key)
    await shopper.decide()
    for _ in range(3):
        repeated = await shopper.place(key=key)
        assert isinstance(repeated, Order)
        assert isinstance(placed, Order)
        assert repeated.order_id == placed.order_id
    assert await shopper.buy() == "placed"
    assert await shopper.buy() == "1"

    again = await shopper.place(key=key)

    assert isinstance(again, Order)
    assert await shopper.place(key=fresh("key")) == "1"


async def test_of_many_orders_that_wait_for_one_moment_one_goes_on(table: Table) -> None:
    shopper = await checkout(table)
    for _ in range(2):
        await shopper.buy()
    later = NOW + timedelta(seconds=1)

    results = await gather(*(shopper.place(now=later) for _ in range(20)))

    assert [result for result in results if isinstance(result, str)] == ["1"] * 19


async def test_an_order_costs_one_read_and_a_declined_card_two_writes(table: Table) -> None:
    shopper = await checkout(table)
    calls = count_calls(table)

    await shopper.buy(GOOD)
    assert calls == ["batch_get", "put_item", "put_item"]
    calls.clear()
    await shopper.buy()

    assert calls == ["batch_get", "put_item", "put_item", "update_item", "update_item"]


async def test_a_counter_that_cannot_be_written_keeps_no_decision_back(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailableError

    shopper = await checkout(table)
    monkeypatch.setattr(store, "add_decline", refuse)

    assert await shopper.buy() == "placed"


async def test_a_message_of_the_release_before_counts_nothing(table: Table) -> None:
    message = PaymentRequested(fresh("order"), BAD, total_cents=1)
    assert "declineCounters" not in message.to_body()
    calls = count_calls(table)

    decision = await decide(table, SentEvents(), message, rules=CardRules.STRICT, now=NOW)

    assert not decision.success
    assert calls == ["put_item"]


async def test_no_counter_names_a_user_or_an_address(table: Table) -> None:
    shopper = await checkout(table, origin=Origin("192.0.2.99"))
    await shopper.place()
    sent = shopper.sent.events[-1]
    assert isinstance(sent, PaymentRequested)

    assert len(set(sent.decline_counters)) == 2
    assert not any(
        text in counter for counter in sent.decline_counters for text in (shopper.user, "192.0")
    )


def test_a_guest_of_the_open_mode_is_counted_by_address_alone() -> None:
    [counter] = decline_counters(KEYS, LIMITS, user_id=None, origin=Origin("192.0.2.1"))

    assert counter.limit == LIMITS.declined_cards_by_address


def test_one_customer_of_a_provider_is_one_counter() -> None:
    counters = [
        decline_counters(KEYS, LIMITS, user_id=None, origin=Origin(f"2001:db8::{number}"))
        for number in (1, 2)
    ]

    assert counters[0] == counters[1]
