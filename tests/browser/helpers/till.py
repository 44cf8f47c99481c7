"""A till as a person uses it, for the tests of the till."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from httpx import Client
from playwright.sync_api import BrowserContext, CDPSession, Page, Request, Route, expect

from tests.browser.helpers.page_monitor import monitored
from tests.browser.helpers.reused_page import ReusedPage
from tests.browser.helpers.shopper import close_others, read_bought
from tests.e2e.helpers.running_shop import PASSWORD
from tests.support.sizes import SIZES

BIKE = "b274f41d-83dd-4fa1-90d9-2b289e06b1bf"


class Till:
    """A till as a person uses it, and the shop's own view of what it did."""

    def __init__(self, page: Page, shop: Client) -> None:
        self.page = page
        self.shop = shop
        self.sent: list[tuple[str | None, str]] = []
        self._charges: list[Request] = []
        page.on("request", self._note)

    def leave(self) -> None:
        """Let the page go on without being listened to."""
        self.page.remove_listener("request", self._note)

    def _note(self, request: Request) -> None:
        if "/order/add/" in request.url:
            self.sent.append((request.headers.get("idempotency-key"), request.post_data or ""))
            self._charges.append(request)

    @cached_property
    def _devtools(self) -> CDPSession:
        return self.page.context.new_cdp_session(self.page)

    def ring_up(self, *names: str) -> None:
        for name in names:
            self.page.locator("#products").get_by_role("option", name=name).click()

    def scan(
        self,
        code: str,
        *,
        gap_ms: float = 5,
        end: Sequence[str] = ("Enter",),
        layout: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """Type as a scanner does, into whatever has the focus, and end with its terminators.

        The keys are real ones. Their times are written on them, so that a busy machine
        cannot make a slow typist of the scanner, nor a scanner of a typist. ``layout`` maps a
        character of the code to the key and the physical key that arrive instead.

        In small only the terminators come up again, which is what may press a button: no
        script of the till listens for any other key's release, and each costs as much as a press.
        """
        devtools = self._devtools
        now = time.time()
        for character in [*code, *end]:
            now += gap_ms / 1000
            key, physical = (layout or {}).get(character, (character, ""))
            text = {"Enter": "\r", "Tab": ""}.get(key, key)
            number = {"Enter": 13, "Tab": 9}.get(key, 0)
            common = {"key": key, "timestamp": now, "windowsVirtualKeyCode": number}
            pressed = {**common, "code": physical, "type": "keyDown"}
            devtools.send("Input.dispatchKeyEvent", {**pressed, "text": text} if text else pressed)
            if SIZES.is_full or character in end:
                devtools.send("Input.dispatchKeyEvent", {**common, "type": "keyUp"})

    def lines(self) -> list[str]:
        """Return each line as name, quantity and amount."""
        return [
            " ".join(
                [
                    line.locator(".line-name b").inner_text(),
                    line.locator("input").input_value(),
                    line.locator(".line-total").inner_text(),
                ]
            )
            for line in self.page.locator("#lines li").all()
        ]

    def charge(self, card: str = "Mastercard") -> None:
        if self.page.locator("#to-payment").is_visible():
            self.page.get_by_role("button", name="Take payment").click()
        self.page.get_by_role("group", name="Test cards").get_by_role("button", name=card).click()
        self.page.locator("#charge").click()

    def expect_state(self, words: str) -> None:
        expect(self.page.locator("#state")).to_have_text(words)

    def wait_out_haste(self) -> None:
        """Be as slow as a person: the till ignores haste, see sale-view.js."""
        self.page.wait_for_timeout(750)

    def next_customer(self) -> None:
        self.wait_out_haste()
        self.page.keyboard.press("F9")
        expect(self.page.get_by_text("No articles yet")).to_be_visible()

    def orders(self, userid: str = "all") -> list[dict[str, Any]]:
        """Return the in-store orders the shop has, newest first."""
        found = self.shop.get(f"/order/{userid}?limit=1000").json()
        return [order for order in found if order["delivery"] == "instore"]

    def bought(self) -> dict[str, Any]:
        """Return the order that the last charge in this page made."""
        return read_bought(self.shop, self._charges[-1])

    def wait_for_results(self) -> None:
        """The shop tells the till first, and writes it into the order a moment later."""
        for _ in range(100):
            if all(order["state"] != "pending" for order in self.orders()):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("an order without a result")

    def count_new(self, act: Callable[[], None]) -> list[str]:
        """Return the states of the orders that came into the shop while ``act`` ran."""
        before = {order["_id"] for order in self.orders()}
        act()
        return [order["state"] for order in self.orders() if order["_id"] not in before]


def sign_in(page: Page, username: str) -> None:
    page.locator("#username").fill(username)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def new_till_page(context: BrowserContext, tokens: dict[str, str], *, keeps_catalog: bool) -> Page:
    """Return a page in which a member of staff is signed in to the till."""
    page = context.new_page()
    # A reload with an unsent sale asks; the tests mean it.
    page.on("dialog", lambda dialog: dialog.accept())
    stored = json.dumps(tokens)
    keep_nothing = "caches.open = async () => { throw new Error('kept nowhere'); };"
    page.add_init_script(
        f"""if (location.protocol !== "about:") {{
            sessionStorage.setItem("acme-till.staff", '{stored}');
            {"" if keeps_catalog else keep_nothing}
        }}"""
    )
    return page


@contextmanager
def open_till(
    context: BrowserContext,
    client: Client,
    tokens: dict[str, str],
    *,
    reused: ReusedPage | None = None,
) -> Iterator[Till]:
    """Open a till that a member of staff has signed in to; nothing may go wrong unheard.

    One in a page that is ``reused`` keeps no catalog: it shows what the shop answers after a
    reload, and nothing before.
    """
    page = reused.take() if reused else new_till_page(context, tokens, keeps_catalog=True)
    kept = context.pages
    with monitored(context, str(client.base_url)):
        page.goto("/pos", wait_until="commit")
        expect(page.locator("#products").get_by_role("option", name="Weights")).to_be_visible()
        till = Till(page, client)
        yield till
        context.set_offline(offline=False)
        close_others(context, kept)
        # A sale that still waits must not be stored again.
        page.evaluate(
            "localStorage.clear(); sessionStorage.clear(); Storage.prototype.setItem = () => {}"
        )
        till.leave()
        if reused:
            reused.give_back(page)
        else:
            page.close()


def fill_browser(page: Page) -> None:
    """Leave no room for another letter in what the page may keep."""
    page.evaluate(
        """() => {
            // What is large is written once: a name that is changed is written whole.
            for (let size = 2 ** 23; size >= 1024; size /= 2) {
                try {
                    localStorage.setItem(`ballast-${size}`, "x".repeat(size));
                } catch {}
            }
            let ballast = "";
            for (let size = 1024; size >= 1; size /= 2) {
                try {
                    localStorage.setItem("ballast", ballast + "x".repeat(size));
                    ballast += "x".repeat(size);
                } catch {}
            }
        }"""
    )


def lose_answer(route: Route) -> None:
    """Let the shop have a request, and lose what it says."""
    route.fetch()
    route.abort()


def lose_request(route: Route) -> None:
    route.abort()
