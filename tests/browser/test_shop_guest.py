"""The pages of a shop that lets anybody in: a guest buys without a name, staff still have one."""

import re
from collections.abc import Iterator

import pytest
from httpx import Client
from playwright.sync_api import Browser, expect

from tests.browser.helpers.chromium import new_context
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
def nobody(browser: Browser, open_shop: Client) -> Iterator[Shopper]:
    """Somebody whom the shop does not know."""
    url = str(open_shop.base_url)
    context = new_context(browser, url)
    with open_shop_page(context, url, open_shop, user_id="guest") as shopper:
        yield shopper
    context.close()


def test_a_guest_buys_and_follows_the_order(nobody: Shopper) -> None:
    nobody.put("Weights")
    nobody.open("/#/checkout")
    nobody.page.get_by_label("First name").fill("Nobody")
    nobody.page.get_by_label("Last name").fill("Special")
    nobody.fill_address()
    nobody.fill_card()

    nobody.pay_button.click()

    expect(nobody.heading).to_have_text(re.compile("Delivered"))
    expect(nobody.page.locator(".tracking")).to_be_visible()
    expect(nobody.count).to_have_text("")
    [order] = nobody.orders()
    assert (order["total"], order["cart"][0]["name"]) == ("49.99", "Weights")


def test_a_guest_who_logs_in_takes_the_cart_along(nobody: Shopper) -> None:
    cart = {"cart": [{"itemid": "0b3a1e5a-e520-4f1e-bdf4-5f721f728bfd", "quantity": 2}]}
    nobody.client.post(f"/cart/modify/{ERIC}", json=cart).raise_for_status()
    nobody.put("Water Bottle", "Yoga Mat")
    nobody.open("/#/login")
    nobody.page.get_by_label("User name").fill("eric")
    nobody.page.get_by_label("Password").fill(PASSWORD)

    nobody.page.get_by_role("button", name="Log in").click()

    expect(nobody.count).to_have_text("4")
    items = nobody.client.get(f"/cart/items/{ERIC}").json()["cart"]
    assert {item["name"]: item["quantity"] for item in items} == {"Water Bottle": 3, "Yoga Mat": 1}
    assert nobody.page.evaluate("localStorage.getItem('acme-shop.basket')") is None


def test_the_till_wants_staff_even_where_everybody_is_let_in(nobody: Shopper) -> None:
    page = nobody.page
    page.goto("/pos")
    sign_in(page, "eric")
    expect(page.get_by_role("alert")).to_contain_text("only staff")

    sign_in(page, "staff")
    page.locator("#products").get_by_role("button", name="Weights").click()
    page.get_by_role("button", name="Take payment").click()
    page.get_by_role("button", name="Mastercard").click()
    page.locator("#charge").click()

    expect(page.locator("#state")).to_have_text("Paid")
