"""What makes the next purchase easier: sorting, companions, the address, the steps of an order."""

import re
from datetime import datetime

from playwright.sync_api import Route, expect

from tests.browser.helpers.shopper import BIKE, BOTTLE, Shopper, go_to


def test_the_shelves_can_be_sorted_and_keep_their_order(guest: Shopper) -> None:
    page = guest.page
    guest.open()
    prices = page.locator(".card .price")
    names = page.locator(".card h2")
    expect(names).to_have_count(8)
    unsorted = names.all_inner_texts()
    cheapest = sorted(float(text[1:]) for text in prices.all_inner_texts())

    page.get_by_label("Sort by").select_option("Price, low to high")
    expect(prices.first).to_have_text(f"${cheapest[0]:.2f}")
    assert [float(text[1:]) for text in prices.all_inner_texts()] == cheapest
    page.get_by_label("Sort by").select_option("Price, high to low")
    expect(page).to_have_url(re.compile("sort=-price"))
    assert [float(text[1:]) for text in prices.all_inner_texts()] == cheapest[::-1]

    # A search within it, and the way back from a product, keep the order.
    page.get_by_role("searchbox").fill("o")
    expect(page).to_have_url(re.compile("q=o&sort=-price"))
    shown = names.all_inner_texts()
    page.get_by_role("link", name=shown[0]).click()
    expect(page.get_by_role("link", name="All products")).to_be_visible()
    page.go_back()
    expect(names).to_have_text(shown)
    expect(page.get_by_label("Sort by")).to_have_value("-price")
    guest.open("/#/?sort=nonsense")
    expect(names).to_have_text(unsorted)


def test_what_trains_well_with_a_product_shares_a_tag_with_it(guest: Shopper) -> None:
    page = guest.page
    tags = {"Fit Bike": ["gym", "home"], "Yoga Mat": ["home"], "Weights": ["home", "gym"]}

    def with_tags(route: Route) -> None:
        answer = route.fetch().json()
        data = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
        for product in data:
            product["tags"] = tags.get(product["name"], [product["name"]])
        route.fulfill(json=answer)

    page.route(re.compile("/products"), with_tags)
    guest.open()
    expect(page.get_by_role("link", name="Fit Bike")).to_be_visible()
    go_to(page, f"product/{BIKE}", "Fit Bike")
    expect(page.locator(".others")).to_contain_text("Trains well with")
    # Those with most in common come first.
    expect(page.locator(".others .card h2")).to_have_text(["Weights", "Yoga Mat"])

    go_to(page, f"product/{BOTTLE}", "Water Bottle")
    expect(page.locator(".tags")).to_contain_text("Water Bottle")
    expect(page.locator(".others")).to_be_hidden()


def test_an_address_is_remembered_when_asked_and_forgotten_when_told(eric: Shopper) -> None:
    page = eric.page
    stored = "Object.keys(localStorage).filter((key) => key.startsWith('acme-shop.address'))"

    def buy(*, remember: bool) -> None:
        box = page.get_by_label("Remember this address")
        box.set_checked(remember)
        eric.fill_card()
        eric.pay_button.click()
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    def to_checkout() -> None:
        eric.fill_cart((BOTTLE, 1))
        page.goto("about:blank")
        eric.open("/#/checkout")
        expect(eric.pay_button).to_be_visible()

    eric.to_checkout(BOTTLE)
    page.get_by_label("Flat").fill("3rd floor")
    expect(page.get_by_label("Remember this address")).not_to_be_checked()
    buy(remember=False)
    assert page.evaluate(stored) == []
    to_checkout()
    expect(page.get_by_label("Street")).to_have_value("")
    eric.fill_address()
    page.get_by_label("Flat").fill("3rd floor")
    buy(remember=True)

    to_checkout()
    for label, text in {"Street": "20 Riding Lane", "Flat": "3rd floor", "City": "Frisco"}.items():
        expect(page.get_by_label(label)).to_have_value(text)
    buy(remember=True)
    assert eric.bought()["address"]["street"] == "20 Riding Lane, 3rd floor"
    assert "4111" not in page.evaluate("JSON.stringify({...localStorage})")

    to_checkout()
    page.get_by_role("button", name="Forget it now").click()
    assert page.evaluate(stored) == []
    expect(page.get_by_label("Remember this address")).not_to_be_checked()
    buy(remember=True)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert page.evaluate(stored) == []


def test_an_order_page_tells_when_each_step_was_taken(eric: Shopper) -> None:
    order_id = eric.place_order()
    eric.open(f"/#/order/{order_id}")
    expect(eric.heading).to_have_text(re.compile("Delivered"))

    times = eric.page.locator(".journey time").evaluate_all("all => all.map((at) => at.dateTime)")

    history = eric.client.get(f"/order/{eric.user_id}/{order_id}").json()["history"]
    assert [step["state"] for step in history] == ["pending", "paid", "shipped", "delivered"]
    taken = [datetime.fromisoformat(at) for at in times]
    assert taken[1:] == [datetime.fromisoformat(step["at"]) for step in history[1:]]
    assert taken == sorted(taken)
