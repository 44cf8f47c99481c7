"""Bodies of orders (openapi/CONTRACT.md, 1.4)."""

import json
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.domain.draft import MAX_LINES, DraftLine, OrderDraft
from app.domain.instants import instant_to_text
from app.domain.money import cents_to_number, cents_to_text
from app.domain.order import Address, Order, OrderLine, OrderState
from app.domain.payment import PAID_MESSAGE, PaymentDecision
from app.fields import (
    CardDate,
    Cents,
    LiberalCard,
    LiberalModel,
    Quantity,
    ShortText,
    Text,
    json_inside_json,
)

_CARD_EXAMPLE: dict[str, Any] = {
    "type": "visa",
    "number": "4111111111111111",
    "expMonth": "12",
    "expYear": "2030",
    "ccv": "123",
}
_ADDRESS_EXAMPLE: dict[str, Any] = {
    "street": "20 Riding Lane",
    "city": "San Francisco",
    "zip": "10201",
    "state": "CA",
    "country": "USA",
}
_ITEM_EXAMPLE: dict[str, Any] = {
    "itemid": "533445d-530e-4a76-9398-5d16713b827b",
    "quantity": 1,
    "price": "62.5",
}
_ORDER_EXAMPLE: dict[str, Any] = {
    "firstname": "Eric",
    "lastname": "Cartman",
    "email": "eric@acmefitness.com",
    "address": _ADDRESS_EXAMPLE,
    "delivery": "UPS/FEDEX",
    "card": _CARD_EXAMPLE,
    "cart": [_ITEM_EXAMPLE],
    "total": "62.50",
}
_LISTED_EXAMPLE: dict[str, Any] = {
    "_id": "0a3ef1c5-6f0a-4d2b-9c54-0d4a2c0a1f5e",
    "status": "shipped - pending delivery",
    "state": "shipped",
    "userid": "5c393a111d41c892ce243829",
    "firstname": "Eric",
    "lastname": "Cartman",
    "address": _ADDRESS_EXAMPLE,
    "email": "eric@acmefitness.com",
    "delivery": "UPS/FEDEX",
    "card": {"type": "Visa", "number": "************1111", "expMonth": "12", "expYear": "2030"},
    "cart": [
        {
            "id": "533445d-530e-4a76-9398-5d16713b827b",
            "itemid": "533445d-530e-4a76-9398-5d16713b827b",
            "name": "Yoga Mat",
            "description": "",
            "quantity": 1,
            "price": 62.5,
        }
    ],
    "total": "62.50",
    "transactionID": "3f846704-af12-4ea9-a98c-8d7b37e10b54",
    "trackingNumber": "6bc3b96b-19e9-42d3-bff8-91a2c431d1d6",
    "placedAt": "2026-11-23T09:00:00.000000Z",
    "updatedAt": "2026-11-23T09:00:02.000000Z",
}


class AddressCreate(LiberalModel):
    """The delivery address; every part is optional."""

    street: ShortText = ""
    city: ShortText = ""
    zip: ShortText = ""
    state: ShortText = ""
    country: ShortText = ""


class CardCreate(LiberalCard):
    """A card in the shape of the pages, the till or the event."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CARD_EXAMPLE]})

    expiry_month: CardDate = Field(0, alias="expMonth")
    expiry_year: CardDate = Field(0, alias="expYear")
    cvv: Text = Field("", alias="ccv")


class OrderItemCreate(LiberalModel):
    """One article of an order."""

    also_known_as: ClassVar[dict[str, str]] = {"id": "itemid"}

    itemid: ShortText = ""
    name: ShortText = ""
    description: Text = ""
    quantity: Quantity = 1
    price: Cents | None = None


def _delivery_text(value: Any) -> Any:
    """Turn a delivery that is sent as an object (by one React version) into JSON text."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value


_Cart = Annotated[list[OrderItemCreate], Field(min_length=1, max_length=MAX_LINES)]


class OrderCreate(LiberalModel):
    """A new order; only card and cart are required."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ORDER_EXAMPLE]})

    userid: ShortText = Field("", description="Only read where the path names no user.")
    firstname: ShortText = ""
    lastname: ShortText = ""
    email: ShortText = ""
    address: AddressCreate = AddressCreate()
    delivery: Annotated[
        Text,
        BeforeValidator(
            _delivery_text,
            json_schema_input_type=Annotated[str, Field(max_length=1000)] | dict[str, Any],
        ),
    ] = ""
    card: CardCreate
    cart: Annotated[
        _Cart, BeforeValidator(json_inside_json, json_schema_input_type=_Cart | str)
    ] = Field(description="A list, or the list as JSON text.")
    total: Cents | None = Field(None, description="A number, or a number as text.")

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


class PaymentPublic(BaseModel):
    """The result of the payment; ``status`` is 400 for a refused card."""

    success: Literal["true", "false"]
    status: Literal[200, 400]
    message: str
    amount: str
    transactionID: str

    @classmethod
    def from_decision(cls, decision: PaymentDecision | None) -> "PaymentPublic":
        """Return the public form of a decision; None means that it is pending."""
        if decision is None:
            return cls(
                success="false",
                status=200,
                message="pending payment",
                amount="",
                transactionID="",
            )
        if decision.success:
            return cls(
                success="true",
                status=200,
                message=PAID_MESSAGE,
                amount=cents_to_text(decision.amount_cents),
                transactionID=decision.transaction_id,
            )
        return cls(
            success="false",
            status=400,
            message=decision.reason,
            amount="0",
            transactionID=decision.transaction_id,
        )


class OrderPlacedResponse(BaseModel):
    """The answer to a new order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "0a3ef1c5-6f0a-4d2b-9c54-0d4a2c0a1f5e",
                    "userid": "5c393a111d41c892ce243829",
                    "payment": {
                        "success": "true",
                        "status": 200,
                        "message": PAID_MESSAGE,
                        "amount": "62.50",
                        "transactionID": "3f846704-af12-4ea9-a98c-8d7b37e10b54",
                    },
                }
            ]
        }
    )

    order_id: str
    userid: str
    payment: PaymentPublic

    @classmethod
    def from_order(cls, order: Order, decision: PaymentDecision | None) -> "OrderPlacedResponse":
        """Return the answer; ``decision`` is None while the payment is pending."""
        return cls(
            order_id=order.order_id,
            userid=order.user_id,
            payment=PaymentPublic.from_decision(decision),
        )


class AddressPublic(BaseModel):
    """The delivery address."""

    street: str
    city: str
    zip: str
    state: str
    country: str


class CardPublic(BaseModel):
    """A card: brand, masked number and expiry."""

    type: str
    number: str
    expMonth: str
    expYear: str


class OrderItemPublic(BaseModel):
    """One article of an order; its id under both names that clients use."""

    id: str
    itemid: str
    name: str
    description: str
    quantity: int
    price: int | float

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


class OrderPublic(BaseModel):
    """An order and its state; ids that are not known yet are empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LISTED_EXAMPLE]})

    id: str = Field(alias="_id")
    status: str
    state: StateName
    userid: str
    firstname: str
    lastname: str
    address: AddressPublic
    email: str
    delivery: str
    card: CardPublic
    cart: list[OrderItemPublic]
    total: str
    transactionID: str
    trackingNumber: str
    placedAt: str
    updatedAt: str

    @classmethod
    def from_order(cls, order: Order) -> "OrderPublic":
        """Return the public form of ``order``."""
        return cls(
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
            placedAt=instant_to_text(order.placed_at),
            updatedAt=instant_to_text(order.updated_at),
        )


_STATE_NAMES: dict[OrderState, StateName] = {
    OrderState.PENDING: "pending",
    OrderState.PAID: "paid",
    OrderState.SHIPPED: "shipped",
    OrderState.DELIVERED: "delivered",
    OrderState.DECLINED: "declined",
    OrderState.UNKNOWN: "unknown",
}
