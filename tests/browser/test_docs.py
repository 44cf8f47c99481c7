"""The documents for integrators for everybody: by day and by night, at a desk and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers.page_monitor import assert_accessible


@pytest.mark.parametrize("path", ["/docs", "/docs/events", "/docs/errors"])
def test_the_documents_pass_the_accessibility_check(page: Page, path: str) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(path)
    if path == "/docs":
        # Operations of each kind, one of them with parameters, body and answers on screen.
        operation = page.locator("#operations-catalog-add_product")
        operation.locator(".opblock-summary-control").click()
        expect(operation.locator(".execute")).to_be_visible()
        expect(operation.locator(".examples-select")).not_to_have_count(0)
        expect(page).to_have_url("/docs#/catalog/add_product")
        expect(page.get_by_role("main")).to_have_count(1)
        page.locator("#reference .btn.authorize").click()
        page.locator(".dialog-ux input").first.fill("a token")
        page.locator(".auth-btn-wrapper .authorize").first.click()
        assert_accessible(page)
        page.keyboard.press("Escape")
        expect(page.locator(".dialog-ux")).to_have_count(0)
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, only_colors=True)

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert_accessible(page, only_colors=True)
    page.emulate_media(color_scheme="light")
    assert_accessible(page)
