"""Placing orders, and waiting for their payment."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient

from app.deadlines import request_deadline
from app.domain.card import Card
from app.domain.draft import DraftLine, OrderDraft
from app.domain.errors import (
    IdempotencyConflictError,
    InvalidInputError,
    QueueUnavailableError,
)
from app.domain.order import Address, Order, OrderState, OrderStep
from app.domain.payment import time_out_payment
from app.domain.product import Product
from app.messages import CreditCardValidated, PaymentRequested
from app.services.order_events import settle_payment
from app.services.orders import find_order_by_key, place_order, wait_for_decision
from app.services.payment_wait import PaymentWait
from app.store.dynamodb import DynamoDBError
from app.store.orders import get_order
from app.store.payments import decide_once
from app.store.table import Table, get_table
from infra.seeds.classic import classic_products
from tests.simulation.simulator.catalog import PRICE_CENTS, PRODUCT_ID
from tests.simulation.simulator.small_shop import SmallShop
from tests.support.flaky_dynamodb import flaky
from tests.support.sent_events import SentEvents
from tests.support.shop import fresh, stored_product

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}
BUSY = DynamoDBError("ProvisionedThroughputExceededException")


@pytest.fixture
def table(stack: dict[str, str]) -> Table:
    """A handle of one's own, whose client may be replaced."""
    return Table(get_table().name, get_table()._client)


class NoReading:
    """A DynamoDB client that is too busy to read."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name != "get_item":
            return getattr(self._client, name)

        async def refuse(*args: Any, **kwargs: Any) -> Any:
            raise BUSY

        return refuse


async def test_an_order_that_was_taken_is_never_a_503(
    client: AsyncClient, open_mode: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client without a key would buy it once more."""
    user = fresh("user")
    body = {"card": CARD, "cart": [{"itemid": "1", "price": 1, "quantity": 1}], "total": "1"}
    monkeypatch.setenv("SHOP_PAYMENT_WAIT_SECONDS", "0.5")
    monkeypatch.setattr(get_table(), "_client", NoReading(get_table()._client))

    answer = await client.post(f"/order/add/{user}", json=body)

    assert answer.status_code == 200
    assert answer.json()["payment"]["message"] == "pending payment"


async def test_a_look_that_fails_is_followed_by_another(table: Table) -> None:
    decision = time_out_payment(fresh(), amount_cents=1, now=NOW)
    await decide_once(table, decision)
    client = flaky(table, *[BUSY] * 4)

    found = await wait_for_decision(table, decision.order_id, seconds=30, wait=PaymentWait())

    assert found == decision
    assert client.calls == 5


async def test_the_wait_for_a_payment_ends_with_the_budget(table: Table) -> None:
    with request_deadline(0.3):
        assert await wait_for_decision(table, fresh(), seconds=1000, wait=PaymentWait()) is None


def draft(product: Product, *, user_id: str = "u-1", quantity: int = 2) -> OrderDraft:
    return OrderDraft(
        user_id=user_id,
        first_name="Eric",
        last_name="Cartman",
        email="",
        address=Address(),
        delivery="UPS/FEDEX",
        card=Card("4111111111111111", 12, 2030, "123"),
        lines=(DraftLine(product.product_id, "", "", quantity, None),),
        total_cents=None,
    )


async def place(
    table: Table, queues: SentEvents, asked: OrderDraft, *, key: str | None = None
) -> Order:
    return await place_order(
        table,
        queues,
        asked,
        idempotency_key=key,
        client_is_trusted=False,
        fingerprint_key=b"k" * 32,
        now=NOW,
        by="api@1",
        trace_id=TRACE_ID,
    )


async def test_an_order_is_stored_and_its_payment_requested(table: Table) -> None:
    queues = SentEvents()

    order = await place(table, queues, draft(await stored_product(table, price_cents=6250)))

    assert await get_order(table, order.order_id) == order
    assert (order.state, order.total_cents) == (OrderState.PENDING, 12_500)
    assert order.card.number == "************1111"
    assert order.history == (OrderStep(OrderState.PENDING, NOW, "api@1"),)
    assert order.trace_id == TRACE_ID
    [request] = queues.events
    assert isinstance(request, PaymentRequested)
    assert (request.order_id, request.total_cents) == (order.order_id, 12_500)


async def test_a_repeat_under_a_key_is_the_same_order_and_requests_the_payment_again(
    table: Table,
) -> None:
    queues, user = SentEvents(), fresh("user")
    asked = draft(await stored_product(table), user_id=user)

    first = await place(table, queues, asked, key="k")
    again = await place(table, queues, asked, key="k")

    assert again == first == await find_order_by_key(table, user, "k")
    assert [event.order_id for event in queues.events] == [first.order_id] * 2


async def test_a_repeat_of_a_settled_order_requests_nothing(table: Table) -> None:
    queues, user = SentEvents(), fresh("user")
    asked = draft(await stored_product(table), user_id=user)
    first = await place(table, queues, asked, key="k")
    declined = CreditCardValidated(
        order_id=first.order_id, success=False, message="", transaction_id=""
    )
    await settle_payment(table, queues, declined, now=NOW, by="order@1")
    queues.events.clear()

    again = await place(table, queues, asked, key="k")

    assert again.state is OrderState.DECLINED
    assert queues.events == []


async def test_another_order_under_a_key_is_refused(table: Table) -> None:
    queues, user = SentEvents(), fresh("user")
    product = await stored_product(table)
    await place(table, queues, draft(product, user_id=user), key="k")

    with pytest.raises(IdempotencyConflictError):
        await place(table, queues, draft(product, user_id=user, quantity=3), key="k")


@pytest.mark.parametrize("price_cents", [9900, None])
def test_a_key_is_compared_when_the_catalog_has_changed(price_cents: int | None) -> None:
    """Neither total nor article of the first order would be accepted now."""
    shop, queues = SmallShop(), SentEvents()
    [product] = list(classic_products(NOW))[:1]
    asked = draft(replace(product, product_id=PRODUCT_ID))
    asked = replace(asked, total_cents=2 * PRICE_CENTS)
    first = shop.run(place(shop.table, queues, asked, key="k"))
    shop.catalog.set_price(price_cents)

    assert shop.run(place(shop.table, queues, asked, key="k")) == first
    other_card = replace(asked.card, number="4012888888881881")
    for other in (replace(asked, last_name="Marsh"), replace(asked, card=other_card)):
        with pytest.raises(IdempotencyConflictError):
            shop.run(place(shop.table, queues, other, key="k"))
    assert {event.order_id for event in queues.events} == {first.order_id}
    assert len(queues.events) == 2


async def test_an_order_whose_payment_could_not_be_requested_is_not_acknowledged(
    table: Table,
) -> None:
    user = fresh("user")
    asked = draft(await stored_product(table), user_id=user)

    with pytest.raises(QueueUnavailableError):
        await place(table, SentEvents(QueueUnavailableError("away")), asked, key="k")

    stored = await find_order_by_key(table, user, "k")
    assert stored is not None
    assert stored.state is OrderState.PENDING


async def test_an_article_that_the_catalog_does_not_know_is_refused(table: Table) -> None:
    unknown = replace(await stored_product(table), product_id=fresh("unknown"))
    queues, user = SentEvents(), fresh("user")

    with pytest.raises(InvalidInputError, match=r"cart\.0\.itemid"):
        await place(table, queues, draft(unknown, user_id=user), key="k")

    assert queues.events == []
    assert await find_order_by_key(table, user, "k") is None
