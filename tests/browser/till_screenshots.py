"""Pictures of the till in each of its states, for people to look at."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

#: What tills run on: tablets either way up, a phone, a desk.
SIZES = {
    "tablet": (1024, 768),
    "tablet-upright": (820, 1180),
    "phone": (390, 844),
    "desktop": (1280, 800),
}


def take_till_screenshots(browser: Browser, shop_url: str, folder: Path) -> list[Path]:
    """Walk through a sale at every size, light and dark; return the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for size, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                base_url=shop_url,
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            camera = _Camera(context.new_page(), folder / f"till-{size}-{scheme}", taken)
            camera.walk()
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
        self.shoot("door")
        page.get_by_label("Name").fill("staff")
        page.get_by_label("Password").fill("vmware1!")
        page.get_by_role("button", name="Sign in").click()
        self.ring_up("Yoga Mat", "Water Bottle", "Basket Ball", "Basket Ball")
        self.shoot("shelf")
        self.view("desk")
        self.shoot("sale")
        self.pay("Old Visa", "Declined")
        self.shoot("declined")
        page.context.set_offline(True)
        self.pay("Mastercard", "Waiting, not paid")
        self.shoot("waiting")
        page.context.set_offline(False)
        expect(page.locator("#state")).to_have_text("Paid")
        self.shoot("paid")
        page.locator("button[data-view=today]").click()
        expect(page.locator(".order").first).to_be_visible()
        self.shoot("today")

    def view(self, name: str) -> None:
        button = self.page.locator(f"button[data-view={name}]")
        if button.is_visible():
            button.click()

    def ring_up(self, *names: str) -> None:
        for name in names:
            self.page.locator("#products").get_by_role("button", name=name).click()

    def pay(self, card: str, outcome: str) -> None:
        if self.page.locator("#to-payment").is_visible():
            self.page.locator("#to-payment").click()
        self.page.get_by_role("button", name=card).click()
        self.page.locator("#charge").click()
        expect(self.page.locator("#state")).to_have_text(outcome)

    def shoot(self, name: str) -> None:
        path = self.stem.with_name(f"{self.stem.name}-{name}.png")
        self.page.wait_for_timeout(250)
        self.page.screenshot(path=path)
        self.taken.append(path)
