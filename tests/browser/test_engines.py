"""Both pages in WebKit and Firefox ESR: the main journeys, in `make proof` only."""

import time
from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.helpers.engines import Engine, engine, missing
from tests.e2e.helpers.running_shop import PASSWORD
from tests.support.sizes import SIZES

pytestmark = pytest.mark.skipif(not SIZES.is_full, reason="WebKit and Firefox run in `make proof`")


@pytest.fixture(params=["webkit", "firefox"])
def window(
    request: pytest.FixtureRequest, shop_url: str, figure: Callable[[str], None]
) -> Iterator[Engine]:
    if lacking := missing(request.param):
        figure(f"NOT RUN in {request.param}: {', '.join(lacking)} not installed")
        pytest.skip(f"no {request.param} on this machine: install {', '.join(lacking)}")
    began = time.monotonic()
    with engine(request.param, shop_url) as window:
        yield window
        version = window.driver.capabilities["browserVersion"]
    figure(f"{request.param} {version}, {time.monotonic() - began:.0f} s")


def test_a_shopper_finds_buys_and_follows_an_order(window: Engine) -> None:
    window.open("/")
    window.see(".card", "Weights")
    # More letters than WebKit allows changes of the address.
    window.type("#search", "x" * 130)
    window.see(".nothing", "Nothing by that name")
    window.click("button", "Show everything")
    window.click(".card a", "Water Bottle")
    window.click("button", "Add to cart")
    window.see("#toast", "Water Bottle is in the cart")
    window.click("#cart-link")
    window.click("a", "Check out")
    window.type("[name=username]", "eric")
    window.type("[name=password]", PASSWORD)
    window.click("form button", "Log in")
    for name, text in {
        "street": "20 Riding Lane",
        "city": "Frisco",
        "cc-number": "4111 1111 1111 1111",
        "cc-exp": "1230",
        "cc-csc": "123",
    }.items():
        window.type(f"[name={name}]", text)
    window.click("form button", "Pay $")

    window.see(".journey")
    assert window.run("return scrollY") == 0
    window.see("[data-step=delivered] time")
    window.driver.back()
    window.see("h1")
    assert window.faults() == []


def test_a_till_sells_locks_and_reports(window: Engine) -> None:
    window.open("/pos")
    window.type("#username", "staff")
    window.type("#password", PASSWORD)
    window.type("#pin", "1234")
    window.click("#sign-in-button")
    window.click("#products [role=option]", "Yoga Mat")
    window.double_click("#products [role=option]", "Yoga Mat")
    assert window.run("return String(getSelection())") == ""
    window.see("#total", "$187.50")
    window.press(Keys.F4)
    window.type("#customer-search", "eric")
    window.see(".customer-option", "Eric")
    window.press(Keys.ESCAPE)
    window.is_gone("#customers")
    window.press(Keys.F8)
    window.click("#test-cards button", "Mastercard")
    time.sleep(1)  # The till ignores haste, as sale-view.js says.
    window.click("#charge")
    window.see("#state", "Paid")
    window.see("#outcome .qr-code")

    # Away and back in one tab: the page may come from the browser's cache, without its lock.
    window.open("/")
    window.see(".card")
    window.driver.back()
    window.see("#till")
    window.is_gone("#other-tab")
    window.faults()
    window.click("#lock")
    window.see("#lock-page")
    # Not with Enter: the driver types as fast as a scanner.
    window.type("#lock-secret", PASSWORD)
    window.click("#unlock")
    window.see("#till")
    window.press(Keys.F10)
    window.see(".order", "Yoga Mat")
    window.see("#by-staff", "Robin Till")
    assert window.faults() == []
