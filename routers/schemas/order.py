"""Orders as clients send them (openapi/CONTRACT.md, 1.4)."""

import json
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from app.domain.cart import MAX_LINES
from app.domain.draft import DraftLine, OrderDraft
from app.domain.order import Address
from app.fields import (
    AnyId,
    CardDate,
    Cents,
    LiberalCard,
    LiberalModel,
    Quantity,
    ShortText,
    Text,
    TotalCents,
    json_inside_json,
)
from routers.schemas.order_examples import CARD, NEW_ORDER


class AddressCreate(LiberalModel):
    """The delivery address; every part is optional."""

    street: ShortText = Field("", description="Street and number.")
    city: ShortText = Field("", description="Town.")
    zip: ShortText = Field("", description="Postcode.")
    state: ShortText = Field("", description="State or province.")
    country: ShortText = Field("", description="Country.")


class CardCreate(LiberalCard):
    """A card. Without its number, expiry or code the order is taken and its payment refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [CARD]})

    type: Text = Field("", description="What a page preselected; not looked at.")
    number: Text = Field("", description="Card number; spaces and hyphens do not matter.")
    expiry_month: CardDate = Field(
        0, alias="expMonth", description="Month; a number is read as well."
    )
    expiry_year: CardDate = Field(
        0,
        alias="expYear",
        description="Year, two digits mean 20YY; a number is read as well.",
    )
    cvv: Text = Field("", alias="ccv", description="Security code; never stored.")


class OrderItemCreate(LiberalModel):
    """One article of an order."""

    # What old clients leave out in open mode is taken (openapi/CONTRACT.md, 1.4); new ones send it.
    model_config = ConfigDict(json_schema_extra={"required": ["itemid"]})
    also_known_as: ClassVar[dict[str, str]] = {"id": "itemid"}

    itemid: ShortText = Field(
        "",
        description=(
            "Id of a product; `id` is read as well. Another one is 400 where tokens are checked, "
            "and taken in open mode."
        ),
    )
    name: ShortText = Field("", description="Name; the catalog's counts where tokens are checked.")
    description: Text = Field("", description="Description.")
    quantity: Quantity = Field(1, description="How many; 1 when left out.")
    price: Cents | None = Field(
        None,
        description=(
            "Price of one, in dollars. Where tokens are checked it is not looked at: the catalog's "
            "counts. In open mode it counts; left out, it is the catalog's, or 0 for what the "
            "catalog does not have. A number as text is read as well."
        ),
    )


def _delivery_text(value: Any) -> Any:
    """Turn a delivery that is sent as an object (by one React version) into JSON text."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value


_Cart = Annotated[list[OrderItemCreate], Field(min_length=1, max_length=MAX_LINES)]


class OrderCreate(LiberalModel):
    """A new order: `card` and `cart` are required; every field of the card is optional."""

    model_config = ConfigDict(json_schema_extra={"examples": [NEW_ORDER]})

    userid: AnyId = Field("", description="Only read where the path names no user.")
    firstname: ShortText = Field("", description="First name.")
    lastname: ShortText = Field("", description="Last name.")
    email: ShortText = Field("", description="E-mail address; it is not checked.")
    address: AddressCreate = Field(AddressCreate(), description="Where to send the goods.")
    delivery: Annotated[Text, BeforeValidator(_delivery_text)] = Field(
        "",
        description=(
            "How to send the goods; `instore` hands them over at once. "
            "An object is read as well, and stored as its JSON text."
        ),
    )
    card: CardCreate = Field(
        description="The card. The event's names of its fields are read as well (`ExpiryMonth`)."
    )
    cart: Annotated[_Cart, BeforeValidator(json_inside_json)] = Field(
        description="The articles; the list as JSON text is read as well."
    )
    total: TotalCents | None = Field(
        None,
        description=(
            "Sum of price times quantity, in dollars; another one than the catalog's is refused "
            "where tokens are checked. Left out, it is computed. A number is read as well."
        ),
    )

    def to_draft(self, user_id: str) -> OrderDraft:
        """Return the order as ``user_id`` sent it."""
        return OrderDraft(
            user_id=user_id,
            first_name=self.firstname,
            last_name=self.lastname,
            email=self.email,
            address=Address(**self.address.model_dump()),
            delivery=self.delivery,
            card=self.card.to_card(),
            lines=tuple(
                DraftLine(
                    item_id=item.itemid,
                    name=item.name,
                    description=item.description,
                    quantity=item.quantity,
                    price_cents=item.price,
                )
                for item in self.cart
            ),
            total_cents=self.total,
        )
