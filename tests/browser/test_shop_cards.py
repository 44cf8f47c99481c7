"""Card fields read what the shopper means, however it is typed, pasted or composed."""

import re
from collections.abc import Iterator

import pytest
from httpx import Client
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.helpers.page_monitor import monitored
from tests.browser.helpers.shopper import BOTTLE, VISA, open_shop_page
from tests.e2e.helpers.running_shop import ERIC

#: The zeros of other keyboards.
_FULL_WIDTH = "\uff10"
_ARABIC = "\u0660"


def typed_with(zero: str, text: str) -> str:
    """Return a text with its digits as another keyboard types them."""
    return re.sub(r"[0-9]", lambda digit: chr(ord(zero) + int(digit[0])), text)


@pytest.fixture(scope="module")
def open_checkout(
    shared_context: BrowserContext, shop_url: str, eric_client: Client, eric_tokens: dict[str, str]
) -> Iterator[Page]:
    """Eric at the checkout, for all tests of this module: none of them sends the form."""
    with open_shop_page(shared_context, shop_url, eric_client, user_id=ERIC) as eric:
        eric.open_as(eric_tokens)
        eric.to_checkout(BOTTLE)
        yield eric.page


@pytest.fixture
def checkout(open_checkout: Page, shared_context: BrowserContext, shop_url: str) -> Iterator[Page]:
    """The checkout with nothing in the fields of the card."""
    for label in ("Card number", "Good through", "Security code"):
        open_checkout.get_by_label(label).fill("")
    with monitored(shared_context, shop_url):
        yield open_checkout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1/30", "01/30"),
        ("9/2029", "09/29"),
        ("130", "01/30"),
        ("1230", "12/30"),
        ("2/2031", "02/31"),
        ("122030", "12/30"),
        ("12 / 2030", "12/30"),
        ("12 - 2030", "12/30"),
        ("12\u00a0/\u00a030", "12/30"),
        ("2030-12", "12/30"),
        (typed_with(_FULL_WIDTH, "12/30"), "12/30"),
        (typed_with(_ARABIC, "12/30"), "12/30"),
    ],
)
def test_an_expiry_is_read_as_it_is_meant(checkout: Page, typed: str, meant: str) -> None:
    expiry = checkout.get_by_label("Good through")

    for write in (expiry.fill, expiry.press_sequentially):
        expiry.fill("")
        write(typed)
        expiry.blur()
        if write is expiry.fill or typed != "122030":
            expect(expiry).to_have_value(meant)
            expect(expiry).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    "typed", ["13/30", "0/30", "23/00", "12/030", "soon", "1/3", "12/1930", "2130-12"]
)
def test_an_expiry_that_cannot_be_read_is_refused_aloud(checkout: Page, typed: str) -> None:
    expiry = checkout.get_by_label("Good through")

    expiry.fill(typed)
    expiry.blur()

    expect(expiry).to_have_value(typed)
    expect(expiry).to_have_accessible_description(re.compile("Month and year, like 12/30"))


def test_a_digit_in_the_middle_of_an_expiry_can_be_corrected(checkout: Page) -> None:
    expiry = checkout.get_by_label("Good through")
    expiry.press_sequentially("1230")
    expect(expiry).to_have_value("12/30")

    expiry.press("Home")
    for key in ("ArrowRight", "ArrowRight", "Backspace", "1"):
        expiry.press(key)

    expect(expiry).to_have_value("11/30")


def test_a_card_is_good_until_its_month_is_over_everywhere(checkout: Page) -> None:
    expiry = checkout.get_by_label("Good through")
    checkout.evaluate("window.realNow = Date.now")
    for now, error in [("2030-12-01T11:59:00Z", "^$"), ("2030-12-01T12:00:00Z", "has retired")]:
        checkout.evaluate("(now) => { Date.now = () => Date.parse(now); }", now)
        expiry.fill("11/30")
        expiry.blur()
        expect(expiry).to_have_accessible_description(re.compile(error))
    checkout.evaluate("Date.now = realNow")


@pytest.mark.parametrize(
    "typed",
    [
        "Card number: 4111 1111 1111 1111",
        "4111\u00a01111\u00a01111\u00a01111",
        typed_with(_FULL_WIDTH, VISA),
        typed_with(_ARABIC, VISA),
        "4111-1111-1111-1111",
    ],
)
def test_a_card_number_is_read_as_it_is_meant(checkout: Page, typed: str) -> None:
    number = checkout.get_by_label("Card number")

    number.fill(typed)
    number.blur()

    expect(number).to_have_value("4111 1111 1111 1111")
    expect(number).to_have_accessible_description("Visa")


def test_a_number_that_is_too_long_is_not_cut_but_refused(checkout: Page) -> None:
    number = checkout.get_by_label("Card number")

    number.fill(f"{VISA} 99999")
    number.blur()

    expect(number).to_have_value("4111 1111 1111 1111 9999 9")
    expect(number).to_have_accessible_description(re.compile("at most 19 digits"))


def test_a_security_code_of_any_width_is_read(checkout: Page) -> None:
    code = checkout.get_by_label("Security code")

    code.fill(typed_with(_FULL_WIDTH, "123"))

    expect(code).to_have_value("123")


def compose(field: Locator, text: str) -> None:
    """Let an input method compose a text, as a keyboard for Chinese does."""
    devtools = field.page.context.new_cdp_session(field.page)
    field.focus()
    for end in range(1, len(text) + 1):
        devtools.send(
            "Input.imeSetComposition",
            {"text": text[:end], "selectionStart": end, "selectionEnd": end},
        )
        expect(field).to_have_value(text[:end])
    devtools.send("Input.insertText", {"text": text})
    devtools.detach()


def test_nothing_is_rewritten_while_an_input_method_composes(checkout: Page) -> None:
    number = checkout.get_by_label("Card number")

    compose(number, typed_with(_FULL_WIDTH, "411111"))

    expect(number).to_have_value("4111 11")
