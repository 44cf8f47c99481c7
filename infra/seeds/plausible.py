"""Random data that looks like a shop's, for trying lists, pages and load."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from app.domain.order import Order, OrderState
from app.domain.product import Product
from app.domain.user import Credentials, Role, User
from infra.seeds.classic import make_order, make_user

_ADJECTIVES = ("Quiet", "Brave", "Bouncy", "Carbon", "Cork", "Folding", "Heavy", "Mellow", "Nimble",
               "Stubborn", "Swift", "Velvet")  # fmt: skip
_THINGS = (
    ("Kettlebell", "weights", "weight"),
    ("Skipping Rope", "weights", "cardio"),
    ("Gym Bag", "redpants", "bag"),
    ("Training Shirt", "redpants", "clothing"),
    ("Trail Shoes", "shoes", "running"),
    ("Heart Rate Band", "smartwatch", "watch"),
    ("Stretch Mat", "yogamat", "mat"),
    ("Thermos", "bottle", "bottle"),
    ("Spin Bike", "bicycle", "bicycle"),
    ("Medicine Ball", "basketball", "basketball"),
)
_FIRST = ("Ada", "Bo", "Cem", "Dana", "Emil", "Fay", "Gus", "Hana", "Ivo", "Juno", "Kai", "Lea")
_LAST = ("Abel", "Brandt", "Costa", "Dunn", "Eder", "Fonseca", "Greve", "Hollis", "Ito", "Jarvis")
_STATES = (OrderState.DELIVERED,) * 7 + (OrderState.DECLINED,) * 2 + (OrderState.SHIPPED,)


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def products(count: int, random: Random, now: datetime) -> Iterator[Product]:
    """Yield ``count`` products."""
    for index in range(count):
        thing, stem, tag = random.choice(_THINGS)
        name = f"{random.choice(_ADJECTIVES)} {thing}"
        yield Product(
            product_id=_uuid(random),
            name=name,
            short_description=f"The {name.lower()} you were about to look for",
            description=f"{name}, made for people who mean it. Keeps its shape so you keep yours.",
            image_urls=(
                f"/static/images/{stem}_square.jpg",
                f"/static/images/{stem}_thumb2.jpg",
                f"/static/images/{stem}_thumb3.jpg",
            ),
            price_cents=random.randrange(500, 60_000, 5),
            tags=(tag,),
            created_at=now + timedelta(microseconds=index),
        )


def users(count: int, random: Random, now: datetime) -> Iterator[tuple[User, Credentials]]:
    """Yield ``count`` customers with the classic password."""
    for index in range(count):
        first, last = random.choice(_FIRST), random.choice(_LAST)
        username = f"{first}.{last}.{random.getrandbits(40):010x}".lower()
        yield make_user(
            username,
            first,
            last,
            _uuid(random),
            Role.CUSTOMER,
            now=now + timedelta(microseconds=index),
        )


def orders(
    count: int, random: Random, now: datetime, *, buyers: list[User], goods: list[Product]
) -> Iterator[Order]:
    """Yield ``count`` orders of the last 90 days, most of them delivered."""
    for _ in range(count):
        state = random.choice(_STATES)
        age = (
            timedelta(minutes=1)
            if state is OrderState.SHIPPED
            else timedelta(seconds=random.randrange(3600, 90 * 86_400))
        )
        order = make_order(
            _uuid(random),
            random.choice(buyers),
            random.sample(goods, k=min(len(goods), random.randint(1, 4))),
            state,
            placed_at=now - age,
        )
        yield replace(order, updated_at=min(now, order.placed_at + timedelta(minutes=3)))
