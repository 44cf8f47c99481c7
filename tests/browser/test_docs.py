"""The documents for integrators for everybody: by day and by night, at a desk and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers.chromium import COLOR_SCHEMES
from tests.browser.helpers.page_monitor import assert_accessible


@pytest.mark.parametrize("scheme", COLOR_SCHEMES)
def test_the_documents_pass_the_accessibility_check(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("/docs", "/docs/events", "/docs/errors"):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(path)
        if path == "/docs":
            # Operations of each kind, one of them with parameters, body and answers on screen.
            unfold = page.locator("#operations-catalog-add_product .opblock-summary-control")
            unfold.click()
            expect(page.locator("#operations-catalog-add_product .execute")).to_be_visible()
            expect(
                page.locator("#operations-catalog-add_product .examples-select")
            ).not_to_have_count(0)
            expect(page).to_have_url("/docs#/catalog/add_product")
            expect(page.get_by_role("main")).to_have_count(1)
        assert_accessible(page)
        page.set_viewport_size({"width": 390, "height": 844})
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
