"""What a browser still holds of passwords and cards after logins, declined cards and purchases."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.helpers.shopper import BOTTLE, UNKNOWN_CARD, Shopper
from tests.browser.helpers.till import Till
from tests.e2e.helpers.running_shop import PASSWORD

#: All that a page can have left in the browser, as one text; of files, what is no part of pages.
_KEPT = """async () => {
    const kept = [{ ...localStorage }, { ...sessionStorage }, location.href, history.state];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            kept.push(request.url);
            if (!/\\.(js|css|svg|jpg|png)(\\?|$)/.test(request.url)) {
                kept.push(await (await cache.match(request)).text());
            }
        }
    }
    return JSON.stringify(kept);
}"""


def assert_keeps_none(page: Page, bodies: list[dict[str, Any]]) -> None:
    """Fail if anything of what was typed is kept; ``bodies`` are the orders that were sent."""
    state = page.context.storage_state(indexed_db=True)
    kept = page.evaluate(_KEPT) + json.dumps(state)
    digits = re.sub(r"(?<=\d)[ -](?=\d)", "", kept)

    assert "acme-" in kept
    assert len(bodies) == 2
    for body in bodies:
        card = body["card"]
        code = card["ccv"]
        assert re.sub(r"\D", "", card["number"]) not in digits
        assert not re.search(rf'"(\\"|ccv|cvv|code)*{code}\\?"', kept)
    # Letters of a token, which is kept, may spell any short word.
    words = re.sub(r"[\w-]+\.[\w-]+\.[\w-]+|[\w-]{24,}", "", kept)
    assert not re.search("ccv|cvv|password", words, re.IGNORECASE)
    assert PASSWORD not in kept


def test_the_storefront_keeps_no_password_and_no_card(guest: Shopper) -> None:
    guest.open("/#/login")
    guest.page.get_by_label("User name").fill("eric")
    guest.page.get_by_label("Password").fill(PASSWORD)
    guest.page.get_by_role("button", name="Log in").click()
    expect(guest.page.get_by_role("link", name="Log in")).to_have_count(0)
    guest.to_checkout(BOTTLE)
    guest.fill_card(UNKNOWN_CARD, "907")
    guest.pay_button.click()
    declined = guest.page.get_by_role("alert").filter(has_text="Declined")
    expect(declined).to_be_visible()
    guest.fill_card(code="907")
    expect(declined).to_have_count(0)
    guest.pay_button.click()
    expect(guest.heading).to_have_text(re.compile("Paid|on its way|Delivered"))

    assert_keeps_none(guest.page, [body for _, body in guest.sent])


def test_the_till_keeps_no_password_and_no_card(keeping_till: Till) -> None:
    till = keeping_till
    till.ring_up("Basket Ball")
    till.charge("Unknown")
    expect(till.page.get_by_role("alert").filter(has_text="Declined")).to_be_visible()
    till.charge("Amex")
    till.expect_state("Paid")

    assert_keeps_none(till.page, [json.loads(body) for _, body in till.sent])
