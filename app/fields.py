"""Types for values from outside: several spellings accepted, one meaning.

Field names match in any case, as the Go decoder of the original did; unknown fields and
nulls are ignored; numbers may come as text (openapi/CONTRACT.md,
1.1, 1.2 and 1.4).
"""

import unicodedata
from functools import cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    model_validator,
)
from pydantic_core import from_json

from app.domain.card import Card
from app.domain.cart import MAX_QUANTITY
from app.domain.money import MAX_CENTS
from app.domain.user import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, fold_username
from app.field_errors import NOT_BLANK, NOT_EMPTY
from app.usernames import check_new_username
from app.values import (
    CARD_SPELLINGS,
    MAX_ID,
    MAX_INTEGER,
    MAX_TEXT,
    cents,
    comes_from_pages,
    empty_is_zero,
    number_to_text,
    to_integer,
)


class LiberalModel(BaseModel):
    """A model that reads its fields under any spelling of their names.

    ``also_known_as`` maps further names, in lower case, to a field.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        # Built when it is first used: no request needs all models.
        defer_build=True,
    )
    also_known_as: ClassVar[dict[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _match_names(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        names = _spellings(cls)
        found: dict[str, Any] = {}
        for spelled, value in given.items():
            name = names.get(str(spelled).lower())
            if name is None or value is None:
                continue
            # A field's own name wins over its other names, in any order.
            own = str(spelled).lower() not in cls.also_known_as
            if own or name not in found:
                found[name] = value
        return found


@cache
def _spellings(model: type[LiberalModel]) -> dict[str, str]:
    """Return the name on the wire for each spelling; error texts use that name."""
    on_the_wire = {name: field.alias or name for name, field in model.model_fields.items()}
    fields = {
        spelled.lower(): wire for name, wire in on_the_wire.items() for spelled in (name, wire)
    }
    others = {other: on_the_wire[name] for other, name in model.also_known_as.items()}
    return others | fields


def _nfc(value: Any) -> Any:
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def json_inside_json(value: Any) -> Any:
    """Parse a list that is sent as JSON text inside JSON, as the old pages send carts."""
    if not isinstance(value, str):
        return value
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError:
        raise ValueError("must be a list of items") from None


# Bounds come before the validators: after them pydantic would not know that it is text.

#: Text, or a number instead of it.
Text = Annotated[str, Field(max_length=MAX_TEXT), BeforeValidator(number_to_text)]
#: A name, a street, a town.
ShortText = Annotated[str, Field(max_length=200), BeforeValidator(number_to_text)]
#: A required name: text that is not only space.
Name = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=NOT_BLANK),
    BeforeValidator(number_to_text),
]
#: An id from a client: any text that is not empty.
Id = Annotated[str, Field(min_length=1, max_length=MAX_ID), BeforeValidator(number_to_text)]
#: An id as long as a path allows, or nothing: load generators send tokens as ids.
AnyId = Annotated[str, Field(max_length=8000), BeforeValidator(number_to_text)]

# Where several forms are read, the API documents show one: generators for Java, Kotlin, Go and
# C# make code from a choice of text and number that does not compile.

#: A month or year on a card; empty text reads as 0, which the card rules refuse.
CardDate = Annotated[
    int,
    Field(ge=0, le=MAX_INTEGER),
    BeforeValidator(to_integer),
    BeforeValidator(
        empty_is_zero,
        json_schema_input_type=Annotated[str, Field(pattern="^[0-9]{1,4}$")],
    ),
]
#: How many of an article.
Quantity = Annotated[
    int,
    Field(ge=1, le=MAX_QUANTITY),
    BeforeValidator(to_integer),
]
#: How many of an article, where 0 removes it.
QuantityOrNone = Annotated[
    int,
    Field(ge=0, le=MAX_QUANTITY),
    BeforeValidator(to_integer),
]

#: How the API documents show a price; text is read as well, also in the old till's quotes.
AMOUNT_SCHEMA: Any = Annotated[float, Field(ge=0, le=MAX_CENTS / 100)]
#: How they show a total, which clients send as text; a number is read as well.
_TOTAL_SCHEMA: Any = Annotated[str, Field(pattern=r"^[0-9]{1,9}([.][0-9]{1,20})?$")]
#: Money in cents, read from every form that clients send.
Cents = Annotated[int, BeforeValidator(cents, json_schema_input_type=AMOUNT_SCHEMA)]
#: The same; the documents show it as text.
TotalCents = Annotated[int, BeforeValidator(cents, json_schema_input_type=_TOTAL_SCHEMA)]

#: Folding a name can turn one letter into eighteen, and a key holds at most 2,048 bytes.
_MAX_FOLDED_BYTES = 1000


def _check_folded(username: str) -> str:
    folded = fold_username(username)
    if not folded:
        raise ValueError(NOT_EMPTY)
    if len(folded.encode()) > _MAX_FOLDED_BYTES:
        raise ValueError("is too long")
    return username


#: A name at a login: any that was ever taken.
Username = Annotated[Name, AfterValidator(_check_folded)]
#: The name of a new user.
NewUsername = Annotated[Username, AfterValidator(check_new_username)]
#: A password at a login: any that was ever taken.
Password = Annotated[str, Field(min_length=1, max_length=200)]
#: A new one, in the form that is hashed; app/security/new_passwords.py has the other rules.
NewPassword = Annotated[
    str,
    Field(min_length=MIN_PASSWORD_LENGTH, max_length=MAX_PASSWORD_LENGTH),
    BeforeValidator(_nfc),
]


class LiberalCard(LiberalModel):
    """A card in any shape that was ever sent: the event's, the pages' or the old till's."""

    also_known_as: ClassVar[dict[str, str]] = CARD_SPELLINGS

    type: Text = ""
    number: Text = ""
    expiry_month: CardDate = 0
    expiry_year: CardDate = 0
    cvv: Text = ""

    @model_validator(mode="wrap")
    @classmethod
    def _drop_preselected_brand(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Drop the brand of a card in the pages' shape.

        The pages preselect one, so it says nothing (openapi/CONTRACT.md, 4.1).
        """
        card = read(given)
        return card.model_copy(update={"type": ""}) if comes_from_pages(given) else card

    def to_card(self) -> Card:
        """Return the card as the payment rules take it."""
        return Card(
            number=self.number,
            expiry_month=self.expiry_month,
            expiry_year=self.expiry_year,
            cvv=self.cvv,
            type=self.type,
        )
