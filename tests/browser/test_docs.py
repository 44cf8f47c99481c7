"""The documents for integrators for everybody: by day and by night, at a desk and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers.page_monitor import assert_accessible
from tests.support.sizes import SIZES


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
        # The page behind it is looked at below, when it is in front again.
        assert_accessible(page, within=None if SIZES.is_full else ".dialog-ux")
        page.keyboard.press("Escape")
        expect(page.locator(".dialog-ux")).to_have_count(0)
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, only_colors=True)

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    # The colors are those of the desk: in small they are looked at once.
    if SIZES.is_full:
        assert_accessible(page, only_colors=True)
    page.emulate_media(color_scheme="light")
    assert_accessible(page, without_colors=not SIZES.is_full)


def test_the_examples_work_as_they_stand_behind_a_login(page: Page) -> None:
    page.goto("/docs")

    def run(operation: str) -> tuple[int, str]:
        block = page.locator(f"#operations-{operation}")
        block.locator(".opblock-summary-control").click()
        with page.expect_response(lambda answer: "/docs" not in answer.url) as answered:
            block.locator(".execute").click()
        expect(block.locator(".live-responses-table")).to_be_visible()
        # What is unfolded is drawn again at each click on the page.
        block.locator(".opblock-summary-control").click()
        return answered.value.status, answered.value.request.headers.get("authorization", "")

    assert run("user-verify_token") == (401, "")
    assert run("user-log_in") == (200, "")
    # A refresh token is good once: the second is the one that the first answer brought.
    assert [run("user-refresh_tokens")[0] for _ in range(2)] == [200, 200]
    assert run("user-verify_token")[0] == 200
    status, sent = run("user-get_user")
    assert (status, sent[:7]) == (200, "Bearer ")
    assert run("order-place_order")[0] == 200
