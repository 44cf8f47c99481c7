"""Pages of products: for browsers only, with what a shared link shows, and nothing unescaped."""

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from httpx import AsyncClient

from app.domain.product import Product
from app.settings import get_settings
from app.store.products import add_product
from app.store.table import Table
from tests.support.shop import fresh, stored_product

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def _facts_of(page: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a page's head tells in its meta elements, and in its linked data."""
    data = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)[0])
    return dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page)), data


async def test_a_browser_gets_a_page_with_a_preview(client: AsyncClient, table: Table) -> None:
    name, text = 'Mat "<i>&</i>"', "</script><script>alert(1)</script> \\g<0>"
    now = datetime.now(UTC)
    product = Product(
        fresh("p") + "ä", name, text, text, ("/a.jpg", "", ""), 6250, (), now, "M-1", "96385074"
    )
    await add_product(table, product)
    answer = await client.get(f"/products/{product.product_id}", headers=BROWSER)

    page = answer.text
    metas, data = _facts_of(page)
    assert (answer.status_code, answer.headers["vary"]) == (200, "Accept")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "<title>Mat &quot;&lt;i&gt;&amp;&lt;/i&gt;&quot; · ACME Fitness</title>" in page
    assert "<script>alert" not in page
    assert metas["og:title"] == "Mat &quot;&lt;i&gt;&amp;&lt;/i&gt;&quot;"
    assert metas["og:image"] == f"{client.base_url}/a.jpg"
    assert metas["product:price:amount"] == "62.50"
    assert (data["@type"], data["name"], data["description"]) == ("Product", name, text)
    assert (data["sku"], data["gtin"], data["offers"]["price"]) == ("M-1", "96385074", "62.50")
    assert "/static/shop/app.js" in page


@pytest.mark.parametrize(
    ("urls", "pictures"),
    [
        (("", "", ""), []),
        (("javascript:alert(1)", "data:image/png;base64,AA", "a.jpg"), []),
        (("javascript:alert(1)", "HTTPS://cdn.example/a.jpg", ""), ["HTTPS://cdn.example/a.jpg"]),
    ],
)
async def test_a_preview_names_only_pictures_of_the_web_and_always_a_description(
    client: AsyncClient, table: Table, urls: tuple[str, str, str], pictures: list[str]
) -> None:
    product = Product(fresh("p"), "Mat", "", " ", urls, 6250, (), datetime.now(UTC))
    await add_product(table, product)

    metas, data = _facts_of(
        (await client.get(f"/products/{product.product_id}", headers=BROWSER)).text
    )

    described = {metas["description"], metas["og:description"], data["description"]}
    assert described == {"Mat for $62.50 at ACME Fitness."}
    assert data.get("image", []) == pictures
    assert ("image" in data) == bool(pictures)
    assert metas.get("og:image", "") == "".join(pictures)
    assert metas["twitter:card"] == ("summary_large_image" if pictures else "summary")


async def test_a_name_from_right_to_left_reorders_nothing_of_the_title(
    client: AsyncClient, table: Table
) -> None:
    name = "\u05de\u05d6\u05e8\u05df\u202e 5"
    product = Product(fresh("p"), name, "", "", ("", "", ""), 6250, (), datetime.now(UTC))
    await add_product(table, product)

    page = (await client.get(f"/products/{product.product_id}", headers=BROWSER)).text
    metas, data = _facts_of(page)

    isolated = "\u2068\u05de\u05d6\u05e8\u05df 5\u2069"
    assert f"<title>{isolated} · ACME Fitness</title>" in page
    assert metas["og:title"] == isolated
    assert data["description"] == f"{isolated} for $62.50 at ACME Fitness."
    # Data, not text: a search engine compares it.
    assert data["name"] == name


@pytest.mark.parametrize(
    "accept",
    [
        *("*/*", "application/json", "application/json, text/plain, */*", ""),
        *("application/json, text/html;q=0.9", "text/html;q=0", "text/html;q=x"),
    ],
)
async def test_clients_that_do_not_ask_for_a_page_get_what_they_know(
    client: AsyncClient, table: Table, accept: str
) -> None:
    product = await stored_product(table)

    found = await client.get(f"/products/{product.product_id}", headers={"Accept": accept})
    missing = await client.get("/nowhere", headers={"Accept": accept})

    assert found.json()["data"]["name"] == "Yoga Mat"
    assert missing.json()["status"] == 404


@pytest.mark.parametrize("path", ["/nowhere", "/products/none", "/static/none.js", "/products/a/b"])
async def test_what_is_not_there_is_a_page_for_a_browser(client: AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=BROWSER)
    head = await client.head(path, headers=BROWSER)
    sent = await client.post(path, headers=BROWSER)

    assert (answer.status_code, head.status_code) == (404, 404)
    assert answer.headers["content-type"].startswith("text/html")
    assert '<meta name="robots" content="noindex">' in answer.text
    assert sent.headers["content-type"] == "application/json"


async def test_a_host_that_is_none_leaves_addresses_relative(
    client: AsyncClient, table: Table
) -> None:
    product = await stored_product(table)

    answer = await client.get(
        f"/products/{product.product_id}", headers={**BROWSER, "Host": 'x"><script>'}
    )

    assert f'<link rel="canonical" href="/products/{product.product_id}">' in answer.text


async def test_behind_the_cdn_addresses_have_the_host_that_was_asked_for(
    client: AsyncClient, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any other proxy a client could send the header along, and caches would keep it."""
    product = await stored_product(table)
    forwarded = {"X-Forwarded-Host": "shop.example", "X-Origin-Verify": "secret"}

    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    get_settings.cache_clear()
    alone = (await client.get("/sitemap.xml", headers=forwarded)).text
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("ORIGIN_HEADER_SHA256", sha256(b"secret").hexdigest())
    get_settings.cache_clear()
    page = await client.get(f"/products/{product.product_id}", headers={**BROWSER, **forwarded})
    sitemap = (await client.get("/sitemap.xml", headers=forwarded)).text
    robots = (await client.get("/robots.txt", headers=forwarded)).text
    without = (await client.get("/robots.txt", headers={"X-Origin-Verify": "secret"})).text

    assert "shop.example" not in alone
    assert f'property="og:url" content="http://shop.example/products/{product.product_id}"' in (
        page.text
    )
    assert f"<loc>http://shop.example/products/{product.product_id}</loc>" in sitemap
    assert "Sitemap: http://shop.example/sitemap.xml" in robots
    assert f"Sitemap: {client.base_url}/sitemap.xml" in without


async def test_search_engines_find_every_product(client: AsyncClient, table: Table) -> None:
    product = await stored_product(table)

    robots = (await client.get("/robots.txt")).text
    address = re.findall(r"Sitemap: (\S+)", robots)[0]
    sitemap = await client.get(address)

    assert "Disallow: /order\n" in robots
    assert sitemap.headers["content-type"] == "application/xml"
    assert f"<loc>{client.base_url}/products/{product.product_id}</loc>" in sitemap.text
