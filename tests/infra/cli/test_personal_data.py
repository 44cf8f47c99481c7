"""``acme-shop export-user`` and ``forget-user``: all of one user, and nothing of another."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from app.domain.cart import CartLine
from app.domain.errors import UserNotFoundError
from app.domain.order import OrderState
from app.domain.user import User
from app.services.users import register_user
from app.store.carts import add_line, get_cart
from app.store.keys import order_key
from app.store.orders import add_order, get_order
from app.store.table import get_table
from app.store.users import find_credentials
from infra.cli import export_user, forget_user
from infra.cli.incomplete import IncompleteError
from infra.seeds.classic import classic_products, make_order
from tests.support.shop import fresh

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


async def customer(name: str) -> tuple[User, str]:
    """Return a new user with a cart, and the id of an order of theirs."""
    table = get_table()
    user = await register_user(
        table,
        user_id=fresh("u"),
        username=name,
        password="open-the-doors-1",
        first_name="Hal",
        last_name="Nine",
        email="hal@example.com",
        now=NOW,
    )
    goods = list(classic_products(NOW))[:1]
    order = make_order(fresh("order"), user, goods, OrderState.DELIVERED, placed_at=NOW)
    await add_order(table, order)
    await add_line(table, user.user_id, CartLine("x", "Mat", "", "", 1, None, 1, NOW), now=NOW)
    return user, order.order_id


def test_a_user_gets_everything_and_nothing_that_is_secret(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    user, order_id = asyncio.run(customer(fresh("hal")))

    said = []
    for name in (user.username, user.user_id):
        export_user.command(name)
        said.append(json.loads(capsys.readouterr().out))

    by_name, by_id = said
    assert by_name == by_id
    assert by_name["user"]["email"] == "hal@example.com"
    assert by_name["user"]["created_at"].startswith("2026-11-23")
    assert [line["name"] for line in by_name["cart"]["lines"]] == ["Mat"]
    assert [order["order_id"] for order in by_name["orders"]] == [order_id]
    assert by_name["orders"][0]["total_cents"] > 0
    assert "hash" not in str(by_name)
    assert "fingerprint" not in str(by_name)


def test_an_export_without_a_damaged_order_says_so_and_fails(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    user, order_id = asyncio.run(customer(fresh("hal")))
    table = get_table()
    item = asyncio.run(table.get(order_key(order_id))) or {}
    asyncio.run(table.put(item | {"lines": "x"}))

    with pytest.raises(IncompleteError, match=f"order {order_id} cannot be read"):
        export_user.command(user.username)
    told = json.loads(capsys.readouterr().out)

    assert (told["orders"], told["incomplete"]) == ([], [order_id])


def test_a_user_is_forgotten_once_it_is_meant(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    user, order_id = asyncio.run(customer(fresh("hal")))
    _, others_order = asyncio.run(customer(fresh("dave")))

    forget_user.command(user.username, as_json=True)
    would = json.loads(capsys.readouterr().out)
    assert asyncio.run(get_order(get_table(), order_id)).email == "hal@example.com"
    forget_user.command(user.username, yes=True)
    capsys.readouterr()

    assert (would["is_done"], would["orders_kept"]) == (False, 1)
    kept = asyncio.run(get_order(get_table(), order_id))
    assert (kept.first_name, kept.last_name, kept.email) == ("", "", "")
    assert asyncio.run(get_cart(get_table(), user.user_id)).lines == ()
    assert asyncio.run(find_credentials(get_table(), user.username)) is None
    assert asyncio.run(get_order(get_table(), others_order)).email == "hal@example.com"
    with pytest.raises(UserNotFoundError):
        forget_user.command(user.username, yes=True)
    with pytest.raises(UserNotFoundError):
        export_user.command(fresh("nobody"))


def test_what_was_bought_after_the_account_was_closed_is_found_by_id(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An access token is good for up to 60 minutes after the account is closed."""
    user, _ = asyncio.run(customer(fresh("hal")))
    forget_user.command(user.username, yes=True)
    asyncio.run(customer(user.username))  # The name has a new owner.
    goods = list(classic_products(NOW))[:1]
    late = make_order(fresh("order"), user, goods, OrderState.DELIVERED, placed_at=NOW)
    line = CartLine("x", "Mat", "", "", 1, None, 1, NOW)
    asyncio.run(add_order(get_table(), late))
    asyncio.run(add_line(get_table(), user.user_id, line, now=NOW))
    capsys.readouterr()

    export_user.command(user.user_id)
    told = json.loads(capsys.readouterr().out)
    forget_user.command(user.user_id, yes=True)
    said = capsys.readouterr().out

    assert told["user"] is None
    assert [line["name"] for line in told["cart"]["lines"]] == ["Mat"]
    assert late.order_id in [order["order_id"] for order in told["orders"]]
    assert said.startswith(f"{user.user_id}, whose account is closed, is forgotten; 2 orders stay")
    kept = asyncio.run(get_order(get_table(), late.order_id))
    assert (kept.first_name, kept.last_name, kept.email) == ("", "", "")
    assert asyncio.run(get_cart(get_table(), user.user_id)).lines == ()
    owner = asyncio.run(find_credentials(get_table(), user.username))
    assert owner is not None
    assert owner.user_id != user.user_id
