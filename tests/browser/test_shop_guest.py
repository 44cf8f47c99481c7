"""The pages of a shop in open mode: a guest buys without a name, staff still have one."""

import re
from collections.abc import Iterator

import pytest
from httpx import Client
from playwright.sync_api import Browser, Page, expect

from tests.browser.helpers.chromium import new_context
from tests.browser.helpers.page_monitor import assert_accessible
from tests.browser.helpers.shopper import Shopper, open_shop_page
from tests.browser.helpers.till import sign_in
from tests.e2e.helpers.running_shop import ERIC, PASSWORD, running_shop


@pytest.fixture(scope="module")
def open_shop(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with (
        running_shop(tmp_path_factory.mktemp("open"), AUTH_MODE="0") as url,
        Client(base_url=url, timeout=10) as client,
    ):
        yield client


@pytest.fixture
def guest(browser: Browser, open_shop: Client) -> Iterator[Shopper]:
    """A shopper without an account, in open mode."""
    url = str(open_shop.base_url)
    context = new_context(browser, url)
    with open_shop_page(context, url, open_shop, user_id="guest") as shopper:
        yield shopper
    context.close()


def expect_open_mode(page: Page) -> None:
    """The page says that the shop lets everybody in, in letters that can be read."""
    expect(page.get_by_text("Open mode: ")).to_be_visible()
    assert_accessible(page, only_colors=True)


def test_a_guest_buys_and_follows_the_order(guest: Shopper) -> None:
    guest.put("Weights")
    expect_open_mode(guest.page)
    guest.open("/#/checkout")
    guest.page.get_by_label("First name").fill("Nobody")
    guest.page.get_by_label("Last name").fill("Special")
    guest.fill_address()
    guest.fill_card()

    guest.pay_button.click()

    expect(guest.heading).to_have_text(re.compile("Delivered"))
    expect(guest.page.locator(".tracking")).to_be_visible()
    expect(guest.count).to_have_text("")
    [order] = guest.orders()
    assert (order["total"], order["cart"][0]["name"]) == ("49.99", "Weights")


def test_a_guest_who_logs_in_takes_the_cart_along(guest: Shopper) -> None:
    cart = {"cart": [{"itemid": "0b3a1e5a-e520-4f1e-bdf4-5f721f728bfd", "quantity": 2}]}
    guest.client.post(f"/cart/modify/{ERIC}", json=cart).raise_for_status()
    guest.put("Water Bottle", "Yoga Mat")
    guest.open("/#/login")
    guest.page.get_by_label("User name").fill("eric")
    guest.page.get_by_label("Password").fill(PASSWORD)

    guest.page.get_by_role("button", name="Log in").click()

    expect(guest.count).to_have_text("4")
    items = guest.client.get(f"/cart/items/{ERIC}").json()["cart"]
    assert {item["name"]: item["quantity"] for item in items} == {"Water Bottle": 3, "Yoga Mat": 1}
    assert guest.page.evaluate("localStorage.getItem('acme-shop.basket')") is None


def test_the_till_wants_staff_even_in_open_mode(guest: Shopper) -> None:
    page = guest.page
    page.goto("/pos")
    sign_in(page, "eric")
    expect(page.get_by_role("alert")).to_contain_text("The till is for staff")

    sign_in(page, "staff")
    page.locator("#products").get_by_role("option", name="Weights").click()
    expect_open_mode(page)
    page.get_by_role("button", name="Take payment").click()
    page.get_by_role("button", name="Mastercard").click()
    page.locator("#charge").click()

    expect(page.locator("#state")).to_have_text("Paid")
