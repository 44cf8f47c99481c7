"""``/dev/orders`` of a local shop: its files, and the data of its collector and table."""

import asyncio
import base64
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import urllib3
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import ShopError, UnreadableItemError
from app.static_files import CONTENT_POLICY, HEADERS, REFERRER_POLICY, SERVED
from app.store.keys import order_key, payment_key
from app.store.order_items import item_to_order
from app.store.table import Item, get_table
from infra.item_sizes import item_size
from infra.local.traces.messages import masked

PATH = "/dev/orders"
_STATIC = Path(__file__).parent / "static"
_HEADERS = {
    **HEADERS,
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": REFERRER_POLICY,
}
_TIMEOUT_SECONDS = 5.0


class DevPages:
    """Answers what is below ``/dev/orders``; everything else goes to the shop."""

    def __init__(self, shop: ASGIApp, collector_url: str) -> None:
        """Stand before ``shop``, with the data of the collector at an address."""
        self._shop = shop
        self._collector_url = collector_url
        self._pool = urllib3.PoolManager(maxsize=4)

    @cached_property
    def _pages(self) -> ASGIApp:
        # Only with the first request: it needs the middleware, which the shop has imported by then.
        from infra.local.traces.guard import guarded  # noqa: PLC0415

        return guarded(
            [
                Route(PATH, self._page),
                Route(f"{PATH}/data", self._list),
                Route(f"{PATH}/data/{{order_id}}", self._order),
                Route(f"{PATH}/{{name}}", self._file),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path = scope.get("path", "")
        is_ours = path == PATH or path.startswith(f"{PATH}/")
        await (self._pages if is_ours else self._shop)(scope, receive, send)

    async def _page(self, _request: Request) -> Response:
        return FileResponse(_STATIC / "index.html", headers=_HEADERS)

    async def _file(self, request: Request) -> Response:
        path = _STATIC / Path(request.path_params["name"]).name
        if path.suffix not in SERVED or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type=SERVED[path.suffix], headers=_HEADERS)

    async def _list(self, request: Request) -> Response:
        """Answer the latest orders, each with what the table says of it."""
        _, found = await self._ask("/orders", request)
        if orders := found.get("orders"):
            facts = await _facts(orders)
            found["orders"] = [{**order, **fact} for order, fact in zip(orders, facts, strict=True)]
        return _answer(200, found)

    async def _order(self, request: Request) -> Response:
        """Answer spans and messages of an order with its items in the table."""
        order_id = request.path_params["order_id"]
        status, found = await self._ask(f"/orders/{order_id}", request)
        if "spans" in found:
            found["items"] = await _items(order_id)
        if status != 200:
            raise HTTPException(status)
        return _answer(200, found)

    async def _ask(self, path: str, request: Request) -> tuple[int, dict[str, Any]]:
        fields = {"version": request.query_params.get("version", "")}
        url = f"{self._collector_url}{path}"

        def ask() -> tuple[int, dict[str, Any]]:
            answer = self._pool.request(
                "GET", url, fields=fields, timeout=_TIMEOUT_SECONDS, retries=False
            )
            return answer.status, answer.json()

        return await asyncio.to_thread(ask)


async def _facts(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return state, total and lines of orders; nothing of one that is not stored."""
    keys = [order_key(order["order_id"]) for order in orders]
    try:
        items = {item["PK"]: item for item in await get_table().get_many(keys)}
    except ShopError:  # The table does not answer; what is known is shown.
        items = {}
    return [_fact(items.get(key["PK"])) for key in keys]


def _fact(item: Item | None) -> dict[str, Any]:
    if item is None:
        return {}
    try:
        order = item_to_order(item)
    except UnreadableItemError as failure:
        return {"state": f"unreadable ({failure})"}
    return {
        "state": order.state.name.lower(),
        "total_cents": order.total_cents,
        "lines": len(order.lines),
    }


async def _items(order_id: str) -> list[dict[str, Any]]:
    """Return the stored items of an order, with their sizes; none that is not there."""
    found = []
    for name, key in (("order", order_key(order_id)), ("decision", payment_key(order_id))):
        try:
            item = await get_table().get(key, consistent=True)
        except ShopError:
            continue
        if item is not None:
            size = item_size({part: _stored(value) for part, value in item.items()})
            content = json.loads(masked(json.dumps(item, default=_as_text)))
            found.append({"name": name, "bytes": size, "content": content})
    return found


def _as_text(value: Any) -> Any:
    """Return a value that JSON does not have."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return sorted(value) if isinstance(value, set) else str(value)


def _stored(value: Any) -> dict[str, Any]:
    """Return a value as DynamoDB's own JSON has it."""
    match value:
        case None | bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case bytes():
            return {"B": base64.b64encode(value).decode()}
        case dict():
            return {"M": {name: _stored(part) for name, part in value.items()}}
        case list():
            return {"L": [_stored(part) for part in value]}
        case _:
            return {"N": str(value)}


def _answer(status: int, content: Any) -> Response:
    return JSONResponse(content, status, headers=_HEADERS)
