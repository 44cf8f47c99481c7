"""The storefront for eyes, fingers, screen readers and thin wires."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from tests.browser.chromium import COLOR_SCHEMES, new_context
from tests.browser.shopper import NOBODYS_CARD, Shopper
from tests.browser.watch import assert_accessible

BIKE = "b274f41d-83dd-4fa1-90d9-2b289e06b1bf"

#: What somebody may have to fetch before they see anything, pictures apart.
MOST_BYTES = 100_000

#: A page that jumps less than this is called stable (web.dev/cls: good is below 0.1).
MOST_SHIFT = 0.02

_SHIFTS = """() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput) window.shift += entry.value;
        }
    }).observe({ type: "layout-shift", buffered: true });
}"""

_SMALL_TARGETS = """() => [...document.querySelectorAll("button, input, a.button, nav a, a.tag")]
    .map((each) => [each.id || each.textContent, each.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.top >= 0 && (box.width < 43.5 || box.height < 43.5))
    .map(([name]) => name)"""


@pytest.mark.parametrize("scheme", COLOR_SCHEMES)
def test_every_page_passes_the_accessibility_check(eric: Shopper, scheme: Any) -> None:
    page = eric.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Fit Bike").click()
    page.get_by_role("button", name="Add to cart", exact=True).click()
    expect(page.locator("#toast")).to_be_visible()
    expect(page.get_by_role("heading", name="Trains well with")).to_be_visible()
    assert_accessible(page)
    page.locator("#cart-link").click()
    expect(page.get_by_role("link", name="Check out")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Check out").click()
    eric.pay_button.click()
    expect(page.locator("[aria-invalid]").first).to_be_visible()
    assert_accessible(page)
    eric.fill_address()
    eric.fill_card(NOBODYS_CARD)
    eric.pay_button.click()
    expect(page.get_by_role("alert").filter(has_text="Declined")).to_be_visible()
    assert_accessible(page)
    eric.fill_card()
    eric.pay_button.click()
    expect(page.get_by_role("heading", name="Delivered")).to_be_visible()
    assert_accessible(page)
    page.locator("nav").get_by_role("link", name="Orders").click()
    expect(page.locator(".orders li").first).to_be_visible()
    assert_accessible(page)
    page.locator(".orders li").filter(has_text="Declined").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="declined")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#log-in")).to_be_visible()
    for address, sign in [
        ("login", "Good to see you move"),
        ("register", "Join"),
        ("cart", "Noth"),
    ]:
        eric.open(f"/#/{address}")
        expect(page.get_by_role("heading", name=sign)).to_be_visible()
        assert_accessible(page)


def test_what_a_finger_has_to_hit_is_large_enough_and_nothing_sticks_out(eric: Shopper) -> None:
    page = eric.page
    eric.fill_cart((BIKE, 1))
    for width in (360, 390, 820, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        for address, sign in [
            ("", "Lift"),
            (f"product/{BIKE}", "Fit Bike"),
            ("cart", "Cart"),
            ("checkout", "Checkout"),
            ("orders", "orders"),
        ]:
            eric.open(f"/#/{address}")
            expect(page.locator("h1:not(.unseen)").filter(has_text=sign)).to_be_visible()
            assert (address, page.evaluate(_SMALL_TARGETS)) == (address, [])
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert (address, width, overflow <= 0) == (address, width, True)


def test_the_first_view_is_light_and_fetches_no_module_late(
    browser: Browser, shop_url: str
) -> None:
    context = new_context(browser, shop_url)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    kinds: dict[str, tuple[str, str]] = {}
    sizes: dict[str, int] = {}
    devtools.on(
        "Network.responseReceived",
        lambda seen: kinds.update({seen["requestId"]: (seen["type"], seen["response"]["url"])}),
    )
    devtools.on(
        "Network.loadingFinished",
        lambda seen: sizes.update({seen["requestId"]: seen["encodedDataLength"]}),
    )

    page.goto("/", wait_until="networkidle")

    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    preloaded = set(
        page.locator("link[rel=modulepreload]").evaluate_all("all => all.map((each) => each.href)")
    )
    context.close()
    fetched = {key: size for key, size in sizes.items() if kinds[key][0] != "Image"}
    scripts = {kinds[key][1] for key in fetched if kinds[key][1].endswith(".js")}
    assert len(fetched) > len(preloaded)
    assert sum(fetched.values()) < MOST_BYTES
    assert scripts - preloaded == {f"{shop_url}/static/shop/app.js"}
    assert preloaded <= scripts


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_while_a_slow_page_fills(guest: Shopper, width: int) -> None:
    page = guest.page
    page.set_viewport_size({"width": width, "height": 844})
    held: list[Route] = []
    page.route("**/products?*", lambda route: held.append(route))  # noqa: PLW0108 - must not be C
    guest.open()
    page.evaluate(_SHIFTS)
    expect(page.locator(".card.skeleton")).to_have_count(8)

    held[0].continue_()

    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shift") < MOST_SHIFT


def test_nobody_asks_for_news_behind_the_scenes(
    context: BrowserContext, eric_tokens: dict[str, str], eric: Shopper
) -> None:
    context.clock.install()
    page = context.new_page()
    asked: list[str] = []

    def still_pending(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json=PENDING)

    page.route("**/order/*/o-1", still_pending)
    shopper = Shopper(page, eric.client, eric.user_id)
    shopper.open()
    shopper.keep_tokens(eric_tokens)
    shopper.open("/#/order/o-1")
    expect(page.get_by_text("Not paid yet")).to_be_visible()
    page.evaluate(
        """() => {
            window.isHidden = true;
            Object.defineProperty(document, "hidden", { get: () => window.isHidden });
        }"""
    )
    page.clock.run_for(10_000)
    page.clock.run_for(60_000)
    before = len(asked)
    page.clock.run_for(120_000)
    assert len(asked) == before

    with page.expect_request("**/order/*/o-1"):
        page.evaluate(
            """() => {
                window.isHidden = false;
                document.dispatchEvent(new Event("visibilitychange"));
            }"""
        )


PENDING = {
    "_id": "o-1",
    "state": "pending",
    "status": "Pending Payment",
    "firstname": "Eric",
    "lastname": "Cartman",
    "address": {"street": "", "city": "", "zip": "", "state": "", "country": ""},
    "card": {"type": "Visa", "number": "************1111", "expMonth": "12", "expYear": "2030"},
    "cart": [{"itemid": BIKE, "name": "Fit Bike", "quantity": 1, "price": 499.99}],
    "total": "499.99",
    "trackingNumber": "",
    "placedAt": "2026-11-23T09:00:00.000000Z",
}
