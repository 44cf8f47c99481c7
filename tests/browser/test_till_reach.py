"""The till on old machines, with large letters, after a crash, and on paper."""

import csv
import re
from contextlib import suppress

import pytest
from httpx import Client
from playwright.sync_api import BrowserContext, Error, expect

from tests.browser.helpers.font_size import double_font_size
from tests.browser.helpers.page_measures import MAX_SHIFT, RECORD_SHIFTS, shift_of, transferred
from tests.browser.helpers.till import Till, lose_request, sign_in
from tests.support.sizes import matrix

#: Everything a till runs with, headers and all, as the local server sends it.
MAX_BYTES = 130_000

_OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def test_a_till_is_light_to_fetch(context: BrowserContext) -> None:
    page = context.new_page()
    with transferred(page) as sizes:
        page.goto("/pos", wait_until="networkidle")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    assert len(sizes) > 30
    assert sum(sizes.values()) < MAX_BYTES


@pytest.mark.parametrize("width", matrix(390, 1280))
def test_nothing_jumps_while_a_slow_till_fills(till: Till, width: int) -> None:
    page = till.page
    page.set_viewport_size({"width": width, "height": 844})
    till.ring_up("Weights")
    page.route(re.compile("/(products|users)"), lambda route: None)
    page.reload(wait_until="commit")
    expect(page.locator(".tile-skeleton").first).to_be_visible()
    page.evaluate(RECORD_SHIFTS)

    # Whatever is still held goes on.
    page.unroute_all()

    expect(page.locator("#products").get_by_role("option", name="Weights")).to_be_visible()
    expect(page.locator("#staff-name")).to_have_text("Robin Till")
    shift = shift_of(page)
    assert shift < MAX_SHIFT, shift


@pytest.mark.parametrize("width", matrix(390, 820, 1280))
def test_letters_of_twice_the_size_push_nothing_off_the_till(till: Till, width: int) -> None:
    page = till.page
    page.set_viewport_size({"width": width, "height": 844})

    def check(step: str) -> None:
        assert (step, page.evaluate(_OVERFLOW)) == (step, 0)

    with double_font_size(page):
        page.reload(wait_until="commit")
        till.ring_up("Water Bottle", "Weights")
        check("shelves")
        page.keyboard.press("F8")
        check("payment")
        till.charge()
        till.expect_state("Paid")
        check("paid")
        page.keyboard.press("F10")
        expect(page.locator(".order").first).to_be_visible()
        check("today")


def test_a_crash_of_the_page_loses_no_sale_and_charges_no_card_twice(
    context: BrowserContext, staff_client: Client
) -> None:
    page = context.new_page()
    page.goto("/pos")
    sign_in(page, "staff")
    till = Till(page, staff_client)
    till.ring_up("Weights", "Yoga Mat")
    page.route("**/order/add/*", lose_request)
    till.charge()
    till.expect_state("Waiting, not paid")
    # The answer of a page that is gone never comes.
    devtools = context.new_cdp_session(page)
    with page.expect_event("crash"), suppress(Error):
        devtools.send("Page.crash", timeout=1000)
    page = context.new_page()
    page.goto("/pos")
    sign_in(page, "staff")
    expect(page.locator("#notice")).to_contain_text("The shop does not have the last attempt")
    again = Till(page, staff_client)

    def act() -> None:
        again.charge()
        again.expect_state("Paid")

    assert len(again.count_new(act)) == 1
    assert again.bought()["total"] == "112.49"
    assert len({key for key, _ in [*till.sent, *again.sent]}) == 1


def test_a_receipt_is_one_strip_of_paper(till: Till) -> None:
    till.page.add_init_script("window.print = () => {}")
    till.page.reload(wait_until="commit")
    till.ring_up("Water Bottle", "Yoga Mat", "Weights", "Red Pants")
    till.charge()
    till.expect_state("Paid")
    till.page.get_by_role("button", name="Print receipt").click()

    paper = till.page.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    till.page.emulate_media(media="print")
    box = till.page.locator("#outcome .receipt").bounding_box()
    assert box is not None
    # 80 mm, as the roll is wide.
    assert box["width"] <= 80 / 25.4 * 96 + 1


def test_the_report_adds_up_over_pages_to_the_cent_and_knows_its_day(till: Till) -> None:
    """Figures that floats get wrong, a sale on two pages, and one of a second before midnight."""
    found = till.page.evaluate(
        """async () => {
            const { ordersOfDay, summarise } = await import("/static/pos/report.js");
            const { setTimeZone } = await import("/static/client/dates.js");
            setTimeZone("Pacific/Auckland");
            const order = (_id, total, more = {}) => ({
                _id, total, delivery: "instore", state: "delivered", address: {},
                placedAt: "2026-11-23T22:00:00Z", cart: [{ name: "Mat", quantity: 1 }], ...more,
            });
            const yesterday = "2026-11-23T10:59:59.999Z";
            const pages = [
                { orders: [order("a", "0.10"), order("b", "0.20")], next: "1" },
                { orders: [order("b", "0.20"), order("c", "1.15", { state: "paid" })], next: "2" },
                { orders: [order("d", "5.00", { state: "declined" }),
                           order("e", "7.00", { state: "pending" }),
                           order("f", "9.00", { delivery: "UPS/FEDEX" }),
                           order("g", "11.00", { placedAt: yesterday })], next: "3" },
            ];
            let reads = 0;
            const read = async (next) => { reads += 1; return pages[Number(next ?? 0)]; };
            const { cents, average, ...groups } = summarise(await ordersOfDay(read, "2026-11-24"));
            const counts = ["paid", "waiting", "declined"].map((name) => groups[name].length);
            return [reads, cents, ...counts, average];
        }"""
    )

    assert found == [3, 145, 3, 1, 1, 48]


def test_a_day_begins_where_the_shop_is(till: Till) -> None:
    """Some zones have no midnight when summer time begins, others are half hours apart."""
    starts = till.page.evaluate(
        """async () => {
            const { setTimeZone, startOfDay, dayOf } = await import("/static/client/dates.js");
            const start = (zone, day) => {
                setTimeZone(zone);
                return [new Date(startOfDay(day)).toISOString(), dayOf(startOfDay(day) - 1)];
            };
            return [
                start("Europe/Berlin", "2026-03-29"), start("Europe/Berlin", "2026-03-30"),
                start("Africa/Cairo", "2026-04-24"), start("Asia/Kathmandu", "2026-01-01"),
                start("Pacific/Kiritimati", "2026-01-01"), start("Etc/GMT+12", "2026-01-01"),
            ];
        }"""
    )

    assert starts == [
        ["2026-03-28T23:00:00.000Z", "2026-03-28"],
        ["2026-03-29T22:00:00.000Z", "2026-03-29"],
        ["2026-04-23T22:00:00.000Z", "2026-04-23"],
        ["2025-12-31T18:15:00.000Z", "2025-12-31"],
        ["2025-12-31T10:00:00.000Z", "2025-12-31"],
        ["2026-01-01T12:00:00.000Z", "2025-12-31"],
    ]


def test_a_spreadsheet_runs_nothing_that_a_customer_is_called(till: Till) -> None:
    cells = till.page.evaluate(
        """async () => {
            const { toCsv } = await import("/static/pos/report-csv.js");
            const order = { _id: "1", placedAt: "2026-11-24T10:00:00Z", firstname: "=1+1,",
                lastname: '"x"', address: {}, cart: [{ name: "Mat", quantity: "2" }], total: "2.00",
                state: "declined", card: { type: "Visa", number: "****1111" }, transactionID: "" };
            return toCsv([order]).split("\\r\\n");
        }"""
    )

    assert cells[0].startswith("\ufefftime,order,")
    [row] = csv.reader([cells[1]])
    assert row[1:5] == ["1", "", '\'=1+1, "x"', "2 x Mat"]
    assert row[5:] == ["2", "2.00", "declined", "0.00", "Visa", "1111", ""]
    assert cells[2] == ""
