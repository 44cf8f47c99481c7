"""Writing seed data into a table."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from random import Random

from app.domain.order import Order
from app.domain.user import Credentials, User
from app.store.carts import cart_to_item
from app.store.order_items import order_to_item
from app.store.products import product_to_item
from app.store.table import PUT_BATCH, Item, Table
from app.store.users import credentials_to_item, user_to_item
from infra.seeds import plausible
from infra.seeds.classic import Stock, classic_products, classic_stock
from infra.seeds.mark import is_seeded, mark_seeded

#: Batches written at the same time.
_PARALLEL = 8


async def seed_once(table: Table) -> bool:
    """Write the classic data into a new table; return whether that was necessary.

    The mark is written last: a start that dies in between is simply repeated.
    """
    if await is_seeded(table):
        return False
    now = datetime.now(UTC)
    await _write(table, _items(table, classic_stock(now), now), lambda _: None)
    await mark_seeded(table)
    return True


async def seed_catalog(table: Table) -> int:
    """Add the classic products and return how many they are; a repeat changes none."""
    products = classic_products(datetime.now(UTC))
    await _write(table, map(product_to_item, products), lambda _: None)
    return len(products)


async def seed_more(
    table: Table,
    *,
    products: int,
    users: int,
    orders: int,
    seed: int | None,
    on_progress: Callable[[int], None],
) -> None:
    """Add random data; ``on_progress`` is called with the number of entries of each step."""
    now = datetime.now(UTC)
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    classic = classic_stock(now)
    people = list(plausible.users(users, random, now))
    goods = list(plausible.products(products, random, now))
    buyers = [user for user, _ in people or classic.users]
    sold = plausible.orders(
        orders, random, now, buyers=buyers, goods=goods or list(classic.products)
    )
    items = chain(
        map(product_to_item, goods),
        _user_items(people),
        map(_writer(table), sold),
    )
    await _write(table, items, on_progress)


def _writer(table: Table) -> Callable[[Order], Item]:
    return partial(order_to_item, layout=table.layout)


def _items(table: Table, stock: Stock, now: datetime) -> Iterator[Item]:
    yield from map(product_to_item, stock.products)
    yield from _user_items(stock.users)
    yield from (cart_to_item(cart, now=now) for cart in stock.carts)
    yield from map(_writer(table), stock.orders)


def _user_items(people: Iterable[tuple[User, Credentials]]) -> Iterator[Item]:
    for user, credentials in people:
        yield user_to_item(user)
        yield credentials_to_item(credentials)


async def _write(table: Table, items: Iterable[Item], on_progress: Callable[[int], None]) -> None:
    waiting = iter(items)
    while group := [batch for _ in range(_PARALLEL) if (batch := list(islice(waiting, PUT_BATCH)))]:
        await asyncio.gather(*(table.put_many(batch) for batch in group))
        # A user is two items and one entry: its credentials are not counted.
        on_progress(sum(item["SK"] != "USERNAME" for batch in group for item in batch))
