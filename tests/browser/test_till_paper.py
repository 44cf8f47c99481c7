"""What the till prints: what is on screen, and the same receipt each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module

from playwright.sync_api import Page, Route, expect

from tests.browser.helpers.shopper import Shopper
from tests.browser.helpers.till import Till

# Comes without types.
_read_barcodes = import_module("zxingcpp").read_barcodes

_HOUR = timedelta(hours=1)


@contextmanager
def on_paper(till: Till) -> Iterator[None]:
    """Show the page as Ctrl+P prints it."""
    till.page.emulate_media(media="print")
    yield
    till.page.emulate_media(media="screen")


def visible_text(till: Till) -> str:
    return till.page.locator("body").inner_text()


def pay(till: Till, *names: str) -> None:
    till.ring_up(*names)
    till.charge()
    till.expect_state("Paid")


def test_the_printer_gets_what_is_on_screen(till: Till) -> None:
    till.page.add_init_script("window.print = () => {}")
    till.page.reload(wait_until="commit")
    pay(till, "Water Bottle")
    till.page.get_by_role("button", name="Print receipt").click()
    till.wait_out_haste()
    pay(till, "Yoga Mat")
    with on_paper(till):
        assert "Yoga Mat" in visible_text(till)
        assert "Water Bottle" not in visible_text(till)
        assert "Next customer" not in visible_text(till)
    till.next_customer()
    till.ring_up("Red Pants")
    with on_paper(till):
        assert "Red Pants" in visible_text(till)
        assert "$99.00" in visible_text(till)
        assert "Yoga Mat" not in visible_text(till)
        assert "Take payment" not in visible_text(till)
    till.page.keyboard.press("F8")
    with on_paper(till):
        # A card has no place on paper.
        expect(till.page.locator("#card-number")).to_be_hidden()
    till.page.keyboard.press("Escape")
    till.wait_for_results()
    till.page.keyboard.press("F10")
    expect(till.page.locator(".order").first).to_be_visible()
    with on_paper(till):
        assert "Taken" in visible_text(till)
        expect(till.page.locator("#sale")).to_be_hidden()
    till.page.get_by_role("button", name="Receipt").first.click()
    with on_paper(till):
        text = visible_text(till)
        assert "Yoga Mat" in text
        assert "Taken" not in text
        assert "Close" not in text


def test_a_reprint_equals_the_original_to_the_letter(clocked_till: Till) -> None:
    till = clocked_till
    # A till whose clock is ahead prints the shop's time all the same.
    till.page.clock.set_system_time(datetime.now(UTC) + 2 * _HOUR)
    with till.page.expect_response("**/order/walk-in/*"):
        pay(till, "Water Bottle", "Water Bottle", "Yoga Mat")
    original = till.page.locator("#outcome .receipt")
    placed = till.bought()["placedAt"]
    shown = till.page.evaluate(
        """at => new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" })
            .format(Date.parse(at))""",
        placed,
    )
    expect(original).to_contain_text(shown)
    expect(original).to_contain_text("Served byRobin Till")
    with on_paper(till):
        text = original.inner_text()
    till.wait_for_results()
    till.page.clock.set_system_time(datetime.now(UTC))

    till.page.keyboard.press("F10")
    till.page.get_by_role("button", name="Receipt").first.click()

    reprint = till.page.locator("#receipt-dialog .receipt")
    expect(reprint).to_be_visible()
    with on_paper(till):
        assert reprint.inner_text() == text


def test_a_receipt_promises_nothing_by_chance(till: Till) -> None:
    """Two sales of the same article differ in nothing but their numbers and their minute."""
    feet = set()
    for _ in range(3):
        pay(till, "Weights")
        feet.add(till.page.locator("#outcome .receipt-foot").inner_text())
        till.wait_out_haste()

    assert feet == {"Thank you for your purchase."}


def read_qr_code(page: Page, selector: str) -> str:
    """Return what a reader makes of a QR code on the page, as large as it is printed."""
    side, pixels = page.locator(selector).evaluate(
        """async (node) => {
            const image = new Image();
            const source = new XMLSerializer().serializeToString(node);
            image.src = `data:image/svg+xml,${encodeURIComponent(source)}`;
            await image.decode();
            const side = 270;
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = side;
            const paper = canvas.getContext("2d");
            paper.drawImage(image, 0, 0, side, side);
            const { data } = paper.getImageData(0, 0, side, side);
            return [side, Array.from({ length: side * side }, (_, at) => data[4 * at])];
        }"""
    )
    [found] = _read_barcodes(memoryview(bytes(pixels)).cast("B", (side, side)))
    return str(found.text)


def test_a_receipt_names_the_shop_and_leads_to_its_order(till: Till, eric: Shopper) -> None:
    facts = {
        "name": "Müller & Söhne",
        "address": "20 Riding Lane, 10201 Frisco",
        "taxLine": "VAT ID XX123456789",
        "timeZone": "Pacific/Kiritimati",
        "tillLockMinutes": 0,
    }

    def answer(route: Route) -> None:
        route.fulfill(json=facts)

    till.page.route("**/shop", answer)
    with till.page.expect_response("**/shop"):
        till.page.reload(wait_until="commit")
    pay(till, "Water Bottle")
    receipt = till.page.locator("#outcome .receipt")
    for text in (facts["name"], facts["address"], facts["taxLine"]):
        expect(receipt).to_contain_text(str(text))
    till.wait_for_results()
    order = till.bought()
    # In the time of the shop, which is fourteen hours ahead.
    shown = datetime.fromisoformat(order["placedAt"]) + 14 * _HOUR
    expect(receipt).to_contain_text(f"{shown:%H:%M}")

    address = read_qr_code(till.page, "#outcome .qr-code")

    assert address.endswith(f"/#/order/{order['_id']}?of=walk-in")
    # The till's own scanner opens it, a page of a customer with another account does not.
    till.wait_out_haste()
    till.next_customer()
    till.scan(address)
    expect(till.page.locator("#receipt-dialog .receipt")).to_contain_text("$34.99")
    till.page.keyboard.press("Escape")
    till.scan(address.replace(order["_id"], "0" * 8 + order["_id"][8:]))
    expect(till.page.locator("#toast")).to_contain_text("no such order")
    eric.page.goto(address)
    expect(eric.page.get_by_text("Take the receipt to the till")).to_be_visible()
    mine = eric.place_order()
    eric.page.goto(address.replace(order["_id"], mine).replace("walk-in", eric.user_id))
    expect(eric.page.get_by_text("What you ordered")).to_be_visible()
