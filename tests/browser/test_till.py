"""The till in a real browser, against a real shop."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from httpx import Client
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.browser.chromium import new_context
from tests.browser.watch import assert_accessible, watched
from tests.e2e.conftest import ERIC, PASSWORD, ROOT

BIKE = "b274f41d-83dd-4fa1-90d9-2b289e06b1bf"
MASTERCARD = "5555555555554444"


class Till:
    """A till as a person uses it, and the shop's own view of what it did."""

    def __init__(self, page: Page, shop: Client) -> None:
        self.page = page
        self.shop = shop
        self.sent: list[tuple[str | None, str]] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if "/order/add/" in request.url:
            self.sent.append((request.headers.get("idempotency-key"), request.post_data or ""))

    def ring_up(self, *names: str) -> None:
        for name in names:
            self.page.locator("#products").get_by_role("button", name=name).click()

    def scan(self, code: str) -> None:
        """Type as a scanner does: in one burst, into whatever has the focus."""
        self.page.evaluate(
            """code => {
                for (const key of [...code, "Enter"]) {
                    const event = { key, bubbles: true, cancelable: true };
                    const target = document.activeElement ?? document.body;
                    const isTaken = !target.dispatchEvent(new KeyboardEvent("keydown", event));
                    if (isTaken) continue;
                    if (key.length > 1) target.closest("form")?.requestSubmit();
                    else if (target.matches("input"))
                        document.execCommand("insertText", false, key);
                }
            }""",
            code,
        )

    def lines(self) -> list[str]:
        return [
            line.inner_text().replace("\n", " ") for line in self.page.locator("#lines li").all()
        ]

    def charge(self, card: str = "Mastercard") -> None:
        if self.page.locator("#to-payment").is_visible():
            self.page.get_by_role("button", name="Take payment").click()
        self.page.get_by_role("group", name="Test cards").get_by_role("button", name=card).click()
        self.page.locator("#charge").click()

    def expect_state(self, words: str) -> None:
        expect(self.page.locator("#state")).to_have_text(words)

    def next_customer(self) -> None:
        self.page.wait_for_timeout(750)  # The till ignores haste: see desk.js.
        self.page.keyboard.press("F9")
        expect(self.page.get_by_text("Nothing rung up yet")).to_be_visible()

    def orders(self, userid: str = "all") -> list[dict[str, Any]]:
        """Return the in-store orders the shop has, newest first."""
        found = self.shop.get(f"/order/{userid}?limit=1000").json()
        return [order for order in found if order["delivery"] == "instore"]

    def count_new(self, act: Callable[[], None]) -> list[str]:
        """Return the states of the orders that came into the shop while ``act`` ran."""
        before = {order["_id"] for order in self.orders()}
        act()
        return [order["state"] for order in self.orders() if order["_id"] not in before]


def sign_in(page: Page, username: str) -> None:
    page.get_by_label("Name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@contextmanager
def open_till(context: BrowserContext, client: Client, tokens: dict[str, str]) -> Iterator[Till]:
    """Open a till that somebody has signed in to; nothing may go wrong unheard."""
    page = context.new_page()
    # A reload with an unsent sale asks; the tests mean it.
    page.on("dialog", lambda dialog: dialog.accept())
    page.add_init_script(f"sessionStorage.setItem('acme-till.staff', '{json.dumps(tokens)}')")
    with watched(context, str(client.base_url)):
        page.goto("/pos", wait_until="commit")
        expect(page.locator("#products").get_by_role("button", name="Weights")).to_be_visible()
        yield Till(page, client)
        context.set_offline(offline=False)
        page.evaluate("localStorage.clear()")
        page.close()


@pytest.fixture(scope="module")
def shared_context(browser: Browser, shop_url: str) -> Iterator[BrowserContext]:
    """One profile for most tests, because a new one costs more than a sale."""
    context = new_context(browser, shop_url)
    yield context
    context.close()


@pytest.fixture
def till(
    shared_context: BrowserContext, staff_client: Client, staff_tokens: dict[str, str]
) -> Iterator[Till]:
    with open_till(shared_context, staff_client, staff_tokens) as till:
        yield till


@pytest.fixture
def clocked_till(
    context: BrowserContext, staff_client: Client, staff_tokens: dict[str, str]
) -> Iterator[Till]:
    """A till whose time the test turns on."""
    context.clock.install()
    with open_till(context, staff_client, staff_tokens) as till:
        yield till


def lose_answer(route: Route) -> None:
    """Let the shop have a request, and lose what it says."""
    route.fetch()
    route.abort()


def lose_request(route: Route) -> None:
    route.abort()


def test_a_sale_of_several_lines_is_paid_and_handed_over_at_once(till: Till) -> None:
    till.ring_up("Water Bottle", "Yoga Mat", "Water Bottle")
    assert till.lines()[0].endswith("$69.98")

    def act() -> None:
        till.charge()
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    receipt = till.page.locator("#outcome .paper")
    expect(receipt).to_contain_text("$132.48")
    expect(receipt).to_contain_text("Mastercard ending 4444")
    [order] = [each for each in till.orders("walk-in") if each["total"] == "132.48"][:1]
    for _ in range(50):
        if order["state"] == "delivered":
            break
        till.page.wait_for_timeout(100)
        order = till.shop.get(f"/order/walk-in/{order['_id']}").json()
    assert order["state"] == "delivered"


def test_the_report_of_the_day_equals_the_orders_to_the_cent(till: Till) -> None:
    till.ring_up("Smart Watch", "Water Bottle", "Water Bottle")
    till.charge("Old Visa")
    till.expect_state("Declined")
    till.charge()
    till.expect_state("Paid")

    till.page.keyboard.press("F10")

    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    today = [
        order
        for order in till.orders()
        if datetime.fromisoformat(order["placedAt"]) >= midnight.astimezone(UTC)
    ]
    paid = [Decimal(each["total"]) for each in today if each["state"] != "declined"]
    figures = till.page.locator("#figures")
    expect(figures).to_contain_text(f"${sum(paid):,.2f}")
    expect(figures).to_contain_text(f"Paid sales{len(paid)}")
    expect(till.page.locator(".order")).to_have_count(len(today))


def test_a_declined_card_is_obvious_and_another_pays_without_ringing_up_again(till: Till) -> None:
    till.ring_up("Basket Ball", "Weights")
    till.charge("Old Visa")

    alert = till.page.get_by_role("alert").filter(has_text="Declined")
    expect(alert).to_contain_text("The card has expired.")
    expect(alert).to_contain_text("Nothing was charged")
    expect(till.page.locator("#due")).to_have_text("$160.74")

    till.charge("Amex")

    till.expect_state("Paid")
    first, second = till.sent
    assert first[0] != second[0]
    expect(till.page.locator("#outcome .paper")).to_contain_text("American Express ending 0005")


def test_a_double_click_on_charge_makes_one_order(till: Till) -> None:
    till.ring_up("Yoga Mat")
    till.page.keyboard.press("F8")
    till.page.get_by_role("button", name="Mastercard").click()

    def act() -> None:
        till.page.locator("#charge").dblclick()
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    assert len(till.sent) == 1


def test_a_double_click_hits_nothing_that_takes_the_place_of_charge(till: Till) -> None:
    till.ring_up("Yoga Mat")
    till.page.route("**/order/add/*", lose_request)
    till.page.keyboard.press("F8")
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
        expect(till.page.locator("#network")).to_contain_text("No connection")
        # The next customer need not wait.
        till.page.keyboard.press("F9")
        till.ring_up("Weights")
        expect(till.page.locator("#parked")).to_contain_text("Waiting, not paid")
        till.page.context.set_offline(False)
        expect(till.page.locator("#parked")).to_contain_text("Paid")

    assert len(till.count_new(act)) == 1
    assert till.lines() == ["Weights $49.99 each ✕ 1 + $49.99"]


def test_card_numbers_are_never_kept_on_disk(till: Till) -> None:
    till.ring_up("Red Pants")
    till.page.route("**/order/add/*", lose_request)
    till.charge()
    till.expect_state("Waiting, not paid")

    kept = till.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    assert "Red Pants" in kept
    assert MASTERCARD not in kept
    assert "5555" not in kept
    assert "ccv" not in kept


def test_a_lost_answer_is_asked_for_again_and_nobody_pays_twice(till: Till) -> None:
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
    expect(till.page.locator("#outcome .paper")).to_contain_text("Mastercard ending 4444")


def test_a_try_that_turns_up_late_counts_and_the_second_card_is_not_charged(till: Till) -> None:
    till.ring_up("Weights")
    held: list[Request] = []

    def hold(route: Route) -> None:
        held.append(route.request)
        route.abort()

    till.page.route("**/order/add/*", hold)

    def act() -> None:
        till.charge()
        till.expect_state("Waiting, not paid")
        till.page.unroute("**/order/add/*")
        till.page.reload(wait_until="commit")
        expect(till.page.locator("#notice")).to_contain_text("The shop knows nothing")
        late = held[0]
        till.shop.post(
            late.url,
            content=late.post_data,
            headers={"Idempotency-Key": late.headers["idempotency-key"]},
        )
        till.charge("Amex")
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    expect(till.page.locator("#outcome .paper")).to_contain_text("Mastercard ending 4444")


def test_a_sale_that_is_called_off_in_an_outage_is_never_sent(clocked_till: Till) -> None:
    till = clocked_till
    till.ring_up("Weights")
    till.page.route("**/order/add/*", lose_request)

    def act() -> None:
        till.charge()
        till.expect_state("Waiting, not paid")
        till.page.get_by_role("button", name="Call it off").click()
        till.page.get_by_role("dialog").get_by_role("button", name="Call it off").click()
        till.expect_state("Waiting for the shop's word")
        till.page.unroute("**/order/add/*")
        till.page.clock.fast_forward(40_000)
        expect(till.page.get_by_text("Nothing rung up yet")).to_be_visible()

    assert till.count_new(act) == []


def test_nothing_is_called_paid_before_the_shop_says_so(till: Till) -> None:
    till.ring_up("Yoga Mat")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    till.page.route("**/order/add/*", hold)
    till.charge()
    till.expect_state("Sent, no answer yet")

    answer = held[0].fetch().json()
    pending = {"success": "false", "status": 200, "message": "pending payment"}
    till.page.route("**/order/walk-in/*", lambda route: route.abort(), times=1)
    held[0].fulfill(json={**answer, "payment": {**answer["payment"], **pending}})

    till.expect_state("Sent, not decided yet")
    expect(till.page.locator("#outcome")).to_contain_text("Not paid yet")
    till.expect_state("Paid")


def test_a_shift_that_runs_out_in_the_middle_of_a_payment_loses_nothing(till: Till) -> None:
    till.ring_up("Yoga Mat")
    till.page.route("**/order/add/*", lambda route: route.fulfill(status=401, json={}), times=2)
    till.page.route("**/refresh-token", lambda route: route.fulfill(status=401, json={}), times=1)
    till.charge()
    expect(till.page.locator("#door-note")).to_contain_text("Nothing is lost")

    sign_in(till.page, "staff")

    till.expect_state("Paid")
    assert len({key for key, _ in till.sent}) == 1


def test_prices_that_have_moved_are_shown_before_anybody_is_charged(till: Till) -> None:
    def old_prices(route: Route) -> None:
        answer = route.fetch().json()
        for product in answer["data"]:
            product["price"] = 1
        route.fulfill(json=answer)

    till.page.route("**/products?*", old_prices, times=1)
    till.page.reload(wait_until="commit")
    till.ring_up("Yoga Mat")
    till.charge()

    expect(till.page.locator("#notice")).to_contain_text("$1.00 is $62.50 now")
    expect(till.page.locator("#total")).to_have_text("$62.50")
    till.charge()
    till.expect_state("Paid")


def test_a_scan_adds_a_line_whatever_has_the_focus(till: Till) -> None:
    for count, place in enumerate(["#products button", "#find", "#desk-title"], start=1):
        till.page.locator(place).first.focus()

        till.scan(BIKE)

        expect(till.page.locator("#lines output")).to_have_text(str(count))
        expect(till.page.locator("#find")).to_have_value("")


def test_a_code_that_nobody_knows_is_refused_in_words(till: Till) -> None:
    till.page.locator("#desk-title").focus()
    till.scan("40-17-gone")

    expect(till.page.get_by_role("status").filter(has_text="40-17-gone")).to_be_visible()
    expect(till.page.locator("#lines li")).to_have_count(0)


def test_the_keyboard_alone_runs_a_sale(till: Till) -> None:
    keyboard = till.page.keyboard
    keyboard.press("F2")
    keyboard.type("2*bott", delay=45)
    keyboard.press("Enter")
    expect(till.page.locator("#lines li")).to_have_count(1)
    keyboard.press("F4")
    expect(till.page.locator(".person", has_text="Eric Cartman")).to_be_visible()
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


def test_a_search_finds_by_tag_and_name_and_says_when_nothing_fits(till: Till) -> None:
    products = till.page.locator("#products button")
    till.page.get_by_role("group", name="Tags").get_by_role("button", name="running").click()
    expect(products).to_have_count(1)

    till.page.locator("#find").fill("pedalo")

    expect(till.page.get_by_text("Nothing by that name")).to_be_visible()
    till.page.get_by_role("button", name="Show everything").click()
    expect(products.nth(7)).to_be_visible()


def test_staff_sign_in_with_their_name_and_password(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/pos")
    sign_in(page, "nobody")
    expect(page.get_by_role("alert")).to_contain_text("do not train together")

    sign_in(page, "staff")

    expect(page.locator("#staff-name")).to_have_text("Robin Till")
    page.reload()
    expect(page.locator("#till")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    # Staff at the till are nobody in the shop next door.
    assert context.cookies() == []


def test_customers_are_sent_back_to_the_shop_kindly(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/pos")
    sign_in(page, "eric")

    expect(page.get_by_role("alert")).to_contain_text("only staff")
    expect(page.locator("#till")).to_be_hidden()


def test_one_browser_has_one_till(till: Till) -> None:
    till.ring_up("Weights")
    other = till.page.context.new_page()
    other.goto("/pos")
    expect(other.get_by_text("One drawer, one till")).to_be_visible()

    other.get_by_role("button", name="Use this tab instead").click()
    sign_in(other, "staff")

    expect(other.locator("#lines li")).to_have_count(1)
    expect(till.page.get_by_text("One drawer, one till")).to_be_visible()
    other.close()


def test_a_receipt_is_printed_without_the_till_around_it(till: Till) -> None:
    till.page.add_init_script("window.print = () => {}")
    till.page.reload(wait_until="commit")
    till.ring_up("Water Bottle")
    till.charge()
    till.expect_state("Paid")
    till.page.get_by_role("button", name="Print receipt").click()

    till.page.emulate_media(media="print")

    expect(till.page.locator("#print-paper")).to_contain_text("$34.99")
    expect(till.page.locator("#print-paper")).to_be_visible()
    expect(till.page.locator("#till")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_step_passes_the_accessibility_check(till: Till, scheme: Any) -> None:
    till.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    def check() -> None:
        assert_accessible(till.page)

    till.ring_up("Water Bottle")
    check()
    till.page.keyboard.press("F4")
    expect(till.page.locator(".person", has_text="Eric Cartman")).to_be_visible()
    check()
    till.page.keyboard.press("Escape")
    till.charge("Old Visa")
    till.expect_state("Declined")
    check()
    till.charge()
    till.expect_state("Paid")
    check()
    till.page.keyboard.press("F10")
    expect(till.page.locator(".order").first).to_be_visible()
    check()


def test_every_module_is_loaded_at_once(till: Till) -> None:
    folder = ROOT / "app" / "static" / "pos"
    modules = {path.name for path in folder.glob("*.js")} - {"till.js"}

    preloaded = till.page.locator("link[rel=modulepreload]").evaluate_all(
        "links => links.map((link) => link.href.split('/').at(-1))"
    )

    assert set(preloaded) == modules


def test_the_door_passes_the_accessibility_check(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/pos")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    assert_accessible(page)


def test_what_a_finger_has_to_hit_is_large_enough(till: Till) -> None:
    till.ring_up("Water Bottle")
    for width, height in [(1024, 768), (820, 1180), (390, 844)]:
        till.page.set_viewport_size({"width": width, "height": height})
        if width < 600:
            till.page.locator("#view-desk").click()

        small = till.page.evaluate(
            """() => [...document.querySelectorAll("button, input")]
                .map((each) => [each.id || each.textContent, each.getBoundingClientRect()])
                .filter(([, box]) => box.width && (box.width < 44 || box.height < 44))
                .map(([name]) => name)"""
        )
        overflow = till.page.evaluate("document.documentElement.scrollWidth - innerWidth")

        assert small == []
        assert overflow <= 0
