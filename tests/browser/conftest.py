"""Browser, shop and pages for tests in a real Chromium.

The shop lives as long as the test process; the browser only as long as this folder's tests
are at it, because while Playwright runs no other test could have an event loop of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from httpx import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.helpers import caching_shop
from tests.browser.helpers.chromium import (
    NO_CHROMIUM,
    TIMEOUT_MS,
    chromium,
    find_chromium,
    new_context,
)
from tests.browser.helpers.page_monitor import monitored
from tests.browser.helpers.reused_page import ReusedPage
from tests.browser.helpers.shopper import PICTURE, Shopper, open_shop_page, opened_page
from tests.browser.helpers.till import Till, new_till_page, open_till
from tests.e2e.helpers.running_shop import ERIC, PASSWORD, RUN, running_shop
from tests.support.sizes import SIZES

_HERE = Path(__file__).parent

expect.set_options(timeout=TIMEOUT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have all of it run in `make proof` too, where movements are painted."""
    for item in items:
        if item.path.parent == _HERE:
            item.add_marker("proof")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where the browser is; without one there is nothing to test."""
    return find_chromium() or pytest.skip(NO_CHROMIUM)


@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    with chromium(chromium_path) as browser:
        yield browser


@pytest.fixture(scope="session")
def shop_url(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop as `make run` starts it, shared by the tests of this folder."""
    argv = RUN if SIZES.is_full else caching_shop.ARGV
    with running_shop(tmp_path_factory.mktemp("browser"), argv=argv) as url:
        yield url


@pytest.fixture
def context(browser: Browser, shop_url: str) -> Iterator[BrowserContext]:
    """A fresh profile at a desk; nothing may go wrong unheard in its pages."""
    context = new_context(browser, shop_url)
    with monitored(context, shop_url):
        yield context
        context.close()


def _log_in(shop_url: str, username: str) -> dict[str, str]:
    body = {"username": username, "password": PASSWORD}
    login = httpx.post(f"{shop_url}/login", json=body, timeout=30).json()
    return {"access": login["access_token"], "refresh": login["refresh_token"]}


@pytest.fixture(scope="session")
def staff_tokens(shop_url: str) -> dict[str, str]:
    """One sign-in for all tests that do not renew the tokens: passwords are slow to check."""
    return _log_in(shop_url, "staff")


@pytest.fixture(scope="session")
def staff_client(shop_url: str, staff_tokens: dict[str, str]) -> Iterator[Client]:
    """The shop as its staff sees it, past every page."""
    bearer = {"Authorization": f"Bearer {staff_tokens['access']}"}
    with Client(base_url=shop_url, headers=bearer, timeout=30) as client:
        yield client


@pytest.fixture(scope="package")
def shared_context(browser: Browser, shop_url: str) -> Iterator[BrowserContext]:
    """One profile for most tests, because a new one costs more than a sale.

    Its scripts are compiled and its files are fetched once for all of them. A page without
    scripts stays open in it: with the last page window and renderer would go, and be started
    again for the next test.
    """
    context = new_context(browser, shop_url, reuses_files=True)
    context.new_page().goto(PICTURE)
    yield context
    context.close()


@pytest.fixture
def page(shared_context: BrowserContext, shop_url: str) -> Iterator[Page]:
    """An empty page of somebody who has never been here; `page.goto("/")` opens the shop.

    Files of the pages may be there already; what fetches all of them takes `context`.
    """
    with opened_page(shared_context, shop_url) as page:
        yield page


@pytest.fixture(scope="package")
def till_page(shared_context: BrowserContext, staff_tokens: dict[str, str]) -> ReusedPage:
    """The page of all tills in the shared profile."""
    return ReusedPage(
        lambda: new_till_page(shared_context, staff_tokens, keeps_catalog=False),
        may_keep=("route",),
    )


@pytest.fixture
def till(
    shared_context: BrowserContext,
    till_page: ReusedPage,
    staff_client: Client,
    staff_tokens: dict[str, str],
) -> Iterator[Till]:
    """A till that knows no product from the test before."""
    with open_till(shared_context, staff_client, staff_tokens, reused=till_page) as till:
        yield till


@pytest.fixture
def keeping_till(
    context: BrowserContext, staff_client: Client, staff_tokens: dict[str, str]
) -> Iterator[Till]:
    """A till that keeps its catalog in the browser, in a profile of its own."""
    with open_till(context, staff_client, staff_tokens) as till:
        yield till


@pytest.fixture
def clocked_till(context: BrowserContext, staff_client: Client, shop_url: str) -> Iterator[Till]:
    """A till whose time the test turns on, with a session of its own: it may renew its tokens.

    It never locks itself, however the hours go.
    """
    context.clock.install()
    context.route("**/shop", lambda route: route.fulfill(json={"tillLockMinutes": 0}))
    with open_till(context, staff_client, _log_in(shop_url, "staff")) as till:
        yield till


@pytest.fixture(scope="session")
def eric_tokens(shop_url: str) -> dict[str, str]:
    """One login for all tests that need a customer, and do not renew his tokens."""
    return _log_in(shop_url, "eric")


@pytest.fixture(scope="session")
def eric_client(shop_url: str, eric_tokens: dict[str, str]) -> Iterator[Client]:
    """The shop as Eric's other device sees it."""
    bearer = {"Authorization": f"Bearer {eric_tokens['access']}"}
    with Client(base_url=shop_url, headers=bearer, timeout=30) as client:
        yield client


@pytest.fixture(scope="package")
def shopper_page(shared_context: BrowserContext) -> ReusedPage:
    """The page of the shoppers in the shared profile."""
    return ReusedPage(shared_context.new_page)


@pytest.fixture
def guest(
    shared_context: BrowserContext, shopper_page: ReusedPage, shop_url: str, eric_client: Client
) -> Iterator[Shopper]:
    """A shopper who has not logged in; Eric's cart is empty."""
    with open_shop_page(
        shared_context, shop_url, eric_client, user_id=ERIC, reused=shopper_page
    ) as shopper:
        shopper.fill_cart()
        yield shopper


@pytest.fixture
def eric(guest: Shopper, eric_tokens: dict[str, str]) -> Shopper:
    """Eric, logged in, with an empty cart."""
    guest.open_as(eric_tokens)
    return guest


@pytest.fixture
def renewable_tokens(shop_url: str) -> dict[str, str]:
    """A login of Eric's for one test: a refresh token is good once."""
    return _log_in(shop_url, "eric")


@pytest.fixture
def renewing_eric(guest: Shopper, renewable_tokens: dict[str, str]) -> Shopper:
    """Eric with a session of his own."""
    guest.open_as(renewable_tokens)
    return guest
