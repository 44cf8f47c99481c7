"""The till in a real browser, against a real shop: selling."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from playwright.sync_api import Page, Route, expect

from tests.browser.helpers.till import Till, sign_in


def test_a_sale_of_several_lines_is_paid_and_handed_over_at_once(till: Till) -> None:
    till.ring_up("Water Bottle", "Yoga Mat", "Water Bottle")
    assert till.lines()[0].endswith("$69.98")

    def act() -> None:
        till.charge()
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    receipt = till.page.locator("#outcome .receipt")
    expect(receipt).to_contain_text("$132.48")
    expect(receipt).to_contain_text("Mastercard ending 4444")
    [order] = [order for order in till.orders("walk-in") if order["total"] == "132.48"][:1]
    for _ in range(50):
        if order["state"] == "delivered":
            break
        till.page.wait_for_timeout(100)
        order = till.shop.get(f"/order/walk-in/{order['_id']}").json()
    assert order["state"] == "delivered"


def test_the_report_of_the_day_equals_the_orders_to_the_cent(till: Till) -> None:
    till.ring_up("Smart Watch", "Water Bottle", "Water Bottle")
    till.charge("Unknown")
    till.expect_state("Declined")
    till.charge()
    till.expect_state("Paid")
    till.wait_for_results()

    till.page.keyboard.press("F10")

    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    today = [
        order
        for order in till.orders()
        if datetime.fromisoformat(order["placedAt"]) >= midnight.astimezone(UTC)
    ]
    paid = [Decimal(order["total"]) for order in today if order["state"] != "declined"]
    figures = till.page.locator("#figures")
    expect(figures).to_contain_text(f"${sum(paid):,.2f}")
    expect(figures).to_contain_text(f"Paid sales{len(paid)}")
    expect(till.page.locator(".order")).to_have_count(len(today))
    # Somebody else may have handed over, or an order may not say who.
    taken = till.page.locator("#by-staff td.amount").all_inner_texts()
    assert sum(Decimal(text.strip("$").replace(",", "")) for text in taken) == sum(paid)
    expect(till.page.get_by_role("row", name="Robin Till")).to_be_visible()
    with till.page.expect_download() as download:
        till.page.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == f"sales-{datetime.now().astimezone():%F}.csv"
    text = download.value.path().read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["order"] for row in rows] == [order["_id"] for order in reversed(today)]
    assert sum(Decimal(row["taken"]) for row in rows) == sum(paid)
    assert rows[-1]["served by"] == "Robin Till"
    assert rows[-1]["articles"] == "1 x Smart Watch; 2 x Water Bottle"


def test_the_report_of_another_day_is_that_of_its_orders(till: Till) -> None:
    """What the shop has of today is moved to the day before, and one order to its last second."""
    till.ring_up("Weights")
    till.charge()
    till.expect_state("Paid")
    till.wait_for_results()
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    asked: list[str] = []

    def a_day_earlier(route: Route) -> None:
        asked.append(route.request.url)
        orders = till.orders()
        for order in orders:
            placed = datetime.fromisoformat(order["placedAt"]) - timedelta(days=1)
            order["placedAt"] = placed.isoformat().replace("+00:00", "Z")
        last = midnight - timedelta(milliseconds=1)
        orders[0]["placedAt"] = last.isoformat().replace("+00:00", "Z")
        first = {**orders[0], "_id": "today", "placedAt": midnight.isoformat(), "total": "1.00"}
        route.fulfill(json=[first, *orders])

    till.page.route("**/shop", lambda route: route.fulfill(json={"timeZone": "UTC"}))
    till.page.reload(wait_until="commit")
    expect(till.page.locator("#products").get_by_role("option", name="Weights")).to_be_visible()
    till.page.route("**/order/all?*", a_day_earlier)
    till.page.keyboard.press("F10")
    expect(till.page.locator("#figures")).to_contain_text("$1.00")
    expect(till.page.get_by_role("button", name="The day after")).to_be_disabled()

    till.page.get_by_role("button", name="The day before").click()

    yesterday = midnight - timedelta(days=1)
    expect(till.page.locator("#day")).to_have_value(f"{yesterday:%F}")
    expect(till.page.get_by_role("heading", name=f"{yesterday:%A}")).not_to_contain_text("Today")
    orders = [
        order for order in till.orders() if datetime.fromisoformat(order["placedAt"]) >= midnight
    ]
    paid = [Decimal(order["total"]) for order in orders if order["state"] != "declined"]
    expect(till.page.locator("#figures")).to_contain_text(f"${sum(paid):,.2f}")
    assert f"before={midnight:%F}T00%3A00%3A00.000Z" in asked[-1]
    till.page.locator("#day").fill("2026-01-31")
    expect(till.page.get_by_text("No sales on this day")).to_be_visible()


def test_the_report_asks_again_until_every_sale_has_its_result(till: Till) -> None:
    till.ring_up("Weights")
    # By its answer: an order that a test before has left on its way may come in after it.
    with till.page.expect_response("**/order/add/*") as answered:
        till.charge()
    order_id = answered.value.json()["order_id"]
    till.expect_state("Paid")

    told = {"state": "pending"}

    def hesitate(route: Route) -> None:
        answer = route.fetch()
        orders = answer.json()
        for order in orders:
            if order["_id"] == order_id:
                order.update(told)
        route.fulfill(response=answer, json=orders)

    till.page.route("**/order/all?*", hesitate)
    till.page.keyboard.press("F10")

    order = till.page.locator(f"[data-order='{order_id}']")
    expect(order).to_contain_text("Sent")

    # Not unroute: an answer that is just being changed would be given twice.
    told.clear()

    expect(order).to_contain_text("Receipt")
    told.update({"state": "returned", "status": "on its way back"})

    till.page.locator("#today-refresh").click()

    unknown = till.page.locator(".group[data-state='unknown']")
    expect(unknown).to_contain_text("In a state this till does not know")
    expect(unknown).to_contain_text("not counted")
    expect(unknown.locator(f"[data-order='{order_id}']")).to_contain_text("on its way back")


def test_a_declined_card_is_obvious_and_another_pays_without_ringing_up_again(till: Till) -> None:
    till.ring_up("Basket Ball", "Weights")
    till.charge("Unknown")

    alert = till.page.get_by_role("alert").filter(has_text="Declined")
    reason = "The number is not that of a card the shop takes."
    expect(alert).to_contain_text(f"ending 9995: {reason}")
    expect(alert).to_contain_text("Nothing was charged")
    expect(till.page.locator("#due")).to_have_text("$160.74")

    till.charge("Amex")

    till.expect_state("Paid")
    first, second = till.sent
    assert first[0] != second[0]
    expect(till.page.locator("#outcome .receipt")).to_contain_text("American Express ending 0005")
    # Today's list and the scanned order say the same as the answer did.
    till.wait_for_results()
    declined = next(order for order in till.orders() if order["state"] == "declined")
    till.page.keyboard.press("F10")
    listed = till.page.locator(f".order[data-order='{declined['_id']}'] .reason")
    expect(listed).to_have_text(reason)
    till.scan(f"{till.shop.base_url}/#/order/{declined['_id']}?of=walk-in")
    expect(till.page.locator("#toast")).to_have_text(f"Declined: {reason}")


def test_a_double_click_on_charge_makes_one_order(till: Till) -> None:
    till.ring_up("Yoga Mat")
    till.page.keyboard.press("F8")
    till.page.get_by_role("button", name="Mastercard").click()

    def act() -> None:
        till.page.locator("#charge").dblclick()
        till.expect_state("Paid")

    assert len(till.count_new(act)) == 1
    assert len(till.sent) == 1


def test_a_card_that_was_typed_does_not_wait_for_the_next_shift(till: Till) -> None:
    till.ring_up("Red Pants")
    till.page.keyboard.press("F8")
    till.page.get_by_role("button", name="Mastercard").click()
    till.page.get_by_role("button", name="Sign out").click()

    sign_in(till.page, "staff")

    expect(till.page.locator("#due")).to_have_text("$99.00")
    for name in ("number", "expiry", "code"):
        expect(till.page.locator(f"#card-{name}")).to_have_value("")


def test_prices_that_have_moved_are_shown_before_the_card_is_charged(till: Till) -> None:
    def old_prices(route: Route) -> None:
        answer = route.fetch().json()
        for product in answer["data"]:
            product["price"] = 1
        route.fulfill(json=answer)

    till.page.route("**/products?*", old_prices, times=1)
    till.page.reload(wait_until="commit")
    till.ring_up("Yoga Mat")
    till.charge()

    expect(till.page.locator("#notice")).to_contain_text("was $1.00 and is $62.50 now")
    expect(till.page.locator("#total")).to_have_text("$62.50")
    till.charge()
    till.expect_state("Paid")


def test_an_article_that_is_no_longer_sold_leaves_the_sale_in_words(till: Till) -> None:
    def one_more(route: Route) -> None:
        answer = route.fetch().json()
        ghost = {**answer["data"][0], "id": "gone", "name": "Ghost Bike", "imageUrl1": "/gone.svg"}
        route.fulfill(json={**answer, "data": [*answer["data"], ghost]})

    till.page.route("**/products?*", one_more)
    till.page.reload(wait_until="commit")
    till.ring_up("Ghost Bike", "Yoga Mat")
    # A picture that does not come is a blank, not a broken one.
    expect(till.page.locator("[data-product=gone] .no-picture")).to_be_visible()
    till.page.unroute("**/products?*")
    till.charge()

    expect(till.page.locator("#notice")).to_contain_text("No longer sold: Ghost Bike.")
    expect(till.page.locator("#total")).to_have_text("$62.50")


def test_a_search_finds_by_tag_and_name_and_says_when_nothing_fits(till: Till) -> None:
    products = till.page.locator("#products [role=option]")
    till.page.get_by_role("group", name="Tags").get_by_role("button", name="running").click()
    expect(products).to_have_count(1)

    till.page.locator("#search").fill("pedalo")

    expect(till.page.get_by_text("No product found")).to_be_visible()
    till.page.get_by_role("button", name="Show everything").click()
    expect(products.nth(7)).to_be_visible()


def test_staff_sign_in_with_their_name_and_password(page: Page) -> None:
    page.goto("/pos")
    sign_in(page, "nobody")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")

    sign_in(page, "staff")

    expect(page.locator("#staff-name")).to_have_text("Robin Till")
    page.reload()
    expect(page.locator("#till")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    # Signing in at the till does not sign in to the shop.
    assert [cookie["name"] for cookie in page.context.cookies()] == ["device"]


def test_customers_are_sent_back_to_the_shop_kindly(page: Page) -> None:
    page.goto("/pos")
    sign_in(page, "eric")

    expect(page.get_by_role("alert")).to_contain_text("The till is for staff")
    expect(page.locator("#till")).to_be_hidden()
