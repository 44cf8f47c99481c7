"""Scanners of all kinds at the till: terminators, prefixes, keyboard layouts, unknown codes."""

from collections.abc import Mapping, Sequence
from itertools import cycle, product

import pytest
from playwright.sync_api import expect

from tests.browser.helpers.till import BIKE, Till
from tests.e2e.helpers.running_shop import PASSWORD
from tests.support.sizes import SIZES, matrix

#: A valid EAN-13 that no product has.
UNKNOWN_EAN = "4006381333931"

#: What a scanner with a US layout sends to a computer with a German keyboard.
GERMAN = {"-": ("ß", "Minus"), "]": ("+", "BracketRight")}

#: What a French keyboard makes of the same keys.
FRENCH = {
    "-": (")", "Minus"),
    **{
        digit: (key, f"Digit{digit}")
        for digit, key in zip("1234567890", "&é\"'(-è_çà", strict=True)
    },
    "a": ("q", "KeyA"),
}

TERMINATORS = [
    ("Enter", "Enter"),
    ("Enter", "Enter", "Enter"),
    ("Tab",),
    ("Tab", "Tab"),
    ("Enter", "Tab"),
]


def fill_card(till: Till) -> None:
    till.page.keyboard.press("F8")
    till.page.get_by_role("button", name="Mastercard").click()


#: Where the focus may be, with each terminator; in small, each of both once is enough.
FOCUSED = [
    *(("#charge", end) for end in TERMINATORS),
    *((focus, end) for focus in ("#card-number", "#card-code") for end in matrix(*TERMINATORS)),
]


@pytest.mark.parametrize(("focus", "end"), FOCUSED)
def test_a_scan_into_the_payment_form_pays_nothing(
    till: Till, focus: str, end: Sequence[str]
) -> None:
    till.ring_up("Water Bottle")
    fill_card(till)
    till.page.locator(focus).focus()

    till.scan(BIKE, end=end)

    expect(till.page.locator("#due")).to_have_text("$534.98")
    expect(till.page.locator("#step-payment")).to_be_visible()
    expect(till.page.locator(focus)).to_be_focused()
    assert till.sent == []


#: What has the focus when a scan ends, with each terminator; in small each of both at least once.
PRESSABLE = ("#products [role=option]", "#to-payment", "#cancel", "#customer")
PRESSED = [
    *(product(PRESSABLE, TERMINATORS) if SIZES.is_full else zip(cycle(PRESSABLE), TERMINATORS))
]


def test_a_second_terminator_presses_no_button(till: Till) -> None:
    till.ring_up("Water Bottle")
    for selector, end in PRESSED:
        before = till.lines()
        till.page.locator(selector).first.focus()

        till.scan(BIKE, end=end)

        expect(till.page.locator("#step-lines")).to_be_visible()
        expect(till.page.locator("dialog[open]")).to_have_count(0)
        assert len(till.lines()) == 2
        assert till.lines() != before
        assert till.lines()[0] == before[0]


def test_a_terminator_that_comes_late_pays_nothing_either(till: Till) -> None:
    till.ring_up("Water Bottle")
    fill_card(till)

    till.scan(BIKE)
    till.page.wait_for_timeout(350)
    till.page.keyboard.press("Enter")

    expect(till.page.locator("#step-payment")).to_be_visible()
    assert till.sent == []


def test_a_total_that_has_changed_is_confirmed_before_it_is_charged(till: Till) -> None:
    till.ring_up("Water Bottle")
    fill_card(till)
    till.scan(BIKE)
    expect(till.page.locator("#total-changed")).to_contain_text("from $34.99 to $534.98")
    charge = till.page.locator("#charge")
    expect(charge).to_have_text("Confirm $534.98")
    till.page.wait_for_timeout(350)

    # A double click confirms, and does no more than that.
    charge.dblclick()

    expect(charge).to_have_text("Charge $534.98")
    expect(till.page.locator("#total-changed")).to_be_hidden()
    assert till.sent == []
    till.wait_out_haste()
    charge.click()
    till.expect_state("Paid")
    assert len(till.sent) == 1


@pytest.mark.parametrize("focus", ["#sale-title", "#search"])
def test_a_code_is_known_with_prefix_and_foreign_layout(till: Till, focus: str) -> None:
    layouts: list[tuple[str, Mapping[str, tuple[str, str]] | None]] = [
        ("]C1", None),  # Code 128
        ("]E0", None),  # EAN
        ("", GERMAN),
        ("]C1", GERMAN),
        ("", FRENCH),
        ("", {"-": ("/", "Slash")}),  # A German scanner.
    ]
    for count, (prefix, layout) in enumerate(layouts, start=1):
        till.page.locator(focus).focus()

        till.scan(prefix + BIKE, layout=layout, end=("Enter", "Enter"))

        expect(till.page.locator("#lines input")).to_have_value(str(count))
        expect(till.page.locator("#search")).to_have_value("")
    assert till.lines() == ["Fit Bike 6 $2,999.94"]


def test_an_unknown_code_leaves_the_search_as_it_was(till: Till) -> None:
    search = till.page.locator("#search")
    search.fill("yoga")
    toast = till.page.locator("#toast")

    # Without a check digit, too: no person types as fast as this.
    codes = ["01234565", "SKU-2024-0815", f"]E0{UNKNOWN_EAN}", "12345678", "999-abc", "q7x"]
    for code in codes:
        till.scan(code, end=("Enter", "Enter"))

        expect(toast).to_contain_text(f"No product has the code {code.removeprefix(']E0')}.")
        expect(search).to_have_value("yoga")
        expect(till.page.locator("#products [role=option]")).to_have_count(1)
    assert till.lines() == []


def test_a_code_that_ends_with_nothing_is_a_scan(till: Till) -> None:
    till.ring_up("Weights")
    fill_card(till)
    for focus in ("#search", "#charge", "#card-number"):
        before = till.page.locator(focus).evaluate("node => node.value")
        till.page.locator(focus).focus()
        due = till.page.locator("#due").inner_text()

        till.scan(BIKE, end=())

        expect(till.page.locator("#due")).not_to_have_text(due)
        assert till.page.locator(focus).evaluate("node => node.value") == before
        # A terminator that comes late finds nothing to press.
        till.page.wait_for_timeout(150)
        till.page.keyboard.press("Enter")
    till.page.locator("#search").focus()
    # A GS1 code with the number of an article in it.
    till.scan(f"]d2010{UNKNOWN_EAN}", end=())
    expect(till.page.locator("#toast")).to_contain_text(f"No product has the code 0{UNKNOWN_EAN}.")
    assert till.sent == []


def test_an_unknown_code_that_ends_with_nothing_leaves_the_fields_as_they_were(till: Till) -> None:
    till.ring_up("Weights")
    fill_card(till)
    toast = till.page.locator("#toast")
    for focus, code in (
        ("#search", "q7x"),
        ("#card-number", "SKU-82"),
        ("#charge", "ABCDEF"),
        ("#card-code", "081-547"),
    ):
        before = till.page.locator(focus).evaluate("node => node.value")
        till.page.locator(focus).focus()

        till.scan(code, end=())

        expect(toast).to_contain_text(f"No product has the code {code}.")
        assert till.page.locator(focus).evaluate("node => node.value") == before
        till.page.wait_for_timeout(150)
    search = till.page.locator("#search")
    search.focus()
    # As fast as the fastest typist, and as fingers that roll over a few keys.
    for typed, gap_ms in (("2024-x", 40), ("10x-w", 25)):
        search.fill("")
        till.scan(typed, gap_ms=gap_ms, end=())
        till.page.wait_for_timeout(650)
        expect(search).to_have_value(typed)
    assert till.sent == []


def test_a_card_is_read_in_its_field_and_nowhere_else(till: Till) -> None:
    till.ring_up("Water Bottle")
    asked: list[str] = []
    till.page.on("request", lambda request: asked.append(request.url))
    for focus in ("#sale-title", "#search"):
        for typed in ("4111111111111111", "%B4111111111111111^DOE/JOHN A^3012101?"):
            till.page.locator(focus).focus()
            till.scan(typed)
            expect(till.page.locator("#toast")).to_contain_text("That was a card, not a product")
            expect(till.page.locator("#search")).to_have_value("")
            till.page.locator("#toast").evaluate("node => node.replaceChildren()")
    assert [url for url in asked if "4111" in url] == []
    till.page.keyboard.press("F8")
    till.page.locator("#card-number").focus()
    # The next terminator belongs to the next scan.
    till.page.wait_for_timeout(350)

    till.scan("4111111111111111", end=("Tab",))
    # A month that is none is no code either: the form says what is wrong.
    till.scan("13/2030", end=("Tab",))
    expect(till.page.locator("#card-expiry")).to_have_value("13/2030")
    till.page.locator("#card-expiry").fill("")
    till.page.locator("#card-expiry").focus()
    till.page.wait_for_timeout(350)
    till.scan("12/2030", end=("Tab",))

    expect(till.page.locator("#card-number")).to_have_value("4111 1111 1111 1111")
    expect(till.page.locator("#card-expiry")).to_have_value("12/30")
    expect(till.page.locator("#card-code")).to_be_focused()
    # The fields are complete: the terminator of a code in letters would charge.
    till.page.locator("#card-code").fill("123")
    till.page.wait_for_timeout(350)
    till.scan("ABCDEF", end=("Enter", "Enter"))
    expect(till.page.locator("#toast")).to_contain_text("No product has the code ABCDEF.")
    expect(till.page.locator("#card-code")).to_have_value("123")
    assert till.sent == []


@pytest.mark.parametrize("focus", ["#search", "#sale-title"])
def test_a_count_before_a_scan_adds_so_many(till: Till, focus: str) -> None:
    till.page.locator("#search").focus()
    till.page.keyboard.type("3*")
    till.page.wait_for_timeout(150)
    till.page.locator(focus).focus()

    till.scan(BIKE, end=("Enter", "Enter"))

    expect(till.page.locator("#lines input")).to_have_value("3")
    expect(till.page.locator("#search")).to_have_value("")


def test_a_count_that_is_none_is_refused_aloud(till: Till) -> None:
    search, toast = till.page.locator("#search"), till.page.locator("#toast")

    def expect_refusal(text: str = "Not added: the count before the *") -> None:
        expect(toast).to_contain_text(text)
        expect(toast).to_have_attribute("data-tone", "bad")
        assert till.lines() == []
        toast.evaluate("toast => toast.replaceChildren()")

    for typed in ("0*", "1000*", "99999*", "-2*", "1.5*", "3*2*", "*", "1000x"):
        search.fill(typed)
        till.scan(BIKE)
        expect_refusal()
        expect(search).to_have_value(typed)
    till.wait_out_haste()
    search.fill("1000*Yoga Mat")
    search.press("Enter")
    expect_refusal()
    search.fill("")
    till.scan(f"0*{BIKE}")
    expect_refusal("No product has the code 0*")


def test_a_count_that_runs_into_the_scan_counts_too(till: Till) -> None:
    till.page.locator("#search").focus()

    till.scan(f"3*{BIKE}")

    assert till.lines() == ["Fit Bike 3 $1,499.97"]
    expect(till.page.locator("#search")).to_have_value("")


def test_keys_without_a_name_and_keys_of_an_input_method_are_no_scan(till: Till) -> None:
    """Autofill dispatches events without a key; an input method composes with real ones."""
    till.page.locator("#search").focus()
    till.page.evaluate(
        """code => {
            const target = document.activeElement;
            target.dispatchEvent(new Event("keydown", { bubbles: true }));
            for (const key of [...code, "Enter"]) {
                const more = { bubbles: true, cancelable: true, isComposing: true };
                target.dispatchEvent(new KeyboardEvent("keydown", { key, ...more }));
            }
        }""",
        BIKE,
    )

    assert till.lines() == []


def test_a_scan_on_the_sign_in_page_is_refused_and_what_a_program_types_is_not(till: Till) -> None:
    till.page.get_by_role("button", name="Sign out").click()
    alert = till.page.get_by_role("alert")
    password = till.page.locator("#password")
    # Without a name no password can be meant.
    for focus, code in (
        ("#password", "GIFT-VOUCHER"),
        ("#username", "ABC-DEF"),
        ("#pin", "ABCDEF"),
        # No name: nothing is typed after it.
        ("#username", "GIFTXQ"),
    ):
        till.page.locator(focus).focus()
        till.scan(code, end=("Tab",) if code == "GIFTXQ" else ("Enter", "Enter"))
        expect(alert).to_contain_text(f"The till is signed out; nothing was added (code {code})")
        expect(till.page.locator(focus)).to_be_focused()
        expect(till.page.locator(focus)).to_have_value("")
        till.page.locator("#sign-in-error").evaluate("node => node.replaceChildren()")
    till.page.locator("#username").focus()
    # A password manager types the name, Tab, the password and Enter.
    till.page.wait_for_timeout(350)
    till.scan("staff\tNO-SMALL-LETTERS", layout={"\t": ("Tab", "")})
    expect(alert).to_contain_text("Name or password is wrong")
    expect(till.page.locator("#username")).to_have_value("staff")
    for focus, code in (
        ("#password", BIKE),
        ("#password", UNKNOWN_EAN),
        ("#password", "NO-SMALL-LETTERS"),
        ("#password", "small-1"),
        # The form is complete but for the PIN, and its end would sign in.
        ("#pin", "40063"),
    ):
        till.page.wait_for_timeout(650)
        password.fill(PASSWORD if focus == "#pin" else "")
        till.page.locator(focus).focus()
        till.scan(code, end=("Enter", "Enter"))
        expect(alert).to_contain_text(f"The till is signed out; nothing was added (code {code})")
        expect(till.page.locator(focus)).to_have_value("")
        till.page.locator("#sign-in-error").evaluate("node => node.replaceChildren()")
    password.fill("")
    password.focus()
    till.page.wait_for_timeout(350)
    till.scan("Tr0ub4dor&3-x", end=("Enter",))
    expect(alert).to_contain_text("Name or password is wrong")
    expect(password).to_have_value("")
    password.focus()

    # A program need not press Shift for the sign.
    till.scan(PASSWORD, end=("Enter", "Enter"), layout={"!": ("!", "Digit1")})

    expect(till.page.locator("#till")).to_be_visible()


def test_letters_at_the_speed_of_a_scanner_are_a_code_unless_they_find_something(
    till: Till,
) -> None:
    toast = till.page.locator("#toast")
    search = till.page.locator("#search")
    till.ring_up("Weights")
    quantity = till.page.locator("#lines input")
    for focus, before in (("#search", "yoga"), ("#lines input", "1")):
        field = till.page.locator(focus)
        field.fill(before)
        for code, end in (
            ("GIFTXQ", ()),
            ("VOUCHERXQ", ("Enter", "Enter")),
            ("XQBASKET", ("Tab",)),
        ):
            field.focus()
            till.scan(code, end=end)
            expect(toast).to_contain_text(f"No product has the code {code}.")
            expect(field).to_have_value(before)
            expect(quantity).to_have_value("1")
            till.page.wait_for_timeout(350)
    till.page.keyboard.press("F4")
    till.page.locator("#customer-search").focus()
    till.scan("VOUCHERXQ", end=("Enter",))
    expect(toast).to_contain_text("No product has the code VOUCHERXQ.")
    # The dialog gave way to the message.
    expect(till.page.locator("dialog[open]")).to_have_count(0)
    till.page.wait_for_timeout(350)

    # A name that a program types, or a slow connection hands on at once, is a search.
    search.fill("")
    search.focus()
    till.scan("bottle", end=())
    till.page.wait_for_timeout(650)
    expect(search).to_have_value("bottle")
    till.page.keyboard.press("Enter")
    assert till.lines() == ["Weights 1 $49.99", "Water Bottle 1 $34.99"]
    till.page.keyboard.press("F4")
    till.scan("eric@example.com", end=())
    till.page.wait_for_timeout(650)
    expect(till.page.locator("#customer-search")).to_have_value("eric@example.com")


def test_a_barcode_or_the_shops_own_code_is_found_by_scan_and_by_search(
    till: Till,
) -> None:
    """A UPC arrives as an EAN-13; the product is newer than what the till has read."""
    name = "Jump Rope"
    body = {"name": name, "price": 9.5, "sku": "ROPE-7", "barcode": "0 36000-29145 2"}
    assert till.shop.post("/products", json=body).status_code == 201

    till.scan("0036000291452")
    expect(till.page.locator("#lines li")).to_have_count(1)
    till.scan("rope-7")
    expect(till.page.locator("#total")).to_have_text("$19.00")
    till.page.keyboard.press("F2")
    for typed in ("rope-7", "036000291452"):
        till.page.locator("#search").fill(typed)
        expect(till.page.locator("#products").get_by_role("option")).to_have_count(1)
        till.ring_up("Jump Rope")

    assert till.lines() == ["Jump Rope 4 $38.00"]
