"""Values from outside: liberal in form, strict in meaning."""

import re
from typing import Any, ClassVar

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from app.domain.cart import MAX_QUANTITY
from app.fields import (
    CardDate,
    Cents,
    Id,
    LiberalModel,
    Name,
    Quantity,
    QuantityOrNone,
    ShortText,
    Text,
    json_inside_json,
)


class Thing(LiberalModel):
    also_known_as: ClassVar[dict[str, str]] = {"_id": "thing_id", "number": "thing_id"}

    thing_id: Id = Field(alias="thingID")
    note: Text = ""


def read(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


# Names.


@pytest.mark.parametrize(
    "name", ["thingID", "thingid", "THINGID", "thing_id", "THING_ID", "_id", "_ID", "Number"]
)
def test_a_field_is_found_under_any_spelling(name: str) -> None:
    assert Thing.model_validate({name: "a"}).thing_id == "a"


@pytest.mark.parametrize("order", [1, -1])
def test_a_fields_own_name_outweighs_its_other_names(order: int) -> None:
    given = dict([("_id", "other"), ("ThingID", "own"), ("number", "third")][::order])

    assert Thing.model_validate(given).thing_id == "own"


def test_nulls_and_unknown_fields_are_left_out() -> None:
    thing = Thing.model_validate({"thingID": "a", "note": None, "unknown": 1, 5: 6})

    assert thing == Thing.model_validate({"thingID": "a"})
    assert thing.note == ""


def test_a_complaint_names_the_field_as_on_the_wire_and_hides_its_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate({"thing_id": {"secret": 1}})

    (error,) = caught.value.errors(include_input=False)
    assert error["loc"] == ("thingID",)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("junk", [None, [], "x", 1])
def test_what_is_no_object_is_refused(junk: Any) -> None:
    with pytest.raises(ValidationError):
        Thing.model_validate(junk)


# Text.


@pytest.mark.parametrize("kind", [Text, ShortText, Id, Name])
@pytest.mark.parametrize(("value", "text"), [("a", "a"), (5, "5"), (0, "0"), (1.5, "1.5")])
def test_a_number_may_stand_for_text(kind: Any, value: Any, text: str) -> None:
    assert read(kind, value) == text


@pytest.mark.parametrize("kind", [Text, ShortText, Id, Name])
@pytest.mark.parametrize("junk", [True, [], {}, None, b"x" * 2000])
def test_nothing_else_stands_for_text(kind: Any, junk: Any) -> None:
    with pytest.raises(ValidationError):
        read(kind, junk)


@pytest.mark.parametrize(
    ("kind", "longest"), [(Text, 1000), (ShortText, 200), (Id, 200), (Name, 200)]
)
def test_text_has_an_end(kind: Any, longest: int) -> None:
    assert read(kind, "x" * longest) == "x" * longest
    with pytest.raises(ValidationError, match=f"at most {longest} characters"):
        read(kind, "x" * (longest + 1))


def test_a_number_that_cannot_be_printed_is_no_text() -> None:
    for kind in (Text, Id, Name):
        with pytest.raises(ValidationError):
            read(kind, -(10**5000))


@pytest.mark.parametrize("space", [" \t ", "\u0085", "\ufeff", "\u00a0\u2003\u3000", "\u2028"])
def test_a_name_is_not_only_space(space: str) -> None:
    with pytest.raises(ValidationError):
        read(Name, space)


def test_the_documents_call_space_what_the_shop_calls_space() -> None:
    pattern = TypeAdapter(Name).json_schema()["pattern"]

    # No reader of the pattern has another opinion about these than the shop.
    for letter in ("\u0085", "\ufeff", " "):
        assert re.search(pattern, letter) is None


# Numbers.


@pytest.mark.parametrize("value", [7, "7", " 7 ", "+7", 7.0, "007"])
@pytest.mark.parametrize("kind", [Quantity, QuantityOrNone, CardDate])
def test_a_whole_number_may_be_text(kind: Any, value: Any) -> None:
    found = read(kind, value)

    assert (found, type(found)) == (7, int)


@pytest.mark.parametrize(
    "junk",
    [
        "x",
        "7.0",
        "7.5",
        7.5,
        True,
        None,
        [],
        "1e3",
        "1_0",
        "٣",
        "9" * 10,
        float("inf"),
        float("nan"),
        pytest.param(10**5000, id="huge"),
    ],
)
@pytest.mark.parametrize("kind", [Quantity, QuantityOrNone, CardDate])
def test_nothing_else_is_a_whole_number(kind: Any, junk: Any) -> None:
    with pytest.raises(ValidationError):
        read(kind, junk)


def test_quantities_have_bounds() -> None:
    assert read(Quantity, 1) == 1
    assert read(QuantityOrNone, "0") == 0
    assert read(Quantity, MAX_QUANTITY) == MAX_QUANTITY
    for kind, value in ((Quantity, 0), (QuantityOrNone, -1), (Quantity, MAX_QUANTITY + 1)):
        with pytest.raises(ValidationError):
            read(kind, value)


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_card_date_is_none(empty: str) -> None:
    assert read(CardDate, empty) == 0
    with pytest.raises(ValidationError):
        read(Quantity, empty)


def test_money_is_read_into_cents_and_refused_by_field() -> None:
    assert read(Cents, '"73.76"') == 7376
    with pytest.raises(ValidationError, match="must be an amount of money"):
        read(Cents, "junk")


# JSON inside JSON.


def test_a_list_may_come_as_text() -> None:
    assert json_inside_json('[{"id": 1}]') == [{"id": 1}]
    assert json_inside_json([1]) == [1]


@pytest.mark.parametrize("junk", ["", "junk", "[NaN]", "[" * 10_000, "[1", "[" + "1" * 5000 + "]"])
def test_text_that_is_no_json_is_refused(junk: str) -> None:
    with pytest.raises(ValueError, match="must be a list of items"):
        json_inside_json(junk)
