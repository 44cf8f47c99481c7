"""However often and at how many places at once an order is placed, it is one order."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, HTTPError, Limits, Response

from app.messages import PAYMENT_REQUEST
from tests.chaos.helpers.faults import VICTIMS
from tests.chaos.helpers.proxied_shop import ProxiedShop, proxied_shop
from tests.chaos.helpers.shop_queues import ShopQueues
from tests.infra.local.helpers.shop_process import ShopProcess
from tests.support.sizes import SIZES

pytestmark = pytest.mark.timeout(3600)

ROUNDS = SIZES.checkout_rounds
CALLS = 64
#: One round of so many has the api and workers killed meanwhile.
KILLS_EVERY = 5
_PATIENCE_SECONDS = 120

CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}


def order(**changes: Any) -> dict[str, Any]:
    cart = [{"itemid": "x", "name": "Mat", "price": 10, "quantity": 2}]
    return {"card": CARD, "cart": cart, "total": "20", **changes}


@dataclass
class Till:
    """A shop whose proxy is tapped, and the orders that were placed there so far."""

    proxied: ProxiedShop
    order_ids: list[str] = field(default_factory=list)

    @property
    def shop(self) -> ShopProcess:
        return self.proxied.shop


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A shop in open mode that waits for payments, and soon repeats what a kill cut off."""
    with proxied_shop(
        tmp_path_factory.mktemp("till"),
        AUTH_MODE="0",
        SHOP_DELIVERY_SECONDS="0-1",
        SHOP_PAYMENT_WAIT_SECONDS="10",
    ) as proxied:
        ShopQueues(proxied.shop).shorten_visibility(4)
        yield Till(proxied)


@pytest.fixture
async def http(till: Till) -> AsyncIterator[AsyncClient]:
    limits = Limits(max_connections=CALLS)
    async with AsyncClient(base_url=till.shop.url, timeout=60, limits=limits) as client:
        yield client


async def final(http: AsyncClient, user: str) -> dict[str, Any]:
    """Return the one order of a user once it is delivered."""
    async with asyncio.timeout(90):
        while True:
            with suppress(HTTPError):
                answer = await http.get(f"/order/{user}")
                # A shop that has too little of the machine may be too busy to look.
                if answer.status_code != 503:
                    [found] = answer.json()
                    if found["status"] == "delivered":
                        return dict(found)
            await asyncio.sleep(0.1)


async def answered(
    http: AsyncClient, user: str, body: dict[str, Any], key: dict[str, str]
) -> Response:
    """Place an order; who is told to come again (503) does, under the same key."""
    while True:
        answer = await http.post(f"/order/add/{user}", json=body, headers=key)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.2)


async def insist(http: AsyncClient, user: str, key: dict[str, str]) -> bytes:
    """Place an order until its payment is decided, and return the answer that says so.

    A kill can cut a call off, have it answered with 503, or delay the decision beyond what
    the call waits ("pending"), and so can a machine that has too much to do. The client then
    repeats it under the same key.
    """
    while True:
        with suppress(HTTPError):
            answer = await answered(http, user, order(), key)
            assert answer.status_code == 200, answer.text
            if answer.json()["payment"]["message"] != "pending payment":
                return answer.content
        await asyncio.sleep(0.2)


async def kill_some(shop: ShopProcess, chance: Random) -> Counter[str]:
    """End the api and workers with ``kill -9`` while the calls are under way."""
    killed: Counter[str] = Counter()
    for victim in ("api_server", "payment", chance.choice(VICTIMS), "api_server"):
        await asyncio.sleep(chance.uniform(0.05, 0.8))
        pid = shop.children().get(victim)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed[victim] += 1
    return killed


def check_side_effects(till: Till, charged_before: set[str]) -> str:
    """Count what the functions tried to charge and to ship; return this round's charge."""
    effects, order_id = till.proxied.effects, till.order_ids[-1]
    # Also of earlier rounds: a late repeat may have charged a card since.
    assert effects.problems(till.order_ids, cents=2000) == []
    assert set(effects.charges) - charged_before == {order_id}
    [charge] = effects.charges[order_id]
    return charge


@pytest.mark.proof
async def test_64_calls_at_once_are_one_order_one_charge_and_one_answer(
    http: AsyncClient, till: Till, figure: Callable[[str], None]
) -> None:
    killed: Counter[str] = Counter()
    for round_number in range(ROUNDS):
        killed += await check_one_round(round_number, http, till)

    assert len(till.order_ids) == ROUNDS
    figure(
        f"{ROUNDS} rounds of {CALLS} calls under one key amid {killed.total()} kills: one order, "
        "one charge and one answer each"
    )


async def check_one_round(round_number: int, http: AsyncClient, till: Till) -> Counter[str]:
    """Place one order in many calls at once; return what was killed meanwhile."""
    user, key = f"user-{uuid4().hex}", {"Idempotency-Key": uuid4().hex}
    charged_before = set(till.proxied.effects.charges)

    killing = None
    killed: Counter[str] = Counter()
    if round_number % KILLS_EVERY == 1:
        chance = Random(round_number + SIZES.seed)
        killing = asyncio.create_task(kill_some(till.shop, chance))
    async with asyncio.timeout(_PATIENCE_SECONDS):
        bodies = await asyncio.gather(*(insist(http, user, key) for _ in range(CALLS)))
    if killing is not None:
        killed = await killing
        assert killed["api_server"] >= 1
        assert killed.total() >= 2

    assert len(bodies) == CALLS
    assert len(set(bodies)) == 1
    placed = json.loads(bodies[0])
    assert placed["payment"]["success"] == "true"
    delivered = await final(http, user)
    assert delivered["_id"] == placed["order_id"]
    till.order_ids.append(placed["order_id"])
    charge = check_side_effects(till, charged_before)
    assert placed["payment"]["transactionID"] == delivered["transactionID"] == charge
    return killed


async def test_another_body_under_the_key_is_refused_and_nothing_is_sent(
    http: AsyncClient, till: Till
) -> None:
    user = f"user-{uuid4().hex}"
    key = {"Idempotency-Key": uuid4().hex, "Prefer": "respond-async"}
    others = [
        order(total="20.01"),
        order(delivery="usps"),
        order(firstname="Mallory"),
        order(cart=[{"itemid": "x", "name": "Mat", "price": 10, "quantity": 3}], total="30"),
    ]
    queues = ShopQueues(till.shop)
    with queues.paused(PAYMENT_REQUEST):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            first = await answered(http, user, order(), key)
            before = queues.depth(PAYMENT_REQUEST)

            answers = await asyncio.gather(
                *(answered(http, user, body, key) for body in others * 4)
            )

        assert first.status_code == 202
        assert {answer.status_code for answer in answers} == {422}
        # One, unless the first call was answered with 503 after it had sent.
        assert queues.depth(PAYMENT_REQUEST) == before >= 1

    delivered = await final(http, user)
    assert delivered["_id"] == first.json()["order_id"]
    assert delivered["total"] in {20, "20", "20.00"}
