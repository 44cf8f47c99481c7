"""Every click on a quantity counts, however slow the shop is, and no cart grows beyond an order."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.helpers.chromium import TIMEOUT_MS
from tests.browser.helpers.shopper import BIKE, BOTTLE, MAT, PICTURE, Shopper, lose_request

_LATENCY_MS = 300
_POLL_MS = 50

#: Clicks on whatever has this name at the time, because buttons are drawn anew.
_CLICK_FAST = """async ([name, times]) => {
    for (let click = 0; click < times; click += 1) {
        document.querySelector(`[aria-label="${name}"]`).click();
        await new Promise((resolve) => setTimeout(resolve, 60));
    }
}"""


@contextmanager
def slow_network(page: Page) -> Iterator[None]:
    """Let every answer take a while longer until the end of the block."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    conditions = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    devtools.send("Network.emulateNetworkConditions", {**conditions, "latency": _LATENCY_MS})
    yield
    devtools.send("Network.emulateNetworkConditions", {**conditions, "latency": 0})
    devtools.detach()


def wait_for(page: Page, read: Callable[[], object], expected: object) -> None:
    """Ask until the shop has what is expected."""
    for _ in range(TIMEOUT_MS // _POLL_MS):
        if read() == expected:
            return
        page.wait_for_timeout(_POLL_MS)
    assert read() == expected


def test_five_fast_clicks_on_more_are_five_more(eric: Shopper) -> None:
    page = eric.page
    eric.fill_cart((BOTTLE, 1))
    eric.open("/#/cart")
    expect(page.get_by_role("button", name="One Water Bottle more")).to_be_visible()

    with slow_network(page):
        page.evaluate(_CLICK_FAST, ["One Water Bottle more", 5])
        expect(page.locator(".line-item output")).to_have_text("6")
        wait_for(page, eric.cart, {"Water Bottle": 6})

    expect(page.locator(".line-item output")).to_have_text("6")


def test_more_and_less_send_the_last_wish(eric: Shopper) -> None:
    page = eric.page
    eric.fill_cart((BOTTLE, 3), (MAT, 1))
    eric.open("/#/cart")
    expect(page.get_by_role("button", name="One Water Bottle more")).to_be_visible()

    with slow_network(page):
        page.evaluate(_CLICK_FAST, ["One Water Bottle more", 3])
        page.evaluate(_CLICK_FAST, ["One Water Bottle less", 4])
        page.evaluate(_CLICK_FAST, ["One Yoga Mat more", 2])
        wait_for(page, eric.cart, {"Water Bottle": 2, "Yoga Mat": 3})


@pytest.mark.parametrize(
    ("address", "button", "expected"),
    [("/", "Add Water Bottle to the cart", 6), ("/#/cart", "One Water Bottle more", 6)],
)
def test_clicks_that_wait_are_sent_when_the_page_is_left(
    eric: Shopper, address: str, button: str, expected: int
) -> None:
    page = eric.page
    eric.fill_cart((BOTTLE, 1))
    eric.open(address)
    page.reload(wait_until="commit")
    expect(eric.count).to_have_text("1")
    expect(page.get_by_role("button", name=button)).to_be_visible()

    with slow_network(page):
        page.evaluate(_CLICK_FAST, [button, 5])
        page.goto(PICTURE, wait_until="commit")
        wait_for(page, eric.cart, {"Water Bottle": expected})

    # Nothing counts twice that was on its way already.
    eric.open("/#/cart")
    expect(page.locator(".line-item output")).to_have_text(str(expected))


@pytest.mark.parametrize(
    ("address", "button", "path", "has_arrived"),
    [
        ("/", "Add Water Bottle to the cart", "add", True),
        ("/#/cart", "One Water Bottle more", "modify", False),
    ],
)
def test_clicks_of_a_page_that_died_are_sent_by_the_next_visit(
    eric: Shopper, address: str, button: str, path: str, *, has_arrived: bool
) -> None:
    """A browser without `keepalive` (Firefox before 133) drops what is under way; a crash, too."""
    eric.fill_cart((BOTTLE, 1))
    dying = eric.other_tab()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    dying.page.route(f"**/cart/item/{path}/*", hold)
    dying.open(address)
    expect(dying.count).to_have_text("1")
    expect(dying.page.get_by_role("button", name=button)).to_be_visible()
    with dying.page.expect_request(f"**/cart/item/{path}/*"):
        dying.page.evaluate(_CLICK_FAST, [button, 3])
    if has_arrived:
        held[0].fetch()
    # No event and no answer any more.
    dying.page.evaluate(
        """() => {
            for (const type of ["pagehide", "visibilitychange"])
                addEventListener(type, (event) => event.stopImmediatePropagation(), true);
        }"""
    )
    dying.page.close()

    eric.open("/#/cart")
    expect(eric.heading).to_have_text("Cart")
    eric.page.reload(wait_until="commit")

    expect(eric.page.locator(".line-item output")).to_have_text("4")
    assert eric.cart() == {"Water Bottle": 4}
    left = "Object.keys(localStorage).filter((key) => key.includes('changes'))"
    assert eric.page.evaluate(left) == []


@pytest.mark.parametrize("is_guest", [False, True])
def test_every_click_in_the_catalog_adds_one(
    guest: Shopper, eric_tokens: dict[str, str], *, is_guest: bool
) -> None:
    page = guest.page
    if is_guest:
        guest.open()
    else:
        guest.open_as(eric_tokens)
    expect(page.get_by_role("button", name="Add Water Bottle to the cart")).to_be_visible()

    with slow_network(page):
        page.evaluate(_CLICK_FAST, ["Add Water Bottle to the cart", 4])
        expect(guest.count).to_have_text("4")

    if not is_guest:
        wait_for(page, guest.cart, {"Water Bottle": 4})
    page.reload(wait_until="commit")
    expect(guest.count).to_have_text("4")


def test_a_change_that_fails_says_so_and_puts_the_number_right(eric: Shopper) -> None:
    page = eric.page
    eric.fill_cart((BOTTLE, 2))
    eric.open("/#/cart")
    more = page.get_by_role("button", name="One Water Bottle more")
    expect(more).to_be_visible()
    page.route("**/cart/item/modify/*", lose_request)

    more.click()

    expect(page.locator("#toast")).to_contain_text("Nothing was confirmed")
    expect(page.locator(".line-item output")).to_have_text("2")
    expect(eric.count).to_have_text("2")

    # A later wish that comes true takes the news back.
    page.unroute("**/cart/item/modify/*")
    more.click()

    expect(page.locator("#status")).to_have_text(re.compile("3 . Water Bottle"))
    expect(page.locator("#toast")).to_be_hidden()
    assert eric.cart() == {"Water Bottle": 3}


def test_more_than_an_order_takes_is_refused_with_a_text(eric: Shopper) -> None:
    page = eric.page
    eric.fill_cart((BOTTLE, 98))
    # Not only another address of the page that is open: it may have read the cart already.
    expect(eric.heading).to_be_attached()
    page.reload(wait_until="commit")
    add = page.get_by_role("button", name="Add Water Bottle to the cart")
    expect(eric.count).to_have_text("98")
    add.click()
    expect(page.locator("#toast")).to_contain_text("Water Bottle is in the cart")

    add.click()

    toast = page.locator("#toast")
    expect(toast).to_contain_text(
        "An order takes at most 99 of one article, and 99 are in the cart."
    )
    expect(eric.count).to_have_text("99")
    assert eric.cart() == {"Water Bottle": 99}


def test_a_guests_cart_takes_no_more_articles_than_an_order(guest: Shopper) -> None:
    page = guest.page
    guest.open("/static/favicon.svg")
    page.evaluate(
        """() => localStorage.setItem("acme-shop.basket", JSON.stringify({
            lines: Array.from({ length: 100 }, (_, at) => ({ id: `gone-${at}`, quantity: 1 })),
        }))"""
    )
    guest.open()
    expect(guest.count).to_have_text("100")

    page.get_by_role("button", name="Add Water Bottle to the cart").click()

    toast = page.locator("#toast")
    expect(toast).to_contain_text("An order takes at most 100 different articles.")
    expect(guest.count).to_have_text("100")


def test_a_cart_of_an_earlier_release_can_be_repaired(guest: Shopper) -> None:
    page = guest.page
    guest.open("/static/favicon.svg")
    page.evaluate(
        """(id) => localStorage.setItem("acme-shop.basket", JSON.stringify({
            lines: [{ id, quantity: 198 }],
        }))""",
        BIKE,
    )
    guest.open("/#/cart")
    expect(page.get_by_text("An order takes at most 99 of one article.")).to_be_visible()
    expect(page.get_by_role("link", name="Check out")).to_have_count(0)

    page.get_by_role("button", name="One Fit Bike less").click()

    expect(page.locator(".line-item output")).to_have_text("99")
    expect(page.get_by_role("link", name="Check out")).to_be_visible()
