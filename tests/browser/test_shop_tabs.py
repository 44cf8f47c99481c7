"""The storefront in several tabs, for people who log in and out, and for lost answers in a cart."""

import json
import re
import time
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.shopper import (
    BOTTLE,
    MAT,
    UNKNOWN_CARD,
    VISA,
    Shopper,
    go_to,
    lose_answer,
    lose_request,
)
from tests.e2e.helpers.running_shop import PASSWORD

DWIGHT = "5c393a011d41c892ce243828"

ADDING = "**/cart/item/add/*"
PAYING = "**/order/add/*"
REPLACING = "**/cart/modify/*"
SETTING = "**/cart/item/modify/*"
CART_READS = "**/cart/items/*"
BOUGHT = re.compile("Paid|on its way|Delivered")


@pytest.fixture
def dwight(shop_url: str) -> dict[str, str]:
    """Dwight's tokens, as pages keep them; he has two mats in his cart."""
    body = {"username": "dwight", "password": PASSWORD}
    with httpx.Client(base_url=shop_url, timeout=30) as client:
        login = client.post("/login", json=body).raise_for_status().json()
        cart = {"cart": [{"itemid": MAT, "quantity": 2}]}
        headers = {"Authorization": f"Bearer {login['access_token']}"}
        client.post(f"/cart/modify/{DWIGHT}", json=cart, headers=headers).raise_for_status()
    return {"access": login["access_token"], "refresh": login["refresh_token"]}


def log_in_as_eric(shopper: Shopper) -> None:
    shopper.open("/#/login")
    shopper.page.get_by_role("button", name="eric").click()
    shopper.page.get_by_role("button", name="Log in").click()


def both_at_the_checkout(shopper: Shopper, number: str = VISA) -> Shopper:
    """Have a bottle to pay for in two tabs, and return the second one."""
    shopper.to_checkout(BOTTLE)
    shopper.fill_card()
    sister = shopper.other_tab()
    sister.to_checkout()
    sister.fill_card(number)
    return sister


def test_two_tabs_have_one_cart_and_one_person(guest: Shopper) -> None:
    other = guest.page.context.new_page()
    other.goto("/#/cart", wait_until="commit")
    expect(other.get_by_role("heading", name="Nothing in the cart")).to_be_visible()

    guest.put("Water Bottle")

    expect(other.locator("#cart-count")).to_have_text("1")
    log_in_as_eric(guest)
    expect(other.locator("#user-name")).to_have_text("eric")
    expect(other.locator("#cart-count")).to_have_text("1")
    assert guest.cart() == {"Water Bottle": 1}
    other.get_by_role("button", name="Log out").click()
    expect(guest.page.locator("#log-in")).to_be_visible()
    other.close()


def test_a_guests_lines_join_once_whichever_of_two_tabs_is_slower(guest: Shopper) -> None:
    guest.put("Water Bottle")
    other = guest.page.context.new_page()
    other.goto("/#/", wait_until="commit")
    expect(other.locator("#cart-count")).to_have_text("1")
    first, second = (HeldRequests(page, CART_READS, times=1) for page in (guest.page, other))
    log_in_as_eric(guest)

    # Both know of the login now, and neither knows what the shop has.
    assert first.first
    assert second.first
    first.release()
    expect(guest.heading).to_contain_text("Lift the cart")
    second.release()

    expect(other.locator("#cart-count")).to_have_text("1")
    assert guest.cart() == {"Water Bottle": 1}
    other.close()


def test_two_tabs_without_locks_join_a_guests_lines_once(guest: Shopper) -> None:
    guest.put("Water Bottle")
    pages = guest.page, guest.page.context.new_page()
    for page in pages:
        # As over plain HTTP from another machine.
        page.add_init_script("delete Navigator.prototype.locks")
        page.goto("/#/", wait_until="commit")
        expect(page.locator("#cart-count")).to_have_text("1")
    first, second = (HeldRequests(page, CART_READS, times=1) for page in pages)
    log_in_as_eric(guest)
    assert first.first
    assert second.first
    second.release()
    go_to(pages[1], "cart", "Cart")
    expect(pages[1].locator(".line-item")).to_have_count(1)
    first.release()
    expect(guest.heading).to_contain_text("Lift the cart")

    expect(guest.count).to_have_text("1")
    assert guest.cart() == {"Water Bottle": 1}
    pages[1].close()


@pytest.mark.parametrize("dies", [False, True])
def test_what_a_tab_adds_while_another_logs_in_comes_along(guest: Shopper, *, dies: bool) -> None:
    guest.put("Water Bottle")
    held = HeldRequests(guest.page, REPLACING, times=1)
    log_in_as_eric(guest)
    assert held.first
    lines = [{"id": BOTTLE, "quantity": 3}, {"id": MAT, "quantity": 1}]
    # What a tab does that has not heard of the login.
    guest.page.evaluate(
        """lines => {
            const kept = JSON.parse(localStorage.getItem("acme-shop.basket"));
            localStorage.setItem("acme-shop.basket", JSON.stringify({ ...kept, lines }));
        }""",
        lines,
    )

    if dies:
        held.first.fetch()
        guest.page.reload(wait_until="commit")
    else:
        held.release()

    expect(guest.count).to_have_text("4")
    assert guest.cart() == {"Water Bottle": 3, "Yoga Mat": 1}


def test_what_another_tab_has_paid_for_is_not_paid_again(eric: Shopper) -> None:
    sister = both_at_the_checkout(eric)

    def act() -> None:
        sister.pay_button.click()
        expect(sister.heading).to_have_text(BOUGHT)
        eric.pay_button.click()
        expect(eric.heading).to_have_text("Nothing to pay for")

    assert eric.count_new(act) == 1
    sister.page.close()


def test_an_order_that_another_tab_has_in_the_air_is_not_placed_again(eric: Shopper) -> None:
    sister = both_at_the_checkout(eric, "5555555555554444")
    held = HeldRequests(eric.page, PAYING)

    def act() -> None:
        eric.pay_button.click()
        assert held.first
        sister.pay_button.click()
        expect(sister.heading).to_have_text(BOUGHT)
        held.release()
        expect(eric.heading).to_have_text(BOUGHT)

    assert eric.count_new(act) == 1
    assert {key for key, _ in eric.sent} == {key for key, _ in sister.sent}
    assert eric.cart() == {}
    sister.page.close()


def test_a_tab_that_was_closed_before_its_answer_does_not_pay_twice(eric: Shopper) -> None:
    sister = eric.other_tab()
    sister.to_checkout(BOTTLE)
    sister.fill_card()
    sister.page.route(PAYING, lose_answer)

    def act() -> None:
        sister.pay_button.click()
        expect(sister.asking_again).to_be_visible()
        sister.page.close()
        eric.open("/#/checkout")
        expect(eric.heading).to_have_text(BOUGHT)

    assert eric.count_new(act) == 1
    assert eric.cart() == {}


def test_a_decline_is_not_taken_for_the_answer_to_the_next_card(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card(UNKNOWN_CARD)
    eric.pay_button.click()
    expect(eric.page.get_by_role("alert").filter(has_text="Declined")).to_be_visible()
    eric.fill_card()
    eric.page.route(PAYING, lose_request)
    eric.pay_button.click()
    expect(eric.asking_again).to_be_visible()

    eric.page.reload(wait_until="commit")

    expect(eric.page.get_by_text("it keeps only one of the two")).to_be_visible()
    expect(eric.heading).to_have_text("Checkout")


def test_what_was_added_after_an_order_without_an_answer_stays(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route(PAYING, lose_answer)

    def act() -> None:
        eric.pay_button.click()
        expect(eric.asking_again).to_be_visible()
        eric.put("Water Bottle", "Yoga Mat")
        eric.open("/#/checkout")
        expect(eric.heading).to_have_text(BOUGHT)

    assert eric.count_new(act) == 1
    expect(eric.count).to_have_text("2")
    assert eric.cart() == {"Water Bottle": 1, "Yoga Mat": 1}


@pytest.mark.parametrize("lose", [lose_answer, lose_request])
def test_a_cart_that_could_not_be_emptied_is_emptied_later_and_not_paid_again(
    eric: Shopper, lose: Callable[[Route], None]
) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route(SETTING, lose, times=1)

    def act() -> None:
        eric.pay_button.click()
        expect(eric.heading).to_have_text(BOUGHT)
        eric.put("Yoga Mat")
        eric.open("/#/checkout")
        expect(eric.heading).to_have_text(BOUGHT)

    assert eric.count_new(act) == 1
    assert eric.cart() == {"Yoga Mat": 1}
    go_to(eric.page, "checkout", "Checkout")
    expect(eric.pay_button).to_have_text("Pay $62.50")


def test_an_order_leaves_the_cart_of_the_next_user_alone(
    eric: Shopper, dwight: dict[str, str]
) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    held = HeldRequests(eric.page, PAYING)
    eric.pay_button.click()
    assert held.first
    other = eric.page.context.new_page()
    other.goto("/static/favicon.svg")

    other.evaluate(
        "tokens => localStorage.setItem('acme-shop.session', tokens)", json.dumps(dwight)
    )
    expect(eric.page.locator("#user-name")).to_have_text("dwight")
    expect(eric.heading).to_have_text("Checkout")
    expect(eric.pay_button).to_have_text("Pay $125.00")
    expect(eric.page.get_by_label("Card number")).to_have_value("")
    held.release()

    eric.page.wait_for_timeout(1000)
    expect(eric.heading).to_have_text("Checkout")
    expect(eric.count).to_have_text("2")
    other.close()


def test_a_tab_that_slept_over_its_look_at_the_cart_pays_with_the_same_key(eric: Shopper) -> None:
    sister = both_at_the_checkout(eric)

    def act() -> None:
        held = HeldRequests(sister.page, CART_READS, times=1)
        sister.pay_button.click()
        seen = held.first.fetch()
        eric.pay_button.click()
        expect(eric.heading).to_have_text(BOUGHT)
        held.first.fulfill(response=seen)
        expect(sister.heading).to_have_text(BOUGHT)

    assert eric.count_new(act) == 1
    sister.page.close()


def test_what_another_tab_adds_while_an_order_leaves_the_cart_stays(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    held = HeldRequests(eric.page, SETTING, times=1)
    eric.pay_button.click()
    assert held.first
    sister = eric.other_tab()

    sister.put("Yoga Mat")
    held.release()

    expect(eric.heading).to_have_text(BOUGHT)
    assert eric.cart() == {"Yoga Mat": 1}
    sister.page.close()


def test_an_order_leaves_the_cart_once_whichever_tab_sees_it_first(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    held = HeldRequests(eric.page, PAYING, times=1)
    eric.pay_button.click()
    answer = held.first.fetch()
    go_to(eric.page, "", "Lift the cart")
    eric.page.get_by_role("button", name="Add Water Bottle to the cart").click()
    expect(eric.count).to_have_text("2")
    go_to(eric.page, "checkout", "Checkout")
    expect(eric.heading).to_have_text(BOUGHT)
    expect(eric.page.get_by_text("what an earlier try has ordered")).to_be_visible()
    expect(eric.count).to_have_text("1")
    go_to(eric.page, "", "Lift the cart")

    held.first.fulfill(response=answer)

    expect(eric.heading).to_have_text(BOUGHT)
    assert eric.cart() == {"Water Bottle": 1}


def test_a_refusal_after_a_lost_answer_is_not_called_uncharged_and_keeps_the_key(
    eric: Shopper,
) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    tries: list[Route] = []

    def lose_then_refuse(route: Route) -> None:
        tries.append(route)
        if len(tries) == 1:
            lose_answer(route)
        elif len(tries) == 2:
            route.fulfill(status=404, json={"message": "no such page", "status": 404})
        else:
            route.continue_()

    eric.page.route(PAYING, lose_then_refuse)

    def act() -> None:
        eric.pay_button.click()
        alert = eric.page.get_by_role("alert").filter(has_text="no such page")
        expect(alert).to_be_visible()
        expect(alert).not_to_contain_text("Nothing was charged")
        eric.pay_button.click()
        expect(eric.heading).to_have_text(BOUGHT)

    assert eric.count_new(act) == 1


def test_a_late_decline_is_said_in_the_form(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card(UNKNOWN_CARD)
    eric.page.route(PAYING, lose_answer, times=1)
    eric.pay_button.click()
    expect(eric.asking_again).to_be_visible()
    # An order that is not decided yet is shown, and no form.
    while not (orders := eric.orders()) or orders[0]["state"] == "pending":
        time.sleep(0.05)

    eric.page.reload(wait_until="commit")

    expect(eric.page.get_by_text("The last try was declined")).to_be_visible()
    eric.fill_address()
    eric.fill_card()
    eric.pay_button.click()
    expect(eric.heading).to_have_text(BOUGHT)
    assert eric.cart() == {}


def test_an_order_without_an_answer_leaves_the_cart_wherever_the_shop_is_opened_next(
    eric: Shopper,
) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route(PAYING, lose_answer)
    eric.pay_button.click()
    expect(eric.asking_again).to_be_visible()
    # The answer that was lost had waited for the bank.

    go_to(eric.page, "", "Lift the cart")
    with eric.page.expect_response(SETTING):
        eric.page.reload(wait_until="commit")

    expect(eric.count).to_have_text("")
    assert eric.cart() == {}
    assert "web-" not in eric.page.evaluate("JSON.stringify({...localStorage})")


def test_a_shop_that_does_not_know_keys_is_not_believed(eric: Shopper) -> None:
    eric.place_order()
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    eric.page.route(PAYING, lose_request)
    eric.page.route(f"**/order/{eric.user_id}", lambda route: route.fulfill(json=eric.orders()))
    eric.pay_button.click()
    expect(eric.asking_again).to_be_visible()

    eric.page.reload(wait_until="commit")

    expect(eric.heading).to_have_text("The shop is out of breath")
    assert eric.cart() == {"Water Bottle": 1}


def test_an_empty_cart_fills_while_the_guest_looks(guest: Shopper) -> None:
    guest.open("/#/cart")
    expect(guest.heading).to_have_text("Nothing in the cart")
    sister = guest.other_tab()

    sister.put("Water Bottle")

    expect(guest.page.locator(".line-item")).to_have_count(1)
    expect(guest.heading).to_have_text("Cart")
    guest.page.get_by_role("button", name="Remove Water Bottle").click()
    expect(guest.heading).to_have_text("Nothing in the cart")
    sister.put("Yoga Mat")
    expect(guest.page.locator(".line-item")).to_have_count(1)
    sister.page.close()


def test_who_logs_out_in_another_tab_leaves_no_card_behind(eric: Shopper) -> None:
    eric.to_checkout(BOTTLE)
    eric.fill_card()
    other = eric.page.context.new_page()
    other.goto("/#/", wait_until="commit")

    other.get_by_role("button", name="Log out").click()

    expect(eric.heading).to_have_text("Good to see you move")
    expect(eric.page.get_by_label("Card number")).to_have_count(0)
    other.close()


def test_who_logs_out_is_out_at_once(eric: Shopper) -> None:
    expect(eric.page.get_by_role("link", name="Weights")).to_be_visible()
    held = HeldRequests(eric.page, "**/logout")

    eric.page.get_by_role("button", name="Log out").click()

    expect(eric.page.locator("#log-in")).to_be_visible()
    assert eric.page.evaluate("localStorage.getItem('acme-shop.session')") is None
    assert held.first.request.headers["authorization"].startswith("Bearer ")
    held.release()


@pytest.mark.parametrize("lose", [lose_answer, lose_request])
def test_a_join_without_an_answer_undoes_nothing_that_came_after(
    guest: Shopper, lose: Callable[[Route], None]
) -> None:
    guest.put("Water Bottle")
    guest.page.route(REPLACING, lose, times=1)
    log_in_as_eric(guest)
    expect(guest.page.locator("#toast")).to_contain_text("The cart will follow")

    guest.fill_cart(*([(BOTTLE, 1), (MAT, 1)] if lose is lose_answer else [(MAT, 1)]))
    guest.put("Yoga Mat")
    guest.page.reload(wait_until="commit")

    expect(guest.count).to_have_text("3")
    assert guest.cart() == {"Water Bottle": 1, "Yoga Mat": 2}


def test_an_addition_that_is_answered_after_the_logout_is_not_the_guests(eric: Shopper) -> None:
    expect(eric.page.get_by_role("link", name="Weights")).to_be_visible()
    held = HeldRequests(eric.page, ADDING)
    eric.page.get_by_role("button", name="Add Water Bottle to the cart").click()
    assert held.first
    eric.page.get_by_role("button", name="Log out").click()
    expect(eric.page.locator("#log-in")).to_be_visible()

    held.release()

    expect(eric.page.locator("#toast")).to_contain_text("Water Bottle is in the cart")
    expect(eric.count).to_have_text("")
    assert eric.page.evaluate("localStorage.getItem('acme-shop.basket')") is None
    assert eric.cart() == {"Water Bottle": 1}


def test_an_addition_without_an_answer_is_looked_up_and_not_asked_for_again(eric: Shopper) -> None:
    eric.put("Yoga Mat")
    eric.page.route(ADDING, lose_answer, times=1)

    eric.put("Water Bottle")

    expect(eric.count).to_have_text("2")
    assert eric.cart() == {"Yoga Mat": 1, "Water Bottle": 1}
    eric.page.route(ADDING, lose_request, times=2)
    eric.page.get_by_role("button", name="Add Weights to the cart").click()
    expect(eric.page.locator("#toast")).to_contain_text("Nothing was confirmed")
    expect(eric.count).to_have_text("2")


def test_an_addition_whose_request_is_lost_is_asked_for_again_under_its_key(eric: Shopper) -> None:
    keys: list[str | None] = []
    eric.page.on(
        "request",
        lambda request: (
            keys.append(request.headers.get("idempotency-key"))
            if "/cart/item/add/" in request.url
            else None
        ),
    )
    eric.page.route(ADDING, lose_request, times=1)

    eric.put("Water Bottle")
    eric.put("Yoga Mat")

    expect(eric.count).to_have_text("2")
    assert eric.cart() == {"Water Bottle": 1, "Yoga Mat": 1}
    first, repeat, other = keys
    assert first
    assert first == repeat != other


DENIED = """
    navigator.locks.request = () => Promise.reject(new DOMException("denied", "SecurityError"));
"""
FULL = """
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
"""


def test_a_browser_that_lends_no_locks_and_keeps_nothing_buys_once(guest: Shopper) -> None:
    guest.page.add_init_script(DENIED + FULL)
    guest.put("Water Bottle", "Yoga Mat")
    expect(guest.count).to_have_text("2")
    go_to(guest.page, "cart", "Cart")
    guest.page.get_by_role("link", name="Check out").click()
    guest.page.get_by_label("User name").fill("eric")
    guest.page.get_by_label("Password").fill(PASSWORD)
    guest.page.get_by_role("button", name="Log in").click()
    expect(guest.pay_button).to_have_text("Pay $97.49")
    guest.fill_address()
    guest.fill_card()
    guest.page.route(PAYING, lose_request)

    def act() -> None:
        guest.pay_button.click()
        expect(guest.page.get_by_role("alert").filter(has_text="not known yet")).to_be_visible()
        guest.page.unroute(PAYING)
        guest.pay_button.click()
        expect(guest.heading).to_have_text(BOUGHT)

    assert guest.count_new(act) == 1
    assert len({key for key, _ in guest.sent}) == 1
    assert guest.cart() == {}
