"""Pages of another port and of another site do nothing in the name of who visits them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.helpers.running_shop import PASSWORD

_EMPTY_CART = """async ([shop, user, policy]) => {
    const address = `${shop}/cart/clear/${user}`;
    const picture = new Image();
    const frame = document.createElement("iframe");
    const ended = [picture, frame].map((node) => new Promise((done) => {
        node.referrerPolicy = policy;
        node.onload = node.onerror = done;
        node.src = address;
    }));
    document.body.append(picture, frame);
    const options = { mode: "no-cors", credentials: "include", referrerPolicy: policy };
    for (const method of ["GET", "POST"]) {
        ended.push(fetch(address, { ...options, method }));
    }
    await Promise.allSettled(ended);
}"""
#: A form that no script has to send; its text is JSON.
_LOG_IN = """([shop, name, password]) => {
    const form = document.createElement("form");
    const field = document.createElement("input");
    Object.assign(form, { method: "post", enctype: "text/plain", action: `${shop}/login` });
    field.name = JSON.stringify({ username: name, password }).slice(0, -1) + ',"x":"';
    field.value = '"}';
    form.append(field);
    document.body.append(form);
    form.submit();
}"""


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Elsewhere</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


@pytest.fixture(scope="module")
def foreign_port() -> Iterator[int]:
    """The port of a server that is not the shop's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    serving.join()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """A page of a new profile, whose failures nobody hears: they are what is tested."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def _cookies(page: Page, shop_url: str) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies(shop_url)}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["other port", "other site"])
def test_a_foreign_page_empties_no_cart_and_logs_nobody_in(
    visitor: Page, shop_url: str, foreign_port: int, host: str
) -> None:
    shared = visitor.context.request
    body = {"username": "phoebe", "password": PASSWORD}
    login = shared.post(f"{shop_url}/login", data=body, headers={"Origin": shop_url}).json()
    user = login["token"]
    cookies = _cookies(visitor, shop_url)
    bearer = {"Authorization": f"Bearer {login['access_token']}"}
    with httpx.Client(base_url=shop_url, headers=bearer, timeout=30) as phoebe:
        phoebe.post(f"/cart/item/add/{user}", json={"itemid": "xyz", "quantity": 3})

        visitor.goto(f"http://{host}:{foreign_port}/")
        for policy in ("no-referrer", "unsafe-url"):
            visitor.evaluate(_EMPTY_CART, [shop_url, user, policy])
        kept = phoebe.get(f"/cart/items/{user}").json()["cart"]
        with visitor.expect_navigation(url="**/login") as answered:
            visitor.evaluate(_LOG_IN, [shop_url, "dwight", PASSWORD])

        # The cookie alone would do it from a page of the shop.
        visitor.goto(shop_url)
        visitor.evaluate(_EMPTY_CART, ["", user, "no-referrer"])
        emptied = phoebe.get(f"/cart/items/{user}").json()["cart"]

    assert set(cookies) == {"logged_in", "refresh_token", "device"}
    assert [item["itemid"] for item in kept] == ["xyz"]
    assert answered.value is not None
    assert answered.value.status == 200
    assert _cookies(visitor, shop_url) == cookies
    assert emptied == []
