"""Keys of additions: the same addition is known by them, and they do not fill the cart."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.cart import CartLine
from app.store.addition_keys import (
    FORGOTTEN_TOGETHER,
    KEPT,
    MOST_KEPT,
    addition_key,
    keys_to_forget,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def line(item_id: str = "i-1", quantity: int = 1) -> CartLine:
    return CartLine(item_id, "Bottle", "", "", 3499, None, quantity, NOW)


def test_a_repeat_under_a_key_is_the_same_addition() -> None:
    first, again = (addition_key("k", line(), now=NOW + late) for late in (KEPT * 0, KEPT / 2))

    assert again.name == first.name
    assert again.is_of_same_addition(first.value)


@pytest.mark.parametrize("other", [line(quantity=2), line("i-2"), line("1:i-1")])
def test_another_addition_under_the_key_is_told_apart(other: CartLine) -> None:
    first, second = addition_key("k", line(), now=NOW), addition_key("k", other, now=NOW)

    assert second.name == first.name
    assert not second.is_of_same_addition(first.value)


def test_without_a_key_each_addition_has_its_own() -> None:
    assert addition_key(None, line(), now=NOW).name != addition_key(None, line(), now=NOW).name


@pytest.mark.parametrize("key", ["#", "k#", "l#x", "x" * 255, "\u2028", " "])
def test_no_key_of_a_client_reaches_the_name_of_an_attribute(key: str) -> None:
    name = addition_key(key, line(), now=NOW).name

    assert name.startswith("k#")
    assert len(name) == 14
    assert "#" not in name[2:]


def cart(*ages: timedelta) -> dict[str, Any]:
    keys = [addition_key(str(number), line(), now=NOW - age) for number, age in enumerate(ages)]
    return {"user_id": "u", "l#i-1": {}, "q#i-1": 1} | {key.name: key.value for key in keys}


def test_keys_that_may_still_be_repeated_are_kept() -> None:
    assert keys_to_forget(cart(*[KEPT / 2] * MOST_KEPT), now=NOW) == []


def test_expired_keys_are_forgotten_together() -> None:
    old, young = [KEPT * 2] * FORGOTTEN_TOGETHER, [KEPT / 2] * 5

    assert keys_to_forget(cart(*old[1:], *young), now=NOW) == []
    forgotten = keys_to_forget(cart(*old, *young), now=NOW)
    assert sorted(forgotten) == sorted(name for name in cart(*old) if name.startswith("k#"))


def test_beyond_the_most_the_oldest_are_forgotten() -> None:
    ages = [timedelta(seconds=number) for number in range(MOST_KEPT + FORGOTTEN_TOGETHER)]
    item = cart(*ages)

    forgotten = keys_to_forget(item, now=NOW)

    oldest = sorted((value, name) for name, value in item.items() if name.startswith("k#"))
    assert forgotten == [name for _, name in oldest[:FORGOTTEN_TOGETHER]]
