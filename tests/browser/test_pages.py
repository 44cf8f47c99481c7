"""What the pages' headers do in a real browser, and what the page monitor of the tests notices."""

import json

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser.helpers.chromium import new_context
from tests.browser.helpers.page_monitor import monitored
from tests.browser.helpers.shopper import lose_request
from tests.e2e.helpers.running_shop import PASSWORD


def open_page(page: Page, path: str) -> Response:
    response = page.goto(path)
    assert response is not None
    return response


@pytest.mark.parametrize(
    ("path", "sign"),
    [("/", "ACME Fitness"), ("/pos", "Sign in to start selling"), ("/docs", "/order/add/")],
)
def test_a_page_keeps_its_own_policy(page: Page, path: str, sign: str) -> None:
    # The monitor behind `page` fails the test on any violation.
    assert open_page(page, path).status == 200

    expect(page.get_by_text(sign).first).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/pos"])
def test_nothing_inline_runs_in_a_page(browser: Browser, shop_url: str, path: str) -> None:
    context = new_context(browser, shop_url)
    page = context.new_page()
    open_page(page, path)

    done = page.evaluate(
        """async () => {
            const broken = [];
            addEventListener("securitypolicyviolation", (event) =>
                broken.push(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.isHacked = true";
            document.body.append(script);
            const box = document.createElement("p");
            box.innerHTML = '<b style="color: red" onclick="window.isHacked = true">Sale</b>';
            document.body.append(box);
            box.firstChild.click();
            await fetch("http://127.0.0.2:9/").catch(() => {});
            await new Promise((resolve) => setTimeout(resolve));
            return { broken, isHacked: window.isHacked ?? false };
        }"""
    )

    context.close()
    assert done["isHacked"] is False
    assert set(done["broken"]) == {
        "script-src-elem",
        "script-src-attr",
        "style-src-attr",
        "connect-src",
    }


@pytest.mark.parametrize(
    ("path", "button"), [("/#/login", "Log in"), ("/pos", "Sign in")], ids=["shop", "till"]
)
def test_a_page_says_when_to_try_again_and_takes_no_cookie_but_the_devices(
    page: Page, path: str, button: str
) -> None:
    open_page(page, path)

    def try_to_sign_in() -> None:
        page.get_by_label("User name" if button == "Log in" else "Name").fill("staff")
        page.get_by_label("Password").first.fill(PASSWORD)
        page.locator("form").get_by_role("button", name=button).click()

    page.route(
        "**/login",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "120"}, json={}),
        times=1,
    )
    try_to_sign_in()
    expect(page.get_by_text("Too many attempts. Try again in 2 minutes.").first).to_be_visible()

    with page.expect_response("**/login") as answer:
        try_to_sign_in()
    assert answer.value.status == 200
    assert [cookie["name"] for cookie in page.context.cookies()] == ["device"]


def test_the_log_in_page_says_when_to_try_again(page: Page) -> None:
    # An old browser lacks it.
    page.add_init_script("delete AbortSignal.timeout")
    page.route(
        "**/login",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "60"}, json={}),
    )
    open_page(page, "/acme-login")
    page.get_by_label("User name").fill("eric")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_text("Too many attempts. Try again in 60 seconds.")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/pos"])
def test_a_page_that_signs_out_ends_its_session(page: Page, shop_url: str, path: str) -> None:
    """Without a network the page is signed out at once; the shop is told until it answers."""
    name, store = ("eric", "localStorage") if path == "/" else ("staff", "sessionStorage")
    key = "acme-shop.session" if path == "/" else "acme-till.staff"
    tokens = httpx.post(
        f"{shop_url}/login", json={"username": name, "password": PASSWORD}, timeout=30
    ).json()
    held = {"access": tokens["access_token"], "refresh": tokens["refresh_token"]}
    open_page(page, "/static/favicon.svg")
    page.evaluate(f"([key, held]) => {store}.setItem(key, held)", [key, json.dumps(held)])
    open_page(page, path)
    out = page.get_by_role("button", name="Log out" if path == "/" else "Sign out")
    expect(out).to_be_visible()
    expect(page.get_by_text("Weights").first).to_be_visible()
    busy = {"status": 503, "headers": {"Retry-After": "600"}, "json": {"message": "full"}}
    # The last route comes first: one request is lost, the next refused.
    page.route("**/logout", lambda route: route.fulfill(**busy), times=1)
    page.route("**/logout", lose_request, times=1)
    page.context.set_offline(offline=True)

    out.click()

    expect(out).to_be_hidden()
    assert page.evaluate(f"key => {store}.getItem(key)", key) is None
    with page.expect_response("**/logout") as refused:
        page.context.set_offline(offline=False)
    assert refused.value.status == 503
    page.goto("about:blank")
    with page.expect_response("**/logout") as answer:
        open_page(page, path)
    assert answer.value.status == 202
    page.wait_for_function(f"key => {store}.getItem(key) === null", arg=f"{key}.ending")
    body = {"refresh_token": tokens["refresh_token"]}
    assert httpx.post(f"{shop_url}/refresh-token", json=body, timeout=30).status_code == 401


def test_a_page_that_is_opened_again_costs_headers_only(context: BrowserContext) -> None:
    page = context.new_page()
    open_page(page, "/pos")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - must not be C

    page.reload()

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    files = [answer for answer in answers if answer.url.endswith(("/pos", ".js", ".css"))]
    assert len(files) > 10
    assert {file.request.sizes()["responseBodySize"] for file in files} == {0}


@pytest.mark.parametrize(
    ("query", "end"),
    [
        ("?redirect=/healthz?x=1", "/healthz?x=1"),
        ("?redirect=//elsewhere.example/", "/"),
        ("?redirect=/..//elsewhere.example/", "//elsewhere.example/"),
        ("?redirect=https://elsewhere.example/&next=/live", "/live"),
        ("?redirect=javascript:alert(1)", "/"),
        ("?redirect=/acme-login", "/"),
    ],
)
def test_the_log_in_page_sets_cookies_and_returns_to_this_origin(
    page: Page, shop_url: str, query: str, end: str
) -> None:
    open_page(page, f"/acme-login{query}")
    page.get_by_label("User name").fill("eric")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    page.wait_for_url(lambda url: not url.startswith(f"{shop_url}/acme-login"))

    path = page.url.removeprefix(shop_url).partition("#")[0]
    assert path == end
    cookies = {cookie["name"] for cookie in page.context.cookies()}
    assert cookies == {"device", "logged_in", "refresh_token"}


FAULTS = {
    "console: hot": "console.warn('hot')",
    "console: on fire": "console.error('on fire')",
    "script: lost": "setTimeout(() => { throw new Error('lost') })",
    "Content Security Policy": "document.body.setAttribute('style', 'color: red')",
    "another host": "new Image().src = 'http://127.0.0.2:9/pixel.png'",
    "404: ": "fetch('/static/gone.js')",
}


def test_what_goes_wrong_in_a_page_fails_its_test(browser: Browser, shop_url: str) -> None:
    context = new_context(browser, shop_url)
    page = context.new_page()
    page.goto("/pos")

    def go_wrong(script: str) -> None:
        with monitored(context, shop_url) as faults:
            page.evaluate(f"() => {{ {script} }}")
            for _ in range(200):
                if faults:
                    break
                page.wait_for_timeout(20)

    for words, script in FAULTS.items():
        with pytest.raises(AssertionError, match=words):
            go_wrong(script)

    # So does a mistake of the storefront, which leaves the shopper a way on.
    page.route("**/order/guest/broken", lambda route: route.fulfill(json={}))

    def break_order() -> None:
        with monitored(context, shop_url):
            page.goto("/#/order/broken")
            expect(page.get_by_role("heading", name="This page pulled a muscle")).to_be_visible()
            expect(page.get_by_role("button", name="Try again")).to_be_visible()
            page.get_by_role("link", name="To the shelves").click()
            expect(page.get_by_role("link", name="Weights")).to_be_visible()

    with pytest.raises(AssertionError, match="script: "):
        break_order()

    context.close()
