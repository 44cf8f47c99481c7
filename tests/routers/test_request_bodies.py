"""Bodies: JSON whatever they are called, of any text, and of a bounded size."""

import json
from asyncio import sleep
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from app.store.table import Table
from routers.requests import MAX_BODY_BYTES
from tests.support.requests import ITEM
from tests.support.shop import PASSWORD, bearer, fresh, refusal, stored_user

# Rules 1 and 4: content types.


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "junk",
        "",
        None,
    ],
)
async def test_a_body_is_json_whatever_its_type_says(
    client: AsyncClient, content_type: str | None
) -> None:
    user_id = fresh()
    headers = await bearer(user_id)
    typed = headers if content_type is None else {**headers, "Content-Type": content_type}

    answer = await client.post(
        f"/cart/item/add/{user_id}", content='{"itemid": "a", "name": "ü"}', headers=typed
    )

    assert (answer.status_code, answer.json()) == (200, {"userid": user_id})
    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert cart.json()["cart"][0]["name"] == "ü"


async def test_a_login_may_come_as_a_form_that_is_json(client: AsyncClient, table: Table) -> None:
    user = await stored_user(table)

    answer = await client.post(
        "/login",
        content=json.dumps({"username": user.username, "password": PASSWORD}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 200


# Bodies that are none.


async def post_text(client: AsyncClient, content: bytes | str) -> Any:
    user_id = fresh()
    headers = await bearer(user_id)

    answer = await client.post(f"/cart/item/add/{user_id}", content=content, headers=headers)

    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert cart.json()["cart"] == []
    return answer


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "content",
    [
        '{"itemid": "a", "price": NaN}',
        '{"itemid": "a", "price": Infinity}',
        '{"itemid": "a", "price": -Infinity}',
        '{"itemid": "a", "name": "\\ud800"}',
        '{"itemid": "a", "name": "\\udc00\\ud800"}',
        b'{"itemid": "a", "name": "\xed\xa0\x80"}',
        b'{"itemid": "a", "name": "\xff"}',
        '{"itemid": "a", "price": ' + "1" * 5000 + "}",
        '{"itemid": "a", "extra": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"itemid": "a", "extra": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}",
        "[" * 100_000,
        '{"itemid": "a"',
        '{"itemid": "a"} {}',
        "{'itemid': 'a'}",
        '{"itemid": "a",}',
        "itemid=a&quantity=1",
        "\x00",
        "\ufeff\ufeff{}",
        '{"itemid": "a"}'.encode("utf-16"),
    ],
)
async def test_what_is_not_json_is_400(client: AsyncClient, content: bytes | str) -> None:
    answer = await post_text(client, content)

    assert refusal(answer) == {"message": "body: is not valid JSON", "status": 400}


@pytest.mark.parametrize("content", ["[]", "null", '"itemid"', "1", "true", "[{}]", ""])
async def test_json_that_is_no_object_is_400(client: AsyncClient, content: str) -> None:
    answer = await post_text(client, content)

    assert answer.status_code == 400
    assert refusal(answer)["message"].startswith("body: ")


@pytest.mark.unmeasured
@pytest.mark.parametrize("field", ["price", "quantity", "itemid", "name"])
@pytest.mark.parametrize(
    "number", ["1" * 4000, "-" + "1" * 4000, "1e999", "1" * 400 + ".5", "1e300"]
)
async def test_a_number_of_any_size_never_breaks_the_shop(
    client: AsyncClient, field: str, number: str
) -> None:
    user_id = fresh()
    body = {"itemid": '"a"', "quantity": "1"} | {field: number}
    text = "{" + ", ".join(f'"{name}": {value}' for name, value in body.items()) + "}"

    answer = await client.post(
        f"/cart/item/add/{user_id}", content=text, headers=await bearer(user_id)
    )

    # A number may stand for text: too long a one is no text either.
    assert answer.status_code == 400 or (field == "name" and answer.status_code == 200)
    assert number not in answer.text


@pytest.mark.parametrize(
    "text", ["\x00", "\u2028", "\U0001f600", "\ufffe", "<script>", "a\r\nb: c"]
)
async def test_strange_text_is_only_text(client: AsyncClient, text: str) -> None:
    user_id = fresh()
    headers = await bearer(user_id)

    answer = await client.post(
        f"/cart/item/add/{user_id}", json={"itemid": text, "name": text}, headers=headers
    )

    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert answer.status_code == 200
    assert [(item["itemid"], item["name"]) for item in cart.json()["cart"]] == [(text, text)]


async def test_a_body_may_be_256_kib_and_no_more(client: AsyncClient) -> None:
    user_id = fresh()
    headers = await bearer(user_id)
    start = '{"itemid": "a", "extra": "'
    fitting = start + "x" * (MAX_BODY_BYTES - len(start) - 2) + '"}'

    fits = await client.post(f"/cart/item/add/{user_id}", content=fitting, headers=headers)
    exceeds = await client.post(f"/cart/item/add/{user_id}", content=fitting + " ", headers=headers)

    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert fits.status_code == 200
    assert refusal(exceeds) == {"message": "the body is larger than 256 KiB", "status": 413}
    assert cart.json()["cart"][0]["quantity"] == 1


async def test_a_body_that_is_too_large_is_not_read_to_its_end(client: AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100:
            sent += 1
            yield b" " * 64 * 1024
            await sleep(0)

    answer = await client.post("/login", content=endless())

    assert answer.status_code == 413
    assert sent < 10


async def test_a_byte_order_mark_before_json_is_ignored(
    client: AsyncClient, open_mode: None
) -> None:
    body = json.dumps(ITEM).encode("utf-8-sig")

    answer = await client.post(f"/cart/item/add/{fresh()}", content=body)
    twice = await client.post(f"/cart/item/add/{fresh()}", content=b"\xef\xbb\xbf" + body)

    assert (answer.status_code, twice.status_code) == (200, 400)
