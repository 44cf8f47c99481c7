"""Orders as the shop answers them (openapi/CONTRACT.md, 1.4)."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from app.domain.instants import instant_to_text
from app.domain.money import cents_to_number, cents_to_text
from app.domain.order import Order, OrderLine, OrderState, OrderStep
from app.domain.payment import PaymentDecision
from routers.schemas.order_examples import ORDER_DETAIL, PLACED_ORDER, STORED_ORDER
from routers.schemas.payment import PaymentPublic
from routers.schemas.public import PublicModel


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
