"""The sale on screen and the parked ones, over a long day."""

import json
import re
from decimal import Decimal

import pytest
from playwright.sync_api import Route, expect

from tests.browser.helpers.till import Till, sign_in
from tests.support.sizes import matrix

_LINE_BOXES = """element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
}"""

_IS_IN_VIEW = """line => {
    const box = line.getBoundingClientRect();
    const frame = line.closest("#lines").getBoundingClientRect();
    return box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1
        && box.bottom <= innerHeight;
}"""


def test_the_newest_line_is_in_view_and_marked(till: Till) -> None:
    till.page.set_viewport_size({"width": 1280, "height": 700})
    names = till.page.locator("#products .tile-name").all_inner_texts()
    newest = till.page.locator("#lines .newest")

    for name in names:
        till.ring_up(name)

        expect(newest).to_have_count(1)
        expect(newest).to_contain_text(name)
        assert newest.evaluate(_IS_IN_VIEW)
    # One more of the first: it is the newest now.
    till.ring_up(names[0])
    expect(newest).to_contain_text(names[0])
    assert newest.evaluate(_IS_IN_VIEW)


@pytest.mark.parametrize("width", matrix(390, 820, 1280))
def test_an_amount_is_never_broken(till: Till, width: int) -> None:
    page = till.page
    page.set_viewport_size({"width": width, "height": 820})
    page.locator("#search").fill("99*fit bike")
    page.locator("#search").press("Enter")
    page.keyboard.press("F8")
    page.keyboard.press("Escape")

    for selector in ("#total", "#lines .line-total"):
        amount = page.locator(selector)
        expect(amount).to_have_text("$49,499.01")
        assert amount.evaluate(_LINE_BOXES) == 1
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_quantity_is_typed(till: Till) -> None:
    till.ring_up("Yoga Mat", "Weights")
    quantity = till.page.get_by_role("textbox", name="Quantity of Yoga Mat")

    for typed, amount in (
        ("12", "$750.00"),
        ("\uff11\uff13", "$812.50"),
        ("\u0663\u0663", "$2,062.50"),
        ("99", "$6,187.50"),
    ):
        quantity.fill(typed)
        quantity.press("Enter")
        expect(till.page.locator("#lines .line-total").first).to_have_text(amount)
    for wrong in ("100", "1.5", "-1", "many"):
        quantity.fill(wrong)
        quantity.press("Tab")
        expect(till.page.locator("#toast")).to_contain_text("from 1 to 99")
        expect(quantity).to_have_value("99")
    quantity.fill("0")
    quantity.press("Enter")

    assert till.lines() == ["Weights 1 $49.99"]


def test_a_line_is_removed_with_one_touch_and_brought_back_with_one(till: Till) -> None:
    till.page.locator("#search").fill("60*yoga")
    till.page.locator("#search").press("Enter")
    till.ring_up("Weights")
    before = till.lines()

    till.page.get_by_role("button", name="Remove Yoga Mat").click()

    assert till.lines() == ["Weights 1 $49.99"]
    expect(till.page.locator("#undo")).to_contain_text("Removed: 60 \u00d7 Yoga Mat")
    till.page.get_by_role("button", name="Undo").click()
    assert till.lines() == before
    expect(till.page.locator("#undo")).to_be_hidden()


def test_a_removal_can_be_undone_only_in_its_own_sale(till: Till) -> None:
    till.ring_up("Yoga Mat", "Weights")
    till.page.get_by_role("button", name="Remove Yoga Mat").click()
    expect(till.page.locator("#undo")).to_be_visible()

    till.page.keyboard.press("F9")

    expect(till.page.locator("#undo")).to_be_hidden()


def test_more_of_one_article_than_an_order_takes_is_refused_aloud(till: Till) -> None:
    till.page.locator("#search").fill("99*yoga")
    till.page.locator("#search").press("Enter")

    till.ring_up("Yoga Mat")

    expect(till.page.locator("#toast")).to_contain_text("at most 99 of one article (Yoga Mat)")
    assert till.lines() == ["Yoga Mat 99 $6,187.50"]
    expect(till.page.get_by_role("button", name="One Yoga Mat more")).to_be_disabled()


def test_parked_sales_show_customer_articles_and_time(till: Till) -> None:
    parked = till.page.locator("#parked button")
    till.ring_up("Yoga Mat")
    till.page.keyboard.press("F9")
    till.ring_up("Weights", "Weights", "Water Bottle", "Red Pants")
    till.page.keyboard.press("F4")
    till.page.locator(".customer-option", has_text="Eric Cartman").click()
    till.page.keyboard.press("F9")

    expect(parked).to_have_count(2)
    expect(parked.nth(0)).to_have_text(re.compile(r"\$62\.50Walk-in, \d\d:\d\dYoga MatParked"))
    expect(parked.nth(1)).to_have_text(
        re.compile(
            r"\$233\.97Eric Cartman, \d\d:\d\d2 \u00d7 Weights, Water Bottle and 1 moreParked"
        )
    )


def test_signing_out_leaves_no_names_behind_and_keeps_the_parked_sales(till: Till) -> None:
    till.ring_up("Yoga Mat")
    till.page.keyboard.press("F4")
    till.page.locator(".customer-option", has_text="Eric Cartman").click()
    till.page.keyboard.press("F9")
    till.ring_up("Weights")
    till.charge()
    till.expect_state("Paid")
    till.page.keyboard.press("F10")
    expect(till.page.locator(".order").first).to_be_visible()

    till.page.get_by_role("button", name="Sign out").click()

    kept = till.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert "Yoga Mat" in kept
    for trace in ("Eric", "Cartman", "@", "access"):
        assert trace not in kept
    for selector in ("#customer-list", "#today-orders"):
        expect(till.page.locator(selector)).to_be_empty()

    sign_in(till.page, "staff")

    expect(till.page.locator("#parked")).to_contain_text("Eric Cartman")


def test_a_till_that_comes_back_from_the_page_cache_is_the_till_as_it_was(till: Till) -> None:
    """Its claim to be the one till of the browser was lost on the way."""
    till.ring_up("Yoga Mat")
    with till.page.expect_navigation():
        till.page.evaluate(
            "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
        )

    expect(till.page.locator("#lines li")).to_have_count(1)
    expect(till.page.get_by_text("The till is open in another tab")).to_be_hidden()


def test_a_till_checks_the_card_before_it_asks_the_shop(till: Till) -> None:
    page = till.page
    till.ring_up("Yoga Mat")
    page.keyboard.press("F8")
    wrong = [
        ("4111 1111 1111 1112", "12/30", "123", "card-number", "A digit of the card number"),
        ("4111 1111 1116", "12/30", "123", "card-number", "at least 13 digits"),
        ("4111 1111 1111 1111", "01/20", "123", "card-expiry", "has expired"),
        ("4111 1111 1111 1111", "13/30", "123", "card-expiry", "month and year"),
        ("4111 1111 1111 1111", "12/30", "1234", "card-code", "has 3 digits"),
        ("3782 822463 10005", "12/30", "123", "card-code", "has 4 digits"),
    ]
    for number, expiry, code, field, message in wrong:
        page.locator("#card-number").fill(number)
        page.locator("#card-expiry").fill(expiry)
        page.locator("#card-code").fill(code)

        # Sooner than people are, too: the first press after the form has opened is answered.
        page.locator("#charge").click()

        expect(page.locator("#card-error")).to_contain_text(message)
        expect(page.locator(f"#{field}")).to_be_focused()
    assert till.sent == []


def test_a_price_of_thousands_adds_up_to_the_cent(till: Till) -> None:
    def dear(route: Route) -> None:
        answer = route.fetch().json()
        answer["data"][0]["price"] = 1234.56
        route.fulfill(body=json.dumps(answer), content_type="application/json")

    till.page.route("**/products?*", dear)
    till.page.reload(wait_until="commit")
    name = till.page.locator("#products .tile-name").first.inner_text()
    till.page.locator("#search").fill(f"7*{name}")
    till.page.locator("#search").press("Enter")

    expect(till.page.locator("#total")).to_have_text(f"${Decimal('1234.56') * 7:,.2f}")
