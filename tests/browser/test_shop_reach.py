"""The storefront for who reads large letters, hears, or goes back."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.helpers.font_size import double_font_size
from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.shopper import (
    BIKE,
    BOTTLE,
    MAT,
    VISA,
    Shopper,
    go_to,
    lose_answer,
    lose_request,
)
from tests.support.sizes import matrix

ROUTES = {
    "": ("Shop", "Lift the cart"),
    f"product/{BIKE}": ("Fit Bike", "Fit Bike"),
    "cart": ("Cart", "Cart"),
    "checkout": ("Checkout", "Checkout"),
    "orders": ("Your orders", "Your orders"),
}

_OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def test_every_page_has_a_title_of_its_own_and_hands_the_focus_to_its_heading(
    eric: Shopper,
) -> None:
    page = eric.page
    eric.place_order()
    eric.fill_cart((BIKE, 1))
    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")

    for address, (title, heading) in [*ROUTES.items(), ("nowhere", ("Not found", "Off the track"))]:
        if address:
            go_to(page, address, heading)
            expect(eric.heading).to_be_focused()
        expect(page).to_have_title(f"{title} · ACME Fitness")
        expect(page.locator("h1")).to_have_count(1)
        expect(page.locator("main")).to_have_count(1)


@pytest.mark.parametrize("width", matrix(390, 820, 1280))
def test_letters_of_twice_the_size_push_nothing_off_the_page(eric: Shopper, width: int) -> None:
    page = eric.page
    eric.place_order()
    eric.fill_cart((BIKE, 1))
    page.set_viewport_size({"width": width, "height": 844})
    with double_font_size(page):
        page.reload(wait_until="commit")
        for address, (_, heading) in ROUTES.items():
            go_to(page, address, heading)
            if address == "checkout":
                # They come with what the shop says of itself.
                expect(page.get_by_role("group", name="Test cards")).to_be_visible()
            # Once what is still loaded is in its place.
            page.wait_for_function(f"() => {_OVERFLOW} === 0")


def test_the_bar_hides_nothing_that_has_the_focus(eric: Shopper) -> None:
    page = eric.page
    page.set_viewport_size({"width": 390, "height": 600})
    expect(page.get_by_role("link", name="Weights")).to_be_visible()
    page.get_by_role("link", name="Builders: the API").focus()
    seen: set[str] = set()
    for _ in range(16):
        page.keyboard.press("Shift+Tab")
        at = page.evaluate(
            """() => {
                const { activeElement: at } = document;
                const bar = document.querySelector(".bar").getBoundingClientRect().bottom;
                const { top, bottom } = at.getBoundingClientRect();
                const isSeen = top >= bar && bottom <= innerHeight;
                return { name: at.ariaLabel || at.textContent, isSeen };
            }"""
        )
        assert at["isSeen"], at
        seen.add(at["name"])
    assert {"Weights", "Add Weights to the cart"} <= seen


def test_nothing_moves_where_nothing_shall_move(guest: Shopper) -> None:
    page = guest.page
    running = "document.getAnimations().length"
    page.route("**/products?*", lambda route: None)
    page.emulate_media(reduced_motion="no-preference")
    guest.open()
    expect(page.locator(".card.skeleton")).to_have_count(8)
    assert page.evaluate(running) > 0

    page.emulate_media(reduced_motion="reduce")

    assert page.evaluate(running) == 0


def test_a_reload_of_a_half_filled_checkout_keeps_the_cart_and_not_the_card(
    eric: Shopper,
) -> None:
    eric.to_checkout(MAT)
    eric.fill_card()

    def act() -> None:
        eric.page.reload(wait_until="commit")
        expect(eric.pay_button).to_have_text("Pay $62.50")

    assert eric.count_new(act) == 0
    expect(eric.page.get_by_label("Card number")).to_have_value("")
    assert VISA not in eric.page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    )
    assert eric.cart() == {"Yoga Mat": 1}


def test_who_goes_back_while_the_bank_thinks_still_gets_to_the_order(eric: Shopper) -> None:
    eric.fill_cart((BOTTLE, 1))
    eric.open("/#/cart")
    eric.page.get_by_role("link", name="Check out").click()
    expect(eric.pay_button).to_be_visible()
    eric.fill_address()
    eric.fill_card()
    held = HeldRequests(eric.page, "**/order/add/*")

    def act() -> None:
        eric.pay_button.click()
        expect(eric.page.get_by_text("Asking the bank")).to_be_visible()
        eric.page.go_back()
        expect(eric.page.get_by_role("link", name="Check out")).to_be_visible()
        held.first.continue_()
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert eric.count_new(act) == 1
    assert eric.cart() == {}


def test_a_cart_that_has_changed_is_shown_before_the_card_is_charged(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.fill_cart((BOTTLE, 1), (MAT, 1))

    eric.pay_button.click()

    alert = eric.page.get_by_role("alert").filter(has_text="The cart has changed")
    expect(alert).to_contain_text("Nothing was charged")
    expect(eric.pay_button).to_have_text("Pay $97.49")
    assert eric.sent == []


def test_a_try_without_any_answer_is_not_called_undone(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route("**/order/add/*", lose_answer)

    def act() -> None:
        eric.pay_button.click()
        alert = eric.page.get_by_role("alert").filter(has_text="not known yet")
        expect(alert).to_contain_text("keeps only one")
        eric.page.unroute("**/order/add/*")
        eric.pay_button.click()
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert eric.count_new(act) == 1
    assert len({key for key, _ in eric.sent}) == 1


def test_a_shop_out_of_breath_at_the_checkout_is_asked_again_and_charges_once(
    eric: Shopper,
) -> None:
    def busy(route: Route) -> None:
        body = {"message": "full", "status": 503}
        route.fulfill(status=503, json=body, headers={"Retry-After": "1"})

    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route("**/order/add/*", busy, times=1)

    def act() -> None:
        eric.pay_button.click()
        expect(eric.asking_again).to_be_visible()
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert eric.count_new(act) == 1
    first, *again = eric.sent
    assert again
    assert all(repeat == first for repeat in again)


def test_a_shop_that_asks_for_patience_is_quoted_and_not_hammered(eric: Shopper) -> None:
    def wait(route: Route) -> None:
        body = {"message": "Too many attempts", "status": 429}
        route.fulfill(status=429, json=body, headers={"Retry-After": "120"})

    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route("**/order/add/*", wait, times=1)

    def act() -> None:
        eric.pay_button.click()
        alert = eric.page.get_by_role("alert").filter(has_text="Try again in 2 minutes")
        expect(alert).to_contain_text("Nothing was charged")
        assert len(eric.sent) == 1
        eric.pay_button.click()
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert eric.count_new(act) == 1


def test_an_order_page_without_news_says_so_until_there_are_some(eric: Shopper) -> None:
    order_id = eric.place_order()
    pattern = f"**/order/*/{order_id}"

    def still_pending(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "state": "pending"})

    eric.page.route(pattern, still_pending)
    eric.open(f"/#/order/{order_id}")
    expect(eric.heading).to_have_text("Order received")
    eric.page.route(pattern, lose_request)
    note = eric.page.get_by_text("No news right now")
    expect(note).to_be_visible()

    eric.page.unroute(pattern)

    expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))
    expect(note).to_be_hidden()


def test_a_declined_order_has_a_journey_that_ends_there(eric: Shopper) -> None:
    def decline(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "state": "declined"})

    eric.page.route("**/order/*/*-*-*", decline)
    eric.open(f"/#/order/{eric.place_order()}")

    expect(eric.page.locator(".journey b")).to_have_text(["Ordered", "Declined"])
    expect(eric.page.locator(".journey [aria-current=step]")).to_contain_text("Declined")
    eric.fill_cart((MAT, 2))
    eric.page.get_by_role("button", name="Put it all back in the cart").click()
    expect(eric.page.locator(".line-item")).to_have_count(2)
    assert eric.cart() == {"Yoga Mat": 2, "Water Bottle": 1}
