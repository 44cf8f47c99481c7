"""The cart over HTTP (openapi/CONTRACT.md, 1.2)."""

from asyncio import gather
from dataclasses import replace as replace_in
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient, Response

from app.domain.cart import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from app.domain.errors import CartFullError
from app.store import carts as store
from app.store.table import Table
from routers.schemas.order_examples import CARD
from tests.support.shop import (
    UNAUTHORIZED,
    Shopper,
    bearer,
    count_calls,
    fresh,
    new_shopper,
    refusal,
    shop_client,
    staff,
    stored_product,
)

FITBAND = {"itemid": "sdfsdfsfs", "name": "fitband", "price": 4.5, "quantity": 1}
REDPANT = {"itemid": "sfsdsda3343", "name": "redpant", "price": 400, "quantity": 1}


@pytest.fixture
async def shopper(stack: dict[str, str]) -> Shopper:
    return await new_shopper()


async def add(client: AsyncClient, shopper: Shopper, item: Any) -> Response:
    return await client.post(
        f"/cart/item/add/{shopper.user_id}", json=item, headers=shopper.headers
    )


async def replace(client: AsyncClient, shopper: Shopper, body: Any) -> Response:
    return await client.post(f"/cart/modify/{shopper.user_id}", json=body, headers=shopper.headers)


async def modify(client: AsyncClient, shopper: Shopper, body: Any) -> Response:
    return await client.post(
        f"/cart/item/modify/{shopper.user_id}", json=body, headers=shopper.headers
    )


async def read(client: AsyncClient, shopper: Shopper, what: str = "items") -> dict[str, Any]:
    answer = await client.get(f"/cart/{what}/{shopper.user_id}", headers=shopper.headers)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


async def items_of(client: AsyncClient, shopper: Shopper) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await read(client, shopper))["cart"]
    return items


# The README's walk-throughs.


async def test_dans_walk_through_comes_to_804_50(client: AsyncClient, shopper: Shopper) -> None:
    await replace(client, shopper, {"cart": [FITBAND, REDPANT], "userid": "dan"})

    modified = await modify(client, shopper, {"itemid": "sfsdsda3343", "quantity": 2})

    assert (modified.status_code, modified.json()) == (200, {"userid": shopper.user_id})
    assert await read(client, shopper, "total") == {
        "carttotal": 804.5,
        "userid": shopper.user_id,
    }


async def test_shris_walk_through_counts_five_items(client: AsyncClient, shopper: Shopper) -> None:
    await replace(client, shopper, {"cart": [FITBAND, REDPANT]})

    added = await add(client, shopper, {"itemid": "xyz", "quantity": 3})

    assert (added.status_code, added.json()) == (200, {"userid": shopper.user_id})
    total = await read(client, shopper, "items/total")
    assert total == {"cartitemtotal": 5, "userid": shopper.user_id}
    assert type(total["cartitemtotal"]) is int


# Reading.


async def test_an_unknown_cart_is_empty(client: AsyncClient, shopper: Shopper) -> None:
    body = await read(client, shopper)

    assert body == {"cart": [], "userid": shopper.user_id}


async def test_an_unknown_cart_comes_to_nothing(client: AsyncClient, shopper: Shopper) -> None:
    total = await read(client, shopper, "total")
    count = await read(client, shopper, "items/total")

    assert total == {"carttotal": 0, "userid": shopper.user_id}
    assert count == {"cartitemtotal": 0, "userid": shopper.user_id}


async def test_a_cart_that_was_emptied_comes_to_nothing(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, FITBAND)

    await modify(client, shopper, {"itemid": FITBAND["itemid"], "quantity": 0})

    assert await items_of(client, shopper) == []
    assert (await read(client, shopper, "total"))["carttotal"] == 0
    assert (await read(client, shopper, "items/total"))["cartitemtotal"] == 0


async def test_an_item_goes_out_with_its_six_fields(client: AsyncClient, shopper: Shopper) -> None:
    item = {
        "itemid": "5d2d79a4d7e0d05bd2ff76b3",
        "name": "TEST",
        "description": "long",
        "shortDescription": "short",
        "price": "1",
        "quantity": 1,
    }

    await add(client, shopper, item)

    assert await items_of(client, shopper) == [item]


async def test_a_cart_keeps_the_order_of_adding(client: AsyncClient, shopper: Shopper) -> None:
    names = ["c", "a", "b"]

    for name in names:
        await add(client, shopper, {"itemid": name})

    assert [item["itemid"] for item in await items_of(client, shopper)] == names


async def test_a_replaced_cart_keeps_the_order_of_the_list(
    client: AsyncClient, shopper: Shopper
) -> None:
    names = [str(number) for number in (3, 1, 2, 10, 5)]

    await replace(client, shopper, {"cart": [{"itemid": name} for name in names]})

    assert [item["itemid"] for item in await items_of(client, shopper)] == names


# Adding.


async def test_an_addition_with_a_key_is_made_once(client: AsyncClient, shopper: Shopper) -> None:
    path = f"/cart/item/add/{shopper.user_id}"
    keyed = {**shopper.headers, "Idempotency-Key": "one click"}

    answers = await gather(*(client.post(path, json=FITBAND, headers=keyed) for _ in range(8)))
    other = await client.post(path, json=REDPANT, headers=keyed)

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text for answer in answers} == {f'{{"userid":"{shopper.user_id}"}}'}
    assert [item["quantity"] for item in await items_of(client, shopper)] == [1]
    assert other.status_code == 422
    assert refusal(other)["message"] == "Idempotency-Key: was used for another addition"


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_of_an_impossible_length_is_refused(
    client: AsyncClient, shopper: Shopper, key: str
) -> None:
    keyed = {**shopper.headers, "Idempotency-Key": key}

    answer = await client.post(f"/cart/item/add/{shopper.user_id}", json=FITBAND, headers=keyed)

    assert answer.status_code == 400
    assert "idempotency-key" in refusal(answer)["message"].lower()


async def test_a_second_add_adds_up_and_keeps_the_first_fields(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, FITBAND)

    await add(client, shopper, {**FITBAND, "name": "other", "price": "9.99", "quantity": 2})

    (item,) = await items_of(client, shopper)
    assert (item["name"], item["price"], item["quantity"]) == ("fitband", 4.5, 3)


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("sent", "given_back", "total"),
    [
        (62.5, 62.5, 62.5),
        (400, 400, 400),
        (0, 0, 0),
        (34.9900016784668, 34.99, 34.99),
        ("62.5", "62.5", 62.5),
        ("34.99", "34.99", 34.99),
        ("1,234.50", "1,234.50", 1234.5),
        ("100", "100", 100),
        ('"73.76"', "73.76", 73.76),
        ("130.98999999999998", "130.99", 130.99),
    ],
)
async def test_a_price_goes_out_in_the_type_it_came_in(
    client: AsyncClient, shopper: Shopper, sent: Any, given_back: Any, total: float
) -> None:
    await add(client, shopper, {"itemid": "a", "price": sent, "quantity": 1})

    (item,) = await items_of(client, shopper)
    assert item["price"] == given_back
    assert isinstance(item["price"], str) is isinstance(sent, str)
    assert (await read(client, shopper, "total"))["carttotal"] == total


@pytest.mark.parametrize("quantity", [2, "2", 2.0, " 2 ", "+2"])
async def test_a_quantity_goes_out_as_an_integer(
    client: AsyncClient, shopper: Shopper, quantity: Any
) -> None:
    await add(client, shopper, {"itemid": "a", "quantity": quantity})

    (item,) = await items_of(client, shopper)
    assert (item["quantity"], type(item["quantity"])) == (2, int)


async def test_a_missing_quantity_is_one(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, {"itemid": "a", "quantity": None})

    (item,) = await items_of(client, shopper)
    assert item["quantity"] == 1


async def test_field_names_match_in_any_case(client: AsyncClient, shopper: Shopper) -> None:
    item = {
        "ITEMID": "a",
        "Name": "n",
        "DESCRIPTION": "d",
        "shortdescription": "s",
        "PRICE": "1",
        "Quantity": 1,
    }

    await add(client, shopper, item)

    assert await items_of(client, shopper) == [
        {
            "itemid": "a",
            "name": "n",
            "description": "d",
            "shortDescription": "s",
            "price": "1",
            "quantity": 1,
        }
    ]


async def test_id_is_another_name_of_itemid(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, {"id": "a", "quantity": 1})
    await add(client, shopper, {"ID": "lost", "itemid": "a"})
    await add(client, shopper, {"itemid": "a", "Id": "lost"})

    (item,) = await items_of(client, shopper)
    assert (item["itemid"], item["quantity"]) == ("a", 3)


async def test_a_number_may_stand_for_an_id(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, {"itemid": 8888})

    (item,) = await items_of(client, shopper)
    assert item["itemid"] == "8888"


async def test_extra_fields_are_ignored(client: AsyncClient, shopper: Shopper) -> None:
    answer = await add(
        client,
        shopper,
        {"itemid": "a", "imageUrl1": "x", "l#b": {"price_cents": 1}, "price_cents": 9, "user": {}},
    )

    assert answer.status_code == 200
    assert await items_of(client, shopper) == [
        {
            "itemid": "a",
            "name": "",
            "description": "",
            "shortDescription": "",
            "price": 0,
            "quantity": 1,
        }
    ]


async def test_an_item_without_a_price_gets_name_and_price_of_the_catalog(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    product = await stored_product(table, price_cents=3499, name="Water Bottle")

    await add(client, shopper, {"itemid": product.product_id, "quantity": 2})

    (item,) = await items_of(client, shopper)
    assert (item["name"], item["price"]) == ("Water Bottle", 34.99)
    assert (await read(client, shopper, "total"))["carttotal"] == 69.98


async def test_a_replaced_cart_gets_missing_prices_from_the_catalog(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    product = await stored_product(table, price_cents=3499, name="Water Bottle")
    cart = [{"itemid": product.product_id}, {"itemid": "unknown"}, FITBAND]

    await replace(client, shopper, {"cart": cart})

    items = await items_of(client, shopper)
    assert [(item["name"], item["price"]) for item in items] == [
        ("Water Bottle", 34.99),
        ("", 0),
        ("fitband", 4.5),
    ]


async def test_a_name_that_was_sent_outweighs_the_catalog(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    product = await stored_product(table)

    await add(client, shopper, {"itemid": product.product_id, "name": "mine"})

    (item,) = await items_of(client, shopper)
    assert (item["name"], item["price"]) == ("mine", 62.5)


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "item_id", ["l#a", "q#a", "a.b", "#a", ":a", "a b", "PK", "user_id", "ü😀", "x" * 200, "'\"\\"]
)
async def test_an_item_id_is_opaque(client: AsyncClient, shopper: Shopper, item_id: str) -> None:
    added = await add(client, shopper, {"itemid": item_id, "quantity": 2})
    await add(client, shopper, {"itemid": "a", "quantity": 1})
    await modify(client, shopper, {"itemid": item_id, "quantity": 5})

    items = await items_of(client, shopper)
    assert added.status_code == 200
    assert {item["itemid"]: item["quantity"] for item in items} == {item_id: 5, "a": 1}


# Changing.


async def test_quantity_0_removes_the_item(client: AsyncClient, shopper: Shopper) -> None:
    await replace(client, shopper, {"cart": [FITBAND, REDPANT]})

    answer = await modify(
        client,
        shopper,
        {"itemid": FITBAND["itemid"], "quantity": 0, "name": "", "shortDescription": ""},
    )

    assert (answer.status_code, answer.json()) == (200, {"userid": shopper.user_id})
    assert [item["itemid"] for item in await items_of(client, shopper)] == [REDPANT["itemid"]]


async def test_modify_changes_the_quantity_only(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, {**FITBAND, "shortDescription": "s"})
    (before,) = await items_of(client, shopper)

    await modify(
        client,
        shopper,
        {"ItemID": FITBAND["itemid"], "quantity": "7", "name": "x", "price": "junk"},
    )

    assert await items_of(client, shopper) == [{**before, "quantity": 7}]


@pytest.mark.parametrize("quantity", [0, 3])
async def test_modifying_what_is_not_there_changes_nothing(
    client: AsyncClient, shopper: Shopper, quantity: int
) -> None:
    to_no_cart = await modify(client, shopper, {"itemid": "gone", "quantity": quantity})
    nothing = await items_of(client, shopper)
    await add(client, shopper, FITBAND)

    to_no_item = await modify(client, shopper, {"itemid": "gone", "quantity": quantity})

    assert (to_no_cart.status_code, nothing) == (200, [])
    assert (to_no_item.status_code, to_no_item.json()) == (200, {"userid": shopper.user_id})
    assert [item["itemid"] for item in await items_of(client, shopper)] == [FITBAND["itemid"]]


async def test_an_item_that_was_removed_can_be_added_again(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, {**FITBAND, "quantity": 5})
    await modify(client, shopper, {"itemid": FITBAND["itemid"], "quantity": 0})

    await add(client, shopper, {**FITBAND, "price": "5"})

    (item,) = await items_of(client, shopper)
    assert (item["quantity"], item["price"]) == (1, "5")


# Replacing and clearing.


async def test_replacing_leaves_nothing_of_the_old_cart(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, FITBAND)

    answer = await replace(client, shopper, {"cart": [REDPANT]})

    assert (answer.status_code, answer.json()) == (200, {"userid": shopper.user_id})
    assert [item["itemid"] for item in await items_of(client, shopper)] == [REDPANT["itemid"]]


async def test_the_path_says_whose_cart_is_replaced(client: AsyncClient, shopper: Shopper) -> None:
    other = await new_shopper()

    await replace(client, shopper, {"cart": [REDPANT], "userid": other.user_id})

    assert await items_of(client, other) == []
    assert len(await items_of(client, shopper)) == 1


async def test_the_same_item_twice_in_a_new_cart_adds_up(
    client: AsyncClient, shopper: Shopper
) -> None:
    await replace(client, shopper, {"cart": [FITBAND, REDPANT, {**FITBAND, "quantity": "2"}]})

    quantities = {item["itemid"]: item["quantity"] for item in await items_of(client, shopper)}
    assert quantities == {FITBAND["itemid"]: 3, REDPANT["itemid"]: 1}


async def test_a_cart_may_come_as_text_and_quantity_0_is_left_out(
    client: AsyncClient, shopper: Shopper
) -> None:
    text = '[{"itemid": "a", "price": "4", "quantity": "1"}, {"id": "b", "quantity": 0}]'

    answer = await replace(client, shopper, {"CART": text})

    assert answer.status_code == 200
    assert [item["itemid"] for item in await items_of(client, shopper)] == ["a"]


async def test_a_cart_can_be_replaced_by_an_empty_one(
    client: AsyncClient, shopper: Shopper
) -> None:
    await add(client, shopper, FITBAND)

    answer = await replace(client, shopper, {"cart": []})

    assert answer.status_code == 200
    assert await items_of(client, shopper) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_clearing_answers_nothing_and_leaves_an_empty_cart(
    client: AsyncClient, shopper: Shopper, method: str, slash: str
) -> None:
    await add(client, shopper, FITBAND)
    path = f"/cart/clear/{shopper.user_id}{slash}"

    first = await client.request(method, path, headers=shopper.headers)
    again = await client.request(method, path, headers=shopper.headers)

    assert (first.status_code, first.content) == (200, b"")
    assert first.headers["content-type"] == "application/json"
    assert again.status_code == 200
    assert await items_of(client, shopper) == []
    assert (await add(client, shopper, FITBAND)).status_code == 200
    assert len(await items_of(client, shopper)) == 1


# What is refused.


@pytest.mark.unmeasured
@pytest.mark.parametrize("quantity", [-1, "-1", 1.5, "1.5", "many", "", True, [1], {}, 10**7])
async def test_a_quantity_that_is_none_is_refused_everywhere(
    client: AsyncClient, shopper: Shopper, quantity: Any
) -> None:
    await add(client, shopper, FITBAND)
    before = await items_of(client, shopper)
    bad = {**FITBAND, "quantity": quantity}

    answers = [
        await add(client, shopper, bad),
        await modify(client, shopper, bad),
        await replace(client, shopper, {"cart": [bad]}),
    ]

    for answer in answers:
        assert answer.status_code == 400
        assert "quantity" in refusal(answer)["message"]
    assert await items_of(client, shopper) == before


async def test_nothing_of_an_item_cannot_be_added(client: AsyncClient, shopper: Shopper) -> None:
    answer = await add(client, shopper, {**FITBAND, "quantity": 0})

    assert answer.status_code == 400
    assert "quantity" in refusal(answer)["message"]
    assert await items_of(client, shopper) == []


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "price", ["junk", "", "-1", -1, True, [], {}, "1e3", "1,23", 10**12, 1e300]
)
async def test_a_price_that_is_none_is_refused(
    client: AsyncClient, shopper: Shopper, price: Any
) -> None:
    added = await add(client, shopper, {**FITBAND, "price": price})
    replaced = await replace(client, shopper, {"cart": [FITBAND, {**REDPANT, "price": price}]})

    assert (added.status_code, replaced.status_code) == (400, 400)
    assert "price" in refusal(added)["message"]
    assert "cart.1.price" in refusal(replaced)["message"]
    assert await items_of(client, shopper) == []


@pytest.mark.parametrize("item_id", ["", None, [], {}, True, "x" * 201])
async def test_an_item_needs_an_id(client: AsyncClient, shopper: Shopper, item_id: Any) -> None:
    answers = [
        await add(client, shopper, {"itemid": item_id, "quantity": 1}),
        await add(client, shopper, {"quantity": 1}),
        await modify(client, shopper, {"itemid": item_id, "quantity": 1}),
        await replace(client, shopper, {"cart": [{"itemid": item_id, "quantity": 1}]}),
    ]

    for answer in answers:
        assert answer.status_code == 400
        assert "itemid" in refusal(answer)["message"]
    assert await items_of(client, shopper) == []


async def test_modify_needs_a_quantity(client: AsyncClient, shopper: Shopper) -> None:
    await add(client, shopper, FITBAND)

    answer = await modify(client, shopper, {"itemid": FITBAND["itemid"]})

    assert refusal(answer) == {"message": "quantity: is missing", "status": 400}
    assert len(await items_of(client, shopper)) == 1


@pytest.mark.unmeasured
@pytest.mark.parametrize("cart", [None, "", "junk", "{}", {}, 1, [1], [[]], "[NaN]"])
async def test_a_cart_that_is_no_list_is_refused(
    client: AsyncClient, shopper: Shopper, cart: Any
) -> None:
    await add(client, shopper, FITBAND)

    answer = await replace(client, shopper, {"cart": cart})

    assert answer.status_code == 400
    assert "cart" in refusal(answer)["message"]
    assert len(await items_of(client, shopper)) == 1


async def test_text_that_is_too_long_names_its_field_as_the_client_wrote_it(
    client: AsyncClient, shopper: Shopper
) -> None:
    answer = await add(client, shopper, {"itemid": "a", "shortDescription": "x" * 1001})

    assert refusal(answer) == {
        "message": "shortDescription: must have at most 1000 characters",
        "status": 400,
    }


_FULL = [{"itemid": str(number), "price": 1} for number in range(MAX_LINES)]
_DEAREST = {"itemid": "0", "price": 999_999_999.99}


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("cart", "change", "body", "field"),
    [
        (_FULL, add, {"itemid": "one more", "price": 1}, "cart"),
        (_FULL, replace, {"cart": [*_FULL, {"itemid": "one more", "price": 1}]}, "cart"),
        ([{**_FULL[0], "quantity": MAX_QUANTITY}], add, _FULL[0], "quantity"),
        (_FULL[:1], replace, {"cart": [{**_FULL[0], "quantity": MAX_QUANTITY}] * 2}, "quantity"),
        ([_DEAREST], add, _FULL[1], "cart"),
        ([_DEAREST], modify, {"itemid": "0", "quantity": 2}, "cart"),
        (_FULL[:1], replace, {"cart": [_DEAREST, _FULL[1]]}, "cart"),
    ],
)
async def test_a_cart_that_no_order_takes_cannot_come_to_be(
    client: AsyncClient, shopper: Shopper, cart: list[Any], change: Any, body: Any, field: str
) -> None:
    assert (await replace(client, shopper, {"cart": cart})).status_code == 200
    before = await items_of(client, shopper)

    answers = [await change(client, shopper, body) for _ in range(2)]

    for answer in answers:
        assert answer.status_code == 400
        assert refusal(answer)["message"].startswith(f"{field}: ")
    assert await items_of(client, shopper) == before


async def test_a_refused_addition_is_refused_again_under_its_key(
    client: AsyncClient, shopper: Shopper
) -> None:
    await replace(client, shopper, {"cart": _FULL})
    url = f"/cart/item/add/{shopper.user_id}"
    headers = {**shopper.headers, "Idempotency-Key": "one-more"}

    answers = [
        await client.post(url, json={"itemid": "one more"}, headers=headers) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [400, 400]


async def test_a_cart_of_an_earlier_release_can_be_made_smaller(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    line = CartLine("0", "x", "", "", 1, None, 1, datetime.now(UTC))
    lines = tuple(replace_in(line, item_id=str(number)) for number in range(MAX_LINES + 2))
    lines = (replace_in(line, quantity=2 * MAX_QUANTITY), *lines[1:])
    await store.replace_cart(table, Cart(shopper.user_id, lines), now=datetime.now(UTC))

    smaller = await modify(client, shopper, {"itemid": "0", "quantity": 5})
    gone = [await modify(client, shopper, {"itemid": str(n), "quantity": 0}) for n in (1, 2)]
    more = await modify(client, shopper, {"itemid": "3", "quantity": 2})

    assert [answer.status_code for answer in (smaller, *gone, more)] == [200] * 4
    items = await items_of(client, shopper)
    assert len(items) == MAX_LINES
    assert {item["itemid"]: item["quantity"] for item in items}["0"] == 5


@pytest.mark.unmeasured
async def test_a_cart_that_outgrows_its_item_says_it_is_full(
    client: AsyncClient, shopper: Shopper
) -> None:
    big = {"description": "😀" * 1000, "shortDescription": "😀" * 1000, "name": "😀" * 200}
    statuses: list[int] = []
    while len(statuses) < 60 and 400 not in statuses:
        answer = await add(client, shopper, {"itemid": str(len(statuses)), **big})
        statuses.append(answer.status_code)

    stored = await items_of(client, shopper)

    assert statuses == [200] * (len(statuses) - 1) + [400]
    assert refusal(answer)["message"] == "cart: is full"
    assert len(stored) == len(statuses) - 1


async def test_a_whole_cart_that_outgrows_its_item_says_it_is_full_and_changes_nothing(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    """Over HTTP only names from the catalog can make a cart so big."""
    await add(client, shopper, FITBAND)
    line = CartLine("a", "x" * 200, "x" * 1000, "x" * 1000, 1, None, 1, datetime.now(UTC))
    lines = tuple(replace_in(line, item_id=str(number)) for number in range(200))

    with pytest.raises(CartFullError):
        await store.replace_cart(table, Cart(shopper.user_id, lines), now=datetime.now(UTC))

    assert [item["itemid"] for item in await items_of(client, shopper)] == [FITBAND["itemid"]]


# Whose cart it is.


_OPERATIONS: list[tuple[str, str, Any]] = [
    ("GET", "/cart/items/{}", None),
    ("GET", "/cart/total/{}", None),
    ("GET", "/cart/items/total/{}", None),
    ("GET", "/cart/clear/{}", None),
    ("POST", "/cart/clear/{}", None),
    ("POST", "/cart/item/add/{}", FITBAND),
    ("POST", "/cart/item/modify/{}", {"itemid": FITBAND["itemid"], "quantity": 0}),
    ("POST", "/cart/modify/{}", {"cart": []}),
]


@pytest.mark.unmeasured
@pytest.mark.parametrize(("method", "path", "body"), _OPERATIONS)
async def test_without_a_token_a_cart_is_closed(
    client: AsyncClient, shopper: Shopper, method: str, path: str, body: Any
) -> None:
    await add(client, shopper, FITBAND)

    answer = await client.request(method, path.format(shopper.user_id), json=body)
    as_guest = await client.request(
        method, path.format("guest"), json=body, headers={"Authorization": "Bearer guest"}
    )

    assert answer.status_code == 401
    assert refusal(answer) == UNAUTHORIZED
    assert as_guest.status_code == 401
    assert (await items_of(client, shopper))[0]["quantity"] == 1


@pytest.mark.parametrize(("method", "path", "body"), _OPERATIONS)
async def test_no_customer_reaches_the_cart_of_another(
    client: AsyncClient, shopper: Shopper, method: str, path: str, body: Any
) -> None:
    await add(client, shopper, FITBAND)
    stranger = await bearer(fresh("stranger"))

    answer = await client.request(method, path.format(shopper.user_id), json=body, headers=stranger)

    assert answer.status_code == 403
    assert refusal(answer)["message"] == "this belongs to another user"
    assert (await items_of(client, shopper))[0]["quantity"] == 1


async def test_staff_do_not_fill_the_carts_of_customers(
    client: AsyncClient, shopper: Shopper
) -> None:
    answer = await add(client, Shopper(shopper.user_id, await staff()), FITBAND)

    assert answer.status_code == 403


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("method", "path", "body"), _OPERATIONS)
async def test_in_open_mode_a_guest_uses_any_cart(
    client: AsyncClient, open_mode: None, method: str, path: str, body: Any, slash: str
) -> None:
    answer = await client.request(method, path.format(fresh("dan")) + slash, json=body)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "user_id",
    ["guest", "undefined", "dan", "5c393a111d41c892ce243829", "8888", "a b", "ü😀", "a#b"],
)
async def test_a_user_id_is_any_text(client: AsyncClient, open_mode: None, user_id: str) -> None:
    item_id = fresh("item")
    path = user_id.replace("#", "%23")

    added = await client.post(f"/cart/item/add/{path}", json={"itemid": item_id})
    found = await client.get(f"/cart/items/{path}")

    assert added.json() == {"userid": user_id}
    assert found.json()["userid"] == user_id
    assert item_id in {item["itemid"] for item in found.json()["cart"]}


@pytest.mark.unmeasured
@pytest.mark.parametrize("length", [200, 220, 800, 801, 5000])
async def test_a_user_id_has_any_length(
    own_table: dict[str, str], open_mode: None, length: int
) -> None:
    """Load generators use their token, of some 220 characters, as path id."""
    long, other = "é" * (length // 2), "é" * (length // 2 - 1) + "e"
    async with shop_client() as client:
        added = await client.post(f"/cart/item/add/{long}", json={"itemid": "a", "price": 1})
        placed = await client.post(
            f"/order/add/{long}",
            json={
                "userid": long,
                "card": CARD,
                "cart": [{"itemid": "a", "quantity": 1, "price": 1}],
                "total": 1,
            },
        )
        listed = await client.get("/cart/all")
        carts = [await client.get(f"/cart/items/{user}") for user in (long, other)]
        orders = await client.get(f"/order/{long}")
        everyones = await client.get("/order/all?limit=1")

    assert (added.status_code, placed.status_code) == (200, 200)
    assert [cart["userid"] for cart in listed.json()] == [long]
    assert [len(cart.json()["cart"]) for cart in carts] == [1, 0]
    assert [order["userid"] for order in orders.json()] == [long]
    assert [order["userid"] for order in everyones.json()] == [long]


async def test_the_callers_own_token_as_path_id_means_the_caller(client: AsyncClient) -> None:
    user_id = fresh()
    headers = await bearer(user_id)
    token = headers["Authorization"].removeprefix("Bearer ")

    added = await client.post(f"/cart/item/add/{token}", json={"itemid": "a"}, headers=headers)
    orders = await client.get(f"/order/{token}", headers=headers)
    other = await client.get(f"/cart/items/{token}", headers=await bearer(fresh()))

    assert (added.status_code, added.json()) == (200, {"userid": user_id})
    assert (orders.status_code, orders.json()) == (200, [])
    assert other.status_code == 403


async def test_in_open_mode_a_path_id_is_what_it_says_with_a_token_or_without(
    client: AsyncClient, open_mode: None
) -> None:
    headers = await bearer(fresh())
    token = headers["Authorization"].removeprefix("Bearer ")

    await client.post(f"/cart/item/add/{token}", json={"itemid": "a", "price": 1}, headers=headers)
    cart = await client.get(f"/cart/items/{token}")

    assert [line["itemid"] for line in cart.json()["cart"]] == ["a"]


# The list of all carts.


async def test_the_list_of_all_carts_is_for_staff(client: AsyncClient, shopper: Shopper) -> None:
    anonymous = await client.get("/cart/all")
    customer = await client.get("/cart/all", headers=shopper.headers)
    employee = await client.get("/cart/all", headers=await staff())

    assert [answer.status_code for answer in (anonymous, customer, employee)] == [401, 403, 200]
    assert refusal(customer)["message"] == "this is for staff"


@pytest.mark.parametrize("slash", ["", "/"])
async def test_all_carts_are_a_bare_list_with_both_ids(
    own_table: dict[str, str], open_mode: None, slash: str
) -> None:
    async with shop_client() as client:
        empty = await client.get(f"/cart/all{slash}")
        for user in ("dan", "shri"):
            await client.post(f"/cart/modify/{user}", json={"cart": [FITBAND]})
        await client.post("/cart/item/add/dan", json=REDPANT)

        answer = await client.get(f"/cart/all{slash}")

    fitband = {**FITBAND, "description": "", "shortDescription": ""}
    redpant = {**REDPANT, "description": "", "shortDescription": ""}
    assert empty.json() == []
    assert answer.json() == [
        {"cart": [fitband, redpant], "id": "dan", "userid": "dan"},
        {"cart": [fitband], "id": "shri", "userid": "shri"},
    ]


async def test_prices_in_the_list_of_all_carts_are_numbers(
    own_table: dict[str, str], open_mode: None
) -> None:
    async with shop_client() as client:
        for price in ("1,234.50", "62.5", 4):
            await client.post("/cart/item/add/dan", json={"itemid": str(price), "price": price})

        own = await client.get("/cart/items/dan")
        listed = await client.get("/cart/all")

    assert [item["price"] for item in own.json()["cart"]] == ["1,234.50", "62.5", 4]
    assert [item["price"] for item in listed.json()[0]["cart"]] == [1234.5, 62.5, 4]


async def test_clearing_with_get_says_that_it_is_deprecated(
    client: AsyncClient, open_mode: None
) -> None:
    old = await client.get(f"/cart/clear/{fresh()}")
    new = await client.post(f"/cart/clear/{fresh()}")

    assert old.headers["deprecation"] == "@1796083200"
    assert 'rel="deprecation"' in old.headers["link"]
    assert "deprecation" not in new.headers


async def test_a_cart_that_was_cleared_is_not_listed(
    own_table: dict[str, str], open_mode: None
) -> None:
    async with shop_client() as client:
        await client.post("/cart/item/add/dan", json=FITBAND)
        await client.post("/cart/clear/dan")

        answer = await client.get("/cart/all")

    assert answer.json() == []


async def test_all_carts_come_in_pages(own_table: dict[str, str], open_mode: None) -> None:
    users = [f"u{number}" for number in range(7)]
    seen: list[str] = []
    async with shop_client() as client:
        for user in users:
            await client.post(f"/cart/item/add/{user}", json=FITBAND)

        path: str | None = "/cart/all?limit=3"
        while path:
            answer = await client.get(path)
            seen += [cart["id"] for cart in answer.json()]
            path = answer.links.get("next", {}).get("url")

    assert seen == users


async def test_the_longest_user_ids_do_not_outgrow_the_token_of_a_page(
    own_table: dict[str, str], open_mode: None
) -> None:
    users = ["\U0001f600" * 199 + str(number) for number in range(2)]
    async with shop_client() as client:
        for user in users:
            added = await client.post(f"/cart/item/add/{user}", json=FITBAND)
            assert added.status_code == 200

        first = await client.get("/cart/all?limit=1")
        second = await client.get(first.links["next"]["url"])

    assert [cart["id"] for cart in (*first.json(), *second.json())] == users


# Many at once.


async def test_no_add_of_the_same_item_is_lost(client: AsyncClient, shopper: Shopper) -> None:
    answers = await gather(*(add(client, shopper, FITBAND) for _ in range(32)))

    (item,) = await items_of(client, shopper)
    assert {answer.status_code for answer in answers} == {200}
    assert item["quantity"] == 32
    assert (await read(client, shopper, "total"))["carttotal"] == 144


async def test_no_add_of_different_items_is_lost(client: AsyncClient, shopper: Shopper) -> None:
    names = {f"item-{number}" for number in range(32)}

    answers = await gather(*(add(client, shopper, {"itemid": name}) for name in names))

    assert {answer.status_code for answer in answers} == {200}
    assert {item["itemid"] for item in await items_of(client, shopper)} == names


async def test_a_removal_in_between_leaves_a_cart_that_can_be_read(
    client: AsyncClient, shopper: Shopper
) -> None:
    remove = {"itemid": FITBAND["itemid"], "quantity": 0}

    await gather(
        *(add(client, shopper, FITBAND) for _ in range(12)),
        *(modify(client, shopper, remove) for _ in range(12)),
        *(client.post(f"/cart/clear/{shopper.user_id}", headers=shopper.headers) for _ in range(4)),
    )

    items = await items_of(client, shopper)
    assert all(item["name"] == "fitband" and item["quantity"] >= 1 for item in items)


# What it costs.


async def test_reading_a_cart_is_one_call(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    made = count_calls(table)

    for what in ("items", "total", "items/total"):
        await read(client, shopper, what)

    assert made == ["get_item"] * 3


async def test_changing_a_cart_is_one_call_each(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    made = count_calls(table)

    await add(client, shopper, FITBAND)
    await modify(client, shopper, {"itemid": FITBAND["itemid"], "quantity": 2})
    await modify(client, shopper, {"itemid": FITBAND["itemid"], "quantity": 0})
    await replace(client, shopper, {"cart": [FITBAND, REDPANT]})
    await client.post(f"/cart/clear/{shopper.user_id}", headers=shopper.headers)

    assert made == ["update_item", "update_item", "update_item", "put_item", "delete_item"]


async def test_missing_prices_cost_one_read_for_the_whole_cart(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    products = [await stored_product(table) for _ in range(3)]
    made = count_calls(table)

    await replace(
        client, shopper, {"cart": [{"itemid": product.product_id} for product in products]}
    )
    await add(client, shopper, {"itemid": products[0].product_id})

    assert made == ["batch_get", "put_item", "batch_get", "update_item"]


async def test_a_refused_change_costs_no_call(
    client: AsyncClient, shopper: Shopper, table: Table
) -> None:
    made = count_calls(table)

    await add(client, shopper, {**FITBAND, "quantity": -1})
    await add(client, Shopper(fresh("other"), shopper.headers), FITBAND)

    assert made == []
