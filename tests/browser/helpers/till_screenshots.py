"""Pictures of the till in each of its states, for people to look at."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.helpers.chromium import COLOR_SCHEMES, TIMEOUT_MS
from tests.browser.helpers.till import sign_in

#: What tills run on: a phone, a tablet, a desk.
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1280, 800)}


def take_till_screenshots(browser: Browser, shop_url: str, folder: Path) -> list[Path]:
    """Walk through a sale at every size, light and dark; return the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for size, (width, height) in SIZES.items():
        context = browser.new_context(
            base_url=shop_url,
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        context.set_default_timeout(TIMEOUT_MS)
        _Camera(context.new_page(), folder / f"till-{size}", taken).walk()
        context.close()
    return taken


class _Camera:
    def __init__(self, page: Page, stem: Path, taken: list[Path]) -> None:
        self.page = page
        self.stem = stem
        self.taken = taken

    def walk(self) -> None:
        """Go through a working day in a minute."""
        page = self.page
        page.goto("/pos")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        self.shoot("1-door")
        sign_in(page, "staff")
        self.ring_up("Yoga Mat", "Water Bottle", "Basket Ball", "Basket Ball")
        self.shoot("2-shelf")
        self.view("sale")
        self.shoot("3-sale")
        page.locator("#customer").click()
        expect(page.locator(".customer-option").nth(3)).to_be_visible()
        self.shoot("4-customers")
        page.keyboard.press("Escape")
        self.pay("Unknown", "Declined")
        self.shoot("5-declined")
        page.context.set_offline(True)
        self.pay("Mastercard", "Waiting, not paid")
        self.shoot("6-waiting")
        page.context.set_offline(False)
        expect(page.locator("#state")).to_have_text("Paid")
        self.shoot("7-paid")
        page.locator("button[data-view=today]").click()
        expect(page.locator(".order").first).to_contain_text("Receipt")
        self.shoot("8-today")
        page.get_by_role("button", name="Receipt").first.click()
        self.shoot("9-receipt")

    def view(self, name: str) -> None:
        button = self.page.locator(f"button[data-view={name}]")
        if button.is_visible():
            button.click()

    def ring_up(self, *names: str) -> None:
        for name in names:
            self.page.locator("#products").get_by_role("option", name=name).click()

    def pay(self, card: str, outcome: str) -> None:
        if self.page.locator("#to-payment").is_visible():
            self.page.locator("#to-payment").click()
        self.page.get_by_role("button", name=card).click()
        self.page.locator("#charge").click()
        expect(self.page.locator("#state")).to_have_text(outcome)

    def shoot(self, name: str) -> None:
        """Take the page as it is, by day and by night."""
        for scheme in COLOR_SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            path = self.stem.with_name(f"{self.stem.name}-{name}-{scheme}.png")
            self.page.screenshot(path=path, animations="disabled")
            self.taken.append(path)
