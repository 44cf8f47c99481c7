"""The till for eyes, fingers and paper."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.chromium import COLOR_SCHEMES
from tests.browser.till import Till
from tests.browser.watch import assert_accessible


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


@pytest.mark.parametrize("scheme", COLOR_SCHEMES)
def test_every_step_passes_the_accessibility_check(till: Till, scheme: Any) -> None:
    till.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    def check() -> None:
        assert_accessible(till.page, only_colors=scheme == "dark")

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
    loaded = till.page.evaluate(
        """() => performance.getEntriesByType("resource")
            .map(({ name }) => new URL(name).pathname).filter((path) => path.endsWith(".js"))"""
    )

    preloaded = till.page.locator("link[rel=modulepreload]").evaluate_all(
        "links => links.map((link) => new URL(link.href).pathname)"
    )

    assert set(preloaded) == set(loaded) - {"/static/pos/till.js"}
    assert set(preloaded) > {"/static/pos/sale.js", "/static/client/api.js"}


def test_the_door_passes_the_accessibility_check(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/pos")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    assert_accessible(page)


def test_what_a_finger_has_to_hit_is_large_enough(till: Till) -> None:
    def check(*, dialog: str = "") -> None:
        small = till.page.evaluate(
            """within => [...document.querySelectorAll(`${within} button, ${within} input`)]
                .map((each) => [each.id || each.textContent, each.getBoundingClientRect()])
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
        expect(till.page.locator(".person").nth(1)).to_be_visible()
        check(dialog="#customers")
        till.page.keyboard.press("Escape")
        till.page.locator("#to-payment").click()
        check()
        till.page.keyboard.press("Escape")

    till.ring_up("Water Bottle")
    for width, height in [(1024, 768), (820, 1180), (390, 844)]:
        till.page.set_viewport_size({"width": width, "height": height})
        if width < 600:
            till.page.locator("#view-desk").click()
        look_at_each_step()
    till.charge()
    till.expect_state("Paid")
    check()
    till.page.locator("button[data-view=today]").click()
    till.page.get_by_role("button", name="Receipt").first.click()
    check(dialog="#receipt")
