"""Bodies of the cart (openapi/CONTRACT.md, 1.2)."""

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, ConfigDict, Field

from app.domain.cart import MAX_LINES, Cart, CartLine, CartLineDraft
from app.domain.errors import InvalidInputError
from app.domain.money import cents_to_number, cents_to_text, strip_quotes, to_cents
from app.fields import (
    AMOUNT_SCHEMA,
    Id,
    LiberalModel,
    Quantity,
    QuantityOrNone,
    ShortText,
    Text,
    json_inside_json,
)
from routers.schemas.public import PublicModel

ITEM_ID = "Id of the item; that of a product, or any other. `id` is read as well."
USER_ID = "Id of the user whose cart it is."

_EXAMPLE: dict[str, Any] = {
    "itemid": "533445d-530e-4a76-9398-5d16713b827b",
    "name": "Yoga Mat",
    "shortDescription": "Lies down so that you can, too",
    "price": 62.5,
    "quantity": 1,
}


class Price(PublicModel):
    """A price in cents, and its text if it was sent as text."""

    model_config = ConfigDict(frozen=True)

    cents: int
    text: str | None


def read_price(value: Any) -> Price:
    """Return a price, with its text if it was sent as text."""
    if isinstance(value, Price):
        return value
    try:
        cents = to_cents(value)
    except InvalidInputError as failure:
        raise ValueError(str(failure)) from failure
    return Price(cents=cents, text=_keep_text(value, cents))


def _keep_text(value: Any, cents: int) -> str | None:
    if not isinstance(value, str):
        return None
    text = strip_quotes(value)
    # What the client wrote, unless it has fractions of a cent.
    is_exact = Decimal(text.replace(",", "")) * 100 == cents
    return text if is_exact else cents_to_text(cents)


PriceField = Annotated[
    Price,
    BeforeValidator(read_price, json_schema_input_type=AMOUNT_SCHEMA),
    Field(
        description=(
            "Price of one, in dollars; left out, it comes from the catalog, and is 0 for what the "
            "catalog does not have. A number as text is read as well, and such an item gives its "
            "price back as text."
        )
    ),
]


class CartItemCreate(LiberalModel):
    """An item to add to a cart; only its id is required."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    also_known_as: ClassVar[dict[str, str]] = {"id": "itemid"}

    itemid: Id = Field(description=ITEM_ID)
    name: ShortText = Field("", description="Name; left out with the price, the catalog's.")
    description: Text = Field("", description="Long description.")
    short_description: Text = Field(
        "", alias="shortDescription", description="One line about the item."
    )
    price: PriceField | None = None
    quantity: Quantity = Field(1, description="How many to add; 1 when left out.")

    def to_draft(self) -> CartLineDraft:
        """Return the line as the client wrote it."""
        return CartLineDraft(
            item_id=self.itemid,
            name=self.name,
            description=self.description,
            short_description=self.short_description,
            price_cents=self.price.cents if self.price else None,
            price_text=self.price.text if self.price else None,
            quantity=self.quantity,
        )


class CartItemUpdate(LiberalModel):
    """A new quantity of an item; 0 removes it, other fields are ignored."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"itemid": _EXAMPLE["itemid"], "quantity": 2}]}
    )
    also_known_as: ClassVar[dict[str, str]] = {"id": "itemid"}

    itemid: Id = Field(description=ITEM_ID)
    quantity: QuantityOrNone = Field(description="How many there shall be; 0 removes the item.")


class CartLineCreate(CartItemCreate):
    """An item of a whole cart; with quantity 0 it is left out."""

    quantity: QuantityOrNone = Field(
        1, description="How many; 1 when left out, 0 leaves the item out."
    )


_Cart = Annotated[list[CartLineCreate], Field(max_length=MAX_LINES)]


class CartUpdate(LiberalModel):
    """All items of a cart, replacing the stored ones."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cart": [_EXAMPLE]}]})

    cart: Annotated[_Cart, BeforeValidator(json_inside_json)] = Field(
        description="The items; the list as JSON text is read as well."
    )


class CartItemPublic(PublicModel):
    """An item of a cart."""

    itemid: str = Field(description=ITEM_ID)
    name: str = Field(description="Name.")
    description: str = Field(description="Long description; may be empty.")
    shortDescription: str = Field(description="One line about the item; may be empty.")
    price: int | float | str = Field(
        description=(
            "Price of one, in dollars, in the form in which it was sent: a number, or"
            " text for text (`34.99`, `1,234.50`), as some old pages send and need it."
        )
    )
    quantity: int = Field(description="How many.")

    @classmethod
    def from_line(cls, line: CartLine) -> Self:
        """Return the public form of one line."""
        return cls(
            itemid=line.item_id,
            name=line.name,
            description=line.description,
            shortDescription=line.short_description,
            price=cls._price_of(line),
            quantity=line.quantity,
        )

    @classmethod
    def _price_of(cls, line: CartLine) -> int | float | str:
        return cents_to_number(line.price_cents) if line.price_text is None else line.price_text


class ListedCartItemPublic(CartItemPublic):
    """An item of a cart in the list of all carts."""

    price: int | float = Field(description="Price of one, in dollars.")

    @classmethod
    def _price_of(cls, line: CartLine) -> int | float:
        return cents_to_number(line.price_cents)


class CartPublic(PublicModel):
    """A user's cart."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"cart": [{**_EXAMPLE, "description": ""}], "userid": "5c3939ea1d41c892ce243827"}
            ]
        }
    )

    cart: list[CartItemPublic] = Field(description="The items, in the order they were added.")
    userid: str = Field(description=USER_ID)

    @classmethod
    def from_cart(cls, cart: Cart) -> "CartPublic":
        """Return the public form of ``cart``."""
        return cls(
            cart=[CartItemPublic.from_line(line) for line in cart.lines], userid=cart.user_id
        )


class ListedCartPublic(PublicModel):
    """A cart in the list of all carts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cart": [{**_EXAMPLE, "description": ""}],
                    "id": "5c3939ea1d41c892ce243827",
                    "userid": "5c3939ea1d41c892ce243827",
                }
            ]
        }
    )

    cart: list[ListedCartItemPublic] = Field(description="The items, in the order they were added.")
    userid: str = Field(description=USER_ID)
    id: str = Field(description="The user's id once more.")

    @classmethod
    def from_cart(cls, cart: Cart) -> "ListedCartPublic":
        """Return ``cart`` as an entry of the list."""
        return cls(
            cart=[ListedCartItemPublic.from_line(line) for line in cart.lines],
            userid=cart.user_id,
            id=cart.user_id,
        )


class CartChangedResponse(PublicModel):
    """The user whose cart was changed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"userid": "5c3939ea1d41c892ce243827"}]}
    )

    userid: str = Field(description=USER_ID)


class CartTotalResponse(PublicModel):
    """The total of a cart."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"carttotal": 804.5, "userid": "5c3939ea1d41c892ce243827"}]}
    )

    carttotal: int | float = Field(description="Sum of price times quantity, in dollars.")
    userid: str = Field(description=USER_ID)


class CartItemTotalResponse(PublicModel):
    """The number of items in a cart."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cartitemtotal": 5, "userid": "5c3939ea1d41c892ce243827"}]}
    )

    cartitemtotal: int = Field(description="Sum of the quantities.")
    userid: str = Field(description=USER_ID)
