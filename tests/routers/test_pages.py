"""The pages: from this host, with nothing from another."""

import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from httpx import AsyncClient

from app.pages import STATIC

VENDOR = STATIC / "docs" / "vendor"
LISTED = [line.split() for line in (VENDOR / "SHA256SUMS").read_text().splitlines()]

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
        if path.suffix in {".html", ".js", ".css"} and VENDOR not in path.parents
    ]


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/"])
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


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_a_page_forbids_every_other_host(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2]
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", own_files(), ids=lambda path: path.name)
def test_our_own_files_name_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")

    assert _ADDRESS.findall(text) == []


def test_the_vendored_styles_load_nothing_from_elsewhere() -> None:
    text = (VENDOR / "swagger-ui.css").read_text(encoding="utf-8")

    loaded = re.findall(r"url\(\s*['\"]?([^'\")]+)", text)

    assert "@import" not in text
    assert [each for each in loaded if not each.startswith(("data:", "#"))] == []


def test_the_reference_asks_no_validator_elsewhere() -> None:
    text = (STATIC / "docs" / "reference.js").read_text(encoding="utf-8")

    assert "validatorUrl: null" in text
    assert 'url: "/openapi.json"' in text


@pytest.mark.parametrize(("digest", "name"), LISTED)
def test_a_vendored_file_is_the_one_that_was_checked(digest: str, name: str) -> None:
    assert sha256((VENDOR / name).read_bytes()).hexdigest() == digest


def test_every_vendored_file_is_listed() -> None:
    ours = {"SHA256SUMS", "README.md"}

    assert {path.name for path in VENDOR.iterdir()} - ours == {name for _, name in LISTED}


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
        "/static/%2E%2E/main.py",
        "/static/..%2Fmain.py",
        "/static/..%2F..%2Fpyproject.toml",
        "/static//etc/passwd",
        "/static/%2Fetc%2Fpasswd",
        "/static/docs%00.html",
    ],
)
async def test_nothing_but_files_of_the_pages_is_served(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert set(answer.json()) == {"message", "status"}
