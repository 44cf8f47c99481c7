"""Secrets where no client puts them: in every place of a body, in a header, a query, a path.

A canary is a text that exists nowhere else. Nothing of what is sent here is a request that a shop
should take, but for one order, whose texts hold card numbers; so nothing of it may be kept.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx

#: Paths with a body, and the fields that their bodies have.
_BODIES: Mapping[str, tuple[str, ...]] = {
    "/login": ("username", "password", "cookies"),
    "/register": ("username", "password", "firstname", "lastname", "email"),
    "/change-password": ("password", "new_password"),
    "/close-account": ("password",),
    "/refresh-token": ("refresh_token",),
    "/verify-token": ("access_token",),
    "/order/add/{user}": ("card", "cart", "total", "address", "delivery", "firstname", "email"),
    "/cart/item/add/{user}": ("itemid", "name", "price", "quantity"),
    "/cart/item/modify/{user}": ("itemid", "quantity"),
    "/cart/modify/{user}": ("cart",),
    "/products": ("name", "price", "tags", "barcode"),
}


def bodies_that_fail(fields: tuple[str, ...], secret: str) -> Iterator[bytes]:
    """Yield bodies that no path takes, with a secret in each of their places."""
    yield secret.encode()
    yield json.dumps([secret]).encode()
    yield json.dumps({secret: secret}).encode()
    yield f'{{"{fields[0]}": "{secret}'.encode()
    yield json.dumps({key: [{secret: secret}] for key in fields}).encode()
    for field in fields:
        yield json.dumps({field: {secret: [secret]}}).encode()


async def scatter(
    http: httpx.AsyncClient,
    *,
    user: str,
    headers: Mapping[str, str],
    secrets: Mapping[str, str],
    new_card_number: Callable[[], str],
    line: Mapping[str, Any],
    total: str,
) -> dict[str, str]:
    """Send ``secrets`` and canaries everywhere; return what must not be found, by kind."""
    marks = {
        "secret in a wrong place": f"canary-{uuid4().hex}",
        "card number in a wrong place": new_card_number(),
        "CVV": f"cvv-{uuid4().hex}",
    }
    for path, fields in _BODIES.items():
        address = path.format(user=user)
        for secret in (*marks.values(), *secrets.values()):
            for body in bodies_that_fail(fields, secret):
                await http.post(address, content=body, headers=headers)
    canary = marks["secret in a wrong place"]
    strange = {"X-Password": canary, "Cookie": f"password={canary}", "Authorization": canary}
    await http.get("/products", params={"password": canary}, headers=strange)
    await http.get("/cart/items/nobody", params={"card": canary}, headers=strange)
    await http.get(f"/users/{canary}", headers=headers)
    marks |= await _order_with_cards_in_texts(http, user, headers, new_card_number, line, total)
    order = {"card": _card(new_card_number(), marks["CVV"]), "cart": [line], "total": total}
    await http.post(f"/order/add/{user}", json=order, headers=headers)
    return marks


async def _order_with_cards_in_texts(
    http: httpx.AsyncClient,
    user: str,
    headers: Mapping[str, str],
    new_card_number: Callable[[], str],
    line: Mapping[str, Any],
    total: str,
) -> dict[str, str]:
    texts = ("firstname", "lastname", "email", "delivery")
    parts = ("street", "city", "zip", "state", "country")
    numbers = {name: new_card_number() for name in (*texts, *parts)}
    # As people write them.
    numbers["street"] = " ".join(numbers["street"][at : at + 4] for at in range(0, 16, 4))
    order = {
        **{name: f"card {numbers[name]}" for name in texts},
        "address": {part: f"no. {numbers[part]}, 2" for part in parts},
        "card": _card(new_card_number(), "123"),
        "cart": [line],
        "total": total,
    }
    await http.post(f"/order/add/{user}", json=order, headers=headers)
    return {f"card number in {name}": number for name, number in numbers.items()}


def _card(number: str, cvv: str) -> dict[str, str]:
    return {"number": number, "expMonth": "12", "expYear": "2099", "ccv": cvv}
