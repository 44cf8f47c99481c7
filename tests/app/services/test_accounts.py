"""A new password, and the end of an account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.cart import CartLine
from app.domain.errors import (
    InvalidCredentialsError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnauthorizedError,
    UserNotFoundError,
)
from app.domain.order import OrderState
from app.domain.throttling import Limit
from app.domain.user import Role, User
from app.security.origins import Origin
from app.security.signing_keys import SigningKeys
from app.security.tokens import Caller, TokenPair
from app.services.accounts import change_password, close_account
from app.services.sessions import refresh_session
from app.services.users import log_in
from app.settings import read_settings
from app.store.carts import add_line, get_cart
from app.store.orders import add_order, get_order
from app.store.table import Table
from app.store.users import find_credentials, get_user
from infra.seeds.classic import classic_products, make_order
from tests.support.shop import PASSWORD, fresh, stored_user

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"f" * 32)
LIFETIME = timedelta(hours=12)
CALM: dict[str, Any] = {
    "origin": Origin("192.0.2.1"),
    "limits": read_settings({}).limits,
    "now": NOW,
}
NEW = "correct horse battery"


async def log_in_with(table: Table, user: User, password: str) -> TokenPair:
    login = await log_in(
        table, KEYS, username=user.username, password=password, lifetime=LIFETIME, **CALM
    )
    return login.tokens


async def change(table: Table, user: User, password: str, *, generation: str = "") -> TokenPair:
    caller = Caller(user.user_id, user.username, Role.CUSTOMER, generation=generation)
    return await change_password(
        table, KEYS, caller, password=password, new_password=NEW, lifetime=LIFETIME, **CALM
    )


async def refresh(table: Table, tokens: TokenPair) -> TokenPair:
    token = tokens.refresh
    return await refresh_session(table, KEYS, refresh_token=token, now=NOW, lifetime=LIFETIME)


async def test_a_new_password_ends_every_session_but_the_new_one(table: Table) -> None:
    user = await stored_user(table)
    before = await log_in_with(table, user, PASSWORD)

    after = await change(table, user, PASSWORD)

    with pytest.raises(UnauthorizedError):
        await refresh(table, before)
    await refresh(table, after)
    await log_in_with(table, user, NEW)
    with pytest.raises(InvalidCredentialsError):
        await log_in_with(table, user, PASSWORD)


async def test_hash_and_end_of_the_sessions_are_one_write(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop dies behind it: the password is the new one, and no session is left."""
    user = await stored_user(table)
    before = await log_in_with(table, user, PASSWORD)

    async def die(*_: object, **__: object) -> None:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr("app.services.accounts.start_session", die)
    with pytest.raises(StoreUnavailableError):
        await change(table, user, PASSWORD)

    await log_in_with(table, user, NEW)
    with pytest.raises(UnauthorizedError):
        await refresh(table, before)


async def test_a_wrong_password_or_an_ended_session_changes_nothing(table: Table) -> None:
    user = await stored_user(table)

    with pytest.raises(InvalidCredentialsError):
        await change(table, user, "wrong")
    with pytest.raises(UnauthorizedError):
        await change(table, user, PASSWORD, generation="other")
    with pytest.raises(UnauthorizedError):
        await change(table, await stored_user_elsewhere(user), PASSWORD)

    await log_in_with(table, user, PASSWORD)


async def test_wrong_passwords_are_counted_here_too(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CALM, "limits", replace(CALM["limits"], login=Limit(2, 60)))
    user = await stored_user(table)

    for _ in range(2):
        with pytest.raises(InvalidCredentialsError):
            await change(table, user, "wrong")
    with pytest.raises(TooManyAttemptsError):
        await change(table, user, PASSWORD)


async def stored_user_elsewhere(user: User) -> User:
    """Return a user who claims the name of another one."""
    return User(fresh("id"), user.username, "", "", "", user.role, NOW)


async def test_a_closed_account_leaves_orders_without_a_name(table: Table) -> None:
    user = await stored_user(table)
    products = list(classic_products(NOW))[:1]
    order = make_order(fresh("order"), user, products, OrderState.DELIVERED, placed_at=NOW)
    await add_order(table, order)
    await add_line(table, user.user_id, CartLine("x", "Mat", "", "", 1, None, 1, NOW), now=NOW)
    tokens = await log_in_with(table, user, PASSWORD)
    caller = Caller(user.user_id, user.username, Role.CUSTOMER)

    with pytest.raises(InvalidCredentialsError):
        await close_account(table, KEYS, caller, password="wrong", **CALM)
    assert (await get_user(table, user.user_id)).email != ""
    await close_account(table, KEYS, caller, password=PASSWORD, **CALM)

    kept = await get_order(table, order.order_id)
    assert (kept.first_name, kept.last_name, kept.email) == ("", "", "")
    assert (kept.total_cents, kept.lines, kept.state) == (
        order.total_cents,
        order.lines,
        order.state,
    )
    assert (await get_cart(table, user.user_id)).lines == ()
    assert await find_credentials(table, user.username) is None
    with pytest.raises(UserNotFoundError):
        await get_user(table, user.user_id)
    with pytest.raises(UnauthorizedError):
        await refresh(table, tokens)


async def test_a_closing_that_broke_off_can_be_repeated(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The credentials go last, so the user can log in until everything else is gone."""
    user = await stored_user(table)
    caller = Caller(user.user_id, user.username, Role.CUSTOMER)

    async def die(*_: object, **__: object) -> None:
        raise StoreUnavailableError("gone")

    with monkeypatch.context() as patched:
        patched.setattr("app.services.accounts.store.delete_user", die)
        with pytest.raises(StoreUnavailableError):
            await close_account(table, KEYS, caller, password=PASSWORD, **CALM)
    await log_in_with(table, user, PASSWORD)

    await close_account(table, KEYS, caller, password=PASSWORD, **CALM)

    assert await find_credentials(table, user.username) is None
