"""What another release stored: unknown fields are ignored, missing ones filled in."""

import asyncio
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from app.domain.card import Card
from app.domain.cart import Cart, CartLine
from app.domain.errors import UnreadableItemError
from app.domain.order import Address, Order, OrderState
from app.domain.payment import time_out_payment
from app.domain.shipment import plan_shipment
from app.domain.user import Role, User
from app.messages import (
    CreditCardValidated,
    Event,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentSent,
)
from app.settings import TableLayout
from app.store import carts, order_items, orders, payments, products, users
from app.store.stored_values import read_value
from app.store.table import Item, Table, get_table
from infra.seeds.classic import classic_products, make_order
from tests.support.shop import bearer
from tests.support.sqs_events import CONTEXT, sqs_event
from workers import order as order_worker
from workers import payment as payment_worker

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)


def new_order(state: OrderState = OrderState.PENDING) -> Order:
    return make_order(str(uuid4()), BUYER, list(classic_products(NOW))[:2], state, placed_at=NOW)


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in an item, the item first."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _dicts(inner)


def of_a_later_release(item: Item) -> Item:
    """Return the item with one more field in each of its mappings."""
    later = deepcopy(item)
    for mapping in list(_dicts(later)):
        mapping["from_a_later_release"] = {"any": ["thing", 1, None]}
    return later


CART = Cart("u-1", (CartLine("b", "Bottle", "", "", 3499, "34.99", 2, NOW),))
PRODUCT = classic_products(NOW)[0]


@pytest.mark.parametrize(
    ("item", "read", "expected"),
    [
        (order_items.order_to_item(order := new_order()), order_items.item_to_order, order),
        (carts.cart_to_item(CART, now=NOW), carts.item_to_cart, CART),
        (products.product_to_item(PRODUCT), products.item_to_product, PRODUCT),
        (users.user_to_item(BUYER), users.item_to_user, BUYER),
    ],
    ids=["order", "cart", "product", "user"],
)
def test_fields_of_a_later_release_are_ignored(item: Item, read: Any, expected: Any) -> None:
    assert read(of_a_later_release(item)) == expected


#: What no reader can do without: who and what it is, how much, and when.
_NEEDED = {
    *("PK", "SK", "GSI1PK", "i", "q", "p", "order_id", "user_id", "product_id", "username", "name"),
    *("state", "lines", "total_cents", "placed_at", "price_cents", "created_at", "added_at"),
    *("item_id", "quantity"),
}


@pytest.mark.parametrize(
    ("item", "read"),
    [
        (order_items.order_to_item(new_order()), order_items.item_to_order),
        (
            order_items.order_to_item(new_order(), layout=TableLayout.FORMER),
            order_items.item_to_order,
        ),
        (products.product_to_item(PRODUCT), products.item_to_product),
        (users.user_to_item(BUYER), users.item_to_user),
        (carts.cart_to_item(CART, now=NOW), carts.item_to_cart),
    ],
    ids=["order", "former order", "product", "user", "cart"],
)
def test_each_field_that_is_not_vital_may_be_missing(item: Item, read: Any) -> None:
    missing = 0
    for number, mapping in enumerate(list(_dicts(item))):
        for name in [name for name in mapping if name not in _NEEDED]:
            poorer = deepcopy(item)
            del list(_dicts(poorer))[number][name]
            read(poorer)
            missing += 1
    assert missing > 3


def test_what_is_vital_must_be_there() -> None:
    with pytest.raises(UnreadableItemError, match="quantity"):
        read_value(type(new_order().lines[0]), {"item_id": "i"}, name="", description="")


def test_a_part_that_is_missing_whole_is_empty() -> None:
    item = order_items.order_to_item(new_order(), layout=TableLayout.FORMER)
    for name in ("address", "card", "fingerprint", "updated_at"):
        del item[name]

    order = order_items.item_to_order(item)

    assert order.address == Address()
    assert order.card.number == ""
    assert order.updated_at == order.placed_at


def test_a_role_of_a_later_release_may_do_the_least() -> None:
    item = users.user_to_item(BUYER) | {"role": "auditor"}

    assert users.item_to_user(item).role is Role.CUSTOMER


def handle(worker: Any, message: Event, *, queue: str) -> None:
    """Let a worker handle one message; it must not come again."""
    records = sqs_event(message.to_body(), queue=queue)
    assert worker.handler(records, CONTEXT) == {"batchItemFailures": []}


async def _store(table: Table, item: Item) -> None:
    await table.put(item)


@pytest.mark.usefixtures("stack")
class TestAnOrderOfALaterRelease:
    def stored(self, **changes: Any) -> Order:
        order = new_order()
        item = of_a_later_release(order_items.order_to_item(order)) | changes
        asyncio.run(_store(get_table(), item))
        return order

    def now(self, order: Order) -> Order:
        return asyncio.run(orders.get_order(get_table(), order.order_id))

    def test_it_goes_all_the_way(self) -> None:
        order = self.stored()
        card = Card("4111111111111111", 12, 2030, "123")
        request = PaymentRequested(order.order_id, card, total_cents=order.total_cents)
        handle(payment_worker, request, queue="payment-request")
        decision = asyncio.run(payments.find_decision(get_table(), order.order_id))
        assert decision is not None
        paid = CreditCardValidated.from_decision(decision)
        handle(order_worker, paid, queue="payment-response")
        assert self.now(order).state is OrderState.PAID
        shipment = plan_shipment(order.order_id, delivery=order.delivery, seconds=(0, 0))
        handle(order_worker, ShipmentSent.from_shipment(shipment), queue="shipment-response")
        delivered = ShipmentDelivered.from_shipment(shipment)
        handle(order_worker, delivered, queue="shipment-response")

        assert self.now(order).state is OrderState.DELIVERED
        item = asyncio.run(get_table().get({"PK": f"ORDER#{order.order_id}", "SK": "ORDER"}))
        # An update touches what it is about; the later release finds its own fields again.
        assert item is not None
        assert item["from_a_later_release"]
        assert item["lines"][0]["from_a_later_release"]

    def test_a_state_that_is_not_known_stays(self) -> None:
        order = self.stored(state=6, status="returned")
        shipment = plan_shipment(order.order_id, delivery=order.delivery, seconds=(0, 0))

        handle(order_worker, ShipmentSent.from_shipment(shipment), queue="shipment-response")

        found = self.now(order)
        assert (found.state, found.status) == (OrderState.UNKNOWN, "returned")
        assert found.state.is_final
        item = asyncio.run(get_table().get({"PK": f"ORDER#{order.order_id}", "SK": "ORDER"}))
        assert item is not None
        assert item["state"] == 6


async def test_a_client_sees_orders_of_a_later_release(client: AsyncClient, table: Table) -> None:
    user_id = f"u-{uuid4()}"
    order = replace(new_order(), user_id=user_id)
    item = of_a_later_release(order_items.order_to_item(order)) | {"state": 6, "status": "returned"}
    await table.put(item)
    headers = await bearer(user_id)

    one = await client.get(f"/order/{user_id}/{order.order_id}", headers=headers)
    all_of_them = await client.get(f"/order/{user_id}", headers=headers)

    assert one.status_code == all_of_them.status_code == 200
    assert one.json()["state"] == "unknown"
    assert [order["status"] for order in all_of_them.json()] == ["returned"]


async def test_a_decision_of_a_later_release_is_replayed(table: Table) -> None:
    order = new_order()
    decision = time_out_payment(order.order_id, amount_cents=1, now=NOW)
    await table.put(of_a_later_release(payments.decision_to_item(decision)))

    assert await payments.find_decision(table, order.order_id) == decision


async def test_an_order_that_cannot_be_read_is_left_out_of_lists_and_said_to_be_a_fault(
    client: AsyncClient, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    user_id = f"u-{uuid4()}"
    good, odd = (replace(new_order(), user_id=user_id) for _ in range(2))
    await table.put(order_items.order_to_item(good))
    await table.put(order_items.order_to_item(odd) | {"lines": "x"})
    headers = await bearer(user_id)

    listed = await client.get(f"/order/{user_id}", headers=headers)
    one = await client.get(f"/order/{user_id}/{odd.order_id}", headers=headers)

    assert [order["_id"] for order in listed.json()] == [good.order_id]
    assert (one.status_code, one.json()["code"]) == (500, "internal_error")
    assert one.json()["message"] == "a fault of the shop; tell its operators the request_id"
    assert f"order.unreadable order_id={odd.order_id}: lines: is not a list" in caplog.text


async def test_a_pending_order_is_shown_without_a_decision_that_cannot_be_read(
    client: AsyncClient, table: Table
) -> None:
    user_id = f"u-{uuid4()}"
    order = replace(new_order(), user_id=user_id)
    decision = time_out_payment(order.order_id, amount_cents=order.total_cents, now=NOW)
    await table.put(order_items.order_to_item(order))
    await table.put(payments.decision_to_item(decision) | {"decided_at": 5})

    shown = await client.get(f"/order/{user_id}/{order.order_id}", headers=await bearer(user_id))

    assert (shown.status_code, shown.json()["state"]) == (200, "pending")
