"""The classic shop: eight products, six customers, one of staff (openapi/CONTRACT.md, 3.5)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from app.domain.cart import Cart, CartLine
from app.domain.ids import tracking_number_for, transaction_id_for
from app.domain.money import to_cents
from app.domain.order import (
    DELIVERED_TEXT,
    PENDING_TEXT,
    SHIPPED_TEXT,
    Address,
    CardSummary,
    Order,
    OrderLine,
    OrderState,
)
from app.domain.payment import DECLINED_MESSAGE
from app.domain.product import Product
from app.domain.user import Credentials, Role, User
from app.security.passwords import hash_password_blocking

_PRODUCTS = Path(__file__).parent / "products.json"

#: The password of every classic user.
PASSWORD = "vmware1!"  # noqa: S105 - published with every front-end of this shop

#: The order id in the contract's sample events.
SAMPLE_ORDER_ID = "12345"

_USERS = (
    ("walter", "Walter", "White", "5c3939ea1d41c892ce243827", Role.CUSTOMER),
    ("dwight", "Dwight", "Schrute", "5c393a011d41c892ce243828", Role.CUSTOMER),
    ("eric", "Eric", "Cartman", "5c393a111d41c892ce243829", Role.CUSTOMER),
    ("han", "Han", "Solo", "5c393a481d41c892ce24382a", Role.CUSTOMER),
    ("phoebe", "Phoebe", "Buffay", "5c393aa71d41c892ce24382b", Role.CUSTOMER),
    ("elaine", "Elaine", "Benes", "5c393ae71d41c892ce24382c", Role.CUSTOMER),
    ("staff", "Robin", "Till", "5c393b0a1d41c892ce24382d", Role.STAFF),
)

#: Carts of the original's walk-through (openapi/CONTRACT.md, 1.2).
_CART_OWNERS = ("bill", "dan", "shri")
_CART_LINES = (("sdfsdfsfs", "fitband", 450), ("sfsdsda3343", "redpant", 40000))


@dataclass(frozen=True)
class Stock:
    """The entities that seed one shop."""

    products: tuple[Product, ...] = ()
    users: tuple[tuple[User, Credentials], ...] = ()
    carts: tuple[Cart, ...] = ()
    orders: tuple[Order, ...] = ()


def classic_products(now: datetime) -> tuple[Product, ...]:
    """Return the eight products; a second apart, so that lists keep their order."""
    rows = json.loads(_PRODUCTS.read_text())
    return tuple(
        Product(
            product_id=row["id"],
            name=row["name"],
            short_description=row["shortDescription"],
            description=row["description"],
            image_urls=(
                f"/static/images/{row['stem']}_square.jpg",
                f"/static/images/{row['stem']}_thumb2.jpg",
                f"/static/images/{row['stem']}_thumb3.jpg",
            ),
            price_cents=to_cents(row["price"]),
            tags=tuple(row["tags"]),
            created_at=now + timedelta(seconds=index),
        )
        for index, row in enumerate(rows)
    )


@lru_cache(maxsize=1)
def password_hash() -> str:
    """Return one hash of the classic password, shared by all seeded users: hashing is slow."""
    return hash_password_blocking(PASSWORD)


def make_user(
    username: str, first: str, last: str, user_id: str, role: Role, *, now: datetime
) -> tuple[User, Credentials]:
    """Return a user with the classic password."""
    user = User(user_id, username, first, last, f"{username}@acmefitness.com", role, now)
    return user, Credentials(user_id, username, role, password_hash())


def classic_stock(now: datetime) -> Stock:
    """Return what a new shop starts with."""
    products = classic_products(now)
    users = tuple(
        make_user(*row, now=now + timedelta(seconds=index)) for index, row in enumerate(_USERS)
    )
    carts = tuple(
        Cart(
            owner,
            tuple(
                CartLine(item_id, name, "", "", cents, None, 1, now + timedelta(seconds=index))
                for index, (item_id, name, cents) in enumerate(_CART_LINES)
            ),
        )
        for owner in _CART_OWNERS
    )
    by_name = {user.username: user for user, _ in users}
    named = {product.name: product for product in products}
    mat, bottle, weights = named["Yoga Mat"], named["Water Bottle"], named["Weights"]
    orders = (
        make_order("a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1", by_name["walter"], [weights, bottle],
                   OrderState.DELIVERED, placed_at=now - timedelta(days=3)),
        make_order("7d1f6f0c-0f4f-4d5e-9c26-7c3a5be0b1c2", by_name["phoebe"], [mat],
                   OrderState.SHIPPED, placed_at=now - timedelta(minutes=1)),
        make_order("c3f5f6c8-2c0b-46a1-8f0e-1f8a4a2fd9e3", by_name["phoebe"], [bottle],
                   OrderState.DECLINED, placed_at=now - timedelta(days=1)),
        make_order(SAMPLE_ORDER_ID, by_name["elaine"], [mat, weights],
                   OrderState.PENDING, placed_at=now),
    )  # fmt: skip
    return Stock(products, users, carts, orders)


_STATUS_TEXTS = {
    OrderState.PENDING: PENDING_TEXT,
    OrderState.SHIPPED: SHIPPED_TEXT,
    OrderState.DELIVERED: DELIVERED_TEXT,
    OrderState.DECLINED: DECLINED_MESSAGE,
}


def make_order(
    order_id: str, user: User, products: list[Product], state: OrderState, *, placed_at: datetime
) -> Order:
    """Return an order of one of each of ``products`` as if it had come this far."""
    lines = tuple(
        OrderLine(
            product.product_id, product.name, product.short_description, 1, product.price_cents
        )
        for product in products
    )
    is_paid = state in {OrderState.SHIPPED, OrderState.DELIVERED}
    return Order(
        order_id=order_id,
        user_id=user.user_id,
        state=state,
        status=_STATUS_TEXTS[state],
        first_name=user.first_name,
        last_name=user.last_name,
        email=user.email,
        address=Address("20 Riding Lane", "San Francisco", "10201", "CA", "USA"),
        delivery="UPS/FEDEX",
        card=CardSummary("Visa", "************1111", "12", str(placed_at.year + 2)),
        lines=lines,
        total_cents=sum(line.price_cents for line in lines),
        placed_at=placed_at,
        updated_at=placed_at,
        transaction_id=transaction_id_for(order_id) if is_paid else None,
        tracking_number=tracking_number_for(order_id) if is_paid else None,
    )
