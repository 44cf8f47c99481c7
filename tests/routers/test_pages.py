"""The pages: from this host, with nothing from another."""

import json
import os
import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from httpx import AsyncClient, Response
from starlette.datastructures import Headers

from app.static_files import STATIC, read_file
from routers.pages import _read, file_answer

VENDOR = STATIC / "docs" / "vendor"
#: What others wrote: Swagger UI, and the till's QR codes.
VENDORS = (VENDOR, STATIC / "pos" / "vendor")
LISTED = [
    (digest, vendor / name)
    for vendor in VENDORS
    for digest, name in map(str.split, (vendor / "SHA256SUMS").read_text().splitlines())
]

_ADDRESS = re.compile(r"""(?:https?:)?//[a-z0-9][a-z0-9.-]*\.[a-z]{2,}""", re.IGNORECASE)


class References(HTMLParser):
    """Collects what a page loads and leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline_scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [value for name in ("src", "href") if (value := given.get(name))]
        self.inline_scripts += tag == "script" and "src" not in given


def references(text: str) -> References:
    page = References()
    page.feed(text)
    return page


def own_files() -> list[Path]:
    """Return the text files that we wrote ourselves."""
    return [
        path
        for path in STATIC.rglob("*")
        if path.suffix in {".html", ".js", ".css"} and not set(VENDORS) & set(path.parents)
    ]


@pytest.mark.parametrize(
    "path", ["/", "/pos", "/docs", "/docs/", "/docs/errors", "/docs/events", "/acme-login"]
)
async def test_a_page_loads_everything_from_this_host(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)

    page = references(answer.text)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.found
    assert page.inline_scripts == 0
    for reference in page.found:
        assert reference.startswith("/")
        assert not reference.startswith("//")
        assert (await client.get(reference)).status_code == 200


def policy_of(answer: Response) -> dict[str, set[str]]:
    """Return the content security policy of an answer, sources by directive."""
    directives = answer.headers["content-security-policy"].split(";")
    return {
        name: set(sources) for name, *sources in (directive.split() for directive in directives)
    }


STRICT = {
    "default-src": {"'self'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "connect-src": {"'self'"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "form-action": {"'self'"},
}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/pos",
        "/docs/errors",
        "/acme-login",
        "/static/pos/service-worker.js",
        "/static/favicon.svg",
    ],
)
async def test_a_page_may_use_this_host_and_nothing_inline(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert policy_of(answer) == STRICT


async def test_only_the_tills_worker_may_control_the_till(client: AsyncClient) -> None:
    paths = ("/", "/pos", "/static/favicon.svg", "/static/images/yogamat_square.jpg")
    worker = await client.get("/static/pos/service-worker.js")

    assert worker.headers["service-worker-allowed"] == "/pos"
    for path in paths:
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "service-worker-allowed" not in answer.headers, path


async def test_the_reference_is_laxer_in_styles_only(client: AsyncClient) -> None:
    answer = await client.get("/docs")

    assert policy_of(answer) == {**STRICT, "style-src": {"'self'", "'unsafe-inline'"}}


@pytest.mark.parametrize("path", ["/", "/pos", "/docs", "/static/pos/till.css"])
async def test_a_page_tells_other_hosts_nothing(client: AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    if not path.endswith(".css"):  # What a page may do is said by the page.
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]


async def test_https_is_kept_to_where_there_is_https(client: AsyncClient) -> None:
    over_https = await client.get("https://shop/pos")
    over_http = await client.get("/pos")

    assert over_https.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in over_http.headers


@pytest.mark.parametrize("path", ["/", "/pos", "/docs", "/static/pos/till.js"])
async def test_what_the_browser_has_is_not_sent_again(client: AsyncClient, path: str) -> None:
    first = await client.get(path)
    tag = first.headers["etag"]

    again = await client.get(path, headers={"If-None-Match": f'W/"other", W/{tag}'})
    other = await client.get(path, headers={"If-None-Match": '"other"'})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert again.headers["cache-control"] == "no-cache"
    # Browsers take over what a 304 says.
    policy = "content-security-policy"
    assert again.headers[policy] == first.headers[policy]
    assert (other.status_code, other.content) == (200, first.content)


async def test_a_part_of_a_file_is_answered_with_the_whole(client: AsyncClient) -> None:
    asked = {"Range": "bytes=0-9", "If-Range": "Tue, 01 Jan 1980 00:00:00 GMT"}

    part = await client.get("/static/pos/till.js", headers=asked)

    whole = await client.get("/static/pos/till.js")
    assert (part.status_code, part.content) == (200, whole.content)


async def test_headers_alone_can_be_asked_for(client: AsyncClient) -> None:
    answer = await client.head("/static/pos/till.js")

    whole = await client.get("/static/pos/till.js")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers.pop("x-request-id") != whole.headers.pop("x-request-id")
    assert answer.headers == whole.headers


async def test_a_picture_is_kept_for_a_day(client: AsyncClient) -> None:
    answer = await client.get("/static/images/bottle_square.svg")

    assert answer.headers["cache-control"] == "public, max-age=86400"


def test_a_script_is_served_without_comments_and_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "page.js"
    kept = ["const a = 1; // Stays.", "const b = `/*`;"]
    path.write_text(f"/**\n * What it is.\n */\n{kept[0]}\n  // Goes.\n/* Goes. */\n{kept[1]}\n")

    assert read_file(path).decode() == f"\n\n\n{kept[0]}\n\n\n{kept[1]}\n"


async def test_the_tills_worker_names_what_is_served(client: AsyncClient) -> None:
    worker = (await client.get("/static/pos/service-worker.js")).text

    digests = json.loads(re.findall(r"const FILES = (.*);", worker)[0])

    assert {"/pos", "/static/pos/till.js", "/static/pos/manifest.webmanifest"} <= set(digests)
    for path, digest in digests.items():
        assert sha256((await client.get(path)).content).hexdigest() == digest


def test_a_file_that_changes_in_the_image_changes_its_tag(tmp_path: Path) -> None:
    """In the image all files have one time; two of one size must still be told apart."""
    path = tmp_path / "page.js"
    tags = []
    for content in ("price = 1", "price = 2"):
        path.write_text(content)
        os.utime(path, (1, 1))
        _read.cache_clear()  # Another deployment is another process.
        answer = file_answer(path, Headers())
        tags.append(answer.headers["etag"])
        assert "last-modified" not in answer.headers

    assert tags[0] != tags[1]


async def test_a_file_that_is_edited_while_the_shop_runs_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "page.js"
    tags = []
    for time in (1, 2):
        path.write_text(f"price = {time}")
        os.utime(path, (time, time))
        tags.append(file_answer(path, Headers()).headers["etag"])

    assert tags[0] != tags[1]


@pytest.mark.parametrize("path", own_files(), ids=lambda path: path.name)
def test_our_own_files_name_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")

    assert _ADDRESS.findall(text) == []


def test_the_vendored_styles_load_nothing_from_elsewhere() -> None:
    text = (VENDOR / "swagger-ui.css").read_text(encoding="utf-8")

    loaded = re.findall(r"url\(\s*['\"]?([^'\")]+)", text)

    assert "@import" not in text
    assert [address for address in loaded if not address.startswith(("data:", "#"))] == []


def test_the_reference_asks_no_validator_elsewhere() -> None:
    text = (STATIC / "docs" / "reference.js").read_text(encoding="utf-8")

    assert "validatorUrl: null" in text
    assert 'url: "/openapi.json"' in text


@pytest.mark.parametrize(("digest", "path"), LISTED)
def test_a_vendored_file_is_the_one_that_was_checked(digest: str, path: Path) -> None:
    assert sha256(path.read_bytes()).hexdigest() == digest


def test_every_vendored_file_is_listed() -> None:
    ours = {"SHA256SUMS", "README.md", "lean-qr.d.ts"}

    found = {path for vendor in VENDORS for path in vendor.iterdir() if path.name not in ours}
    assert found == {path for _, path in LISTED}


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/static/docs/vendor/swagger-ui.css", "text/css"),
        ("/static/docs/vendor/swagger-ui-bundle.js", "text/javascript"),
        ("/static/docs/reference.js", "text/javascript"),
        ("/static/favicon.svg", "image/svg+xml"),
    ],
)
async def test_files_say_what_they_are(client: AsyncClient, path: str, content_type: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(content_type)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/docs",
        # A page has one address, and notes for developers have none.
        "/static/index.html",
        "/static/docs/index.html",
        "/static/docs/asyncapi.json",
        "/static/docs/postman.json",
        "/static/pos/index.html",
        "/static/README.md",
        "/static/docs/vendor/README.md",
        "/static/docs/vendor/SHA256SUMS",
        "/static/%2E%2E/main.py",
        "/static/..%2Fmain.py",
        "/static/..%2F..%2Fpyproject.toml",
        "/static/images/..%2fdocs%2fdocs.css",
        "/static/images/%2e%2e/docs/docs.css",
        "/static/%2e/docs/docs.css",
        "/static//docs/docs.css",
        "/static//etc/passwd",
        "/static/%2Fetc%2Fpasswd",
        "/static/docs%00.html",
    ],
)
async def test_nothing_but_files_of_the_pages_is_served(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert set(answer.json()) == {"message", "status", "code", "fields", "request_id"}


async def test_the_postman_collection_is_served_and_linked(client: AsyncClient) -> None:
    guide = (await client.get("/docs")).text
    answer = await client.get("/postman.json")

    assert 'href="/postman.json"' in guide
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["info"]["schema"].endswith("/collection/v2.1.0/collection.json")


async def test_the_document_of_the_events_is_served(client: AsyncClient) -> None:
    answer = await client.get("/asyncapi.json")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["asyncapi"].startswith("3.")
