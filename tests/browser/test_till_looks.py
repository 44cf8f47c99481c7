"""The till for eyes, fingers and paper."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers.chromium import COLOR_SCHEMES
from tests.browser.helpers.page_monitor import assert_accessible
from tests.browser.helpers.till import Till, lose_request
from tests.support.sizes import matrix


def test_a_receipt_is_printed_without_the_till_around_it(till: Till) -> None:
    till.page.add_init_script("window.print = () => {}")
    till.page.reload(wait_until="commit")
    till.ring_up("Water Bottle")
    till.charge()
    till.expect_state("Paid")
    till.page.get_by_role("button", name="Print receipt").click()

    till.page.emulate_media(media="print")

    expect(till.page.locator("#outcome .receipt")).to_contain_text("$34.99")
    expect(till.page.locator("#outcome .receipt")).to_be_visible()
    for around in (".bar", "#catalog", "#outcome-actions", "#outcome .outcome-title"):
        expect(till.page.locator(around)).to_be_hidden()


@pytest.mark.parametrize("scheme", matrix(*COLOR_SCHEMES))
def test_every_step_passes_the_accessibility_check(till: Till, scheme: Any) -> None:
    till.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    def check() -> None:
        assert_accessible(till.page, only_colors=scheme == "dark")

    check()
    till.page.locator("#search").fill("pedalo")
    expect(till.page.get_by_text("No product found")).to_be_visible()
    check()
    till.page.locator("#search").fill("")
    till.ring_up("Water Bottle")
    check()
    till.page.keyboard.press("F4")
    expect(till.page.locator(".customer-option", has_text="Eric Cartman")).to_be_visible()
    check()
    till.page.keyboard.press("Escape")
    till.page.get_by_role("button", name="Cancel sale").click()
    expect(till.page.locator("#confirm")).to_be_visible()
    check()
    till.page.keyboard.press("Escape")
    till.page.keyboard.press("F8")
    till.page.locator("#charge").click()
    expect(till.page.locator("#card-error")).to_be_visible()
    check()
    till.charge("Unknown")
    till.expect_state("Declined")
    check()
    till.page.context.set_offline(True)
    till.charge()
    till.expect_state("Waiting, not paid")
    check()
    # The next customer need not wait, and sees what does.
    till.page.keyboard.press("F9")
    till.ring_up("Weights")
    expect(till.page.locator("#parked")).to_contain_text("Waiting, not paid")
    check()
    till.page.locator("#parked button").click()
    till.page.context.set_offline(False)
    till.expect_state("Paid")
    check()
    till.page.keyboard.press("F10")
    expect(till.page.locator(".order").first).to_be_visible()
    check()
    till.page.get_by_role("button", name="Receipt").first.click()
    check()


def test_a_till_without_a_shop_or_without_its_drawer_passes_the_check(till: Till) -> None:
    page = till.page
    page.route("**/products?*", lose_request)
    page.reload(wait_until="commit")
    expect(page.get_by_text("The products cannot be loaded")).to_be_visible()
    assert_accessible(page)
    page.route("**/order/all?*", lose_request)
    page.keyboard.press("F10")
    expect(page.get_by_text("Try again with Refresh")).to_be_visible()
    assert_accessible(page)
    other = page.context.new_page()
    other.goto("/pos")
    expect(other.get_by_text("The till is open in another tab")).to_be_visible()
    assert_accessible(other)
    other.close()


def test_every_module_is_loaded_at_once(till: Till) -> None:
    loaded = till.page.evaluate(
        """() => performance.getEntriesByType("resource")
            .map(({ name }) => new URL(name).pathname).filter((path) => path.endsWith(".js"))"""
    )

    preloaded = till.page.locator("link[rel=modulepreload]").evaluate_all(
        "links => links.map((link) => new URL(link.href).pathname)"
    )

    assert set(preloaded) == set(loaded) - {"/static/pos/till.js"}
    assert set(preloaded) > {"/static/pos/sale.js", "/static/client/api.js"}


def test_the_door_passes_the_accessibility_check(page: Page) -> None:
    page.goto("/pos")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    assert_accessible(page)


def test_what_a_finger_has_to_hit_is_large_enough(till: Till) -> None:
    def check(*, dialog: str = "") -> None:
        small = till.page.evaluate(
            """within => [...document.querySelectorAll(`${within} button, ${within} input`)]
                .map((node) => [node.id || node.textContent, node.getBoundingClientRect()])
                .filter(([, box]) => box.width && (box.width < 44 || box.height < 44))
                .map(([name]) => name)""",
            dialog,
        )
        overflow = till.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert small == []
        assert overflow <= 0

    def look_at_each_step() -> None:
        check()
        till.page.locator("#customer").click()
        expect(till.page.locator(".customer-option").nth(1)).to_be_visible()
        check(dialog="#customers")
        till.page.keyboard.press("Escape")
        till.page.locator("#to-payment").click()
        check()
        till.page.keyboard.press("Escape")

    till.ring_up("Water Bottle")
    for width, height in [(1440, 900), (1024, 768), (820, 1180), (390, 844), (360, 740)]:
        till.page.set_viewport_size({"width": width, "height": height})
        if width < 600:
            till.page.locator("#view-sale").click()
        look_at_each_step()
    till.charge()
    till.expect_state("Paid")
    check()
    till.page.locator("button[data-view=today]").click()
    till.page.get_by_role("button", name="Receipt").first.click()
    check(dialog="#receipt-dialog")
