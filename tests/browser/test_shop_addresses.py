"""Addresses of the storefront: a product has its own, and back and forward work between all."""

import re

from playwright.sync_api import expect

from tests.browser.helpers.shopper import Shopper
from tests.browser.helpers.till import BIKE


def test_a_product_has_an_address_of_its_own(guest: Shopper) -> None:
    page = guest.page
    product = re.compile(rf"/products/{BIKE}$")
    guest.open("/")
    page.evaluate("window.isSamePage = true")
    page.locator(".card").get_by_role("link", name="Fit Bike").first.click()
    expect(page.get_by_role("heading", level=1, name="Fit Bike")).to_be_visible()
    expect(page).to_have_url(product)
    page.get_by_role("link", name="Cart").first.click()
    expect(page).to_have_url(re.compile(r"/#/cart$"))
    expect(page.get_by_role("heading", level=1, name="Nothing in the cart")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Fit Bike")).to_be_visible()
    expect(page).to_have_url(product)
    page.go_back()
    expect(page.get_by_role("link", name="Weights").first).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", level=1, name="Fit Bike")).to_be_visible()
    assert page.evaluate("window.isSamePage")

    # As a link that was sent, an address of before, and one at which there is nothing.
    for address, heading in (
        (f"/products/{BIKE}", "Fit Bike"),
        (f"/#/product/{BIKE}", "Fit Bike"),
        ("/products/gone", "Not on our shelves"),
        ("/nowhere", "Off the track"),
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    page.get_by_role("link", name="To the shelves").click()
    expect(page.get_by_role("link", name="Weights").first).to_be_visible()
