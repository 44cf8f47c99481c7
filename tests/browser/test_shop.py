"""The storefront in a real browser, against a real shop."""

import base64
import json
import re
import time
from typing import get_args

import pytest
from playwright.sync_api import Page, Request, Route, expect

from app.domain.order import OrderState
from routers.schemas.order_public import StateName
from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.shopper import (
    BIKE,
    BOTTLE,
    MAT,
    UNKNOWN_CARD,
    VISA,
    Shopper,
    lose_answer,
    lose_request,
)
from tests.e2e.helpers.running_shop import ERIC, PASSWORD


def log_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def token_with_a_bad_signature(*, ends_in_seconds: int) -> str:
    """Return an access token for Eric with a signature that is none."""
    claims = {"sub": ERIC, "Username": "eric", "exp": int(time.time()) + ends_in_seconds}
    parts = [{"alg": "HS256", "kid": "signin_1"}, claims, {}]
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )


def test_a_purchase_is_followed_until_it_is_delivered(eric: Shopper) -> None:
    page = eric.page
    page.get_by_role("link", name="Fit Bike").click()
    expect(page.get_by_role("button", name=re.compile("Picture"))).to_have_count(3)
    page.get_by_role("button", name="One Fit Bike more").click()
    page.get_by_role("button", name="Add to cart", exact=True).click()
    expect(eric.count).to_have_text("2")
    page.locator("#cart-link").click()
    page.get_by_role("button", name="One Fit Bike less").click()
    expect(page.locator(".sum .total")).to_contain_text("$499.99")
    page.get_by_role("link", name="Check out").click()
    eric.fill_address()
    eric.fill_card()

    def act() -> None:
        eric.pay_button.click()
        # A busy machine may miss a station; each of them is looked at in test_shop_looks.py.
        expect(eric.heading).to_have_text(re.compile("Delivered"))

    assert eric.count_new(act) == 1
    newest = eric.bought()
    assert (newest["total"], newest["address"]["city"]) == ("499.99", "Frisco")
    expect(page.locator(".tracking")).to_contain_text(newest["trackingNumber"])
    expect(page.get_by_role("complementary")).to_contain_text("Visa ending 1111")
    expect(eric.count).to_have_text("")
    assert eric.cart() == {}
    page.locator("nav").get_by_role("link", name="Orders").click()
    first = page.locator(".orders li").first
    expect(first).to_contain_text("Delivered")
    expect(first).to_contain_text("$499.99")
    page.go_back()
    expect(eric.heading).to_have_text(re.compile("Delivered"))

    # Where the checkout was there is no way back to pay twice.
    page.go_back()

    expect(eric.heading).to_have_text("Nothing in the cart")


def test_a_declined_card_is_said_plainly_and_another_one_pays(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card(UNKNOWN_CARD)
    with eric.page.expect_response("**/order/add/*") as answer:
        eric.pay_button.click()

    alert = eric.page.get_by_role("alert").filter(has_text="Declined")
    reason = "The number is not that of a card the shop takes."
    expect(alert).to_contain_text(f"{reason} Nothing was charged")
    expect(eric.page.get_by_label("Card number")).to_be_focused()
    assert eric.cart() == {"Water Bottle": 1}

    eric.fill_card()
    expect(alert).to_have_count(0)
    eric.pay_button.click()

    expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))
    (first, _), (second, _) = eric.sent
    assert first
    assert second
    assert first != second
    # The reason is the same later on.
    declined = eric.bought(0)
    assert declined["declineReason"] == answer.value.json()["payment"]["message"]
    eric.open(f"/#/order/{declined['_id']}")
    expect(eric.page.locator(".about")).to_contain_text(reason)


def test_a_double_click_on_pay_makes_one_order(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()

    held = HeldRequests(eric.page, "**/order/add/*", times=1)

    def act() -> None:
        eric.pay_button.dblclick()
        assert held.first
        expect(eric.page.get_by_text("Asking the bank")).to_be_visible()
        assert len(eric.sent) == 1
        held.release()
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert eric.count_new(act) == 1


def test_a_lost_answer_is_asked_for_again_under_the_same_key(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route("**/order/add/*", lose_answer, times=1)

    def act() -> None:
        eric.pay_button.click()
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert eric.count_new(act) == 1
    first, *again = eric.sent
    assert again
    assert all(repeat == first for repeat in again)


def test_a_reload_after_a_lost_answer_finds_the_order(eric: Shopper) -> None:
    eric.to_checkout(MAT)
    eric.fill_card()
    eric.page.route("**/order/add/*", lose_answer)

    def act() -> None:
        eric.pay_button.click()
        expect(eric.asking_again).to_be_visible()
        eric.page.reload(wait_until="commit")
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert eric.count_new(act) == 1
    assert eric.cart() == {}


def test_a_reload_before_the_order_arrived_keeps_its_key(eric: Shopper) -> None:
    eric.to_checkout(MAT)
    eric.fill_card()
    eric.page.route("**/order/add/*", lose_request)
    eric.pay_button.click()
    expect(eric.asking_again).to_be_visible()
    eric.page.reload(wait_until="commit")
    expect(eric.page.get_by_text("it keeps only one of the two")).to_be_visible()
    eric.page.unroute("**/order/add/*")

    def act() -> None:
        eric.fill_address()
        eric.fill_card()
        eric.pay_button.click()
        expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert eric.count_new(act) == 1
    assert len({key for key, _ in eric.sent}) == 1


def test_a_try_that_turns_up_late_counts_and_the_second_card_is_not_charged(eric: Shopper) -> None:
    held: list[Request] = []

    def hold(route: Route) -> None:
        held.append(route.request)
        route.abort()

    eric.to_checkout(MAT)
    eric.fill_card()
    eric.page.route("**/order/add/*", hold)
    eric.pay_button.click()
    expect(eric.asking_again).to_be_visible()
    eric.page.reload(wait_until="commit")
    eric.fill_address()
    eric.page.unroute("**/order/add/*")

    def act() -> None:
        late = held[0]
        key = late.headers["idempotency-key"]
        eric.client.post(late.url, content=late.post_data, headers={"Idempotency-Key": key})
        eric.fill_card("5555555555554444")
        eric.pay_button.click()
        expect(eric.page.get_by_text("Visa ending 1111")).to_be_visible()

    assert eric.count_new(act) == 1


def test_cards_are_never_kept(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route("**/order/add/*", lose_request)
    eric.pay_button.click()
    expect(eric.asking_again).to_be_visible()

    kept = eric.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    assert "web-" in kept
    assert VISA not in kept
    assert "1111" not in kept
    assert "ccv" not in kept


def test_nothing_is_called_paid_before_the_shop_says_so(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    held = HeldRequests(eric.page, "**/order/add/*")
    eric.pay_button.click()
    expect(eric.page.get_by_text("Asking the bank")).to_be_visible()

    answer = held.first.fetch().json()
    pending = {"success": "false", "status": 200, "message": "pending payment"}
    order_id = answer["order_id"]

    told = {"state": "pending", "trackingNumber": ""}

    def hold_back(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), **told})

    eric.page.route(f"**/order/{ERIC}/{order_id}", hold_back)
    held.first.fulfill(json={**answer, "payment": {**answer["payment"], **pending}})

    expect(eric.page.get_by_text("Not paid yet")).to_be_visible()
    told.clear()
    expect(eric.heading).to_have_text(re.compile("Paid|on its way|Delivered"))


def test_an_order_in_a_state_of_a_later_release_is_shown_in_the_shops_words(eric: Shopper) -> None:
    page = eric.page
    order_id = eric.place_order()
    told = {"state": "returned", "status": "on its way back"}
    asked: list[Route] = []

    def change(route: Route) -> None:
        asked.append(route)
        body = route.fetch().json()
        changed = [{**body[0], **told}, *body[1:]] if isinstance(body, list) else {**body, **told}
        route.fulfill(json=changed)

    # Its address and that of the list.
    page.route(re.compile(rf"/order/{ERIC}(/{order_id})?([?]|$)"), change)
    eric.open(f"/#/order/{order_id}")

    expect(eric.heading).to_have_text("A move we have not learned yet")
    expect(page.locator(".badge")).to_have_text("on its way back")
    expect(page.locator(".journey [aria-current]")).to_contain_text("on its way back")
    expect(page.get_by_role("complementary")).to_contain_text("Visa ending 1111")
    known = page.evaluate(
        """async (states) => {
            const { stateOf, isFinalOrder } = await import("/static/client/order-states.js");
            return states.map((state) => [state, [stateOf({ state }), isFinalOrder({ state })]]);
        }""",
        get_args(StateName),
    )
    # What is final is not asked for again.
    assert dict(known) == {
        name: [name, OrderState[name.upper()].is_final] for name in get_args(StateName)
    }
    assert len(asked) == 1
    told["state"] = "unknown"
    page.get_by_role("link", name="All your orders").click()
    expect(page.locator(".orders li").first).to_contain_text("on its way back")


def test_prices_that_have_moved_are_shown_before_the_card_is_charged(eric: Shopper) -> None:
    def old_prices(route: Route) -> None:
        answer = route.fetch().json()
        for product in answer["data"]:
            product["price"] = 1
        route.fulfill(json=answer)

    # The page before must not be the one that fetches them.
    expect(eric.page.get_by_role("link", name="Weights")).to_be_visible()
    eric.page.route("**/products?*", old_prices, times=1)
    eric.fill_cart((MAT, 2))
    eric.page.reload(wait_until="commit")
    eric.to_checkout()
    eric.fill_card()

    def act() -> None:
        eric.pay_button.click()
        expect(eric.page.get_by_role("alert")).to_contain_text(["$2.00 is $125.00 now"])

    assert eric.count_new(act) == 0
    expect(eric.pay_button).to_have_text("Pay $125.00")


def test_complaints_stand_beside_their_fields(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card("4111 1111 1111 1112", code="12")
    eric.pay_button.click()

    number = eric.page.get_by_label("Card number")
    expect(number).to_be_focused()
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(number).to_have_accessible_description(re.compile("Visa.*typo"))
    expect(eric.page.get_by_label("Security code")).to_have_accessible_description(
        re.compile("three digits")
    )
    assert eric.sent == []
    number.fill("")
    number.press_sequentially("378282246310005")
    expect(number).to_have_value("3782 822463 10005")
    expect(number).to_have_accessible_description("American Express")


def test_a_guests_cart_survives_a_reload_and_joins_the_one_in_the_shop(guest: Shopper) -> None:
    guest.fill_cart((BOTTLE, 2), (BIKE, 1))
    guest.put("Water Bottle", "Yoga Mat", "Yoga Mat")
    guest.page.reload(wait_until="commit")
    expect(guest.count).to_have_text("3")
    guest.page.locator("#cart-link").click()
    guest.page.get_by_role("link", name="Check out").click()

    # The first answer is lost on its way; nothing may be added twice.
    guest.page.route("**/cart/modify/*", lose_answer, times=1)
    log_in(guest.page, "eric")

    expect(guest.pay_button).to_have_text("Pay $729.96")
    assert guest.cart() == {"Water Bottle": 3, "Fit Bike": 1, "Yoga Mat": 2}
    guest.page.get_by_role("button", name="Log out").click()
    expect(guest.page.locator("#log-in")).to_be_visible()
    expect(guest.count).to_have_text("")
    assert [cookie["name"] for cookie in guest.page.context.cookies()] == ["device"]


def test_what_is_taken_out_of_the_cart_stays_out(eric: Shopper) -> None:
    eric.fill_cart((BOTTLE, 2), (BIKE, 1))
    # A page that is still on its way in cannot be loaded again.
    eric.page.wait_for_load_state()
    eric.page.reload(wait_until="commit")
    expect(eric.count).to_have_text("3")
    eric.page.locator("#cart-link").click()
    eric.page.get_by_role("button", name="Remove Fit Bike").click()
    expect(eric.page.locator(".line-item")).to_have_count(1)
    expect(eric.heading).to_be_focused()
    eric.page.get_by_role("button", name="One Water Bottle more").click()
    expect(eric.page.locator(".sum .total")).to_contain_text("$104.97")

    eric.page.reload(wait_until="commit")

    expect(eric.page.locator(".sum .total")).to_contain_text("$104.97")
    assert eric.cart() == {"Water Bottle": 3}


def test_a_new_shopper_registers_and_is_logged_in(guest: Shopper) -> None:
    page = guest.page
    guest.open("/#/login?next=%23%2Forders")
    page.get_by_role("link", name="Register").click()
    page.get_by_label("First name").fill("Bea")
    page.get_by_label("Last name").fill("Flex")
    page.get_by_label("User name").fill("ERIC")
    page.get_by_label("Password").fill("one-legged-squat")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_label("User name")).to_have_accessible_description(
        re.compile("under this name already")
    )

    page.get_by_label("User name").fill("bea")
    page.get_by_role("button", name="Register").click()

    expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
    expect(page.locator("#user-name")).to_have_text("bea")


def test_a_wrong_password_is_refused_in_words(guest: Shopper) -> None:
    guest.open("/#/login")
    log_in(guest.page, "eric", "wrong")

    expect(guest.page.get_by_role("alert").filter(has_text="do not train")).to_be_visible()
    expect(guest.page.get_by_label("User name")).to_be_focused()


@pytest.mark.parametrize("ends_in_seconds", [-60, 600], ids=["run out", "refused"])
def test_a_token_that_has_run_out_is_renewed_silently(
    guest: Shopper, renewable_tokens: dict[str, str], ends_in_seconds: int
) -> None:
    renewals: list[Request] = []

    def note(request: Request) -> None:
        if request.url.endswith("/refresh-token"):
            renewals.append(request)

    guest.page.on("request", note)
    guest.open("/#/orders")
    access = token_with_a_bad_signature(ends_in_seconds=ends_in_seconds)
    guest.fill_cart((BOTTLE, 4))

    guest.store_tokens({"access": access, "refresh": renewable_tokens["refresh"]})

    expect(guest.count).to_have_text("4")
    guest.open("/#/orders")
    expect(
        guest.page.get_by_role("heading", name=re.compile("Your orders|No orders yet")).last
    ).to_be_visible()
    assert len(renewals) == 1


@pytest.mark.parametrize("how", ["run out", "refused"])
def test_a_token_that_ends_mid_checkout_does_not_stop_the_order(
    renewing_eric: Shopper, how: str
) -> None:
    eric, renewals = renewing_eric, list[Request]()

    def note(request: Request) -> None:
        if request.url.endswith("/refresh-token"):
            renewals.append(request)

    eric.page.on("request", note)
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    if how == "run out":
        # So much later that the token is over, as far as the page can see.
        eric.page.evaluate("() => { const { now } = Date; Date.now = () => now() + 3_600_000; }")
    else:
        refusal = {"message": "no", "status": 401}
        eric.page.route(
            "**/order/add/*", lambda route: route.fulfill(status=401, json=refusal), times=1
        )

    def act() -> None:
        eric.pay_button.click()
        expect(eric.page.locator(".journey")).to_be_visible()

    assert eric.count_new(act) == 1
    assert renewals
    assert len({key for key, _ in eric.sent}) == 1


def test_a_session_that_cannot_be_renewed_ends_at_the_login_and_goes_on_there(
    guest: Shopper,
) -> None:
    stale = token_with_a_bad_signature(ends_in_seconds=-60)
    guest.open("/#/orders")
    guest.store_tokens({"access": stale, "refresh": stale})

    log_in(guest.page, "eric")

    expect(guest.page).to_have_url(re.compile("#/orders$"))
    expect(guest.page.locator("#user-name")).to_have_text("eric")
    # Nor is one whose new tokens are refused as well renewed again and again.
    renewals: list[str] = []
    guest.page.on("request", lambda request: renewals.append(request.url))
    guest.page.route("**/order/*", lambda route: route.fulfill(status=401, json={"message": ""}))
    guest.page.reload(wait_until="commit")
    expect(guest.page.get_by_label("Password")).to_be_visible()
    expect(guest.page.locator("#log-in")).to_be_visible()
    assert len([url for url in renewals if url.endswith("/refresh-token")]) == 1


def test_search_and_tags_thin_out_the_shelves(guest: Shopper) -> None:
    names = guest.page.locator(".card h2")
    guest.open()
    expect(names).to_have_count(8)
    guest.page.get_by_label("Search products").fill("bottl")
    expect(names).to_have_text(["Water Bottle"])

    guest.page.get_by_label("Search products").fill("pedalo")
    expect(guest.page.get_by_text("Nothing by that name")).to_be_visible()
    guest.page.get_by_role("button", name="Show everything").click()
    guest.page.get_by_role("button", name="running", exact=True).click()

    expect(names).to_have_text(["Running shoes"])
    expect(guest.page).to_have_url(re.compile("tag=running"))


def test_back_leads_to_where_the_shopper_was(guest: Shopper) -> None:
    page = guest.page
    page.set_viewport_size({"width": 390, "height": 844})
    guest.open()
    weights = page.get_by_role("link", name="Weights")
    weights.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    weights.click()
    expect(guest.heading).to_be_focused()
    expect(page).to_have_title("Weights · ACME Fitness")
    assert page.evaluate("scrollY") == 0

    page.go_back()

    expect(weights).to_be_in_viewport()
    assert page.evaluate("scrollY") == pytest.approx(before, abs=2)
    assert before > 0
    page.go_forward()
    expect(guest.heading).to_have_text("Weights")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_shop_out_of_breath_can_be_asked_again(guest: Shopper) -> None:
    def busy(route: Route) -> None:
        route.fulfill(status=503, json={"message": "full", "status": 503})

    guest.page.route("**/products?*", busy)
    guest.open()
    expect(guest.page.get_by_role("heading", name="out of breath")).to_be_visible()

    guest.page.unroute("**/products?*")
    guest.page.get_by_role("button", name="Try again").click()

    expect(guest.page.get_by_role("link", name="Weights")).to_be_visible()


def test_a_read_that_failed_once_is_repeated_without_a_word(guest: Shopper) -> None:
    guest.page.route("**/products?*", lose_request, times=1)

    guest.open()

    expect(guest.page.get_by_role("link", name="Weights")).to_be_visible()


def test_without_network_the_shop_says_so_and_recovers(eric: Shopper) -> None:
    expect(eric.page.get_by_role("link", name="Weights")).to_be_visible()
    eric.page.context.set_offline(True)
    banner = eric.page.locator("#offline")
    expect(banner).to_contain_text("No connection")
    eric.page.get_by_role("button", name="Add Weights to the cart").click()
    expect(eric.page.get_by_role("alert").filter(has_text="Nothing was confirmed")).to_have_count(1)
    expect(eric.count).to_have_text("")

    eric.page.context.set_offline(False)

    expect(banner).to_be_hidden()


def test_other_peoples_orders_and_unknown_addresses_lead_nowhere(eric: Shopper) -> None:
    for address, words in [
        ("/#/order/gone", "No order by this number"),
        ("/#/product/gone", "Not on our shelves"),
        ("/#/constructor", "Off the track"),
    ]:
        eric.open(address)
        expect(eric.page.get_by_role("heading", name=words)).to_be_visible()


def test_past_orders_come_page_by_page(eric: Shopper) -> None:
    missing = max(0, 11 - len(eric.orders()))
    for _ in range(missing):
        eric.place_order()
    eric.open("/#/orders")
    rows = eric.page.locator(".orders li")
    expect(rows).to_have_count(10)

    eric.page.get_by_role("button", name="Older orders").click()

    expect(rows.nth(10)).to_be_visible()
    expect(rows.nth(10).get_by_role("link")).to_be_focused()
