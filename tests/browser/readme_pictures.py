"""The two pictures in ``README.md``: a filled shop and a sale at the till.

They lie beside the tests, because nothing from here gets into the image of the functions.
"""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.helpers.chromium import TIMEOUT_MS
from tests.browser.helpers.till import sign_in

PICTURES = Path(__file__).parent / "pictures"
MAX_BYTES = 150_000

_SIZE = (1280, 800)
_QUALITY = 82


def take_readme_pictures(browser: Browser, shop_url: str, folder: Path) -> list[Path]:
    """Take both pictures by day at the width of a desk; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = _SIZE
    context = browser.new_context(
        base_url=shop_url,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        color_scheme="light",
    )
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    shop, till = folder / "shop.jpg", folder / "till.jpg"

    page.goto("/")
    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=shop, type="jpeg", quality=_QUALITY, animations="disabled")

    page.goto("/pos")
    sign_in(page, "staff")
    for name in ("Yoga Mat", "Water Bottle", "Basket Ball", "Basket Ball"):
        page.locator("#products").get_by_role("option", name=name).click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=till, type="jpeg", quality=_QUALITY, animations="disabled")

    context.close()
    return [shop, till]
