"""What the shop keeps of one user, to be told or forgotten."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from app.domain.order import Order
from app.domain.user import User
from app.services.accounts import forget_user
from app.store.carts import get_cart
from app.store.orders import list_user_orders
from app.store.pagination import MAX_PAGE, PageRequest
from app.store.table import Table
from app.store.users import find_credentials, get_user

#: Of an order, but nothing about its buyer: a hash that only the shop can make.
_NOT_PERSONAL = ("fingerprint",)


async def find_user(table: Table, name_or_id: str) -> User:
    """Return the user with this name, or with this id.

    Raises:
        UserNotFoundError: there is none.
    """
    credentials = await find_credentials(table, name_or_id)
    return await get_user(table, credentials.user_id if credentials else name_or_id)


async def export_user(table: Table, name_or_id: str) -> dict[str, Any]:
    """Return profile, cart and orders of a user as JSON would say them; no hash of a password.

    Amounts are in cents, times in UTC. One query for each 1,000 orders.

    Raises:
        UserNotFoundError: there is no such user.
    """
    user = await find_user(table, name_or_id)
    orders = [asdict(order) async for order in _orders_of(table, user.user_id)]
    for order in orders:
        for name in _NOT_PERSONAL:
            del order[name]
    return {
        "user": asdict(user),
        "cart": asdict(await get_cart(table, user.user_id)),
        "orders": orders,
    }


async def forget(table: Table, name_or_id: str) -> dict[str, int | str]:
    """Delete a user but for the orders, which lose name and e-mail address; safe to repeat.

    What broke off is found by the user's name, which goes last.

    Raises:
        UserNotFoundError: there is no such user, or nothing of one is left.
    """
    credentials = await find_credentials(table, name_or_id)
    if credentials is None:
        user = await get_user(table, name_or_id)
        user_id, username = user.user_id, user.username
    else:
        user_id, username = credentials.user_id, credentials.username
    kept = [order async for order in _orders_of(table, user_id)]
    await forget_user(table, user_id, username=username)
    return {"user_id": user_id, "username": username, "orders_kept": len(kept)}


async def _orders_of(table: Table, user_id: str) -> AsyncIterator[Order]:
    request: PageRequest | None = PageRequest(MAX_PAGE)
    while request is not None:
        page = await list_user_orders(table, user_id, request)
        for order in page.entries:
            yield order
        request = PageRequest(MAX_PAGE, page.next_token) if page.next_token else None
