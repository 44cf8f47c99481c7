"""Bodies of orders (openapi/CONTRACT.md, 1.4)."""

import json
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field

from app.domain.cart import MAX_LINES
from app.domain.draft import DraftLine, OrderDraft
from app.domain.instants import instant_to_text
from app.domain.money import cents_to_number, cents_to_text
from app.domain.order import Address, Order, OrderLine, OrderState, OrderStep
from app.domain.payment import PaymentDecision
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
from routers.schemas.order_examples import CARD, NEW_ORDER, ORDER_DETAIL, PLACED_ORDER, STORED_ORDER
from routers.schemas.payment import PaymentPublic
from routers.schemas.public import PublicModel


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


class OrderPlacedResponse(PublicModel):
    """The answer to a new order."""

    model_config = ConfigDict(json_schema_extra={"examples": [PLACED_ORDER]})

    order_id: str = Field(description="Id of the order.")
    userid: str = Field(description="Id of the user whose order it is.")
    payment: PaymentPublic = Field(description="What became of the payment.")

    @classmethod
    def from_order(cls, order: Order, decision: PaymentDecision | None) -> "OrderPlacedResponse":
        """Return the answer; ``decision`` is None while the payment is pending."""
        return cls(
            order_id=order.order_id,
            userid=order.user_id,
            payment=PaymentPublic.from_decision(decision),
        )


class AddressPublic(PublicModel):
    """The delivery address."""

    street: str = Field(description="Street and number; may be empty.")
    city: str = Field(description="Town; may be empty.")
    zip: str = Field(description="Postcode; may be empty.")
    state: str = Field(description="State or province; may be empty.")
    country: str = Field(description="Country; may be empty.")


class CardPublic(PublicModel):
    """A card: brand, masked number and expiry."""

    type: str = Field(description="Brand by the number; empty if it has none.")
    number: str = Field(description="The last four digits behind asterisks.")
    expMonth: str = Field(
        description="Month of expiry, two digits; what is no month is as it was sent, and declined."
    )
    expYear: str = Field(
        description="Year of expiry with its century; what is no year is as it was sent."
    )


class OrderItemPublic(PublicModel):
    """One article of an order; its id under both names that clients use."""

    id: str = Field(description="Id of the article.")
    itemid: str = Field(description="The same id under its other name.")
    name: str = Field(description="Name; may be empty.")
    description: str = Field(description="Description; may be empty.")
    quantity: int = Field(description="How many.")
    price: int | float = Field(description="Price of one, in dollars.")

    @classmethod
    def from_line(cls, line: OrderLine) -> "OrderItemPublic":
        """Return the public form of one line."""
        return cls(
            id=line.item_id,
            itemid=line.item_id,
            name=line.name,
            description=line.description,
            quantity=line.quantity,
            price=cents_to_number(line.price_cents),
        )


#: ``unknown`` is a state that a later release of the shop gave the order; ``status`` says which.
StateName = Literal["pending", "paid", "shipped", "delivered", "declined", "unknown"]


class OrderPublic(PublicModel):
    """An order and its state; ids that are not known yet are empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [STORED_ORDER]})

    id: str = Field(alias="_id", description="Id of the order.")
    status: str = Field(
        description=(
            "`Pending Payment`, `transaction successful`, the refusal's text, "
            "`shipped - pending delivery` or `delivered`."
        )
    )
    state: StateName = Field(
        description=(
            "Where the order stands; it only moves forward. `unknown` is a state of a later "
            "release: `status` says which."
        )
    )
    userid: str = Field(description="Id of the user whose order it is.")
    firstname: str = Field(description="First name; may be empty.")
    lastname: str = Field(description="Last name; may be empty.")
    address: AddressPublic = Field(description="Where the goods are sent.")
    email: str = Field(description="E-mail address; may be empty.")
    delivery: str = Field(description="How the goods are sent; may be empty.")
    card: CardPublic = Field(description="What the shop remembers of the card.")
    cart: list[OrderItemPublic] = Field(description="The articles.")
    total: str = Field(description="What the order comes to, in dollars, as text.")
    transactionID: str = Field(description="Id of the charge; empty until the order is paid.")
    trackingNumber: str = Field(description="Id of the shipment; empty until it is sent.")
    declineReason: str = Field(
        description=(
            "Why the card was refused, word for word as the answer to the order said; empty if it "
            "was not, or if an earlier release declined the order."
        )
    )
    placedAt: str = Field(
        description="When the order was placed.", json_schema_extra={"format": "date-time"}
    )
    updatedAt: str = Field(
        description="When the order last moved on.", json_schema_extra={"format": "date-time"}
    )

    @classmethod
    def from_order(cls, order: Order, **more: Any) -> Self:
        """Return the public form of ``order``; ``more`` are the fields of a subclass."""
        return cls(
            **more,
            _id=order.order_id,
            status=order.status,
            state=_STATE_NAMES[order.state],
            userid=order.user_id,
            firstname=order.first_name,
            lastname=order.last_name,
            address=AddressPublic.model_validate(order.address, from_attributes=True),
            email=order.email,
            delivery=order.delivery,
            card=CardPublic(
                type=order.card.type,
                number=order.card.number,
                expMonth=order.card.expiry_month,
                expYear=order.card.expiry_year,
            ),
            cart=[OrderItemPublic.from_line(line) for line in order.lines],
            total=cents_to_text(order.total_cents),
            transactionID=order.transaction_id or "",
            trackingNumber=order.tracking_number or "",
            declineReason=order.decline_reason or "",
            placedAt=instant_to_text(order.placed_at),
            updatedAt=instant_to_text(order.updated_at),
        )


class OrderStepPublic(PublicModel):
    """One step of an order."""

    state: StateName = Field(description="The state that the order entered.")
    at: str = Field(description="When.", json_schema_extra={"format": "date-time"})
    by: str = Field(
        description="What took the step: `api`, `order` or `sweeper`, then `@` and its version."
    )

    @classmethod
    def from_step(cls, step: OrderStep) -> Self:
        """Return the public form of one step."""
        return cls(state=_STATE_NAMES[step.state], at=instant_to_text(step.at), by=step.by)


class OrderDetail(OrderPublic):
    """An order, its state, and how it came there."""

    model_config = ConfigDict(json_schema_extra={"examples": [ORDER_DETAIL]})

    history: list[OrderStepPublic] = Field(
        description=(
            "The steps that were recorded, in the order of their states. Earlier releases "
            "recorded none, so the list may have gaps or be empty."
        )
    )

    @classmethod
    def from_order(cls, order: Order, **more: Any) -> Self:
        """Return the public form of ``order`` with its history."""
        history = [OrderStepPublic.from_step(step) for step in order.history]
        return super().from_order(order, history=history, **more)


_STATE_NAMES: dict[OrderState, StateName] = {
    OrderState.PENDING: "pending",
    OrderState.PAID: "paid",
    OrderState.SHIPPED: "shipped",
    OrderState.DELIVERED: "delivered",
    OrderState.DECLINED: "declined",
    OrderState.UNKNOWN: "unknown",
}
