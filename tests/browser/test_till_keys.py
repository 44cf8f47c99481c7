"""The till without a mouse: a scanner on the counter, a keyboard in front."""

from playwright.sync_api import expect

from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.till import BIKE, Till
from tests.e2e.helpers.running_shop import ERIC


def test_a_scan_adds_a_line_whatever_has_the_focus(till: Till) -> None:
    till.page.evaluate("document.activeElement.blur()")
    till.scan(BIKE.upper())

    places = ["#products [role=option]", "#search", "#customer", "#sale-title", "#to-payment"]
    for count, selector in enumerate(places, start=2):
        till.page.locator(selector).first.focus()

        till.scan(BIKE)

        expect(till.page.locator("#lines input")).to_have_value(str(count))
        expect(till.page.locator("#search")).to_have_value("")
        expect(till.page.locator("#step-lines")).to_be_visible()


def test_a_scan_during_payment_goes_into_the_sale_and_not_into_a_field(till: Till) -> None:
    till.ring_up("Yoga Mat")
    till.page.keyboard.press("F8")
    till.page.locator("#card-number").fill("4111")

    till.scan(BIKE)

    expect(till.page.locator("#due")).to_have_text("$562.49")
    expect(till.page.locator("#card-number")).to_have_value("4111")
    expect(till.page.locator("#card-error")).to_be_hidden()


def test_what_lies_over_the_sale_gives_way_to_a_scan(till: Till) -> None:
    def scan_through(dialog: str, *, total: str) -> None:
        expect(till.page.locator(dialog)).to_be_visible()
        till.scan(BIKE)
        expect(till.page.locator(dialog)).to_be_hidden()
        expect(till.page.locator("#total")).to_have_text(total)

    till.ring_up("Yoga Mat")
    till.page.keyboard.press("F4")
    scan_through("#customers", total="$562.49")
    till.page.get_by_role("button", name="Cancel sale").click()
    scan_through("#confirm", total="$1,062.48")
    till.charge()
    till.expect_state("Paid")
    till.wait_for_results()
    till.page.keyboard.press("F10")
    till.page.get_by_role("button", name="Receipt").first.click()
    scan_through("#receipt-dialog", total="$499.99")


def test_who_types_is_no_scanner(till: Till) -> None:
    till.page.locator("#search").focus()
    till.scan("pants", gap_ms=160)
    till.page.locator("#sale-title").focus()
    till.scan(BIKE, gap_ms=160)
    till.page.locator("#search").focus()
    # As fast as a scanner, on a German keyboard, but nothing that a scanner would say.
    till.scan("2*bottle", layout={"*": ("*", "BracketRight")})

    assert till.lines() == ["Red Pants 1 $99.00", "Water Bottle 2 $69.98"]


def test_an_unknown_code_is_refused_in_words(till: Till) -> None:
    till.page.locator("#sale-title").focus()
    till.scan("40-17-gone")

    expect(till.page.get_by_role("status").filter(has_text="40-17-gone")).to_be_visible()
    expect(till.page.locator("#lines li")).to_have_count(0)


def test_a_code_that_is_found_too_late_is_not_put_on_the_next_customer(till: Till) -> None:
    held = HeldRequests(till.page, "**/products/4711-new-in?*")
    till.ring_up("Weights")
    till.scan("4711-new-in")
    till.page.keyboard.press("F9")
    till.ring_up("Yoga Mat")

    found = till.shop.get(f"/products/{BIKE}").json()
    held.first.fulfill(json={**found, "data": {**found["data"], "id": "4711-new-in"}})

    expect(till.page.locator("#toast")).to_contain_text("Scan it again")
    assert till.lines() == ["Yoga Mat 1 $62.50"]


def test_the_keyboard_alone_gets_past_a_decline_to_the_report(till: Till) -> None:
    keyboard = till.page.keyboard

    def pay(*texts: str) -> None:
        expect(till.page.locator("#card-number")).to_be_focused()
        for text in texts:
            keyboard.type(text)
            keyboard.press("Tab")
        keyboard.press("Enter")

    keyboard.press("F2")
    keyboard.type("yoga", delay=45)
    keyboard.press("ArrowDown")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    keyboard.press("F8")
    pay("9999999999999995", "1230", "123")
    till.expect_state("Declined")
    pay("5555555555554444", "1230", "123")
    till.expect_state("Paid")
    till.wait_for_results()
    keyboard.press("F10")
    expect(till.page.locator("#today-title")).to_be_focused()
    expect(till.page.locator(".order").first).to_be_visible()
    # Past the day, whose field is several stops, to the sale.
    for _ in range(15):
        keyboard.press("Tab")
        if till.page.locator(".order :focus, .order:focus").count():
            break
    keyboard.press("Enter")
    expect(till.page.locator("#receipt-dialog .receipt")).to_be_visible()
    keyboard.press("Escape")
    keyboard.press("Escape")

    expect(till.page.locator("#search")).to_be_focused()
    till.next_customer()


def test_the_keyboard_alone_runs_a_sale(till: Till) -> None:
    keyboard = till.page.keyboard
    keyboard.press("F2")
    keyboard.type("2*bott", delay=45)
    keyboard.press("Enter")
    expect(till.page.locator("#lines li")).to_have_count(1)
    keyboard.press("F4")
    expect(till.page.locator(".customer-option", has_text="Eric Cartman")).to_be_visible()
    keyboard.type("cartman", delay=45)
    keyboard.press("Enter")
    expect(till.page.locator("#customer-name")).to_have_text("Eric Cartman")
    keyboard.press("F8")
    for text in ("4111 1111 1111 1111", "1230", "123"):
        keyboard.type(text)
        keyboard.press("Tab")
    keyboard.press("Enter")
    till.expect_state("Paid")

    newest = till.orders(ERIC)[0]
    assert (newest["total"], newest["lastname"]) == ("69.98", "Cartman")
    till.next_customer()
