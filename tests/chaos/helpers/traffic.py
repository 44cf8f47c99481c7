"""Everything customers do, mixed: browse, fill carts, register, log in, buy, look."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

from httpx import AsyncClient, HTTPError, Response

GOOD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}
EXPIRED = {**GOOD, "expYear": "2020"}
_PASSWORD = "correct horse battery"
_TIMEOUT_SECONDS = 20.0
#: What a shop under faults or load may say; the client comes again.
_BUSY = frozenset({429, 503})


@dataclass
class TrafficLog:
    """What all customers did and heard; ``orders`` are those they were told of."""

    #: By order id: whose it is, their headers, and whether the card was good.
    orders: dict[str, tuple[str, dict[str, str], bool]] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)

    def hear(self, what: str, answer: Response, *wanted: int) -> bool:
        """Write an answer down and return whether it is what was wanted."""
        status = answer.status_code
        self.answers[status] += 1
        if status in _BUSY and "retry-after" not in answer.headers:
            self.surprises.append(f"{what}: {status} without Retry-After")
        elif status not in {*wanted, *_BUSY}:
            self.surprises.append(f"{what}: {status} {answer.text[:200]}")
        return status in wanted


class Customer:
    """A customer with an account, who does one thing after the other."""

    def __init__(self, url: str, log: TrafficLog, *, seed: str) -> None:
        """Prepare; nothing is asked yet."""
        self._log = log
        self._chance = Random(seed)
        self._http = AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS)
        self._headers: dict[str, str] = {}
        self._user_id = ""
        self._products: list[dict[str, Any]] = []
        self._order_ids: list[str] = []
        self._deeds: list[tuple[int, Callable[[], Awaitable[object]]]] = [
            (10, self._browse),
            (10, self._look_at_a_product),
            (20, self._fill_cart),
            (10, self._read_cart),
            (5, self._clear_cart),
            (12, self._buy),
            (10, self._look_at_orders),
            (1, self._log_in),
        ]

    async def live(self, is_closing: Callable[[], bool], *, pause_seconds: float) -> None:
        """Be a customer until the shop closes."""
        async with self._http:
            await self.arrive()
            weights = [weight for weight, _ in self._deeds]
            deeds = [deed for _, deed in self._deeds]
            while not is_closing():
                [deed] = self._chance.choices(deeds, weights)
                await deed()
                await asyncio.sleep(self._chance.uniform(0, 2 * pause_seconds))

    async def _ask(self, what: str, method: str, path: str, *wanted: int, **more: Any) -> Any:
        """Return the answer, or None when it is not one of the wanted or none came."""
        headers = {**self._headers, **more.pop("headers", {})}
        try:
            answer = await self._http.request(method, path, headers=headers, **more)
        except HTTPError as failure:
            self._log.surprises.append(f"{what}: {failure!r}")
            return None
        if not self._log.hear(what, answer, *wanted):
            return None
        return answer.json() if answer.content else {}

    async def arrive(self) -> tuple[str, dict[str, str]]:
        """Open an account, log in and see what there is; return one's id and headers."""
        self._name = f"soak-{uuid4().hex}"
        account = {
            "username": self._name,
            "password": _PASSWORD,
            "firstname": "S",
            "lastname": "Oak",
        }
        # A registration whose answer got lost took the name.
        while await self._ask("register", "POST", "/register", 201, 409, json=account) is None:
            await self._breathe()
        while not await self._log_in():
            await self._breathe()
        while not await self._browse():
            await self._breathe()
        return self._user_id, self._headers

    async def leave(self) -> None:
        """Hang up; :meth:`live` does so by itself."""
        await self._http.aclose()

    async def _breathe(self) -> None:
        await asyncio.sleep(self._chance.uniform(0.1, 0.3))

    async def _log_in(self) -> bool:
        body = {"username": self._name, "password": _PASSWORD}
        answer = await self._ask("login", "POST", "/login", 200, json=body)
        if answer is None:
            return False
        self._user_id = answer["token"]
        self._headers = {"Authorization": f"Bearer {answer['access_token']}"}
        return True

    async def _browse(self) -> bool:
        answer = await self._ask("products", "GET", "/products", 200)
        if answer is not None:
            self._products = answer["data"]
        return bool(self._products)

    def _product(self) -> dict[str, Any]:
        return self._chance.choice(self._products)

    async def _look_at_a_product(self) -> None:
        await self._ask("product", "GET", f"/products/{self._product()['id']}", 200)

    async def _fill_cart(self) -> None:
        item = {"itemid": self._product()["id"], "quantity": self._chance.randint(1, 3)}
        verb = self._chance.choice(("add", "add", "modify"))
        path = f"/cart/item/{verb}/{self._user_id}"
        await self._ask(f"cart {verb}", "POST", path, 200, json=item)

    async def _read_cart(self) -> None:
        kind = self._chance.choice(("items", "total"))
        await self._ask("cart", "GET", f"/cart/{kind}/{self._user_id}", 200)

    async def _clear_cart(self) -> None:
        await self._ask("clear", "POST", f"/cart/clear/{self._user_id}", 200)

    async def _buy(self) -> None:
        """Order something; who gets no answer asks again under the same key."""
        is_good = self._chance.random() < 0.8
        product = self._product()
        body = {
            "card": GOOD if is_good else EXPIRED,
            "cart": [{"itemid": product["id"], "quantity": 1}],
            "total": product["price"],
        }
        headers = {"Idempotency-Key": uuid4().hex}
        for _ in range(5):
            path = f"/order/add/{self._user_id}"
            answer = await self._ask("order", "POST", path, 200, json=body, headers=headers)
            if answer is not None:
                told = (self._user_id, dict(self._headers), is_good)
                self._log.orders[answer["order_id"]] = told
                self._order_ids.append(answer["order_id"])
                return
            await asyncio.sleep(0.2)

    async def _look_at_orders(self) -> None:
        if not self._order_ids:
            return
        order_id = self._chance.choice(self._order_ids[-10:])
        await self._ask("order page", "GET", f"/order/{self._user_id}/{order_id}", 200)
        await self._ask("orders", "GET", f"/order/{self._user_id}?limit=10", 200)
