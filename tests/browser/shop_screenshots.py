"""Pictures of the storefront, page by page, for people to look at."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import COLOR_SCHEMES, PATIENCE_MS

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
        context.set_default_timeout(PATIENCE_MS)
        _Camera(context.new_page(), folder / f"shop-{size}", taken).walk()
        context.close()
    return taken


class _Camera:
    def __init__(self, page: Page, stem: Path, taken: list[Path]) -> None:
        self.page = page
        self.stem = stem
        self.taken = taken

    def walk(self) -> None:
        """Shop for a bike."""
        page = self.page
        page.goto("/")
        expect(page.get_by_role("link", name="Weights")).to_be_visible()
        self.shoot("01-home")
        page.get_by_label("Search products").fill("pedalo")
        self.shoot("02-nothing-found")
        page.get_by_role("button", name="Show everything").click()
        page.get_by_role("link", name="Fit Bike").click()
        page.get_by_role("button", name="Add to cart", exact=True).click()
        expect(page.locator("#toast")).to_be_visible()
        self.shoot("03-product")
        page.locator("#cart-link").click()
        expect(page.get_by_role("link", name="Check out")).to_be_visible()
        self.shoot("04-cart")
        page.get_by_role("link", name="Check out").click()
        page.get_by_role("button", name="eric").click()
        self.shoot("05-login")
        page.get_by_role("button", name="Log in").click()
        self.pay_button.click()
        expect(page.locator("[aria-invalid]").first).to_be_visible()
        self.shoot("06-checkout-complaints")
        for label, text in [("Street", "20 Riding Lane"), ("ZIP", "10201"), ("City", "Frisco")]:
            page.get_by_label(label).fill(text)
        self.pay("Mystery card")
        expect(page.get_by_role("alert").filter(has_text="Declined")).to_be_visible()
        self.shoot("07-declined")
        self.pay("Visa")
        expect(page.get_by_role("heading", name="It is on its way")).to_be_visible()
        self.shoot("08-shipped")
        expect(page.get_by_role("heading", name="Delivered")).to_be_visible()
        self.shoot("09-delivered")
        page.locator("nav").get_by_role("link", name="Orders").click()
        expect(page.locator(".orders li").first).to_be_visible()
        self.shoot("10-orders")
        page.locator("#cart-link").click()
        expect(page.get_by_role("heading", name="Nothing in the cart")).to_be_visible()
        self.shoot("11-empty-cart")
        page.get_by_role("button", name="Log out").click()
        expect(page.locator("#log-in")).to_be_visible()
        page.goto("/#/register")
        expect(page.get_by_role("button", name="Register")).to_be_visible()
        self.shoot("12-register")
        page.route("**/products?*", lambda route: route.abort())
        page.goto("/#/")
        page.reload()
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        self.shoot("13-no-connection")

    @property
    def pay_button(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile(r"^Pay \$"))

    def pay(self, card: str) -> None:
        self.page.get_by_role("button", name=card).click()
        self.pay_button.click()

    def shoot(self, name: str) -> None:
        """Take the page as it is, by day and by night."""
        for scheme in COLOR_SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            path = self.stem.with_name(f"{self.stem.name}-{name}-{scheme}.png")
            self.page.screenshot(path=path, animations="disabled")
            self.taken.append(path)
