"""The page that shows the orders of a local shop from inside."""

import base64
import json

import pytest
from httpx import Client
from playwright.sync_api import Page, expect

from tests.browser.helpers.page_monitor import assert_accessible
from tests.e2e.helpers.running_shop import PASSWORD

CARD, CVV = "4111111111111111", "987"


@pytest.fixture(scope="module")
def bought(shop_url: str) -> str:
    """An order of two articles; its id."""
    with Client(base_url=shop_url, timeout=30) as client:
        login = client.post("/login", json={"username": "phoebe", "password": PASSWORD}).json()
        claims = login["access_token"].split(".")[1]
        user_id = json.loads(base64.urlsafe_b64decode(f"{claims}=="))["sub"]
        products = client.get("/products").json()["data"][:2]
        order = client.post(
            f"/order/add/{user_id}",
            headers={"Authorization": f"Bearer {login['access_token']}"},
            json={
                "card": {"number": CARD, "expMonth": "12", "expYear": "2099", "ccv": CVV},
                "cart": [{"id": product["id"], "quantity": 1} for product in products],
                "delivery": "UPS",
            },
        )
        return str(order.json()["order_id"])


def test_an_order_is_seen_from_its_request_to_its_delivery(page: Page, bought: str) -> None:
    page.set_viewport_size({"width": 1360, "height": 900})
    page.goto(f"/dev/orders#{bought}")

    # Live: the delivery comes while the page is open.
    steps = page.locator(".step")
    listed = page.locator(f'#orders a[href="#{bought}"]')
    expect(listed.get_by_text("delivered")).to_be_visible(timeout=30_000)
    expect(steps.filter(has_text="message of shipment-response")).to_have_count(2)
    expect(steps.first).to_contain_text("POST /order/add/{userid} → 200")
    expect(steps.first).to_contain_text("write units")
    expect(page.get_by_role("img", name="Timeline")).to_be_visible()
    expect(page.locator(".lane.empty")).to_have_count(0)
    expect(page.locator(".item")).to_have_count(2)

    # By keyboard: a message is unfolded, stays so, and shows no card.
    charge = steps.filter(has_text="message of payment-request")
    charge.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(charge.locator("pre").first).to_be_visible()
    expect(charge.locator("pre").first).to_contain_text("PaymentRequested")
    text = page.locator("main").inner_text()
    assert CARD not in text
    assert f'"{CVV}"' not in text
    assert "****1111" in text

    # A click on a bar goes to its step.
    page.locator(".stretch.shipment").first.click()
    expect(page.locator(".step.shipment").first).to_be_focused()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page)

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert_accessible(page)
