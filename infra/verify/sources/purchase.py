"""Purchases as a customer makes them, to see that the whole chain still delivers."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from app.domain.shipment import IN_STORE
from infra.verify.sources.aws_clients import SourceUnreachableError

#: The number that every card company keeps for tests.
_TEST_CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2099", "ccv": "123"}

_POLL_SECONDS = 0.2
_TIMEOUT_SECONDS = 10.0
_ORDERS_AT_ONCE = 8


@dataclass(frozen=True)
class Purchase:
    """How far a synthetic purchase came. ``seconds`` run from ordering to ``state``."""

    order_id: str
    state: str
    seconds: float

    @property
    def is_delivered(self) -> bool:
        """Whether it came all the way."""
        return self.state == "delivered"


class PurchaseRefusedError(Exception):
    """The shop refused a step of the purchase; the text says which, and with what status."""


async def buy(url: str, *, within_seconds: float) -> Purchase:
    """Register a throwaway customer, fill a cart, pay and wait for the delivery.

    The customer collects the order: it goes through all four queues like every other one, but
    without a delivery time, which would say nothing about the shop.

    Raises:
        PurchaseRefusedError: a step was answered with an error.
        httpx.HTTPError: the shop does not answer.
    """
    async with httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS) as http:
        customer = _Customer(http)
        user_id = await customer.sign_up()
        product = await customer.choose()
        await customer.call(
            "POST", f"/cart/item/add/{user_id}", json={"itemid": product["id"], "quantity": 1}
        )
        begun = time.monotonic()
        order_id = await customer.order(user_id, product)
        while True:
            order = await customer.call("GET", f"/order/{user_id}/{order_id}")
            state, seconds = order["state"], time.monotonic() - begun
            if state in {"delivered", "declined"} or seconds >= within_seconds:
                break
            await asyncio.sleep(_POLL_SECONDS)
        await customer.call("GET", f"/cart/clear/{user_id}")
        return Purchase(order_id, state, seconds)


async def place_orders(url: str, *, orders: int) -> None:
    """Have one throwaway customer order many times, some at once, and wait for nothing.

    For a release in a shop where few customers are about: each order calls every function.

    Raises:
        PurchaseRefusedError: a step was answered with an error.
        httpx.HTTPError: the shop does not answer.
    """
    at_once = asyncio.Semaphore(_ORDERS_AT_ONCE)
    async with httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS) as http:
        customer = _Customer(http)
        user_id, product = await customer.sign_up(), await customer.choose()

        async def order() -> None:
            async with at_once:
                await customer.order(user_id, product, prefer="respond-async")

        await asyncio.gather(*(order() for _ in range(orders)))


class _Customer:
    """A throwaway customer of one purchase."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def call(self, method: str, path: str, **body: Any) -> Any:
        """Return the JSON of an answer.

        Raises:
            PurchaseRefusedError: the status says no.
        """
        answer = await self._http.request(method, path, **body)
        if answer.is_error:
            step = "/".join(path.split("/")[:3])
            raise PurchaseRefusedError(f"{method} {step}: {answer.status_code}")
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise SourceUnreachableError("something else than the shop answers there") from None

    async def sign_up(self) -> str:
        """Register under a name and a password of this moment; return the user's id."""
        name, password = f"verify-{uuid4().hex}", secrets.token_urlsafe(24)
        profile = {"firstname": "Synthetic", "lastname": "Purchase", "email": ""}
        registered = await self.call(
            "POST", "/register", json={"username": name, "password": password, **profile}
        )
        login = await self.call("POST", "/login", json={"username": name, "password": password})
        self._http.headers["Authorization"] = f"Bearer {login['access_token']}"
        user_id: str = registered["resourceId"]
        return user_id

    async def choose(self) -> dict[str, Any]:
        """Return the first product of the catalog as its own page shows it."""
        catalog = await self.call("GET", "/products", params={"limit": 1})
        if not catalog["data"]:
            raise PurchaseRefusedError("GET /products: the catalog is empty")
        found = await self.call("GET", f"/products/{catalog['data'][0]['id']}")
        product: dict[str, Any] = found["data"]
        return product

    async def order(self, user_id: str, product: dict[str, Any], *, prefer: str = "") -> str:
        """Order one of ``product``; return the order's id."""
        price = str(product["price"])
        placed = await self.call(
            "POST",
            f"/order/add/{user_id}",
            json={
                "firstname": "Synthetic",
                "lastname": "Purchase",
                "delivery": IN_STORE,
                "card": _TEST_CARD,
                "cart": [{"itemid": product["id"], "quantity": 1, "price": price}],
                "total": price,
            },
            headers={"Idempotency-Key": uuid4().hex, **({"Prefer": prefer} if prefer else {})},
        )
        order_id: str = placed["order_id"]
        return order_id
