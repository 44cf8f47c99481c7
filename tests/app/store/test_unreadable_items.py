"""A damaged item hides no other: lists leave it out, and the operators are told."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from httpx import AsyncClient

from app import metrics
from app.domain.cart import CartLine
from app.domain.order import OrderState
from app.domain.session import Session
from app.services.accounts import forget_user
from app.services.users import register_user
from app.store.carts import add_line, get_cart
from app.store.keys import (
    Key,
    cart_key,
    order_key,
    product_key,
    session_key,
    user_key,
    username_key,
)
from app.store.orders import add_order
from app.store.products import find_products
from app.store.sessions import add_session, rotate_session
from app.store.table import Table
from infra.personal_data import export_user, forget
from infra.seeds.classic import classic_products, make_order
from tests.support.shop import PASSWORD, bearer, fresh, staff, stored_product, stored_user

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LINE = CartLine("x", "Mat", "", "", 1, None, 1, NOW)
#: A letter of African languages that is typed for an l.
IOTA = "\u0196"
ABSENT: Any = "absent"


class Damage(NamedTuple):
    """What is done to an item, what lists and reads it, and what the log says."""

    kind: str
    changed: dict[str, Any]
    listed_at: str
    read_at: str
    attribute: str


async def stored(table: Table, kind: str) -> tuple[str, Key]:
    """Store an item of a kind; return the id that lists say, and its key."""
    if kind == "product":
        product = await stored_product(table)
        return product.product_id, product_key(product.product_id)
    user = await stored_user(table)
    if kind == "user":
        return user.user_id, user_key(user.user_id)
    await add_line(table, user.user_id, LINE, now=NOW)
    return user.user_id, cart_key(user.user_id)


@asynccontextmanager
async def damaged(table: Table, key: Key, **changed: Any) -> AsyncIterator[None]:
    """Damage an item; it is gone afterwards, for the tests that share the table."""
    item = await table.get(key, consistent=True)
    assert item is not None
    await table.put({name: part for name, part in (item | changed).items() if part is not ABSENT})
    yield
    await table.delete(key)


@pytest.mark.parametrize(
    "damage",
    [
        Damage("product", {"price_cents": "x"}, "/products", "/products/{}", "price_cents"),
        Damage("product", {"tags": ["a", 1]}, "/products", "/products/{}", "tags"),
        Damage("product", {"name": ABSENT}, "/products", "/products/{}", "name"),
        Damage("user", {"role": {"a": 1}}, "/users", "/users/{}", "role"),
        Damage("user", {"created_at": "yesterday"}, "/users", "/users/{}", "created_at"),
        Damage("cart", {"q#x": "many"}, "/cart/all", "/cart/items/{}", "quantity"),
        Damage("cart", {"l#x": {"name": "Mat"}}, "/cart/all", "/cart/items/{}", "added_at"),
    ],
    ids=lambda damage: f"{damage.kind} {damage.attribute}",
)
async def test_a_list_leaves_a_damaged_item_out_and_the_operators_are_told(
    client: AsyncClient,
    table: Table,
    damage: Damage,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good, _ = await stored(table, damage.kind)
    odd, key = await stored(table, damage.kind)
    headers = await staff()
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "dev-api")

    async with damaged(table, key, **damage.changed):
        listed = await client.get(damage.listed_at, headers=headers)
        if damage.kind == "cart":
            headers = await bearer(odd)
        read = await client.get(damage.read_at.format(odd), headers=headers)

    assert listed.status_code == 200
    assert good in listed.text
    assert odd not in listed.text
    assert (read.status_code, read.json()["code"]) == (500, "internal_error")
    name = "product_id" if damage.kind == "product" else "user_id"
    assert f"{damage.kind}.unreadable {name}={odd}: {damage.attribute}: is " in caplog.text
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(line.get(metrics.UNREADABLE_ITEMS, 0) for line in written) >= 2


async def test_an_article_that_is_damaged_is_not_in_the_catalog(table: Table) -> None:
    good, (odd, key) = await stored_product(table), await stored(table, "product")

    async with damaged(table, key, price_cents=1.5):
        found = await find_products(table, [good.product_id, odd])

    assert found == {good.product_id: good}


async def test_a_damaged_cart_is_mended_by_emptying_it(client: AsyncClient, table: Table) -> None:
    user_id, key = await stored(table, "cart")
    headers = await bearer(user_id)

    async with damaged(table, key, user_id=7):
        emptied = await client.post(f"/cart/clear/{user_id}", headers=headers)
        cart = await get_cart(table, user_id)

    assert emptied.status_code == 200
    assert cart.lines == ()


async def test_damaged_credentials_keep_their_name_and_stop_no_other_login(
    client: AsyncClient, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    name = fresh("walter")
    user, other = await stored_user(table, username=name), await stored_user(table)

    async with damaged(table, username_key(name), password_hash=1):
        alike = await client.post(
            "/register",
            json={
                "username": name.replace("l", IOTA),
                "password": PASSWORD,
                "firstname": "Eric",
                "lastname": "Cartman",
                "email": "eric@example.com",
            },
        )
        login = {"username": other.username, "password": PASSWORD}
        logged_in = await client.post("/login", json=login)

    assert (alike.json().get("code"), logged_in.status_code) == ("username_taken", 200), alike.text
    assert f"credentials.unreadable user_id={user.user_id}: password_hash: is not a text" in (
        caplog.text
    )
    assert name not in caplog.text


async def test_a_damaged_session_has_ended(table: Table, caplog: pytest.LogCaptureFixture) -> None:
    session = Session(fresh("s"), fresh("u"), "eric", "", 1, NOW, NOW + timedelta(hours=1))
    await add_session(table, session)

    async with damaged(table, session_key(session.session_id), username=None):
        assert await rotate_session(table, session.session_id, rotation=1, now=NOW) is None
        assert await rotate_session(table, session.session_id, rotation=1, now=NOW) is None

    assert f"session.unreadable user_id={session.user_id}: username: is not" in caplog.text


async def test_what_is_damaged_is_told_and_forgotten_too(table: Table) -> None:
    user = await register_user(
        table,
        user_id=fresh("u"),
        username=fresh("hal"),
        password=PASSWORD,
        first_name="Hal",
        last_name="Nine",
        email="hal@example.com",
        now=NOW,
    )
    goods = list(classic_products(NOW))[:1]
    order = make_order(fresh("o"), user, goods, OrderState.DELIVERED, placed_at=NOW)
    await add_order(table, order)
    await add_line(table, user.user_id, LINE, now=NOW)

    async with (
        damaged(table, order_key(order.order_id), lines="x"),
        damaged(table, user_key(user.user_id), email=1),
        damaged(table, cart_key(user.user_id), user_id=1),
    ):
        told = await export_user(table, user.username)
        await forget(table, user.username)
        kept = await table.get(order_key(order.order_id), consistent=True)
        left = await table.get(user_key(user.user_id)), await table.get(cart_key(user.user_id))

    assert told["unreadable"] == ["profile: email: is not a text", "cart: user_id: is not a text"]
    assert told["incomplete"] == [order.order_id]
    assert left == (None, None)
    assert kept is not None
    assert (kept["first_name"], kept["email"], kept["lines"]) == ("", "", "x")


async def test_a_damaged_cart_is_found_by_its_user_without_a_profile(table: Table) -> None:
    user_id, key = await stored(table, "cart")
    await forget_user(table, user_id, username=None)
    await add_line(table, user_id, LINE, now=NOW)

    async with damaged(table, key, user_id=1):
        assert (await export_user(table, user_id))["user"] is None
