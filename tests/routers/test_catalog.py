"""The catalog over HTTP (openapi/CONTRACT.md, 1.3)."""

from asyncio import gather
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from app.settings import get_settings
from app.store.table import Table, get_table
from tests.support.shop import (
    UNAUTHORIZED,
    bearer,
    count_calls,
    fresh,
    refusal,
    shop_client,
    staff,
    stored_product,
)

pytestmark = pytest.mark.unmeasured

BOTTLE = {
    "name": "Water Bottle",
    "shortDescription": "short",
    "description": "long",
    "imageUrl1": "/static/images/bottle_square.jpg",
    "imageUrl2": "/static/images/bottle_thumb2.jpg",
    "imageUrl3": "/static/images/bottle_thumb3.jpg",
    "price": 34.99,
    "tags": ["bottle"],
}

STEMS = (
    "yogamat",
    "bottle",
    "bicycle",
    "basketball",
    "smartwatch",
    "redpants",
    "shoes",
    "weights",
)
PICTURES = [f"{stem}_{size}" for stem in STEMS for size in ("square", "thumb2", "thumb3")]


# Reading.


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_empty_catalog_is_an_empty_list(own_table: dict[str, str], slash: str) -> None:
    async with shop_client() as client:
        answer = await client.get(f"/products{slash}")

    assert (answer.status_code, answer.json()) == (200, {"data": [], "status": 200})


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_product_is_wrapped_and_has_all_nine_fields(
    client: AsyncClient, table: Table, slash: str
) -> None:
    product = await stored_product(table, price_cents=6250)

    answer = await client.get(f"/products/{product.product_id}{slash}")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "data": {
            "id": product.product_id,
            "name": "Yoga Mat",
            "shortDescription": "Lies down",
            "description": "A mat",
            "imageUrl1": "/1.jpg",
            "imageUrl2": "/2.jpg",
            "imageUrl3": "/3.jpg",
            "price": 62.5,
            "tags": ["mat"],
        },
        "status": 200,
    }


async def test_the_list_holds_the_same_products_oldest_first(own_table: dict[str, str]) -> None:
    start = datetime.now(UTC)
    products = [
        await stored_product(get_table(), at=start + timedelta(seconds=age)) for age in (2, 0, 1)
    ]
    async with shop_client() as client:
        answer = await client.get("/products")
        singles = [await client.get(f"/products/{product.product_id}") for product in products]

    second, oldest, newest = singles[2], singles[1], singles[0]
    assert answer.json()["data"] == [
        oldest.json()["data"],
        second.json()["data"],
        newest.json()["data"],
    ]
    assert answer.json()["status"] == 200
    assert "link" not in answer.headers


@pytest.mark.parametrize("product_id", ["5d2d79a4d7e0d05bd2ff76b3", "junk", "..", "a b", "ü😀"])
async def test_an_unknown_product_is_404(client: AsyncClient, product_id: str) -> None:
    answer = await client.get(f"/products/{product_id.replace('..', '%2E%2E')}")

    assert answer.status_code == 404
    assert refusal(answer)["message"] == "no product has this id"


async def test_reading_the_catalog_needs_no_valid_token(client: AsyncClient, table: Table) -> None:
    product = await stored_product(table)
    headers = {"Authorization": "Bearer junk"}

    listed = await client.get("/products?limit=1", headers=headers)
    single = await client.get(f"/products/{product.product_id}", headers=headers)

    assert (listed.status_code, single.status_code) == (200, 200)


@pytest.mark.parametrize("limit", [1, 3, 4, 7, 8, 1000])
async def test_pages_of_any_size_hold_every_product_once(
    own_table: dict[str, str], limit: int
) -> None:
    start = datetime.now(UTC)
    products = await gather(
        *(
            stored_product(get_table(), at=start + timedelta(milliseconds=number))
            for number in range(7)
        )
    )
    seen: list[str] = []
    async with shop_client() as client:
        path: str | None = f"/products?limit={limit}"
        while path:
            answer = await client.get(path)
            page = [product["id"] for product in answer.json()["data"]]
            seen += page
            assert len(page) <= limit
            path = answer.links.get("next", {}).get("url")

    assert seen == [product.product_id for product in products]


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=1001", "limit=x", "limit="])
async def test_a_limit_is_between_1_and_1000(client: AsyncClient, query: str) -> None:
    answer = await client.get(f"/products?{query}")

    assert answer.status_code == 400
    assert refusal(answer)["message"].startswith("limit: ")


@pytest.mark.parametrize("token", ["", "junk", "!!!", "dXNlcnMKMjAyNQ", "x" * 1201, "ü"])
async def test_a_token_that_is_none_is_400(client: AsyncClient, token: str) -> None:
    answer = await client.get("/products", params={"next": token})

    assert answer.status_code == 400
    assert refusal(answer)["message"].startswith("next: ")


# Adding.


@pytest.mark.parametrize("path", ["/products", "/products/", "/product", "/product/"])
async def test_staff_add_a_product(client: AsyncClient, path: str) -> None:
    answer = await client.post(path, json=BOTTLE, headers=await staff())

    body = answer.json()
    assert answer.status_code == 201
    assert body == {
        "message": "Product created successfully!",
        "resourceId": {"id": body["resourceId"]["id"], **BOTTLE},
        "status": 201,
    }
    found = await client.get(f"/products/{body['resourceId']['id']}")
    assert found.json()["data"] == body["resourceId"]


async def test_a_sent_id_is_ignored(client: AsyncClient, table: Table) -> None:
    there = await stored_product(table)

    answer = await client.post(
        "/products", json={**BOTTLE, "id": there.product_id, "ID": "x"}, headers=await staff()
    )

    assert UUID(answer.json()["resourceId"]["id"]) != there.product_id
    single = await client.get(f"/products/{there.product_id}")
    assert single.json()["data"]["name"] == "Yoga Mat"


async def test_field_names_match_in_any_case(client: AsyncClient) -> None:
    sent = {name.lower(): value for name, value in BOTTLE.items()}
    sent = {"NAME" if name == "name" else name: value for name, value in sent.items()}

    answer = await client.post("/products", json=sent, headers=await staff())

    product = answer.json()["resourceId"]
    assert {name: value for name, value in product.items() if name != "id"} == BOTTLE


async def test_only_name_and_price_are_needed(client: AsyncClient) -> None:
    answer = await client.post(
        "/products", json={"name": "Bare", "price": 1, "tags": None}, headers=await staff()
    )

    product = answer.json()["resourceId"]
    assert product == {
        "id": product["id"],
        "name": "Bare",
        "shortDescription": "",
        "description": "",
        "imageUrl1": "",
        "imageUrl2": "",
        "imageUrl3": "",
        "price": 1,
        "tags": [],
    }


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("34.99", 34.99),
        ("1,234.50", 1234.5),
        (34.9900016784668, 34.99),
        (0, 0),
        ('"73.76"', 73.76),
        (99.0, 99),
    ],
)
async def test_a_price_goes_out_as_a_number(client: AsyncClient, sent: Any, stored: float) -> None:
    answer = await client.post("/products", json={**BOTTLE, "price": sent}, headers=await staff())

    price = answer.json()["resourceId"]["price"]
    assert price == stored
    assert type(price) in {int, float}


async def test_names_of_our_own_making_are_not_fields(client: AsyncClient) -> None:
    answer = await client.post(
        "/products", json={**BOTTLE, "price_cents": 1, "product_id": "x"}, headers=await staff()
    )

    assert answer.json()["resourceId"]["price"] == 34.99


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": None}, "name"),
        ({"name": []}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"price": None}, "price"),
        ({"price": "junk"}, "price"),
        ({"price": -1}, "price"),
        ({"price": True}, "price"),
        ({"price": 10**4000}, "price"),
        ({"price": "1e3"}, "price"),
        ({"shortDescription": {}}, "shortDescription"),
        ({"shortDescription": "x" * 1001}, "shortDescription"),
        ({"imageUrl1": []}, "imageUrl1"),
        ({"tags": "mat"}, "tags"),
        ({"tags": [[]]}, "tags.0"),
        ({"tags": ["x"] * 51}, "tags"),
    ],
)
async def test_a_product_that_makes_no_sense_is_refused_by_field(
    client: AsyncClient, table: Table, change: dict[str, Any], field: str
) -> None:
    headers = await staff()
    made = count_calls(table)

    answer = await client.post("/products", json={**BOTTLE, **change}, headers=headers)

    assert answer.status_code == 400
    assert refusal(answer)["message"].split(": ")[0] == field
    # The role of the caller, and nothing else.
    assert made == ["get_item"]


async def test_only_staff_change_the_catalog(client: AsyncClient, table: Table) -> None:
    made = count_calls(table)

    anonymous = await client.post("/products", json=BOTTLE)
    customer = await client.post("/product", json=BOTTLE, headers=await bearer(fresh()))

    assert anonymous.status_code == 401
    assert refusal(anonymous) == UNAUTHORIZED
    assert customer.status_code == 403
    assert refusal(customer)["message"] == "this is for staff"
    assert made == []


async def test_in_open_mode_a_guest_adds_a_product(client: AsyncClient, open_mode: None) -> None:
    answer = await client.post("/products", json=BOTTLE)

    assert answer.status_code == 201


@pytest.mark.parametrize("limit", ["1_0", "1.0", "1e1", "ten", "", "0", "-1", "1001", "٣"])
async def test_a_limit_is_a_whole_number_of_digits(client: AsyncClient, limit: str) -> None:
    answer = await client.get("/products", params={"limit": limit})

    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["fields"]] == ["limit"]


# Versions of a product, and where its pictures are.


async def test_a_product_that_has_not_changed_is_not_sent_again(
    client: AsyncClient, table: Table
) -> None:
    product = await stored_product(table)
    path = f"/products/{product.product_id}"
    whole = await client.get(path)
    tag = whole.headers["etag"]

    same = await client.get(path, headers={"If-None-Match": f'"x", W/{tag}'})
    lines = [("If-None-Match", '"x"'), ("If-None-Match", tag)]
    second = await client.get(path, headers=lines)
    other = await client.get(path, headers={"If-None-Match": '"x"'})

    assert second.status_code == 304
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert (other.status_code, other.json()) == (200, whole.json())
    assert whole.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/static/images/x.jpg", "https://shop.example/a/static/images/x.jpg"),
        ("https://cdn.example/x.jpg", "https://cdn.example/x.jpg"),
        ("//cdn.example/x.jpg", "//cdn.example/x.jpg"),
        ("", ""),
    ],
)
async def test_pictures_of_this_host_get_a_base(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, url: str, shown: str
) -> None:
    monkeypatch.setenv("IMAGE_BASE_URL", "https://shop.example/a/")
    get_settings.cache_clear()

    added = await client.post("/products", json={**BOTTLE, "imageUrl1": url}, headers=await staff())
    product = added.json()["resourceId"]
    read = await client.get(f"/products/{product['id']}")

    assert product["imageUrl1"] == read.json()["data"]["imageUrl1"] == shown


# What it costs.


async def test_reading_or_adding_a_product_is_one_call_and_staff_one_more(
    client: AsyncClient, table: Table
) -> None:
    product, headers = await stored_product(table), await staff()
    made = count_calls(table)

    await client.get(f"/products/{product.product_id}")
    await client.get("/products/unknown")
    await client.post("/products", json=BOTTLE, headers=headers)

    # The role of staff is read with each request.
    assert made == ["get_item", "get_item", "get_item", "put_item"]


async def test_the_list_is_one_query_for_each_of_its_partitions(
    client: AsyncClient, table: Table
) -> None:
    made = count_calls(table)

    await client.get("/products?limit=4")

    assert made == ["query"] * 4


# Pictures and liveness.


@pytest.mark.parametrize("path", ["/catalogliveness", "/liveness"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_liveness_tells_the_version_of_the_catalog(
    client: AsyncClient, path: str, slash: str
) -> None:
    answer = await client.get(path + slash)

    assert answer.status_code == 200
    assert answer.json() == {"data": {"version": "v1", "servicename": "catalog"}, "status": 200}


async def test_the_version_of_the_catalog_is_a_setting(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_VERSION", "v3")
    get_settings.cache_clear()

    answer = await client.get("/catalogliveness")

    assert answer.json()["data"]["version"] == "v3"


@pytest.mark.parametrize("name", PICTURES)
async def test_every_picture_of_the_contract_is_served(client: AsyncClient, name: str) -> None:
    answer = await client.get(f"/static/images/{name}.jpg")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.content


@pytest.mark.parametrize(
    "name",
    [
        "unknown_square.jpg",
        "yogamat_square.png",
        "yogamat.jpg",
        "..%2F..%2Fmain.py",
        "%2E%2E%2F%2E%2E%2Fmain.py",
        "YOGAMAT_SQUARE.JPG",
        "yogamat_square.jpg%00",
    ],
)
async def test_an_unknown_picture_is_404(client: AsyncClient, name: str) -> None:
    answer = await client.get(f"/static/images/{name}")

    assert answer.status_code == 404
    refusal(answer)


_CODES = {"sku": "MAT-1", "barcode": "4006381333931"}


async def test_codes_are_told_only_to_those_who_ask(client: AsyncClient) -> None:
    body = {"name": "Mat", "price": 5, "SKU": " MAT-1 ", "barcode": "4 006381-333931"}

    made = (await client.post("/products", json=body, headers=await staff())).json()["resourceId"]

    path = f"/products/{made['id']}"
    plain = (await client.get(path)).json()["data"]
    with_codes = (await client.get(f"{path}?include=codes")).json()["data"]
    listed = (await client.get("/products?include=codes")).json()["data"]
    assert made == with_codes == {**plain, **_CODES}
    assert len(plain) == 9
    assert made in listed
    assert all(len(product) in {9, 11} for product in listed)
    assert all(len(product) == 9 for product in (await client.get("/products")).json()["data"])


async def test_the_next_page_has_codes_too(client: AsyncClient, table: Table) -> None:
    for _ in range(2):
        await stored_product(table)

    answer = await client.get("/products?limit=1&include=codes")

    assert "include=codes" in answer.links["next"]["url"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("barcode", "4006381333932", "barcode: has a wrong check digit"),
        ("barcode", "12345", "barcode: must be an EAN or UPC of 8, 12, 13 or 14 digits"),
        ("sku", "x" * 201, "sku: must have at most 200 characters"),
    ],
)
async def test_a_code_that_is_none_names_its_field(
    client: AsyncClient, field: str, value: str, message: str
) -> None:
    body = {"name": "Mat", "price": 5, field: value}

    answer = await client.post("/products", json=body, headers=await staff())

    assert (answer.status_code, answer.json()["message"]) == (400, message)
