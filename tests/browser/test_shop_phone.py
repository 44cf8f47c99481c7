"""The storefront on a phone and on paper."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.shopper import BIKE, BOTTLE, Shopper, go_to
from tests.e2e.helpers.running_shop import PASSWORD
from tests.support.sizes import matrix

_OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
_LONG = "Rückenmuskulaturkräftigungstrainingsgerät"


def change_products(page: Page, **changes: Any) -> None:
    """Let the catalog have other facts about the bike."""

    def change(product: dict[str, Any]) -> dict[str, Any]:
        return {**product, **changes} if product["id"] == BIKE else product

    def answer(route: Route) -> None:
        data = route.fetch().json()["data"]
        one = isinstance(data, dict)
        route.fulfill(json={"data": change(data) if one else [change(product) for product in data]})

    page.route(re.compile("/products"), answer)


def test_the_button_to_buy_is_in_reach_and_no_toast_lies_over_it(guest: Shopper) -> None:
    page = guest.page
    page.set_viewport_size({"width": 390, "height": 664})
    guest.open(f"/#/product/{BIKE}")
    add = page.get_by_role("button", name="Add to cart", exact=True)
    expect(add).to_be_in_viewport(ratio=1)

    add.click()

    toast = page.locator("#toast")
    expect(toast).to_contain_text("Fit Bike is in the cart")
    box, button = toast.bounding_box(), add.bounding_box()
    assert box is not None
    assert button is not None
    assert box["y"] + box["height"] <= button["y"]
    page.get_by_role("button", name="Dismiss").click()
    expect(toast).to_be_hidden()


@pytest.mark.parametrize("width", matrix(320, 375))
def test_a_long_word_never_widens_a_page(guest: Shopper, width: int) -> None:
    page = guest.page
    change_products(page, name=_LONG, shortDescription=_LONG, description=_LONG, tags=[_LONG * 4])
    guest.open()
    for address in (f"product/{BIKE}", "cart", ""):
        if address == "cart":
            page.get_by_role("button", name="Add to cart", exact=True).click()
            expect(guest.count).to_have_text("1")
        page.evaluate("address => { location.hash = address; }", f"#/{address}")
        expect(page.locator("main").get_by_text(_LONG).first).to_be_visible()
        for shown in (1440, 1024, width):
            page.set_viewport_size({"width": shown, "height": 700})
            assert (address, shown, page.evaluate(_OVERFLOW)) == (address, shown, 0)
        if address == "cart":
            # Nothing lies over the buttons of a line.
            for button in page.locator(".line-item button:enabled").all():
                button.click(trial=True)


def test_a_name_of_any_direction_leaves_the_sentence_around_it_in_order(guest: Shopper) -> None:
    change_products(guest.page, name="\u0645\u0627\u0621\u202e 500ml")
    guest.open(f"/#/product/{BIKE}")

    guest.page.get_by_role("button", name="Add to cart", exact=True).click()

    isolated = "\u2068\u0645\u0627\u0621 500ml\u2069"
    expect(guest.page.locator("#toast span")).to_have_text(f"{isolated} is in the cart.")
    expect(guest.page).to_have_title(f"{isolated} · ACME Fitness")

    # So is each stretch of words in a sentence of the shop.
    refusal = {"message": "cart: 2 of \u05de\u05d6\u05e8\u05df \u05d9\u05d5\u05d2\u05d4 (3 left)"}
    guest.page.route("**/login", lambda route: route.fulfill(status=400, json=refusal))
    guest.page.evaluate("location.hash = '#/login'")
    guest.page.get_by_label("User name").fill("eric")
    guest.page.get_by_label("Password").fill("secret")
    guest.page.locator("main").get_by_role("button", name="Log in").click()
    words = "\u2068\u05de\u05d6\u05e8\u05df \u05d9\u05d5\u05d2\u05d4\u2069"
    expect(guest.page.locator("form [role=alert]")).to_have_text(f"cart: 2 of {words} (3 left)")


@pytest.mark.parametrize("image", ["", "/static/images/gone_square.svg?missing"])
def test_a_product_without_a_picture_has_a_placeholder(guest: Shopper, image: str) -> None:
    page = guest.page
    page.route("**/gone_square.svg?missing", lambda route: route.abort())
    change_products(page, imageUrl1=image, imageUrl2="", imageUrl3="")
    guest.open()

    card = page.locator(".card", has=page.get_by_role("link", name="Fit Bike"))
    expect(card.locator(".no-picture")).to_be_visible()
    expect(card.locator("img")).to_have_count(0)
    go_to(page, f"product/{BIKE}", "Fit Bike")
    expect(page.get_by_role("img", name="Fit Bike")).to_be_visible()
    expect(page.locator(".stage img")).to_have_count(0)


def test_an_address_needs_no_zip_and_a_person_no_second_name(eric: Shopper) -> None:
    page = eric.page
    change_products(page, name=_LONG)
    eric.to_checkout(BIKE)
    page.set_viewport_size({"width": 320, "height": 568})
    assert page.evaluate(_OVERFLOW) == 0
    assert page.locator(".mini b").evaluate("node => node.getClientRects().length") == 1
    assert page.locator(".mini b").evaluate("node => node.offsetHeight") < 40
    for label, text in [
        ("First name", "Madonna"),
        ("Last name", ""),
        ("Street", "10 Nathan Road"),
        ("Flat", "Flat B, 3rd floor"),
        ("ZIP", ""),
        ("City", "Kowloon"),
        ("State", "HK"),
        ("Country", "Hong Kong"),
    ]:
        page.get_by_label(label).fill(text)
    eric.fill_card()

    eric.pay_button.click()

    expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))
    order = eric.bought()
    assert (order["firstname"], order["lastname"]) == ("Madonna", "")
    assert order["address"] == {
        "street": "10 Nathan Road, Flat B, 3rd floor",
        "city": "Kowloon",
        "zip": "",
        "state": "HK",
        "country": "Hong Kong",
    }
    expect(page.locator("address")).to_have_text(
        re.compile("Madonna.*3rd floor.*Kowloon.*HK.*Hong Kong", re.DOTALL)
    )


def test_names_in_other_scripts_stay_with_their_numbers(eric: Shopper) -> None:
    def rename(route: Route) -> None:
        orders = route.fetch().json()
        for order in orders:
            order["cart"][0]["name"] = "מזרן"
        route.fulfill(json=orders)

    eric.place_order()
    eric.page.route("**/order/*?limit=*", rename)
    eric.open("/#/orders")

    expect(eric.page.locator(".orders bdi").first).to_have_text("מזרן")


def test_who_goes_elsewhere_while_logging_in_stays_there(guest: Shopper) -> None:
    page = guest.page
    guest.open("/#/login")
    page.get_by_label("User name").fill("eric")
    page.get_by_label("Password").fill(PASSWORD)
    held = HeldRequests(page, "**/login", times=1)
    page.get_by_role("button", name="Log in").click()
    held.first  # noqa: B018 - waits for the request
    page.get_by_role("link", name="Orders").click()

    held.release()

    expect(page.locator("#user-name")).to_have_text("eric")
    expect(page).to_have_title(re.compile("Your orders"))


def test_an_order_page_opens_at_its_top(eric: Shopper) -> None:
    page = eric.page
    page.set_viewport_size({"width": 390, "height": 600})
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    entry = page.evaluate("history.state.entryId")

    eric.pay_button.click()

    expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))
    assert page.evaluate("scrollY") == 0
    # WebKit keeps the state over location.replace, and with it the place of the entry before.
    assert page.evaluate("history.state.entryId") != entry


def test_an_order_is_printed_without_the_frame_of_the_page(eric: Shopper) -> None:
    order_id = eric.place_order()
    eric.open(f"/#/order/{order_id}")
    expect(eric.page.locator("address")).to_be_visible()

    eric.page.emulate_media(media="print", color_scheme="dark")

    for frame in (".bar", ".foot", ".skip"):
        expect(eric.page.locator(frame)).to_be_hidden()
    expect(eric.page.locator("address")).to_be_visible()
    # Paper is white by night, too; the home page has no styles of other views.
    for address in (None, "/", "/acme-login"):
        if address:
            eric.page.goto(address, wait_until="commit")
            expect(eric.page.locator("main")).to_be_visible()
        colors = eric.page.evaluate(
            """[getComputedStyle(document.body).backgroundColor,
                getComputedStyle(document.documentElement).colorScheme]"""
        )
        assert colors[0] in {"rgb(255, 255, 255)", "rgb(238, 242, 240)"}, address
        assert colors[1] == "light", address
    eric.page.emulate_media(media="screen", color_scheme="light")
