"""The lock of the till: when it closes, what opens it, and what happens behind it."""

import json

import httpx
import pytest
from httpx import Client
from playwright.sync_api import Page, expect

from tests.browser.helpers.held_requests import HeldRequests
from tests.browser.helpers.page_monitor import assert_accessible
from tests.browser.helpers.till import Till, sign_in
from tests.e2e.helpers.running_shop import PASSWORD


def unlock(page: Page, secret: str) -> None:
    page.locator("#lock-secret").fill(secret)
    page.get_by_role("button", name="Unlock").click()


def expect_locked(page: Page) -> None:
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    expect(page.locator("#till")).to_be_hidden()


def lock(page: Page) -> None:
    page.get_by_role("button", name="Lock", exact=True).click()
    expect_locked(page)


@pytest.fixture
def idle_till(clocked_till: Till) -> Till:
    """A till whose time the test turns on, and whose shop has the usual ten minutes."""
    page = clocked_till.page
    page.route("**/shop", lambda route: route.fulfill(json={"tillLockMinutes": 10}))
    with page.expect_response("**/shop"):
        page.reload(wait_until="commit")
    expect(page.locator("#products").get_by_role("option", name="Weights")).to_be_visible()
    expect(page.locator("#staff-name")).to_have_text("Robin Till")
    return clocked_till


@pytest.fixture
def pin_till(page: Page, staff_client: Client) -> Till:
    """A till whose member of staff has chosen a PIN; digits of any script are digits."""
    page.goto("/pos")
    page.locator("#pin").fill("١٢٣")
    sign_in(page, "staff")
    expect(page.get_by_role("alert")).to_contain_text("A PIN has 4 to 8 digits")
    page.locator("#pin").fill("١٢٣٤")
    sign_in(page, "staff")
    expect(page.locator("#products").get_by_role("option", name="Weights")).to_be_visible()
    return Till(page, staff_client)


def test_a_till_that_nobody_touches_locks_itself_and_sells_on_behind_the_lock(
    idle_till: Till, shop_url: str
) -> None:
    till, page = idle_till, idle_till.page
    before = json.loads(page.evaluate("sessionStorage.getItem('acme-till.staff')"))
    held = HeldRequests(page, "**/order/add/*", times=1)
    till.ring_up("Water Bottle")
    till.charge()
    assert held.first
    # Ten minutes after the last touch, and not before.
    page.clock.fast_forward("09:00")
    expect(page.locator("#till")).to_be_visible()
    page.clock.fast_forward("01:10")
    expect_locked(page)
    expect(page.get_by_text("Robin Till is signed in")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("F10")
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, only_colors=True)
    held.release()
    till.wait_for_results()
    expect_locked(page)

    unlock(page, "not it")
    expect(page.get_by_role("alert")).to_contain_text("This is not right")
    unlock(page, PASSWORD)

    expect(page.locator("#till")).to_be_visible()
    till.expect_state("Paid")
    # The session before has ended; its tokens renew nothing any more.
    after = json.loads(page.evaluate("sessionStorage.getItem('acme-till.staff')"))
    assert after["refresh"] != before["refresh"]
    body = {"refresh_token": before["refresh"]}
    assert httpx.post(f"{shop_url}/refresh-token", json=body, timeout=30).status_code == 401


def test_the_first_key_after_a_sleep_locks_and_does_nothing_else(idle_till: Till) -> None:
    page = idle_till.page
    idle_till.ring_up("Water Bottle")
    # Timers stand still while a computer sleeps, its clock goes on.
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    page.clock.set_system_time(page.evaluate("Date.now() / 1000 + 3600"))

    idle_till.scan("5901234123457", end=("Enter", "Enter"))

    expect_locked(page)
    expect(page.get_by_role("alert")).to_contain_text("was not added")
    expect(page.locator("#lock-secret")).to_have_value("")
    page.clock.resume()
    unlock(page, PASSWORD)
    expect(page.get_by_role("button", name="Take payment")).to_be_visible()
    assert idle_till.lines() == ["Water Bottle 1 $34.99"]


def test_a_pin_opens_without_a_network_and_is_not_guessed(pin_till: Till) -> None:
    till, page = pin_till, pin_till.page
    till.ring_up("Weights")
    lock(page)
    page.context.set_offline(offline=True)
    unlock(page, "4321")
    expect(page.get_by_role("alert")).to_contain_text("This is not right")
    unlock(page, "1234")
    assert till.lines() == ["Weights 1 $49.99"]
    page.context.set_offline(offline=False)
    lock(page)
    for wrong in ("1111", "2222", "3333", "4444", "5555"):
        unlock(page, wrong)
        expect(page.locator("#lock-secret")).to_have_value("")
    expect(page.get_by_role("alert")).to_contain_text("Too many wrong PINs")
    unlock(page, "1234")
    expect(page.get_by_role("alert")).to_contain_text("This is not right")
    expect_locked(page)

    unlock(page, PASSWORD)

    expect(page.locator("#till")).to_be_visible()


def test_a_locked_till_stays_locked_after_a_reload_and_changes_staff_with_parked_sales(
    pin_till: Till,
) -> None:
    till, page = pin_till, pin_till.page
    till.ring_up("Weights")
    till.next_customer()
    till.ring_up("Yoga Mat")
    lock(page)
    # A code is no password, whatever it is made of; a password that a program types is one.
    attempts: list[str] = []
    page.on("request", lambda request: attempts.append(request.url))
    refused = "The till is locked, and nothing was added (code "
    bike = "533445d-530e-4a76-9398-5d16713b827b"
    for focus, code, end, answer in (
        ("#lock-secret", bike, ("Enter", "Enter"), f"{refused}{bike})"),
        ("#lock-secret", "96385074", ("Enter", "Enter"), f"{refused}96385074)"),
        ("#lock-secret", "5501", ("Enter", "Enter"), f"{refused}5501)"),
        ("#lock-secret", "UNKNOWN-1", ("Enter", "Enter"), f"{refused}UNKNOWN-1)"),
        ("#lock-secret", "]C1GIFTXQ", ("Tab",), f"{refused}GIFTXQ)"),
        # What may be a password of somebody else is not shown.
        ("#lock-secret", "vouchers", (), f"{refused}vou…)"),
        ("#lock-secret", "q7x", (), f"{refused}q7x)"),
        ("#switch-staff", bike, ("Enter", "Enter"), f"{refused}{bike})"),
        ("#switch-staff", "QX7", ("Enter", "Enter"), f"{refused}QX7)"),
    ):
        page.locator(focus).focus()
        page.locator("#lock-error").evaluate("node => node.replaceChildren()")
        till.scan(code, end=end)
        expect(page.get_by_role("alert")).to_contain_text(answer)
        expect(page.locator("#lock-secret")).to_have_value("")
        # The next terminator belongs to the next scan.
        page.wait_for_timeout(350)
    assert [url for url in attempts if url.endswith("/login")] == []
    page.locator("#lock-secret").focus()
    till.scan(PASSWORD)
    expect(page.locator("#till")).to_be_visible()
    # Nor is it a code when the till is open before its silence has been noticed.
    lock(page)
    attempts.clear()
    page.locator("#lock-secret").focus()
    till.scan(PASSWORD, end=())
    page.locator("#unlock").click()
    expect(page.locator("#till")).to_be_visible()
    page.wait_for_timeout(700)
    expect(page.locator("#toast")).not_to_contain_text("No product")
    assert [url for url in attempts if "/products/" in url] == []
    lock(page)
    page.reload()
    expect_locked(page)
    # Now no secret is known: what may be a code is tried only when somebody says that it is none.
    attempts.clear()
    typed = page.get_by_role("button", name="No scan: it was the password")
    for code, shown in (("4711-ab12", "4711-ab12"), ("gift-voucher", "gif…")):
        till.scan(code, end=("Enter", "Enter"))
        expect(page.get_by_role("alert")).to_contain_text(f"{refused}{shown})")
        expect(page.locator("#lock-secret")).to_have_value("")
        expect(typed).to_be_visible()
        page.wait_for_timeout(350)
    assert [url for url in attempts if url.endswith("/login")] == []
    with page.expect_request("**/login") as tried:
        typed.click()
    assert "gift-voucher" in (tried.value.post_data or "")
    expect(page.get_by_role("alert")).to_contain_text("This is not right")
    expect(typed).to_be_hidden()

    page.get_by_role("button", name="Sign in as someone else").click()

    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage)") == []
    sign_in(page, "staff")
    assert till.lines() == ["Yoga Mat 1 $62.50"]
    expect(page.locator("#parked")).to_contain_text("Weights")


def test_a_lock_that_nothing_can_open_does_not_stop_the_sales(pin_till: Till) -> None:
    """After a reload the PIN is gone, and without a network nobody can check a password."""
    till, page = pin_till, pin_till.page
    till.ring_up("Weights")
    lock(page)
    page.reload()
    expect_locked(page)
    page.route("**/*", lambda route: route.abort())
    unlock(page, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("cannot check the password")

    page.get_by_role("button", name="Go on without a network").click()

    assert till.lines() == ["Weights 1 $49.99"]
    # It has no right to anything, and asks for a sign-in when the shop answers again.
    assert page.evaluate("sessionStorage.getItem('acme-till.staff')") is None
    page.unroute_all()
    expect(page.get_by_text("The shop answers again. Sign in")).to_be_visible()
    sign_in(page, "staff")
    assert till.lines() == ["Weights 1 $49.99"]
