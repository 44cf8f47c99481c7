"""The first view of a large shop is light; answers say how they may be kept."""

import gzip
import re
from datetime import UTC, datetime
from random import Random

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.main import app
from app.store.products import add_product
from app.store.table import Table, get_table
from infra.local.compression import compressed
from infra.seeds.plausible import products
from tests.support.shop import stored_product

#: What a shopper of a shop with 308 products fetches before they see it, pictures apart.
MAX_BYTES = 60_000

_LOADED = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


async def fetched(client: AsyncClient, path: str) -> tuple[int, str]:
    """Return the bytes of an answer on the wire, headers and all, and its text."""
    async with client.stream("GET", path) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
        headers = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
        encoding = answer.headers.get("content-encoding")
    return headers + len(raw), (gzip.decompress(raw) if encoding else raw).decode()


@pytest.mark.usefixtures("own_stack")
async def test_the_first_view_of_a_shop_with_308_products_is_light() -> None:
    for product in products(308, Random(1), datetime.now(UTC)):
        await add_product(get_table(), product)
    transport = ASGITransport(compressed(app))
    async with AsyncClient(transport=transport, base_url="http://shop") as client:
        size, page = await fetched(client, "/")
        paths = [*dict.fromkeys(_LOADED.findall(page)), "/products?limit=500&include=codes"]
        sizes = {path: (await fetched(client, path))[0] for path in paths}

    assert len(sizes) > 20
    assert size + sum(sizes.values()) < MAX_BYTES


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("path", ["/", "/products", "/products?limit=1", "/static/favicon.svg"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_304_has_the_tag_and_the_vary_of_its_200(path: str, encoding: str) -> None:
    transport = ASGITransport(compressed(app))
    reads = {"Accept-Encoding": encoding}
    async with AsyncClient(transport=transport, base_url="http://shop", headers=reads) as client:
        whole = await client.get(path)
        head = await client.head(path)
        tag = whole.headers["etag"]
        same = await client.get(path, headers={"If-None-Match": f'"other", {tag}'})

    assert tag.startswith("W/") == ("content-encoding" in whole.headers)
    assert (whole.status_code, same.status_code, same.content) == (200, 304, b"")
    for answer in (head, same):
        assert answer.headers["etag"] == tag
        assert answer.headers["vary"] == whole.headers["vary"] == "Accept-Encoding"


async def test_a_product_varies_by_what_is_accepted_too(table: Table) -> None:
    transport = ASGITransport(compressed(app))
    path = f"/products/{(await stored_product(table)).product_id}"
    async with AsyncClient(transport=transport, base_url="http://shop") as client:
        whole = await client.get(path)
        same = await client.get(path, headers={"If-None-Match": whole.headers["etag"]})

    assert (whole.status_code, same.status_code) == (200, 304)
    assert same.headers["vary"] == whole.headers["vary"] == "Accept, Accept-Encoding"


async def test_a_client_that_reads_no_gzip_gets_none_and_both_keep_their_tag() -> None:
    transport = ASGITransport(compressed(app))
    async with AsyncClient(transport=transport, base_url="http://shop") as client:
        plain = await client.get("/", headers={"Accept-Encoding": "identity"})
        packed = await client.get("/")
        again = await client.get("/", headers={"If-None-Match": packed.headers["etag"]})

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["cache-control"] == "no-cache"
    assert packed.text == plain.text
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0", None),
        ("identity, gzip; q=0.0", None),
        ("*, gzip;q=0", None),
        ("gzip;q=much", None),
        ("x-gzippy", None),
        ("", None),
    ],
)
async def test_the_weight_of_gzip_decides(accepted: str, encoding: str | None) -> None:
    transport = ASGITransport(compressed(app))
    reads = {"Accept-Encoding": accepted}
    async with AsyncClient(transport=transport, base_url="http://shop", headers=reads) as client:
        head, page = await client.head("/openapi.json"), await client.get("/openapi.json")

    assert page.headers.get("content-encoding") == encoding
    assert ("content-length" in head.headers) == (encoding is None)
    # It has no entity tag, and varies all the same, for HEAD as for GET.
    assert head.headers["vary"] == page.headers["vary"] == "Accept-Encoding"


async def test_head_tells_no_length_that_get_would_not_have() -> None:
    transport = ASGITransport(compressed(app))
    async with AsyncClient(transport=transport, base_url="http://shop") as client:
        packed = await client.head("/")
        plain = await client.head("/", headers={"Accept-Encoding": "identity"})
        small = await client.head("/healthz")
        page = await client.get("/", headers={"Accept-Encoding": "identity"})

    assert "content-length" not in packed.headers
    assert packed.headers["vary"] == "Accept-Encoding"
    assert plain.headers["content-length"] == page.headers["content-length"]
    assert int(small.headers["content-length"]) > 0


async def test_head_keeps_the_length_and_the_tag_of_what_is_compressed_already() -> None:
    async def picture(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"ETag": '"a"'}
        await Response(bytes(5000), media_type="image/png", headers=headers)(scope, receive, send)

    async with AsyncClient(
        transport=ASGITransport(compressed(picture)), base_url="http://shop"
    ) as client:
        answers = [await client.head("/"), await client.get("/")]

    for answer in answers:
        assert (answer.headers["etag"], answer.headers["content-length"]) == ('"a"', "5000")
        assert answer.headers["vary"] == "Accept-Encoding"
