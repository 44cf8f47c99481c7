"""Pictures of the storefront, page by page, for people to look at."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.helpers.chromium import COLOR_SCHEMES, TIMEOUT_MS
from tests.browser.helpers.held_requests import HeldRequests
from tests.e2e.helpers.running_shop import ERIC

SIZES = {"phone": (390, 844), "desktop": (1280, 800)}


def take_shop_screenshots(browser: Browser, shop_url: str, folder: Path) -> list[Path]:
    """Walk from the shelves to the door at every size, light and dark; return the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for size, (width, height) in SIZES.items():
        context = browser.new_context(
            base_url=shop_url,
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        context.set_default_timeout(TIMEOUT_MS)
        _Camera(context.new_page(), folder / f"shop-{size}", taken).walk()
        context.close()
    return taken


class _Camera:
    def __init__(self, page: Page, stem: Path, taken: list[Path]) -> None:
        self.page = page
        self.stem = stem
        self.taken = taken

    def walk(self) -> None:
        """Shop for a bike, and run into everything one can run into."""
        self.look_around()
        self.come_in()
        self.buy()
        self.get_lost()

    def look_around(self) -> None:
        page = self.page
        with self.holding("**/products?*"):
            page.goto("/", wait_until="commit")
            expect(page.get_by_text("Slow network")).to_be_visible()
            self.shoot("01-loading")
        expect(page.get_by_role("link", name="Weights")).to_be_visible()
        self.shoot("02-home", full=True)
        page.get_by_label("Search products").fill("run")
        self.shoot("03-found")
        page.get_by_label("Search products").fill("pedalo")
        self.shoot("04-nothing-found")
        page.get_by_role("button", name="Show everything").click()
        page.get_by_role("link", name="Fit Bike").click()
        expect(page.get_by_role("button", name="Add to cart")).to_be_visible()
        self.shoot("05-product", full=True)
        page.locator("#cart-link").click()
        expect(page.get_by_role("heading", name="Nothing in the cart")).to_be_visible()
        self.shoot("06-empty-cart")
        page.goto("/#/")
        for name in ("Fit Bike", "Water Bottle"):
            page.get_by_role("button", name=f"Add {name} to the cart").click()
            expect(page.locator("#toast")).to_contain_text(name)
        self.shoot("07-added")
        page.locator("#cart-link").click()
        expect(page.get_by_role("link", name="Check out")).to_be_visible()
        self.shoot("08-cart")

    def come_in(self) -> None:
        page = self.page
        page.goto("/#/register")
        page.get_by_role("button", name="Register").click()
        expect(page.locator("[aria-invalid]").first).to_be_visible()
        self.shoot("09-register-complaints")
        page.goto("/#/login?next=%23%2Fcheckout")
        page.get_by_label("User name").fill("eric")
        page.get_by_label("Password").fill("guess")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert").filter(has_text="do not train")).to_be_visible()
        self.shoot("10-login-refused")
        page.get_by_role("button", name="eric").click()
        page.get_by_role("button", name="Log in").click()

    def buy(self) -> None:
        page = self.page
        self.pay_button.click()
        expect(page.locator("[aria-invalid]").first).to_be_visible()
        self.shoot("11-checkout-complaints", full=True)
        for label, text in [("Street", "20 Riding Lane"), ("ZIP", "10201"), ("City", "Frisco")]:
            page.get_by_label(label).fill(text)
        self.pay("Unknown")
        expect(page.get_by_role("alert").filter(has_text="Declined")).to_be_visible()
        self.shoot("12-declined")
        page.get_by_role("button", name="Visa").click()
        self.shoot("13-checkout", full=True)
        told: dict[str, str] = {}

        def hold_back(route: Route) -> None:
            order = route.fetch().json()
            route.fulfill(json={**order, **told})

        # The local courier is faster than a camera.
        page.route("**/order/*/*-*-*", hold_back)
        told.update(state="pending", trackingNumber="")
        self.pay_button.click()
        expect(page.get_by_role("heading", name="Order received")).to_be_visible()
        self.shoot("14-pending")
        told.update(state="paid")
        expect(page.get_by_role("heading", name="Nice form")).to_be_visible()
        self.shoot("15-paid")
        told.clear()
        told.update(state="shipped")
        expect(page.locator(".tracking")).to_be_visible()
        self.shoot("16-shipped")
        told.clear()
        expect(page.get_by_role("heading", name="Delivered")).to_be_visible()
        self.shoot("17-delivered", full=True)
        page.evaluate("location.hash += '?earlier'")
        expect(page.get_by_text("what an earlier try has ordered")).to_be_visible()
        self.shoot("17-delivered-earlier")
        page.locator("nav").get_by_role("link", name="Orders").click()
        expect(page.locator(".orders li").first).to_be_visible()
        self.shoot("18-orders")
        page.locator(".orders li").filter(has_text="Declined").first.get_by_role("link").click()
        expect(page.get_by_role("heading", name="was declined")).to_be_visible()
        self.shoot("19-order-declined")
        page.go_back()

    def get_lost(self) -> None:
        page = self.page
        page.route(f"**/order/{ERIC}?*", lambda route: route.fulfill(json=[]))
        page.reload(wait_until="commit")
        expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
        self.shoot("20-no-orders")
        page.goto("/#/product/gone")
        expect(page.get_by_role("heading", name="Not on our shelves")).to_be_visible()
        self.shoot("21-no-such-product")
        page.route("**/products?*", lambda route: route.fulfill(status=503, body=""))
        self.shoot_failure("22-out-of-breath", "out of breath")
        page.route("**/products?*", lambda route: route.abort())
        self.shoot_failure("23-no-connection", "No connection")

    def shoot_failure(self, name: str, heading: str) -> None:
        self.page.goto("/#/")
        self.page.reload(wait_until="commit")
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()
        self.shoot(name)

    @contextmanager
    def holding(self, pattern: str) -> Iterator[None]:
        """Let nothing that fits come through until the end of the block."""
        held = HeldRequests(self.page, pattern)
        yield
        held.release()
        self.page.unroute(pattern)

    @property
    def pay_button(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile(r"^Pay \$"))

    def pay(self, card: str) -> None:
        self.page.get_by_role("button", name=card).click()
        self.pay_button.click()

    def shoot(self, name: str, *, full: bool = False) -> None:
        """Take what is in the window, or the ``full`` page, by day and by night."""
        self.page.mouse.move(0, 0)
        if full:
            self.page.evaluate("scrollTo(0, 0)")
        for scheme in COLOR_SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            path = self.stem.with_name(f"{self.stem.name}-{name}-{scheme}.png")
            self.page.screenshot(path=path, animations="disabled", full_page=full)
            self.taken.append(path)
