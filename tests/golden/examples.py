"""The entities that golden files show, and the documents this release makes of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.card import Card
from app.domain.cart import Cart, CartLine
from app.domain.draft import DraftLine, OrderDraft
from app.domain.ids import order_id_for, tracking_number_for, transaction_id_for
from app.domain.order import Address, CardSummary, Order, OrderLine, OrderState, OrderStep
from app.domain.payment import PaymentDecision
from app.domain.product import Product
from app.domain.session import Session
from app.domain.shipment import plan_shipment
from app.domain.user import Credentials, Role, User
from app.messages import (
    CreditCardValidated,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentRequested,
    ShipmentSent,
)
from app.security.signing_keys import SigningKeys
from app.security.tokens import issue_tokens
from app.services.fingerprints import CURRENT, compute_fingerprint
from app.settings import TableLayout
from app.store.carts import cart_to_item
from app.store.order_items import order_to_item
from app.store.pagination import write_token
from app.store.payments import decision_to_item
from app.store.products import product_to_item
from app.store.users import credentials_to_item, user_to_item

NOW = datetime(2026, 11, 29, 12, 30, 15, 123456, tzinfo=UTC)
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"k" * 32)
_HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNo"

#: Users and keys that an id must tell apart: case, separators, other scripts.
_KEYS = (
    ("eric", "k-1"),
    ("eric", "K-1"),
    ("a", "b:c"),
    ("a:b", "c"),
    ("5c393a111d41c892ce243829", "0e0f6a3c-7c4b-4e5e-9d57-2b8f5b0e3a11"),
    ("größe", "schlüssel"),
)

PRODUCT = Product(
    "533445d-530e-4a76-9398-5d16713b827b",
    "Yoga Mat",
    "Magic Yoga Mat!",
    "Our Yoga Mat is magic.",
    ("/static/images/yogamat_square.jpg", "", ""),
    6250,
    ("mat", "yoga"),
    NOW,
)
USER = User("u-1", "Eric", "Eric", "Cartman", "eric@acmefitness.com", Role.STAFF, NOW)
CREDENTIALS = Credentials("u-1", "Eric", Role.STAFF, _HASH)
CART = Cart(
    "u-1",
    (
        CartLine(PRODUCT.product_id, "Yoga Mat", "d", "s", 6250, "62.5", 2, NOW),
        CartLine("#l:q#1", "", "", "", 0, None, 1_000_000, NOW + timedelta(microseconds=1)),
    ),
)
DRAFT = OrderDraft(
    user_id="u-1",
    first_name="Eric",
    last_name="Cartman",
    email="eric@acmefitness.com",
    address=Address("20 Riding Lane", "San Francisco", "10201", "CA", "USA"),
    delivery="UPS/FEDEX",
    card=Card("4111 1111 1111 1111", 12, 30, "123", "Visa"),
    lines=(DraftLine(PRODUCT.product_id, "Yoga Mat", "soft", 2, 6250),),
    total_cents=12_500,
)
_ORDER = Order(
    order_id=order_id_for("u-1", "k-1"),
    user_id="u-1",
    state=OrderState.PENDING,
    status="Pending Payment",
    first_name="Eric",
    last_name="Cartman",
    email="eric@acmefitness.com",
    address=DRAFT.address,
    delivery="UPS/FEDEX",
    card=CardSummary("Visa", "************1111", "12", "2030"),
    lines=(OrderLine(PRODUCT.product_id, "Yoga Mat", "soft", 2, 6250),),
    total_cents=12_500,
    placed_at=NOW,
    updated_at=NOW,
    fingerprint=compute_fingerprint(DRAFT, KEYS.fingerprint),
)


def orders() -> dict[str, Order]:
    """Return an order in each state, each under an id of its own."""
    found = {}
    for state in OrderState:
        if state is OrderState.UNKNOWN:
            continue  # Of a later release: it is read, never stored.
        order_id = order_id_for("u-1", f"k-{state:d}")
        order = replace(_ORDER, order_id=order_id, state=state, status=f"status {state:d}")
        if state not in {OrderState.PENDING, OrderState.DECLINED}:
            order = replace(order, transaction_id=transaction_id_for(order_id))
        if state in {OrderState.SHIPPED, OrderState.DELIVERED}:
            order = replace(order, tracking_number=tracking_number_for(order_id))
        found[state.name.lower()] = order
    return found


def with_history(order: Order) -> Order:
    """Return an order with what releases store of it since the present layout."""
    way = {
        OrderState.PENDING: (),
        OrderState.PAID: (OrderState.PAID,),
        OrderState.SHIPPED: (OrderState.PAID, OrderState.SHIPPED),
        OrderState.DELIVERED: (OrderState.PAID, OrderState.SHIPPED, OrderState.DELIVERED),
        OrderState.DECLINED: (OrderState.DECLINED,),
    }
    steps = [
        OrderStep(state, NOW + timedelta(seconds=state), "order@1.0.0")
        for state in way[order.state]
    ]
    history = (OrderStep(OrderState.PENDING, NOW, "api@1.0.0"), *steps)
    return replace(
        order,
        history=history,
        updated_at=history[-1].at,
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    )


def decisions() -> dict[str, PaymentDecision]:
    """Return a decision of each kind."""
    order_id = _ORDER.order_id
    declined = PaymentDecision(
        order_id, False, 12_500, "-1", "creditcard validation has failed", "has expired", NOW
    )
    paid = PaymentDecision(
        order_id, True, 12_500, transaction_id_for(order_id), "transaction successful", "", NOW
    )
    timed_out = replace(declined, message="payment timed out", reason="payment timed out")
    return {"paid": paid, "declined": declined, "timed out": timed_out}


def items() -> dict[str, Any]:
    """Return the item that stores each entity."""
    return {
        "product": product_to_item(PRODUCT),
        "user": user_to_item(USER),
        "credentials": credentials_to_item(CREDENTIALS),
        "cart": cart_to_item(CART, now=NOW),
        **{
            f"order {name}": order_to_item(order, layout=TableLayout.FORMER)
            for name, order in orders().items()
        },
        **{
            f"order {name}, current": order_to_item(with_history(order))
            for name, order in orders().items()
        },
        **{
            f"decision {name}": decision_to_item(decision) for name, decision in decisions().items()
        },
    }


def messages() -> dict[str, str]:
    """Return the body of each event."""
    order = _ORDER
    shipment = plan_shipment(order.order_id, delivery="UPS", seconds=(5, 120))
    request = PaymentRequested(order.order_id, DRAFT.card, total_cents=12_500)
    shipping = ShipmentRequested(order_id=order.order_id, delivery="UPS")
    return {
        "PaymentRequested": request.to_body(),
        **{
            f"CreditCardValidated {name}": CreditCardValidated.from_decision(decision).to_body()
            for name, decision in decisions().items()
        },
        "ShipmentRequested": shipping.to_body(),
        "ShipmentSent": ShipmentSent.from_shipment(shipment).to_body(),
        "ShipmentDelivered": ShipmentDelivered.from_shipment(shipment).to_body(),
    }


def ids() -> list[dict[str, Any]]:
    """Return the ids that follow from users and keys, and how long each delivery takes."""
    found = []
    for user_id, key in _KEYS:
        order_id = order_id_for(user_id, key)
        shipment = plan_shipment(order_id, delivery="UPS", seconds=(5, 120))
        found.append(
            {
                "user_id": user_id,
                "idempotency_key": key,
                "order_id": order_id,
                "transaction_id": transaction_id_for(order_id),
                "tracking_number": tracking_number_for(order_id),
                "delivery_seconds": shipment.delivery_seconds,
            }
        )
    return found


def fingerprints() -> dict[str, str]:
    """Return the fingerprints of some orders, by what is special about them."""
    drafts = {
        "plain": DRAFT,
        "no total": replace(DRAFT, total_cents=None),
        "empty address": replace(DRAFT, address=Address()),
        "no brand": replace(DRAFT, card=replace(DRAFT.card, type="")),
        "no price": replace(DRAFT, lines=(replace(DRAFT.lines[0], price_cents=None),)),
    }
    # Names without a number are those of the first list of fields.
    return {
        name if version == "1" else f"{name}, {version}": compute_fingerprint(
            draft, KEYS.fingerprint, version=version
        )
        for name, draft in drafts.items()
        for version in ("1", CURRENT)
    }


def tokens() -> dict[str, str]:
    """Return tokens of a login, and one that goes on behind a place in a list."""
    session = Session("session-1", "u-1", "Eric", "", 0, NOW, NOW + timedelta(hours=12))
    pair = issue_tokens(session, Role.STAFF, KEYS)
    position = f"2026-11-29T12:30:15.123456Z#{_ORDER.order_id}"
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "orders": write_token("orders", position),
        "products": write_token("products", position),
    }


def documents() -> dict[str, str]:
    """Return the golden files that this release makes, by name."""
    made = {
        "items": items(),
        "messages": messages(),
        "ids": ids(),
        "fingerprints": fingerprints(),
        "tokens": tokens(),
    }
    return {
        f"{name}.json": json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        for name, content in made.items()
    }
