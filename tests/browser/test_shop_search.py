"""The search finds what is meant, and nothing by chance; its address follows without a fault."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.helpers.chromium import new_context
from tests.browser.helpers.page_monitor import monitored
from tests.browser.helpers.shopper import Shopper

NAMES = [
    "Łukasz Đặng Bench",
    "Ærø Straße Søren",
    "O'Brien Smith-Jones Rope",
    "Yoga Mat",
    "Water Bottle",
]


def product(name: str, index: int) -> dict[str, Any]:
    return {
        "id": f"55bed20e-{index}",
        "name": name,
        "shortDescription": "Good for the mat, too." if name == "Water Bottle" else "Good.",
        "description": "",
        "price": 10.0,
        "imageUrl1": "/static/images/weights_square.jpg",
        "imageUrl2": "",
        "imageUrl3": "",
        "tags": ["gear"],
        "sku": f"SKU-{index}/A",
    }


@pytest.fixture(scope="module")
def catalog(browser: Browser, shop_url: str) -> Iterator[Page]:
    """The storefront with products whose names are hard to type; tests only search in it."""
    context = new_context(browser, shop_url)
    products = {"data": [product(name, index) for index, name in enumerate(NAMES)]}
    with monitored(context, shop_url):
        page = context.new_page()
        page.route("**/products?*", lambda route: route.fulfill(json=products))
        page.goto("/", wait_until="commit")
        expect(page.get_by_role("link", name="Yoga Mat")).to_be_visible()
        yield page
        context.close()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Lukasz", ["Łukasz Đặng Bench"]),
        ("dang", ["Łukasz Đặng Bench"]),
        ("Aero", ["Ærø Straße Søren"]),
        ("Strasse", ["Ærø Straße Søren"]),
        ("Soren", ["Ærø Straße Søren"]),
        ("O\u2019Brien", ["O'Brien Smith-Jones Rope"]),
        ("obrien", ["O'Brien Smith-Jones Rope"]),
        ("Smith\u2013Jones", ["O'Brien Smith-Jones Rope"]),
        ("botle", ["Water Bottle"]),
        ("bottel", ["Water Bottle"]),
        ("yogamat", ["Yoga Mat"]),
        ("yga mat", ["Yoga Mat"]),
        ("sku-4/a", ["Water Bottle"]),
        ("SKU4", ["Water Bottle"]),
        ("mat", ["Yoga Mat", "Water Bottle"]),
    ],
)
def test_what_is_meant_is_found(catalog: Page, typed: str, found: list[str]) -> None:
    catalog.get_by_role("searchbox").fill(typed)

    expect(catalog.locator(".card h2")).to_have_text(found)


@pytest.mark.parametrize("typed", ["55", "20", "bed"])
def test_nothing_is_found_by_its_random_id(catalog: Page, typed: str) -> None:
    catalog.get_by_role("searchbox").fill(typed)

    expect(catalog.get_by_text("Nothing by that name")).to_be_visible()


def test_typing_much_never_stops_the_navigation(page: Page) -> None:
    # WebKit throws a SecurityError after a hundred changes of the address in ten seconds.
    page.add_init_script(
        """
        let changes = 0;
        const replace = History.prototype.replaceState;
        History.prototype.replaceState = function (...change) {
            changes += 1;
            if (changes > 100) throw new DOMException("too many", "SecurityError");
            return replace.apply(this, change);
        };
        """
    )
    page.goto("/")
    search = page.get_by_role("searchbox")
    expect(page.get_by_role("link", name="Yoga Mat")).to_be_visible()

    search.press_sequentially("mat " * 35)

    expect(page.locator(".card h2")).to_have_text(["Yoga Mat"])
    expect(page).to_have_url(re.compile(r"\+mat\+$"))
    page.get_by_role("link", name="Log in").click()
    expect(page.locator("h1")).to_have_text("Good to see you move")
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("mat " * 35)


def many_products(route: Route) -> None:
    data = [product(f"Weight {index}", index) for index in range(144)]
    route.fulfill(json={"data": data})


def test_back_returns_to_the_same_place_of_a_long_catalog(guest: Shopper) -> None:
    page = guest.page
    page.route("**/products?*", many_products)
    guest.open()
    more = page.get_by_role("button", name="Show more")
    more.click()
    more.click()
    cards = page.locator(".card")
    expect(cards).to_have_count(144)
    page.get_by_role("link", name="Weight 130", exact=True).scroll_into_view_if_needed()
    top = page.evaluate("scrollY")
    page.get_by_role("link", name="Weight 130", exact=True).click()
    expect(guest.heading).to_have_text("Weight 130")

    page.go_back()

    expect(cards).to_have_count(144)
    assert page.evaluate("scrollY") == pytest.approx(top, abs=2)
    # A phone that has thrown the tab away loads it anew.
    page.reload(wait_until="commit")
    expect(cards).to_have_count(144)
    assert page.evaluate("scrollY") == pytest.approx(top, abs=2)
