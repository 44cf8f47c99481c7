"""The storefront for everybody: by keyboard, by ear, by day and by night, with any finger."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.helpers.chromium import COLOR_SCHEMES
from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.page_monitor import assert_accessible
from tests.browser.helpers.shopper import BIKE, UNKNOWN_CARD, Shopper, lose_request

#: More than any page has to focus.
MOST_STOPS = 60

_SMALL_TARGETS = """() => [...document.querySelectorAll("button, input, a.button, nav a, a.tag")]
    .map((node) => [node.id || node.textContent, node.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.top >= 0 && (box.width < 43.5 || box.height < 43.5))
    .map(([name]) => name)"""


def check(page: Page, heading: str) -> None:
    """Check what is shown once ``heading`` is there; by night only the colors are new."""
    expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    light, dark = COLOR_SCHEMES
    page.emulate_media(color_scheme=dark, reduced_motion="reduce")
    assert_accessible(page, only_colors=True)
    page.emulate_media(color_scheme=light, reduced_motion="reduce")
    assert_accessible(page)


def test_a_purchase_passes_the_accessibility_check_at_every_step(eric: Shopper) -> None:
    page = eric.page
    check(page, "Weights")
    page.get_by_role("link", name="Fit Bike").click()
    page.get_by_role("button", name="Add to cart", exact=True).click()
    expect(page.locator("#toast")).to_be_visible()
    check(page, "Fit Bike")
    page.locator("#cart-link").click()
    check(page, "Cart")
    page.get_by_role("link", name="Check out").click()
    eric.pay_button.click()
    expect(page.locator("[aria-invalid]").first).to_be_visible()
    check(page, "Checkout")
    eric.fill_address()
    eric.fill_card(UNKNOWN_CARD)
    eric.pay_button.click()
    expect(page.get_by_role("alert").filter(has_text="Declined")).to_be_visible()
    check(page, "Checkout")
    eric.fill_card()
    told = {"state": "pending", "trackingNumber": ""}

    def hold_back(route: Route) -> None:
        order = route.fetch().json()
        route.fulfill(json={**order, **told})

    page.route("**/order/*/*-*-*", hold_back)
    eric.pay_button.click()
    check(page, "Order received")
    told["state"] = "paid"
    check(page, "Nice form")
    told.update(state="shipped", trackingNumber="1Z-BICEPS")
    check(page, "It is on its way")
    # Not unroute: an answer that is just being held back would be given twice.
    told.clear()
    check(page, "Delivered")
    page.locator("nav").get_by_role("link", name="Orders").click()
    check(page, "Your orders")
    page.locator(".orders li").filter(has_text="Declined").first.get_by_role("link").click()
    check(page, "declined")


def test_what_is_empty_missing_or_broken_passes_the_accessibility_check(eric: Shopper) -> None:
    page = eric.page
    page.get_by_label("Search products").fill("pedalo")
    expect(page.get_by_text("Nothing by that name")).to_be_visible()
    check(page, "Lift the cart")
    page.route("**/order/*?*", lambda route: route.fulfill(json=[]))
    for address, heading in [
        ("orders", "No orders yet"),
        ("checkout", "Nothing to pay for"),
        ("cart", "Nothing in the cart"),
        ("product/gone", "Not on our shelves"),
        ("order/gone", "No order by this number"),
        ("nowhere", "Off the track"),
    ]:
        eric.open(f"/#/{address}")
        check(page, heading)
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#log-in")).to_be_visible()
    eric.open("/#/register")
    page.get_by_role("button", name="Register").click()
    check(page, "Join")
    eric.open("/#/login")
    page.get_by_label("User name").fill("eric")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert").filter(has_text="do not train")).to_be_visible()
    check(page, "Good to see you move")
    held = HeldRequests(page, "**/products?*")
    eric.open("/#/")
    page.reload(wait_until="commit")
    expect(page.locator(".card.skeleton")).to_have_count(8)
    check(page, "Lift the cart")
    page.route("**/products?*", lose_request)
    held.first.abort()
    check(page, "No connection")


def press_until(page: Page, key: str, name: str) -> None:
    """Walk with a key until the thing of that name has the focus."""
    named = (
        "name => { const { activeElement: at } = document;"
        "return (at.ariaLabel || at.labels?.[0]?.textContent || at.textContent) === name }"
    )
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        if page.evaluate(named, name):
            return
    pytest.fail(f"{name} is out of reach of {key}")


def test_the_keyboard_alone_buys(eric: Shopper) -> None:
    page, keyboard = eric.page, eric.page.keyboard
    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    keyboard.press("Enter")
    expect(eric.heading).to_be_focused()
    press_until(page, "Tab", "Weights")
    keyboard.press("Enter")
    expect(eric.heading).to_have_text("Weights")
    expect(eric.heading).to_be_focused()
    press_until(page, "Tab", "One Weights more")
    keyboard.press("Space")
    press_until(page, "Tab", "Add to cart")
    keyboard.press("Enter")
    expect(eric.count).to_have_text("2")
    press_until(page, "Shift+Tab", "Cart, 2 items")
    keyboard.press("Enter")
    expect(page.get_by_role("link", name="Check out")).to_be_visible()
    press_until(page, "Tab", "One Weights less")
    keyboard.press("Enter")
    expect(eric.count).to_have_text("1")
    # The button for less is off now, so the walk goes on from the heading.
    press_until(page, "Tab", "Check out")
    keyboard.press("Enter")
    expect(eric.pay_button).to_be_visible()
    for label, text in [
        ("Street and number", "20 Riding Lane"),
        ("ZIP", "10201"),
        ("City", "Frisco"),
        ("Card number", "4111111111111111"),
        ("Good through", "1230"),
        ("Security code", "123"),
    ]:
        press_until(page, "Tab", label)
        keyboard.type(text)

    keyboard.press("Enter")

    expect(page.locator(".journey")).to_be_visible()
    expect(eric.heading).to_be_focused()
    assert eric.bought()["total"] == "49.99"


def test_what_a_finger_has_to_hit_is_large_enough_and_nothing_sticks_out(eric: Shopper) -> None:
    page = eric.page
    eric.fill_cart((BIKE, 1))
    for width in (360, 390, 820, 1440):
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
