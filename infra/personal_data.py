"""What the shop keeps of one user, to be told or forgotten."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from app.domain.cart import Cart
from app.domain.errors import UnreadableItemError, UserNotFoundError
from app.domain.order import Order
from app.domain.user import User
from app.services.accounts import forget_user
from app.store.carts import get_cart
from app.store.orders import list_user_order_ids, list_user_orders
from app.store.pagination import MAX_PAGE, Page, PageRequest
from app.store.table import Table
from app.store.users import find_credentials, get_user

T = TypeVar("T")

#: Of an order, but nothing about its buyer: a hash that only the shop can make.
_NOT_PERSONAL = ("fingerprint",)


@dataclass(frozen=True)
class Person:
    """A user, or the id of one whose account is closed: then only cart and orders can be left.

    The access token of a closed account is good for up to 60 minutes, and buys. ``unreadable``
    names what is kept and damaged, ``unreadable_orders`` the ids of orders that are.
    """

    user_id: str
    username: str | None
    profile: User | None
    cart: Cart
    orders: tuple[Order, ...]
    unreadable: tuple[str, ...] = ()
    unreadable_orders: tuple[str, ...] = ()


async def find_person(table: Table, name_or_id: str) -> Person:
    """Return what is kept of the user with this name, or else with this id.

    Raises:
        UserNotFoundError: there is nothing.
    """
    credentials = await find_credentials(table, name_or_id)
    user_id = credentials.user_id if credentials else name_or_id
    unreadable = []
    profile, cart = None, Cart(user_id)
    with suppress(UserNotFoundError):
        try:
            profile = await get_user(table, user_id)
        except UnreadableItemError as failure:
            unreadable.append(f"profile: {failure}")
    try:
        cart = await get_cart(table, user_id)
    except UnreadableItemError as failure:
        unreadable.append(f"cart: {failure}")
    # The ids first: an order that is placed meanwhile is no damaged one.
    order_ids = await _all_pages(list_user_order_ids, table, user_id)
    orders = tuple(await _all_pages(list_user_orders, table, user_id))
    person = Person(
        user_id,
        credentials.username if credentials else profile.username if profile else None,
        profile,
        cart,
        orders,
        tuple(unreadable),
        tuple(sorted({*order_ids} - {order.order_id for order in orders})),
    )
    if person.username is None and not (order_ids or person.cart.lines or unreadable):
        raise UserNotFoundError
    return person


async def export_user(table: Table, name_or_id: str) -> dict[str, Any]:
    """Return profile, cart and orders of a user as JSON would say them; no hash of a password.

    Amounts are in cents, times in UTC. Two queries for each 1,000 orders.
    ``incomplete`` is there if orders cannot be read: their ids.

    Raises:
        UserNotFoundError: there is no such user.
    """
    person = await find_person(table, name_or_id)
    orders = [asdict(order) for order in person.orders]
    for order in orders:
        for name in _NOT_PERSONAL:
            del order[name]
    return {
        "user": asdict(person.profile) if person.profile else None,
        "cart": asdict(person.cart),
        "orders": orders,
        **({"unreadable": list(person.unreadable)} if person.unreadable else {}),
        **({"incomplete": list(person.unreadable_orders)} if person.unreadable_orders else {}),
    }


async def forget(table: Table, name_or_id: str) -> Person:
    """Delete a user but for the orders, which lose name and e-mail address; safe to repeat.

    Returns what was kept until then. What broke off is found by the user's name, which goes last;
    what was bought after the account was closed, by the user's id.

    Raises:
        UserNotFoundError: there is no such user, or nothing of one is left.
    """
    person = await find_person(table, name_or_id)
    await forget_user(table, person.user_id, username=person.username)
    return person


async def _all_pages(
    list_page: Callable[[Table, str, PageRequest], Awaitable[Page[T]]], table: Table, user_id: str
) -> list[T]:
    entries: list[T] = []
    request: PageRequest | None = PageRequest(MAX_PAGE)
    while request is not None:
        page = await list_page(table, user_id, request)
        entries += page.entries
        request = PageRequest(MAX_PAGE, page.next_token) if page.next_token else None
    return entries
