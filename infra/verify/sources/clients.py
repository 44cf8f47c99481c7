"""The shop's oldest clients, call by call, with exactly what each of them relies on.

The sequences are those of the real pages, the React storefront and the till
(openapi/CONTRACT.md, 5); every one of them shops as a throwaway customer.
"""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from app.domain.shipment import IN_STORE

_TIMEOUT_SECONDS = 10.0
_CARD = {"type": "amex", "number": "4111111111111111", "ccv": "123"}


@dataclass(frozen=True)
class ClientFailure:
    """A client would have stumbled; ``says`` is over what."""

    client: str
    says: str


class _BrokenClientError(Exception):  # It is a finding, not a failure of ours.
    """What a client relies on is not so."""


def _expect(holds: object, says: str) -> None:
    if not holds:
        raise _BrokenClientError(says)


class Session:
    """One customer's calls."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Speak through ``http``."""
        self._http = http
        self.user_id = ""

    async def call(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """Return the JSON of an answer that has to have exactly this status."""
        answer = await self._http.request(method, path, **more)
        place = f"{method} {'/'.join(path.split('/')[:4])}"
        _expect(answer.status_code == status, f"{place}: {answer.status_code} instead of {status}")
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise _BrokenClientError(f"{place}: the answer is no JSON") from None

    async def arrive(self) -> dict[str, Any]:
        """Register, log in and look around; return a product."""
        name, password = f"verify-{uuid4().hex}", secrets.token_urlsafe(24)
        account = {"username": name, "password": password, "firstname": "V", "lastname": "V"}
        await self.call("POST", "/register", 201, json=account)
        # As jQuery posts it: JSON that calls itself a form.
        login = await self.call(
            "POST",
            "/login/",
            content=json.dumps({"username": name, "password": password}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        _expect(login["status"] == 200, "POST /login: the body has no status 200")
        self.user_id = login["token"]
        self._http.headers["Authorization"] = f"Bearer {login['access_token']}"
        products: list[dict[str, Any]] = (await self.call("GET", "/products"))["data"]
        _expect(products, "GET /products: the catalog is empty")
        return products[0]


async def _pages(session: Session) -> None:
    """The Node and the static pages: a cart as a JSON text, a total that has ``toFixed``."""
    product = await session.arrive()
    user = session.user_id
    alive = await session.call("GET", "/catalogliveness")
    _expect(alive["data"]["version"], "GET /catalogliveness: no version")
    profile = await session.call("GET", f"/users/{user}")
    _expect(profile["status"] == 200 and profile["data"]["firstname"] == "V", "GET /users: profile")
    detail = (await session.call("GET", f"/products/{product['id']}"))["data"]
    price = str(detail["price"])
    item = {"name": detail["name"], "price": price, "quantity": 1, "itemid": detail["id"]}
    await session.call("POST", f"/cart/item/add/{user}", json=item)
    cart = (await session.call("GET", f"/cart/items/{user}"))["cart"]
    _expect(cart[0]["quantity"] == 1, "GET /cart/items: the quantity is no integer")
    _expect(cart[0]["price"] == price, "GET /cart/items: the price has another JSON type")
    total = (await session.call("GET", f"/cart/total/{user}"))["carttotal"]
    _expect(isinstance(total, int | float), "GET /cart/total: the total is no number")
    order = {
        "delivery": "tractor",
        "card": {**_CARD, "expMonth": "01", "expYear": "2099"},
        "cart": json.dumps(cart),
        "total": f"{total:.2f}",
    }
    placed = await session.call("POST", f"/order/add/{user}", json=order)
    _expect(placed["payment"]["status"] == 200, "POST /order/add: payment.status is not 200")
    _expect("transactionID" in placed["payment"] and placed["order_id"], "POST /order/add: ids")
    await session.call("GET", f"/cart/clear/{user}")
    left = await session.call("GET", f"/cart/items/{user}")
    _expect(left["cart"] == [], "GET /cart/items: an empty cart is no empty list")
    await session.call("POST", "/logout", 202)


async def _react(session: Session) -> None:
    """The React storefront: who am I, a list as a cart, removal by quantity 0."""
    product = await session.arrive()
    user = session.user_id
    me = await session.call("GET", "/userinfo")
    _expect(me["userId"] == user, "GET /userinfo: another user")
    price = str(product["price"])
    item = {"itemid": product["id"], "name": product["name"], "price": price, "quantity": 1}
    await session.call("POST", f"/cart/item/add/{user}", json={**item, "shortDescription": "s"})
    removed = {**item, "quantity": 0, "shortDescription": ""}
    await session.call("POST", f"/cart/item/modify/{user}", json=removed)
    cart = (await session.call("GET", f"/cart/items/{user}"))["cart"]
    _expect(cart == [], "POST /cart/item/modify: quantity 0 removes nothing")
    order = {
        "userId": user,
        "cart": [{**item, "description": "d"}],
        "total": price,
        "delivery": "standard",
        "card": {**_CARD, "type": "visa", "expMonth": "12", "expYear": "99"},
    }
    await session.call("POST", "/order/add", json=order)


async def _till(session: Session) -> None:
    """The old till: the event's card, a price quoted twice, JSON that calls itself a form."""
    product = await session.arrive()
    order = {
        "delivery": IN_STORE,
        "card": {
            "Type": "Visa",
            "Number": _CARD["number"],
            "ExpiryMonth": 7,
            "ExpiryYear": 2099,
            "CVV": "672",
        },
        "cart": [{"id": product["id"], "quantity": "1", "price": f'"{product["price"]}"'}],
        "total": str(product["price"]),
    }
    placed = await session.call(
        "POST",
        f"/order/add/{session.user_id}",
        content=json.dumps(order),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    _expect(
        placed["payment"]["success"] in {"true", "false"}, "POST /order/add: success is no text"
    )


SEQUENCES: dict[str, Callable[[Session], Awaitable[None]]] = {
    "pages": _pages,
    "react": _react,
    "till": _till,
}


async def play(url: str) -> AsyncIterator[ClientFailure]:
    """Play every client against a shop and yield where one stumbles.

    Raises:
        httpx.HTTPError: the shop does not answer at all.
    """
    for name, sequence in SEQUENCES.items():
        async with httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS) as http:
            try:
                await sequence(Session(http))
            except _BrokenClientError as stumbled:
                yield ClientFailure(name, str(stumbled))
            except (KeyError, TypeError, IndexError) as failure:
                yield ClientFailure(name, f"an answer lacks something: {type(failure).__name__}")
