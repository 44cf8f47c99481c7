"""The till without a network from the start, and new releases that wait for the end of a sale."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from httpx import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.helpers.chromium import new_context
from tests.browser.helpers.page_monitor import monitored
from tests.browser.helpers.till import Till, open_till, sign_in

WORKER = "/static/pos/service-worker.js"
STYLE = "/static/pos/today.css"

#: Asks for a new release as the browser does by itself, and waits until it is stored or refused.
UPDATE = """async () => {
    const registration = await navigator.serviceWorker.getRegistration("/pos");
    await registration.update().catch(() => {});
    const worker = registration.installing ?? registration.waiting;
    while (worker?.state === "installing") {
        await new Promise((done) => worker.addEventListener("statechange", done, { once: true }));
    }
    return registration.waiting ? "waiting" : "refused";
}"""

#: What a page says that its worker has stored the whole till.
STORED = """async () => {
    await navigator.serviceWorker.ready;
    return (await caches.keys()).filter((name) => name.startsWith("acme-till.shell.")).length;
}"""


@contextmanager
def changed_files(shop_url: str) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield the address of a shop like the one at ``shop_url``, and files to replace there."""
    files: dict[str, bytes] = {}
    shop = Client(base_url=shop_url, timeout=30)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {"host", "connection", "accept-encoding", "if-none-match"}
            }
            answer = shop.request(self.command, self.path, content=body, headers=headers)
            content = files.get(self.path, answer.content)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name not in {"content-length", "content-encoding", "date", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - the names that the standard library asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with shop, ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", files
        finally:
            server.shutdown()


def changed_style(shop: Client) -> tuple[bytes, bytes, bytes]:
    """Return the digest of a file, and digest and content of its next version."""
    old = shop.get(STYLE).content
    new = old + b"\n.next-release { color: red; }\n"
    return sha256(old).hexdigest().encode(), sha256(new).hexdigest().encode(), new


@pytest.fixture
def installed(browser: Browser, shop_url: str) -> Iterator[BrowserContext]:
    """A profile that has opened the till once, with a network."""
    context = new_context(browser, shop_url, service_workers="allow")
    with monitored(context, shop_url):
        page = context.new_page()
        page.goto("/pos")
        sign_in(page, "staff")
        expect(page.locator("#products").get_by_role("option", name="Weights")).to_be_visible()
        expect(page.locator("#staff-name")).to_have_text("Robin Till")
        assert page.evaluate(STORED) == 1
        yield context
        context.set_offline(offline=False)
        context.close()


def start_without_network(context: BrowserContext) -> Page:
    context.set_offline(offline=True)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/pos")
    return page


def test_the_till_starts_and_sells_without_a_network(
    installed: BrowserContext, staff_client: Client
) -> None:
    """The tab with the sale is gone, the network is off: another tab goes on with the sale."""
    first = installed.pages[0]
    first.locator("#products").get_by_role("option", name="Red Pants").click()
    expect(first.locator("#lines li")).to_have_count(1)
    first.close()

    page = start_without_network(installed)
    till = Till(page, staff_client)
    page.get_by_role("button", name="Go on as Robin Till without a network").click()
    assert till.lines() == ["Red Pants 1 $99.00"]
    till.ring_up("Weights")
    expect(page.locator("#connection")).to_contain_text("Products and prices of")
    picture = page.locator("#products").get_by_role("option", name="Red Pants").locator("img")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    # What needs the shop says so, and does not end the work.
    page.keyboard.press("F4")
    expect(page.locator("#customer-note")).to_be_visible()
    page.keyboard.press("Escape")
    till.charge()
    till.expect_state("Waiting, not paid")

    def act() -> None:
        installed.set_offline(offline=False)
        expect(page.get_by_text("The shop answers again")).to_be_visible()
        sign_in(page, "staff")
        till.expect_state("Paid")

    assert till.count_new(act) != []
    assert len(till.sent) == 1
    # Signed out on purpose, the till opens for no one who has not signed in.
    till.next_customer()
    page.get_by_role("button", name="Sign out").click()
    installed.set_offline(offline=True)
    page.reload()
    expect(page.locator("#sign-in-note")).to_be_visible()
    expect(page.locator("#sign-in-offline")).to_be_hidden()


def test_a_new_release_takes_over_between_sales_and_whole(
    browser: Browser, shop_url: str, staff_client: Client, staff_tokens: dict[str, str]
) -> None:
    with changed_files(shop_url) as (url, files):
        # Its hours must not lock it.
        files["/shop"] = b'{"tillLockMinutes": 0}'
        context = new_context(browser, url, service_workers="allow")
        context.clock.install()
        with open_till(context, Client(base_url=url), staff_tokens) as till:
            till.shop = staff_client
            page = till.page
            assert page.evaluate(STORED) == 1
            till.ring_up("Yoga Mat")
            till.next_customer()
            till.ring_up("Weights")
            page.evaluate("window.isOldPage = true")
            # A release that is only half out is not taken: its worker names another file.
            digest, new_digest, new_style = changed_style(staff_client)
            files[WORKER] = staff_client.get(WORKER).content.replace(digest, new_digest)
            page.clock.fast_forward(600_000)
            assert page.evaluate(UPDATE) == "refused"
            files[STYLE] = new_style

            assert page.evaluate(UPDATE) == "waiting"
            page.clock.fast_forward(60_000)
            till.charge()
            till.expect_state("Paid")
            page.clock.fast_forward(60_000)
            assert page.evaluate("window.isOldPage")
            till.next_customer()
            # Nor while the next customer's articles are being typed.
            page.locator("#search").fill("ma")
            page.clock.fast_forward(60_000)
            assert page.evaluate("window.isOldPage")
            page.locator("#search").fill("")
            page.clock.fast_forward(60_000)
            page.wait_for_function("() => !window.isOldPage")

            assert page.evaluate(
                "(path) => fetch(path).then((answer) => answer.text())", STYLE
            ) == (new_style.decode())
            expect(page.locator("#parked")).to_contain_text("Yoga Mat")
            expect(page.locator("#staff-name")).to_have_text("Robin Till")
        context.close()
