"""The storefront of a shop that lets anybody in: a guest buys without a name."""

import re
from pathlib import Path

from httpx import Client
from playwright.sync_api import Browser, expect

from tests.browser.chromium import new_context
from tests.browser.shopper import open_shop_page
from tests.e2e.conftest import running_shop


def test_a_guest_buys_where_guests_are_let_in(browser: Browser, tmp_path: Path) -> None:
    with running_shop(tmp_path, AUTH_MODE="0") as url, Client(base_url=url) as client:
        context = new_context(browser, url)
        with open_shop_page(context, url, client, user_id="guest") as guest:
            guest.put("Weights")
            guest.open("/#/checkout")
            guest.page.get_by_label("First name").fill("Nobody")
            guest.page.get_by_label("Last name").fill("Special")
            guest.fill_address()
            guest.fill_card()

            guest.pay_button.click()

            expect(guest.heading).to_have_text(re.compile("Paid|on its way|Delivered"))
            expect(guest.count).to_have_text("")
            [order] = guest.orders()
            assert (order["total"], order["cart"][0]["name"]) == ("49.99", "Weights")
        context.close()
