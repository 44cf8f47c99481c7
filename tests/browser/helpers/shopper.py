"""A shopper: what they do in the pages, and what the shop has stored of it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from httpx import Client
from playwright.sync_api import BrowserContext, Locator, Page, Request, Route, expect

from tests.browser.helpers.page_monitor import monitored
from tests.browser.helpers.reused_page import ReusedPage

#: Products of the catalog a shop starts with.
BIKE = "b274f41d-83dd-4fa1-90d9-2b289e06b1bf"
BOTTLE = "0b3a1e5a-e520-4f1e-bdf4-5f721f728bfd"
MAT = "533445d-530e-4a76-9398-5d16713b827b"

#: A file of the shop's host in which no script runs.
PICTURE = "/static/favicon.svg"

VISA = "4111111111111111"

#: Its check digit is right, and no brand owns it: the fields take it, the shop does not.
UNKNOWN_CARD = "9999999999999995"


class Shopper:
    """The storefront as a person uses it."""

    def __init__(self, page: Page, client: Client, user_id: str) -> None:
        self.page = page
        self.client = client
        self.user_id = user_id
        self.sent: list[tuple[str | None, dict[str, Any]]] = []
        self._purchases: list[Request] = []
        page.on("request", self._record)

    def leave(self) -> None:
        """Let the page go on without being listened to."""
        self.page.remove_listener("request", self._record)

    def _record(self, request: Request) -> None:
        if "/order/add/" in request.url:
            body = json.loads(request.post_data or "{}")
            self.sent.append((request.headers.get("idempotency-key"), body))
            self._purchases.append(request)

    @property
    def heading(self) -> Locator:
        return self.page.locator("h1")

    @property
    def pay_button(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile(r"^Pay \$"))

    @property
    def asking_again(self) -> Locator:
        return self.page.get_by_role("button", name="No answer yet, asking again")

    @property
    def count(self) -> Locator:
        return self.page.locator("#cart-count")

    def other_tab(self) -> "Shopper":
        """Return the same person in a second tab, with no page in it yet."""
        return Shopper(self.page.context.new_page(), self.client, self.user_id)

    def open(self, address: str = "/") -> None:
        self.page.goto(address, wait_until="commit")

    def open_as(self, tokens: dict[str, str]) -> None:
        """Open the shop with tokens from an earlier visit."""
        # A picture is of this host, too, and no page starts in it.
        picture = self.page.context.pages[0]
        if not picture.url.endswith(PICTURE):
            picture = self.page
            self.open(PICTURE)
        self._write_tokens(tokens, picture)
        self.open()

    def store_tokens(self, tokens: dict[str, str]) -> None:
        """Let the pages find tokens, as after a login; takes a reload."""
        # A page that still starts might find them, too.
        expect(self.heading).to_be_attached()
        self._write_tokens(tokens, self.page)
        self.page.reload(wait_until="commit")

    @staticmethod
    def _write_tokens(tokens: dict[str, str], page: Page) -> None:
        page.evaluate(
            "tokens => localStorage.setItem('acme-shop.session', tokens)", json.dumps(tokens)
        )

    def put(self, *names: str) -> None:
        """Put products into the cart, from the shelves."""
        self.open("/#/")
        for name in names:
            self.page.get_by_role("button", name=f"Add {name} to the cart").click()
            expect(self.page.locator("#toast")).to_contain_text(f"{name} is in the cart")

    def fill_address(self) -> None:
        for label, text in [("Street", "20 Riding Lane"), ("ZIP", "10201"), ("City", "Frisco")]:
            self.page.get_by_label(label).fill(text)

    def fill_card(self, number: str = VISA, code: str = "123") -> None:
        self.page.get_by_label("Card number").fill(number)
        self.page.get_by_label("Good through").fill("12/30")
        self.page.get_by_label("Security code").fill(code)

    def to_checkout(self, item: str | None = None) -> None:
        """Open the checkout, with one of ``item`` in the cart if it is given."""
        if item:
            self.fill_cart((item, 1))
        self.open("/#/checkout")
        expect(self.pay_button).to_be_visible()
        self.fill_address()

    def fill_cart(self, *items: tuple[str, int]) -> None:
        """Let the shop have a cart of ids and quantities, past every page."""
        cart = [{"itemid": item, "quantity": count} for item, count in items]
        self.client.post(f"/cart/modify/{self.user_id}", json={"cart": cart}).raise_for_status()

    def cart(self) -> dict[str, int]:
        """Return the quantities in the shop's cart by name."""
        items = self.client.get(f"/cart/items/{self.user_id}").json()["cart"]
        return {item["name"]: item["quantity"] for item in items}

    def orders(self) -> list[dict[str, Any]]:
        """Return the user's orders as the shop has them, newest first."""
        found: list[dict[str, Any]] = self.client.get(f"/order/{self.user_id}").json()
        return found

    def bought(self, purchase: int = -1) -> dict[str, Any]:
        """Return the order that a purchase in this page made, the last one by default."""
        return read_bought(self.client, self._purchases[purchase])

    def place_order(self) -> str:
        """Let the shop have an order for a bottle, past every page; return its id."""
        body: dict[str, Any] = {
            "card": {"number": VISA, "expMonth": "12", "expYear": "2030", "ccv": "123"},
            "cart": [{"itemid": BOTTLE, "quantity": 1}],
        }
        answer = self.client.post(
            f"/order/add/{self.user_id}", json=body, headers={"Prefer": "respond-async"}
        )
        return str(answer.json()["order_id"])

    def count_new(self, act: Callable[[], None]) -> int:
        """Return how many orders came into the shop while ``act`` ran."""
        before = len(self.orders())
        act()
        return len(self.orders()) - before


def read_bought(client: Client, purchase: Request) -> dict[str, Any]:
    """Return the order that a page's request made, by the id in its answer, with its result.

    Lists of orders are written later than the answer.
    """
    answer = purchase.response()
    assert answer is not None
    path = urlsplit(purchase.url).path.replace("/order/add/", "/order/")
    for _ in range(100):
        order: dict[str, Any] = client.get(f"{path}/{answer.json()['order_id']}").json()
        if order["state"] != "pending":
            return order
        purchase.frame.page.wait_for_timeout(50)
    raise AssertionError("an order without a result")


@contextmanager
def open_shop_page(
    context: BrowserContext,
    shop_url: str,
    client: Client,
    *,
    user_id: str,
    reused: ReusedPage | None = None,
) -> Iterator[Shopper]:
    """Give a shopper an empty page; nothing may go wrong unheard in it."""
    page = reused.take() if reused else context.new_page()
    kept = context.pages
    with monitored(context, shop_url):
        shopper = Shopper(page, client, user_id)
        yield shopper
        context.set_offline(offline=False)
        close_others(context, kept)
        page.unroute_all(behavior="ignoreErrors")
        # A page that is left sends what waits for the cart, which is the next test's.
        page.evaluate(
            """localStorage.clear(); sessionStorage.clear();
            addEventListener("pagehide", (event) => event.stopImmediatePropagation(), true);"""
        )
        shopper.leave()
        if reused:
            reused.give_back(page)
        else:
            page.close()


@contextmanager
def opened_page(context: BrowserContext, shop_url: str) -> Iterator[Page]:
    """Give a test an empty page; nothing may go wrong unheard, and nothing is kept of it.

    The first page of ``context`` is one of the shop, and stays open.
    """
    parked = context.pages[0]
    _forget(parked)
    kept = context.pages
    with monitored(context, shop_url):
        page = context.new_page()
        yield page
        context.set_offline(offline=False)
        page.unroute_all(behavior="ignoreErrors")
        close_others(context, kept)
    _forget(parked)


def _forget(page: Page) -> None:
    """Clear what the shop's pages have kept in the browser, its files apart."""
    page.context.clear_cookies()
    page.evaluate(
        """async () => {
            localStorage.clear();
            for (const name of await caches.keys()) await caches.delete(name);
        }"""
    )


def close_others(context: BrowserContext, kept: list[Page]) -> None:
    """Close the tabs that a test has left open: they would go on asking the shop for news."""
    for page in context.pages:
        if page not in kept:
            page.close()


def go_to(page: Page, address: str, heading: str) -> None:
    """Go to another view of the page that is open, without a reload."""
    page.evaluate("address => { location.hash = address; }", f"#/{address}")
    expect(page.locator("h1").filter(has_text=heading)).to_be_visible()


def lose_answer(route: Route) -> None:
    """Let the shop have a request, and lose what it says."""
    route.fetch()
    route.abort()


def lose_request(route: Route) -> None:
    """Lose a request on its way."""
    route.abort()
