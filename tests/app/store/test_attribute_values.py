"""Items in DynamoDB's notation, as boto3 writes and reads them."""

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from app.store.attribute_values import read_item, written_item


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


ITEM: dict[str, Any] = {
    "text": "ä€😀 \u2028",
    "empty": "",
    "number": -12,
    "yes": True,
    "no": False,
    "nothing": None,
    "map": {"a": "b", "deep": {"n": 0, "list": ["x", 1, None, {}]}},
    "list": [],
}


def test_an_item_is_written_as_boto3_writes_it_and_read_again() -> None:
    serialize = TypeSerializer().serialize
    written = written_item(ITEM)

    assert written == {name: serialize(value) for name, value in ITEM.items()}
    assert read_item(written) == ITEM
    assert type(read_item(written)["yes"]) is bool
    assert type(read_item(written)["number"]) is int


def test_members_of_enumerations_are_written_as_what_they_are() -> None:
    assert written_item({"a": Colour.RED, "b": Size.LARGE, "c": (1.5,)}) == {
        "a": {"S": "red"},
        "b": {"N": "3"},
        "c": {"L": [{"N": "1.5"}]},
    }


def test_what_the_shop_does_not_store_is_refused() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        written_item({"a": Decimal(1)})
    for number in (float("nan"), float("inf"), -float("inf")):
        with pytest.raises(ValueError, match=r"cannot store -?(nan|inf)"):
            written_item({"a": [number]})


@pytest.mark.parametrize(
    "typed",
    [{"B": "AAE="}, {"SS": ["a", "b"]}, {"NS": ["1", "2.5"]}, {"BS": ["AAE="]}, {"N": "1e2"}],
)
def test_what_a_person_may_have_stored_is_read_as_boto3_reads_it(typed: dict[str, Any]) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, set):
            return {plain(element) for element in value}
        return getattr(value, "value", value)

    raw: dict[str, Any] = {"B": b"\x00\x01", "BS": [b"\x00\x01"]}
    given: Any = {kind: raw.get(kind, value) for kind, value in typed.items()}
    theirs = TypeDeserializer().deserialize(given)

    assert read_item({"a": typed})["a"] == plain(theirs)
