"""What no order would take cannot come into a cart."""

from dataclasses import replace as replace_in
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient

from app.domain.cart import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from app.domain.errors import CartFullError
from app.store import carts as store
from app.store.table import Table
from tests.support.carts import FITBAND, REDPANT, add, items_of, modify, replace
from tests.support.shop import (
    Shopper,
    refusal,
)

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

#: The line of a whole cart with which one article becomes too many.
_SECOND = "cart.1.quantity"


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("cart", "change", "body", "field"),
    [
        (_FULL, add, {"itemid": "one more", "price": 1}, "cart"),
        (_FULL, replace, {"cart": [*_FULL, {"itemid": "one more", "price": 1}]}, "cart"),
        ([{**_FULL[0], "quantity": MAX_QUANTITY}], add, _FULL[0], "quantity"),
        (_FULL[:1], replace, {"cart": [{**_FULL[0], "quantity": MAX_QUANTITY}] * 2}, _SECOND),
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
