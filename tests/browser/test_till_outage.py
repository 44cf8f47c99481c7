"""The till when answers are late, lost or never come: honest, and never paid twice."""

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.till import BIKE, Till, fill_browser, lose_answer, lose_request, sign_in

MASTERCARD = "5555555555554444"

#: What Chromium does for a site that may keep nothing.
BLOCK_SITE_DATA = """(() => {
    const denied = () => new DOMException("denied", "SecurityError");
    const deny = { get() { throw denied(); } };
    Object.defineProperty(window, "localStorage", deny);
    Object.defineProperty(window, "sessionStorage", deny);
    LockManager.prototype.request = async () => { throw denied(); };
})()"""


#: What the page keeps outside of the storage of sales.
KEPT_PATHS = """async () => {
    const cache = await caches.open("acme-till.catalog");
    return (await cache.keys()).map(({ url }) => new URL(url).pathname);
}"""


def lose_everything_but_the_page(till: Till) -> list[Request]:
    """Let one try leave and not arrive, load the page anew, and have the card asked for."""
    held: list[Request] = []

    def hold(route: Route) -> None:
        held.append(route.request)
        route.abort()

    till.page.route("**/order/add/*", hold)
    till.charge()
    till.expect_state("Waiting, not paid")
    till.page.reload(wait_until="commit")
    expect(till.page.locator("#notice")).to_contain_text("The shop does not have the last attempt")
    till.page.unroute("**/order/add/*")
    return held


def arrive_late(till: Till, late: Request) -> None:
    key = {"Idempotency-Key": late.headers["idempotency-key"]}
    till.shop.post(late.url, content=late.post_data, headers=key)


def test_a_double_click_hits_nothing_that_takes_the_place_of_charge(till: Till) -> None:
    till.ring_up("Yoga Mat")
    till.page.route("**/order/add/*", lose_request)
    till.page.locator("#to-payment").dblclick()
    expect(till.page.locator("#card-error")).to_be_hidden()
    till.page.get_by_role("button", name="Mastercard").click()

    till.page.locator("#charge").dblclick()

    till.expect_state("Waiting, not paid")
    expect(till.page.locator("#parked")).to_be_hidden()


def test_a_sale_without_network_is_kept_and_sent_once_when_it_returns(till: Till) -> None:
    till.ring_up("Red Pants")
    till.page.context.set_offline(True)

    def act() -> None:
        till.charge()
        till.expect_state("Waiting, not paid")
        expect(till.page.locator("#outcome")).to_contain_text("keep the goods")
        expect(till.page.locator("#connection")).to_contain_text("No connection")
        # The next customer need not wait.
        till.page.keyboard.press("F9")
        till.ring_up("Weights")
        expect(till.page.locator("#parked")).to_contain_text("Waiting, not paid")
        till.page.context.set_offline(False)
        expect(till.page.locator("#parked")).to_contain_text("Paid")

    assert len(till.count_new(act)) == 1
    assert till.lines() == ["Weights 1 $49.99"]


def test_a_sale_that_the_shop_asks_to_wait_for_says_how_long(till: Till) -> None:
    till.page.route(
        "**/order/add/*",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "120"}, json={}),
        times=1,
    )
    till.ring_up("Weights")
    till.charge()
    till.expect_state("Waiting, not paid")
    expect(till.page.locator("#outcome")).to_contain_text("Try again in 2 minutes")

    till.page.get_by_role("button", name="Try now").click()

    till.expect_state("Paid")


def test_the_line_is_called_back_when_it_is_even_if_no_sale_waits(till: Till) -> None:
    line = till.page.locator("#connection")
    till.page.context.set_offline(True)
    expect(line).to_contain_text("No connection")

    till.page.context.set_offline(False)

    expect(line).to_have_text("")


def test_a_shop_that_comes_back_by_itself_is_noticed(till: Till) -> None:
    paths = re.compile(r"/(products|users|healthz)")
    till.page.route(paths, lose_request)
    till.page.reload(wait_until="commit")
    expect(till.page.locator("#connection")).to_contain_text("No connection")
    expect(till.page.get_by_text("The products cannot be loaded")).to_be_visible()

    till.page.unroute(paths)

    expect(till.page.locator("#connection")).to_have_text("")
    expect(till.page.locator("#products").get_by_role("option", name="Weights")).to_be_visible()


def test_card_numbers_are_never_kept_on_disk(keeping_till: Till) -> None:
    keeping_till.ring_up("Red Pants")
    keeping_till.page.route("**/order/add/*", lose_request)
    keeping_till.charge()
    keeping_till.expect_state("Waiting, not paid")

    kept = keeping_till.page.evaluate(
        """async () => JSON.stringify([
            { ...localStorage }, { ...sessionStorage }, document.cookie,
            await indexedDB.databases(), await caches.keys(), history.state,
        ])"""
    )

    assert "Red Pants" in kept
    assert MASTERCARD not in kept
    assert "5555" not in kept
    assert "ccv" not in kept
    assert kept.endswith('"",[],["acme-till.catalog"],null]')
    assert set(keeping_till.page.evaluate(KEPT_PATHS)) == {"/products"}


def test_a_browser_that_keeps_nothing_says_so(till: Till) -> None:
    till.page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    till.ring_up("Red Pants")
    expect(till.page.locator("#connection")).to_contain_text("This browser stores nothing")

    till.page.route("**/order/add/*", lose_request)
    till.charge()

    expect(till.page.locator("#outcome")).to_contain_text("this browser stores nothing")
    till.page.unroute("**/order/add/*")
    till.expect_state("Paid")


def test_a_sale_that_a_full_browser_kept_as_open_is_not_charged_again(till: Till) -> None:
    till.ring_up("Weights")
    fill_browser(till.page)
    till.charge()
    till.expect_state("Paid")

    till.page.reload(wait_until="commit")

    expect(till.page.get_by_text("No articles yet")).to_be_visible()
    expect(till.page.locator("#parked")).to_be_hidden()


def test_a_full_browser_keeps_the_sale_that_may_have_been_charged(till: Till) -> None:
    till.ring_up("Weights")
    till.page.route("**/order/add/*", lose_answer)

    def act() -> None:
        till.charge()
        till.expect_state("Waiting, not paid")
        fill_browser(till.page)
        till.page.keyboard.press("F9")
        till.ring_up("Yoga Mat", "Red Pants")
        expect(till.page.locator("#connection")).to_contain_text("This browser stores nothing")
        till.page.reload(wait_until="commit")
        expect(till.page.locator("#parked")).to_have_text(re.compile(r"^\$49\.99.*Paid$"))

    assert len(till.count_new(act)) == 1
    expect(till.page.get_by_text("No articles yet")).to_be_visible()


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        # Everything.
        (9999, ["sent again open", "declined declined", True]),
        # What may have been charged; the rest a reload would lose.
        (0, ["sent again open", False]),
        # What was known of it before, and nothing of a reference that was given up since.
        (-1, ["sent open", False]),
    ],
)
def test_a_full_browser_keeps_what_matters_most(
    page: Page, room: int, expected: list[str | bool]
) -> None:
    page.goto("/pos")

    found = page.evaluate(
        """async (room) => {
            const { loadSales, saveSales } = await import("/static/pos/sale-storage.js");
            const { newSale } = await import("/static/pos/sale.js");
            const sale = (id, more) => ({ ...newSale(id), lines: [{ id, quantity: 1 }], ...more });
            const sent = { reference: "r-1", sentAt: 1, customer: { id: "sent" } };
            const again = { ...sent, customer: { id: "sent again" } };
            const before = { reference: "r-2", sentAt: 1, customer: { id: "declined" } };
            const declined = { ...before, reference: null, sentAt: null, state: "declined" };
            saveSales([sale("a", again)], "a");
            const most = localStorage["acme-till.1"].length + room;
            saveSales([sale("a", sent), sale("b", before)], "a");
            const write = Storage.prototype.setItem;
            Storage.prototype.setItem = function (place, text) {
                if (text.length > most) throw new DOMException("full", "QuotaExceededError");
                write.call(this, place, text);
            };
            const isKept = saveSales([sale("a", again), sale("b", declined)], "a");
            const loaded = loadSales().sales.map((sale) => `${sale.customer.id} ${sale.state}`);
            return [...loaded, isKept];
        }""",
        room,
    )

    assert found == expected


def test_a_lost_answer_is_asked_for_again_and_no_customer_pays_twice(till: Till) -> None:
    till.ring_up("Fit Bike")
    till.page.route("**/order/add/*", lose_answer, times=1)

    def act() -> None:
        till.charge()
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    first, second = till.sent
    assert first == second


def test_a_reload_in_the_middle_of_a_sale_keeps_it(till: Till) -> None:
    till.ring_up("Water Bottle", "Fit Bike", "Fit Bike")
    before = till.lines()

    till.page.reload(wait_until="commit")

    expect(till.page.locator("#lines li")).to_have_count(2)
    assert till.lines() == before
    till.charge()
    till.expect_state("Paid")


def test_a_reload_after_a_lost_answer_finds_the_sale_in_the_shop(till: Till) -> None:
    till.ring_up("Running shoes")
    till.page.route("**/order/add/*", lose_answer)

    def act() -> None:
        till.charge()
        till.expect_state("Waiting, not paid")
        till.page.reload(wait_until="commit")
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    expect(till.page.locator("#outcome .receipt")).to_contain_text("Mastercard ending 4444")


def test_a_try_that_turns_up_late_counts_and_the_second_card_is_not_charged(till: Till) -> None:
    till.ring_up("Weights")
    held = lose_everything_but_the_page(till)

    def act() -> None:
        arrive_late(till, held[0])
        till.charge("Amex")
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    expect(till.page.locator("#outcome .receipt")).to_contain_text("Mastercard ending 4444")


def test_a_sale_that_is_called_off_in_an_outage_is_never_sent(clocked_till: Till) -> None:
    till = clocked_till
    till.ring_up("Weights")
    till.page.route("**/order/add/*", lose_request)

    def act() -> None:
        till.charge()
        till.expect_state("Waiting, not paid")
        till.page.get_by_role("button", name="Cancel sale").click()
        till.page.get_by_role("dialog").get_by_role("button", name="Cancel the sale").click()
        till.expect_state("Checking with the shop")
        till.page.unroute("**/order/add/*")
        till.page.clock.fast_forward(40_000)
        expect(till.page.get_by_text("No articles yet")).to_be_visible()

    assert till.count_new(act) == []


def test_nothing_is_called_paid_before_the_shop_says_so(till: Till) -> None:
    till.ring_up("Yoga Mat")
    held = HeldRequests(till.page, "**/order/add/*")
    till.charge()
    till.expect_state("Sent, no answer yet")

    answer = held.first.fetch().json()
    pending = {"success": "false", "status": 200, "message": "pending payment"}
    till.page.route("**/order/walk-in/*", lose_request)
    held.first.fulfill(json={**answer, "payment": {**answer["payment"], **pending}})

    till.expect_state("Sent, not decided yet")
    expect(till.page.locator("#outcome")).to_contain_text("Not paid yet")
    told = {"state": "returned"}
    asked: list[Route] = []

    def change(route: Route) -> None:
        asked.append(route)
        route.fulfill(json={**route.fetch().json(), **told})

    # A state of a later release does not say that it is paid.
    with till.page.expect_response("**/order/walk-in/*"):
        till.page.route("**/order/walk-in/*", change)
    till.expect_state("Sent, not decided yet")
    assert asked
    told.clear()
    till.expect_state("Paid")


def test_a_shift_that_runs_out_in_the_middle_of_a_payment_loses_nothing(till: Till) -> None:
    till.ring_up("Yoga Mat")
    till.page.route("**/order/add/*", lambda route: route.fulfill(status=401, json={}), times=2)
    till.page.route("**/refresh-token", lambda route: route.fulfill(status=401, json={}), times=1)
    till.charge()
    expect(till.page.locator("#sign-in-note")).to_contain_text("Nothing is lost")

    sign_in(till.page, "staff")

    till.expect_state("Paid")
    assert len({key for key, _ in till.sent}) == 1


def test_a_sale_on_its_way_takes_no_more_lines(till: Till) -> None:
    till.page.route("**/order/add/*", lose_request)
    till.ring_up("Yoga Mat")
    till.charge()
    till.expect_state("Waiting, not paid")

    till.scan(BIKE)

    expect(till.page.locator("#toast")).to_contain_text("on its way")
    expect(till.page.locator(".outcome-lines li")).to_have_count(1)


def test_one_browser_has_one_till(till: Till) -> None:
    till.ring_up("Weights")
    other = till.page.context.new_page()
    other.goto("/pos")
    expect(other.get_by_text("The till is open in another tab")).to_be_visible()

    other.get_by_role("button", name="Use this tab instead").click()
    sign_in(other, "staff")

    expect(other.locator("#lines li")).to_have_count(1)
    expect(till.page.get_by_text("The till is open in another tab")).to_be_visible()
    other.close()


def test_a_browser_that_blocks_site_data_has_a_till_too(page: Page) -> None:
    """There the browser denies locks as it denies storage, which is no sign of another tab."""
    page.add_init_script(BLOCK_SITE_DATA)
    page.goto("/pos")

    sign_in(page, "staff")

    expect(page.locator("#connection")).to_contain_text("This browser stores nothing")
    page.locator("#products").get_by_role("option", name="Weights").click()
    expect(page.locator("#lines li")).to_have_count(1)


def test_a_try_that_turns_up_late_counts_with_the_lines_it_had(till: Till) -> None:
    till.ring_up("Weights")
    held = lose_everything_but_the_page(till)

    def act() -> None:
        arrive_late(till, held[0])
        till.page.keyboard.press("Escape")
        till.ring_up("Yoga Mat")
        till.charge()
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    expect(till.page.locator("#outcome .outcome-title")).to_contain_text("Paid $49.99")
    expect(till.page.locator("#outcome .receipt")).not_to_contain_text("Yoga Mat")


def test_a_try_that_may_turn_up_late_keeps_its_customer(till: Till) -> None:
    """The shop tells orders apart by user and key: another user would be another order."""
    till.ring_up("Weights")
    lose_everything_but_the_page(till)

    till.page.keyboard.press("F4")

    expect(till.page.locator("#customers")).to_be_hidden()
    expect(till.page.locator("#toast")).to_contain_text("may still arrive")


def test_a_sale_is_dropped_only_when_the_shop_does_not_have_it(clocked_till: Till) -> None:
    till = clocked_till
    till.ring_up("Weights")
    held = lose_everything_but_the_page(till)
    till.page.clock.fast_forward(60_000)
    arrive_late(till, held[0])
    till.page.keyboard.press("Escape")

    till.page.get_by_role("button", name="Cancel sale").click()
    till.page.get_by_role("dialog").get_by_role("button", name="Cancel the sale").click()

    till.expect_state("Paid")


def test_a_sale_without_articles_is_kept_while_its_try_may_still_arrive(till: Till) -> None:
    till.ring_up("Weights")
    held = lose_everything_but_the_page(till)
    till.page.keyboard.press("Escape")
    till.page.get_by_role("button", name="Remove Weights").click()
    expect(till.page.locator("#notice")).to_contain_text("may still arrive")
    expect(till.page.get_by_role("button", name="Cancel sale")).to_be_visible()

    def act() -> None:
        # The next customer has a sale of their own, and the one before is not forgotten.
        till.ring_up("Yoga Mat")
        till.page.reload(wait_until="commit")
        expect(till.page.locator("#lines li")).to_have_count(1)
        till.charge()
        till.expect_state("Paid")
        expect(till.page.locator("#outcome .outcome-title")).to_contain_text("Paid $62.50")
        arrive_late(till, held[0])

    assert len(till.count_new(act)) == 2
    parked = till.page.locator("#parked button")
    expect(parked).to_have_text(re.compile(r"^\$49\.99.*Last attempt may still arrive$"))
    parked.click()
    till.page.get_by_role("button", name="Cancel sale").click()
    till.page.get_by_role("dialog").get_by_role("button", name="Cancel the sale").click()
    till.expect_state("Paid")
    expect(till.page.locator("#outcome .receipt")).to_contain_text("Weights")


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_sale_is_called_off_after_a_silence_that_no_clock_on_the_wall_measures(
    clocked_till: Till, hours: int
) -> None:
    till = clocked_till
    clock = till.page.clock
    till.ring_up("Weights")
    till.page.route("**/order/add/*", lose_request)
    till.charge()
    till.expect_state("Waiting, not paid")
    till.page.get_by_role("button", name="Cancel sale").click()
    till.page.get_by_role("dialog").get_by_role("button", name="Cancel the sale").click()
    till.expect_state("Checking with the shop")

    clock.set_system_time(till.page.evaluate("Date.now()") + hours * 3_600_000)

    # Two more answers, so that one of them was asked for after the clock was set.
    for _ in range(2):
        with till.page.expect_response("**/order/walk-in"):
            clock.fast_forward(2000)
    till.expect_state("Checking with the shop")
    clock.fast_forward(40_000)
    expect(till.page.get_by_text("No articles yet")).to_be_visible()
