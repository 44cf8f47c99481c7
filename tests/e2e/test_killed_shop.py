"""A whole shop that is killed while customers order, and one whose disk is full."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from uuid import uuid4

from httpx import Client, HTTPError

from app.domain.order import DELIVERED_TEXT
from tests.infra.local.helpers.full_disk import small_disk
from tests.infra.local.helpers.shop_process import ShopProcess, end, eventually

ORDERS_PER_SECOND = 12
ORDERS = 30

_ORDER = {
    "card": {"number": "4111111111111111", "expMonth": "12", "expYear": "2099", "ccv": "123"},
    "cart": [{"itemid": "x", "name": "Mat", "price": 10, "quantity": 1}],
    "total": "10",
}


def started(folder: Path, data: Path) -> ShopProcess:
    (folder / "project").mkdir(exist_ok=True)
    return ShopProcess(
        folder / "project",
        data,
        AUTH_MODE="0",
        SHOP_DELIVERY_SECONDS="0-1",
        SHOP_PAYMENT_WAIT_SECONDS="0",
    ).until_ready()


def kill_everything(shop: ShopProcess) -> None:
    """End all processes of a shop at once, with ``kill -9``."""
    for pid in (shop.shop_pid, *shop.children().values()):
        os.kill(pid, signal.SIGKILL)
    shop.until_gone(30)


class Customer:
    """Orders and fills carts, and remembers what was acknowledged; asks nothing twice."""

    def __init__(self, url: str) -> None:
        self._http = Client(base_url=url, timeout=30)
        self.orders: dict[str, str] = {}
        #: The quantities a cart may hold: the last acknowledged one, or the one under way.
        self.carts: dict[str, set[int]] = {}

    def close(self) -> None:
        self._http.close()

    def order(self) -> None:
        user = uuid4().hex
        answer = self._http.post(f"/order/add/{user}", json=_ORDER)
        if answer.status_code == 200:
            self.orders[answer.json()["order_id"]] = user

    def fill_cart(self) -> None:
        user = uuid4().hex
        item = {"itemid": "a", "name": "Mat", "price": 1, "quantity": 1}
        for quantity in (1, 2):
            allowed = self.carts.setdefault(user, {0})
            allowed.add(quantity)
            answer = self._http.post(f"/cart/item/add/{user}", json=item)
            if answer.status_code == 200:
                self.carts[user] = {quantity}

    def check(self, url: str) -> None:
        """See that everything acknowledged is there."""
        with Client(base_url=url, timeout=30) as http:
            for order_id, user in self.orders.items():
                assert [order["_id"] for order in http.get(f"/order/{user}").json()] == [order_id]
            for user, allowed in self.carts.items():
                lines = http.get(f"/cart/items/{user}").json().get("cart") or []
                assert sum(line["quantity"] for line in lines) in allowed

    def until_delivered(self, url: str) -> None:
        """Wait until every acknowledged order has arrived."""
        with Client(base_url=url, timeout=30) as http:

            def is_delivered(user: str) -> bool:
                statuses = {order["status"] for order in http.get(f"/order/{user}").json()}
                return statuses == {DELIVERED_TEXT}

            for user in self.orders.values():
                eventually(partial(is_delivered, user), 120)


def swallow(call: Callable[[], None]) -> None:
    """Make a call that a kill may cut off."""
    try:
        call()
    except HTTPError:
        return


def test_a_shop_that_is_killed_under_load_loses_no_acknowledged_order_and_no_edit(
    tmp_path: Path,
) -> None:
    shop = started(tmp_path, tmp_path / "data")
    customer = Customer(shop.url)
    try:
        with ThreadPoolExecutor(16) as threads:
            while len(customer.orders) < ORDERS:
                threads.submit(swallow, customer.order)
                threads.submit(swallow, customer.fill_cart)
                time.sleep(1 / ORDERS_PER_SECOND)
            kill_everything(shop)
        shop = started(tmp_path, tmp_path / "data")
        customer.check(shop.url)

        # Nor is an order forgotten half-way: what was on the queues still is.
        customer.until_delivered(shop.url)
    finally:
        customer.close()
        end(shop)


def test_a_shop_on_a_full_disk_says_so_refuses_orders_and_heals(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        shop = started(tmp_path, disk.path)
        customer = Customer(shop.url)
        try:
            customer.order()
            disk.fill()
            with Client(base_url=shop.url, timeout=30) as http:

                def place() -> int:
                    answer = http.post(f"/order/add/{uuid4().hex}", json=_ORDER)
                    if answer.status_code == 200:
                        customer.orders[answer.json()["order_id"]] = answer.request.url.path[11:]
                    return answer.status_code

                eventually(lambda: place() == 503)
                readiness = http.get("/readyz").status_code
                browsing = http.get("/products").status_code
                disk.free()
                eventually(lambda: http.get("/readyz").status_code == 200)
                eventually(lambda: place() == 200)
            kill_everything(shop)
            said = shop.errors
            disk.fill()
            shop = started(tmp_path, disk.path)
            with Client(base_url=shop.url, timeout=30) as http:
                still = http.get("/readyz").status_code, http.get("/products").status_code
                refused = http.post(f"/order/add/{uuid4().hex}", json=_ORDER).status_code
                customer.check(shop.url)
                disk.free()
                eventually(lambda: http.get("/readyz").status_code == 200)
                eventually((shop.data / "shop.json").exists)
                accepted = http.post(f"/order/add/{uuid4().hex}", json=_ORDER).status_code
        finally:
            customer.close()
            end(shop)

    assert (readiness, browsing) == (503, 200)
    assert (still, refused, accepted) == ((503, 200), 503, 200)
    assert "cannot be saved: No space left on device. Writes are refused until it can." in said
    assert "The data can be saved again; writes are accepted." in said
