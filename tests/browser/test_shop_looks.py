"""The storefront on thin wires and slow days, and how live an order is."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from tests.browser.helpers.chromium import new_context
from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.page_measures import MAX_SHIFT, RECORD_SHIFTS, shift_of, transferred
from tests.browser.helpers.page_monitor import monitored
from tests.browser.helpers.shopper import BIKE, MAT, Shopper
from tests.support.sizes import matrix

#: What a shopper may have to fetch before they see anything, pictures apart: headers and all,
#: as the local server sends it.
MAX_BYTES = 60_000

#: Bytes a second of a phone at the edge of a village.
THIN_WIRE = 100_000

#: What a screen reader is told.
ORDER_NEWS = {"paid": "Paid.", "shipped": "On its way.", "delivered": "Delivered."}


def test_the_first_view_is_light_and_fetches_no_module_late(
    browser: Browser, shop_url: str
) -> None:
    context = new_context(browser, shop_url)
    page = context.new_page()

    with transferred(page) as sizes:
        page.goto("/", wait_until="networkidle")
        expect(page.get_by_role("link", name="Weights")).to_be_visible()

    preloaded = set(
        page.locator("link[rel=modulepreload]").evaluate_all("all => all.map((link) => link.href)")
    )
    context.close()
    scripts = {address for address in sizes if address.endswith(".js")}
    assert sum(sizes.values()) < MAX_BYTES
    assert scripts - preloaded == {f"{shop_url}/static/shop/app.js"}
    assert preloaded <= scripts
    styles = {address for address in sizes if address.endswith(".css")}
    assert styles == {f"{shop_url}/static/shop/shop.css"}
    assert {address for address in sizes if "/products" in address}


@pytest.mark.parametrize("width", matrix(390, 1280))
def test_nothing_jumps_while_a_slow_page_fills(eric: Shopper, width: int) -> None:
    page = eric.page
    page.set_viewport_size({"width": width, "height": 844})
    order_id = eric.place_order()
    eric.fill_cart((BIKE, 1), (MAT, 2))
    held: list[Route] = []
    is_slow = True

    def hold(route: Route) -> None:
        if is_slow and route.request.resource_type == "fetch":
            held.append(route)
        else:
            route.continue_()

    page.route("**/*", hold)
    for address, sign in [
        ("", ".card h2"),
        (f"product/{BIKE}", ".facts .price"),
        ("cart", ".sum .button"),
        ("checkout", "#field-cc-number"),
        (f"order/{order_id}", ".journey"),
        ("orders", ".orders li"),
    ]:
        is_slow = True
        eric.open(f"/#/{address}")
        page.reload(wait_until="commit")
        expect(page.locator(".skeleton").first).to_be_attached()
        page.evaluate(RECORD_SHIFTS)

        is_slow = False
        while held:
            held.pop().continue_()

        expect(page.locator(sign).first).to_be_visible()
        shift = shift_of(page)
        assert (address, shift < MAX_SHIFT) == (address, True), shift


#: Keeps how many placeholders there were at most: a test cannot look often enough.
COUNT_SKELETONS = """
    window.mostSkeletons = 0;
    new MutationObserver(() => {
        const now = document.querySelectorAll(".card.skeleton").length;
        window.mostSkeletons = Math.max(window.mostSkeletons, now);
    }).observe(document, { childList: true, subtree: true });
"""


def test_a_thin_wire_is_enough(browser: Browser, shop_url: str) -> None:
    context = new_context(browser, shop_url)
    with monitored(context, shop_url):
        page = context.new_page()
        page.add_init_script(COUNT_SKELETONS)
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": 300,
                "downloadThroughput": THIN_WIRE,
                "uploadThroughput": THIN_WIRE,
            },
        )
        page.goto("/", wait_until="commit")
        expect(page.get_by_role("link", name="Weights")).to_be_visible()
        assert page.evaluate("window.mostSkeletons") == 8
        page.get_by_role("button", name="Add Weights to the cart").click()
        expect(page.locator("#cart-count")).to_have_text("1")
        page.locator("#cart-link").click()
        expect(page.locator(".sum .total")).to_contain_text("$49.99")
        page.close()
    context.close()


def test_who_waits_long_is_told_that_it_goes_on(context: BrowserContext) -> None:
    context.clock.install()
    page = context.new_page()
    held = HeldRequests(page, "**/products?*")
    page.goto("/", wait_until="commit")
    expect(page.locator(".card.skeleton")).to_have_count(8)
    slow = page.get_by_text("Slow network")
    expect(slow).to_have_count(0)

    page.clock.run_for(5000)

    expect(slow).to_be_visible()
    held.first.continue_()
    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    expect(slow).to_have_count(0)


def test_who_types_before_the_shelves_are_there_finds_it_when_they_are(guest: Shopper) -> None:
    held = HeldRequests(guest.page, "**/products?*")
    guest.open()
    guest.page.get_by_label("Search products").fill("bottl")
    expect(guest.page.locator(".card.skeleton")).to_have_count(8)

    held.first.continue_()

    expect(guest.page.locator(".card h2")).to_have_text(["Water Bottle"])


def test_a_part_of_the_pages_that_comes_late_or_not_is_announced(
    eric: Shopper,
) -> None:
    page = eric.page
    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    held = HeldRequests(page, "**/orders.js")
    page.locator("nav").get_by_role("link", name="Orders").click()
    expect(page.locator(".skeleton")).to_be_visible()
    expect(page).to_have_title("Your orders · ACME Fitness")

    held.first.abort()

    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    page.unroute("**/orders.js")
    page.get_by_role("button", name="Try again").click()
    expect(
        page.get_by_role("heading", name=re.compile("Your orders|No orders yet")).last
    ).to_be_visible()


def test_an_order_page_tells_the_journey_as_it_happens(
    context: BrowserContext, eric_tokens: dict[str, str], eric: Shopper
) -> None:
    context.clock.install()
    page = context.new_page()
    told = dict(PENDING)
    page.route("**/order/*/o-1", lambda route: route.fulfill(json=told))
    shopper = Shopper(page, eric.client, eric.user_id)
    shopper.open()
    shopper.store_tokens(eric_tokens)
    shopper.open("/#/order/o-1")
    here = page.locator(".journey [aria-current=step]")
    expect(here).to_contain_text("Ordered")
    page.evaluate("window.isSamePage = true")

    for state, station, words in [
        ("paid", "Paid", "Nice form"),
        ("shipped", "Shipped", "It is on its way"),
        ("delivered", "Delivered", "Delivered"),
    ]:
        told["state"] = state
        told["trackingNumber"] = "" if state == "paid" else "1Z-BICEPS"
        page.clock.run_for(9000)
        expect(shopper.heading).to_contain_text(words)
        expect(here).to_contain_text(station)
        expect(page.locator("#status")).to_contain_text(ORDER_NEWS[state])
        expect(page.locator(".tracking")).to_have_count(0 if state == "paid" else 1)

    expect(page.locator(".tracking")).to_contain_text("1Z-BICEPS")
    assert page.evaluate("window.isSamePage") is True


def test_a_hidden_page_does_not_ask_for_news(
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
    shopper.store_tokens(eric_tokens)
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


PENDING: dict[str, Any] = {
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
