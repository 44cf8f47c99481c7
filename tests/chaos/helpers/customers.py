"""Customers who order until they are told that it worked, and remember what they were told."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

from httpx import AsyncClient, HTTPError

CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}
BODY = {
    "card": CARD,
    "cart": [{"itemid": "x", "name": "Mat", "price": 10, "quantity": 1}],
    "total": "10",
}
TOTAL_CENTS = 1000

_RETRY_SECONDS = 0.2
_TIMEOUT_SECONDS = 12.0


@dataclass
class OrderRecord:
    """What all customers know: orders that were acknowledged, by id, with their user."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    attempts: int = 0
    surprises: list[str] = field(default_factory=list)


class Customers:
    """So many customers at once, each placing one order after the other.

    Between two orders they wait, for ``pause_seconds`` at most.
    """

    def __init__(self, url: str, *, customers: int, seed: int, pause_seconds: float) -> None:
        """Prepare them; :meth:`shop` is what they do."""
        self.record = OrderRecord()
        self._url = url
        self._customers = customers
        self._seed = seed
        self._pause_seconds = pause_seconds
        self._is_closing = False

    async def shop(self) -> None:
        """Place orders until :meth:`close`, and see the last one through."""
        await asyncio.gather(*(self._customer(number) for number in range(self._customers)))

    def close(self) -> None:
        """Begin no further order."""
        self._is_closing = True

    async def _customer(self, number: int) -> None:
        chance = Random(f"{self._seed}/{number}")
        # Many users: a list of thousands of orders of one would slow the emulator down.
        users = (f"chaos-{number}-{uuid4().hex[:8]}" for _ in count())
        async with AsyncClient(base_url=self._url, timeout=_TIMEOUT_SECONDS) as http:
            while not self._is_closing:
                await self._order(http, users)
                await asyncio.sleep(chance.uniform(0.0, self._pause_seconds))

    async def _order(self, http: AsyncClient, users: Iterator[str]) -> None:
        user, headers = next(users), {"Idempotency-Key": uuid4().hex}
        # Some do not hear the first answer, and ask once more under the same key.
        wanted = 2 if uuid4().int % 4 == 0 else 1
        told: list[str] = []
        while len(told) < wanted:
            self.record.attempts += 1
            try:
                answer = await http.post(f"/order/add/{user}", json=BODY, headers=headers)
            except HTTPError:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if answer.status_code == 200:
                told.append(answer.json()["order_id"])
                self.record.acknowledged[told[-1]] = user
                continue
            if answer.status_code != 503:
                self.record.surprises.append(f"{answer.status_code} {answer.text[:200]}")
            await asyncio.sleep(_RETRY_SECONDS)
        if len(set(told)) > 1:
            self.record.surprises.append(f"one key made several orders: {told}")


@dataclass(frozen=True)
class Answer:
    """What the probe asked, from when to when, and what it heard; status 0 is nothing."""

    begun: float
    ended: float
    status: int
    what: str

    @property
    def is_good(self) -> bool:
        """Tell whether it worked."""
        return self.status == 200


class ContinuousProbe:
    """Asks the shop all the time, and writes down when it answered what, and how long it took.

    It reads a cart, and every fifth time it places an order; what it is told of goes into
    the record of the customers.
    """

    def __init__(self, url: str, record: OrderRecord, *, pause_seconds: float) -> None:
        """Prepare to ask, every ``pause_seconds``."""
        self.answers: list[Answer] = []
        self._url = url
        self._record = record
        self._pause_seconds = pause_seconds

    async def ask_on(self) -> None:
        """Ask until cancelled."""
        async with AsyncClient(base_url=self._url, timeout=_TIMEOUT_SECONDS) as http:
            for number in count():
                what = "order" if number % 5 == 4 else "cart"
                begun = time.monotonic()
                try:
                    status = await (self._order(http) if what == "order" else _cart(http))
                except HTTPError:
                    status = 0
                answer = Answer(begun, time.monotonic(), status, what)
                self.answers.append(answer)
                if status not in {0, 200, 503}:
                    self._record.surprises.append(f"{what}: {status}")
                await asyncio.sleep(self._pause_seconds)

    async def _order(self, http: AsyncClient) -> int:
        user, headers = f"probe-{uuid4().hex}", {"Idempotency-Key": uuid4().hex}
        answer = await http.post(f"/order/add/{user}", json=BODY, headers=headers)
        if answer.status_code == 200:
            self._record.acknowledged[answer.json()["order_id"]] = user
        return answer.status_code


async def look(http: AsyncClient, path: str, headers: Mapping[str, str] | None = None) -> Any:
    """Return what the shop says there, or nothing when it is too busy to say it."""
    with suppress(HTTPError):
        answer = await http.get(path, headers=headers)
        if answer.status_code != 503:
            return answer.json()
    return None


async def _cart(http: AsyncClient) -> int:
    return (await http.get("/cart/items/probe")).status_code
