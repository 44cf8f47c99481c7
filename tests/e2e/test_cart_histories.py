"""Many hands in one cart: nothing that was acknowledged is lost, nothing is invented."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from math import inf
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, HTTPError, Limits

from tests.infra.local.helpers.shop_process import ShopProcess
from tests.support.linearizability import (
    Call,
    Kind,
    UndecidedError,
    broken_counters,
    by_item,
    is_linearizable,
)
from tests.support.sizes import SIZES

HISTORIES = SIZES.cart_histories // 2
assert HISTORIES > 0
CLIENTS = 16
EDITS = SIZES.cart_edits
ITEMS = [f"item-{number}" for number in range(8)]


class SharedCart:
    """One cart that many clients edit, and what they saw of it."""

    def __init__(self, http: AsyncClient) -> None:
        self._http = http
        self._user = f"user-{uuid4().hex}"
        self.calls: list[tuple[str, Call]] = []

    async def add(self, item: str, quantity: int) -> None:
        body = {"itemid": item, "name": item, "price": 1, "quantity": quantity}
        await self._edit("add", item, quantity, f"/cart/item/add/{self._user}", body)

    async def modify(self, item: str, quantity: int) -> None:
        body = {"itemid": item, "quantity": quantity}
        await self._edit("set", item, quantity, f"/cart/item/modify/{self._user}", body)

    async def clear(self) -> None:
        began, ended = await self._post(f"/cart/clear/{self._user}", None)
        self.calls += [(item, Call("clear", 0, began, ended)) for item in ITEMS]

    async def read(self) -> None:
        began = time.monotonic()
        with suppress(HTTPError):
            answer = await self._http.get(f"/cart/items/{self._user}")
            if answer.status_code == 200:
                ended = time.monotonic()
                told = {item["itemid"]: item["quantity"] for item in answer.json()["cart"]}
                assert set(told) <= set(ITEMS)
                self.calls += [
                    (item, Call("read", told.get(item, 0), began, ended)) for item in ITEMS
                ]

    async def _edit(self, kind: Kind, item: str, quantity: int, path: str, body: Any) -> None:
        began, ended = await self._post(path, body)
        self.calls.append((item, Call(kind, quantity, began, ended)))

    async def _post(self, path: str, body: Any) -> tuple[float, float]:
        began = time.monotonic()
        with suppress(HTTPError):
            answer = await self._http.post(path, json=body)
            if answer.status_code == 200:
                return began, time.monotonic()
            assert answer.status_code == 503, answer.text
        return began, inf


@pytest.fixture
async def http(open_shop_process: ShopProcess) -> AsyncIterator[AsyncClient]:
    limits = Limits(max_connections=CLIENTS)
    async with AsyncClient(base_url=open_shop_process.url, timeout=30, limits=limits) as client:
        yield client


async def add_or_read(cart: SharedCart, chance: Random) -> None:
    for _ in range(EDITS):
        if chance.random() < 0.15:
            await cart.read()
        else:
            await cart.add(chance.choice(ITEMS), chance.randint(1, 9))


async def edit_or_read(cart: SharedCart, chance: Random) -> None:
    for _ in range(EDITS):
        item, kind = chance.choice(ITEMS), chance.random()
        if kind < 0.15:
            await cart.read()
        elif kind < 0.17:
            await cart.clear()
        elif kind < 0.3:
            await cart.modify(item, 0)
        elif kind < 0.55:
            await cart.modify(item, chance.randint(1, 99))
        else:
            await cart.add(item, chance.randint(1, 9))


@pytest.mark.proof
async def test_no_add_is_lost_and_none_is_invented(
    http: AsyncClient, figure: Callable[[str], None]
) -> None:
    seeds = range(SIZES.seed, SIZES.seed + HISTORIES)
    for seed in seeds:
        cart = SharedCart(http)
        await asyncio.gather(
            *(add_or_read(cart, Random(f"{seed}/{number}")) for number in range(CLIENTS))
        )
        await cart.read()

        for item, calls in by_item(cart.calls).items():
            adds = [call for call in calls if call.kind == "add"]
            reads = [call for call in calls if call.kind == "read"]
            assert len(reads) > CLIENTS
            assert broken_counters(adds, reads) == [], f"seed {seed}, {item}"

    figure(f"{len(seeds)} carts with {CLIENTS * EDITS:,} edits each, 0 additions lost or invented")


@pytest.mark.proof
async def test_some_order_explains_what_everybody_saw(
    http: AsyncClient, figure: Callable[[str], None]
) -> None:
    decided, seeds = 0, range(SIZES.seed, SIZES.seed + HISTORIES)
    for seed in seeds:
        cart = SharedCart(http)
        await asyncio.gather(
            *(edit_or_read(cart, Random(f"{seed}/{number}")) for number in range(CLIENTS))
        )
        await cart.read()

        for item, calls in by_item(cart.calls).items():
            with suppress(UndecidedError):
                assert is_linearizable(calls), f"seed {seed}, {item}"
                decided += 1

    assert decided >= len(seeds) * len(ITEMS) // 2
    figure(f"{len(seeds)} carts, {decided} histories of an item, 0 that are not linearizable")


def call(kind: Kind, quantity: int, began: float, ended: float = inf) -> Call:
    return Call(kind, quantity, began, ended)


@pytest.mark.parametrize(
    ("calls", "is_good"),
    [
        ([], True),
        ([call("add", 2, 0, 1), call("read", 2, 2, 3)], True),
        # Lost, invented, told twice, told before it was there.
        ([call("add", 2, 0, 1), call("read", 0, 2, 3)], False),
        ([call("read", 2, 0, 1), call("add", 2, 2, 3)], False),
        ([call("add", 2, 0, 1), call("add", 3, 0, 1), call("read", 3, 2, 3)], False),
        ([call("add", 2, 0, 1), call("read", 4, 2, 3)], False),
        # At the same time, either way.
        ([call("add", 2, 0, 4), call("read", 0, 1, 2), call("read", 2, 2.5, 3)], True),
        ([call("add", 2, 0, 4), call("read", 2, 1, 2), call("read", 0, 2.5, 3)], False),
        # Not answered: now, later or never, but once.
        ([call("add", 2, 0), call("read", 0, 1, 2)], True),
        ([call("add", 2, 0), call("read", 0, 1, 2), call("read", 2, 3, 4)], True),
        ([call("add", 2, 0), call("read", 4, 1, 2)], False),
        ([call("read", 7, 0)], True),
        # A change of what is not there changes nothing; a removal removes.
        ([call("set", 5, 0, 1), call("read", 0, 2, 3)], True),
        ([call("set", 5, 0, 1), call("read", 5, 2, 3)], False),
        ([call("add", 1, 0, 1), call("set", 5, 2, 3), call("read", 5, 4, 5)], True),
        ([call("add", 1, 0, 1), call("set", 0, 2, 3), call("read", 0, 4, 5)], True),
        ([call("add", 1, 0, 1), call("clear", 0, 2, 3), call("read", 1, 4, 5)], False),
        ([call("add", 1, 0, 5), call("clear", 0, 2, 3), call("read", 1, 6, 7)], True),
    ],
)
def test_the_checker_knows_good_from_bad(calls: list[Call], is_good: bool) -> None:  # noqa: FBT001
    assert is_linearizable(calls) is is_good


def test_the_checker_gives_up_where_there_is_too_much_to_try() -> None:
    calls = [call("add", 1 << index, 0, 9) for index in range(20)]

    with pytest.raises(UndecidedError):
        is_linearizable([*calls, call("read", 1 << 21, 10, 11)], most_steps=1000)


def test_the_counter_checker_knows_good_from_bad() -> None:
    adds = [call("add", 2, 0, 1), call("add", 3, 1, 5), call("add", 4, 2)]
    reads = [call("read", quantity, 3, 4) for quantity in (2, 5, 6, 9)]

    assert broken_counters(adds, reads) == []
    too_few, too_many = call("read", 1, 3, 4), call("read", 10, 3, 4)
    assert broken_counters(adds, [too_few, too_many]) == [too_few, too_many]
