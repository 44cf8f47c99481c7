"""The pages in browsers of two years ago: what those lack is taken away from a new Chromium."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.helpers.page_monitor import assert_accessible
from tests.browser.helpers.shopper import BIKE, go_to

#: Safari has light-dark() since 17.5, AbortSignal.any since 17.4, the size of a query since 17.0,
#: and no `user-select` without its prefix. The others are for good measure.
_TAKE_AWAY = """
    delete AbortSignal.any;
    delete AbortSignal.timeout;
    delete Object.groupBy;
    delete Map.groupBy;
    delete URLSearchParams.prototype.size;
"""
_TOO_NEW = re.compile(r"[\w-]+\s*:[^;}]*light-dark\([^;}]*;?|(?<![\w-])user-select\s*:[^;}]*;?")


@pytest.fixture
def old_page(
    context: BrowserContext, eric_tokens: dict[str, str], staff_tokens: dict[str, str]
) -> Page:
    """A page in which Eric and a member of staff are signed in."""

    def of_then(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=_TOO_NEW.sub("", answer.text()))

    context.route("**/*.css", of_then)
    eric, staff = json.dumps(json.dumps(eric_tokens)), json.dumps(json.dumps(staff_tokens))
    context.add_init_script(
        f"""{_TAKE_AWAY}
        if (location.protocol === "http:") {{
            localStorage.setItem("acme-shop.session", {eric});
            sessionStorage.setItem("acme-till.staff", {staff});
        }}
        """
    )
    return context.new_page()


def test_an_old_browser_shows_every_view_of_the_storefront(old_page: Page) -> None:
    old_page.emulate_media(color_scheme="dark")
    old_page.goto("/")
    expect(old_page.get_by_role("link", name="Fit Bike")).to_be_visible()
    assert_accessible(old_page, only_colors=True)
    old_page.get_by_role("searchbox").fill("bike")
    expect(old_page).to_have_url(re.compile("q=bike"))

    for address, heading in {
        f"product/{BIKE}": "Fit Bike",
        "orders": "orders",
        "cart": "cart",
    }.items():
        go_to(old_page, address, heading)
    assert_accessible(old_page, only_colors=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_old_browser_sells_at_the_till(old_page: Page, scheme: str) -> None:
    old_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    old_page.goto("/pos")
    tile = old_page.locator("#products").get_by_role("option", name="Weights")
    expect(tile).to_be_visible()
    expect(tile).to_have_css("-webkit-user-select", "none")
    tile.click()
    old_page.get_by_role("button", name="Take payment").click()
    assert_accessible(old_page, only_colors=True)
    ground = old_page.locator("body").evaluate("node => getComputedStyle(node).backgroundColor")
    assert ground == {"light": "rgb(238, 242, 240)", "dark": "rgb(16, 22, 25)"}[scheme]
    old_page.get_by_role("button", name="Mastercard").click()
    old_page.locator("#charge").click()

    expect(old_page.locator("#state")).to_have_text("Paid")
    expect(old_page.locator("#outcome .receipt")).to_have_css("-webkit-user-select", "text")
