"""What the endpoint holds: the same catalog, cart and orders, as the shop and as peers store it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from boto3.dynamodb.types import TypeSerializer

from app.domain.card import Card
from app.domain.cart import Cart, CartLine
from app.domain.money import cents_to_text
from app.domain.order import Address, CardSummary, Order, OrderLine, OrderState
from app.domain.payment import PAID_MESSAGE, PaymentDecision
from app.domain.product import Product
from app.domain.session import Session
from app.domain.shipment import plan_shipment
from app.domain.user import Role
from app.messages import (
    CreditCardValidated,
    PaymentRequested,
    ShipmentDelivered,
    ShipmentRequested,
)
from app.security.signing_keys import parse_signing_keys
from app.security.tokens import issue_tokens
from app.settings import TableLayout
from app.store.carts import cart_to_item
from app.store.order_items import order_to_item
from app.store.payments import decision_to_item
from app.store.products import product_to_item
from app.store.users import credentials_to_item, user_to_item
from infra.seeds.classic import classic_products, classic_stock
from infra.seeds.plausible import products as plausible_products

Body = dict[str, Any]

NOW = datetime.now(UTC)
BUYER = "5c393a111d41c892ce243829"
#: What the buyer logs in with.
LOGIN = {"username": "eric", "password": "vmware1!"}
#: The sizes of catalog that are measured; the name of a table ends in one.
CATALOGS = (8, 200)
#: Messages of one batch, each about an order of its own.
BATCH = 10

_CARD = Card("4111111111111111", 12, NOW.year + 2, "123")
SECRET = json.dumps({"signin_1": ["1" * 64], "signin_2": ["2" * 64], "fingerprint": "3" * 64})

_IDS = [str(uuid5(NAMESPACE_URL, f"order {number}")) for number in range(2 * BATCH)]
#: Orders whose payment is to be decided, and orders whose payment was decided.
UNDECIDED, DECIDED = _IDS[:BATCH], _IDS[BATCH:]


def table_name(catalog: int) -> str:
    """Return the table with a catalog of so many products."""
    return f"bench-{catalog}"


def access_token(user_id: str = BUYER, role: Role = Role.CUSTOMER) -> str:
    """Return a token of a user's, good for an hour; the name is as the id."""
    keys = parse_signing_keys(SECRET)
    session = Session("session-1", user_id, user_id, "", 0, NOW, NOW + timedelta(hours=12))
    return issue_tokens(session, role, keys).access


def catalog(size: int) -> list[Product]:
    """Return the classic products, and plausible ones up to ``size``."""
    classic = list(classic_products(NOW))
    more = plausible_products(max(size - len(classic), 0), Random(12), NOW)
    return [*classic, *more][:size]


def order_body() -> dict[str, Any]:
    """Return what a shopper sends: two articles, shipped home."""
    first, second = catalog(8)[:2]
    return {
        "firstname": "Eric",
        "lastname": "Cartman",
        "email": "eric@acmefitness.com",
        "address": {
            "street": "20 Riding Lane",
            "city": "San Francisco",
            "zip": "10201",
            "state": "CA",
            "country": "USA",
        },
        "delivery": "UPS/FEDEX",
        "card": {
            "number": _CARD.number,
            "expMonth": "12",
            "expYear": str(_CARD.expiry_year),
            "ccv": "123",
        },
        "cart": [
            {"itemid": first.product_id, "quantity": 1},
            {"itemid": second.product_id, "quantity": 2},
        ],
        "total": cents_to_text(_total()),
    }


def _total() -> int:
    first, second = catalog(8)[:2]
    return first.price_cents + 2 * second.price_cents


def an_order() -> Order:
    """Return an order of two articles that waits for its payment; it has no id."""
    first, second = catalog(8)[:2]
    return Order(
        order_id="",
        user_id=BUYER,
        state=OrderState.PENDING,
        status="Pending Payment",
        first_name="Eric",
        last_name="Cartman",
        email="eric@acmefitness.com",
        address=Address("20 Riding Lane", "San Francisco", "10201", "CA", "USA"),
        delivery="UPS/FEDEX",
        card=CardSummary("Visa", "************1111", "12", str(_CARD.full_year)),
        lines=(
            OrderLine(first.product_id, first.name, "", 1, first.price_cents),
            OrderLine(second.product_id, second.name, "", 2, second.price_cents),
        ),
        total_cents=_total(),
        placed_at=NOW,
        updated_at=NOW,
    )


def _orders() -> list[Order]:
    order = an_order()
    return [replace(order, order_id=order_id) for order_id in _IDS]


def _decisions() -> list[PaymentDecision]:
    return [
        PaymentDecision(order_id, True, _total(), f"t-{order_id}", PAID_MESSAGE, "", NOW)
        for order_id in DECIDED
    ]


def messages() -> dict[str, list[str]]:
    """Return a batch of bodies for each worker, and one of reports about shipments."""
    return {
        "payment": [
            PaymentRequested(order_id, _CARD, total_cents=_total()).to_body()
            for order_id in UNDECIDED
        ],
        "order": [CreditCardValidated.from_decision(found).to_body() for found in _decisions()],
        "shipment": [
            ShipmentRequested(order_id, delivery="UPS/FEDEX").to_body() for order_id in DECIDED
        ],
        "reports": [
            ShipmentDelivered.from_shipment(
                plan_shipment(order_id, delivery="UPS/FEDEX", seconds=(5, 120))
            ).to_body()
            for order_id in DECIDED
        ],
    }


def _buyer_items() -> list[Body]:
    [(user, credentials)] = [pair for pair in classic_stock(NOW).users if pair[0].user_id == BUYER]
    return [user_to_item(user), credentials_to_item(credentials)]


def a_cart_item(user_id: str) -> Body:
    """Return the item of a cart with two articles."""
    lines = tuple(
        CartLine(product.product_id, product.name, "", "", product.price_cents, None, 1, NOW)
        for product in catalog(8)[:2]
    )
    return cart_to_item(Cart(user_id, lines), now=NOW)


def _shop_items(size: int, layout: TableLayout) -> list[Body]:
    return [
        *map(product_to_item, catalog(size)),
        *_buyer_items(),
        a_cart_item(BUYER),
        *(order_to_item(order, layout=layout) for order in _orders()),
        *map(decision_to_item, _decisions()),
    ]


def _peer_items(size: int) -> list[Body]:
    first, second = catalog(8)[:2]
    return [
        *(
            {"PK": f"product#{product.product_id}", **_peer_product(product)}
            for product in catalog(size)
        ),
        {
            "PK": f"cart#{BUYER}",
            "lines": [
                {"itemid": product.product_id, "name": product.name, "quantity": 1, "price": 1}
                for product in (first, second)
            ],
        },
        *(
            {
                "PK": f"order#{order_id}",
                "id": order_id,
                "status": "pending",
                "delivery": "UPS/FEDEX",
                "total": cents_to_text(_total()),
            }
            for order_id in _IDS
        ),
        *(
            {
                "PK": f"payment#{found.order_id}",
                "decision": json.dumps(
                    json.loads(CreditCardValidated.from_decision(found).to_body())["data"]
                ),
            }
            for found in _decisions()
        ),
    ]


def _peer_product(product: Product) -> dict[str, Any]:
    return {
        "id": product.product_id,
        "listPK": "catalog",
        "name": product.name,
        "shortDescription": product.short_description,
        "description": product.description,
        "images": list(product.image_urls),
        "price": Decimal(product.price_cents) / 100,
        "tags": list(product.tags),
    }


def shop_content(layout: TableLayout = TableLayout.CURRENT) -> Body:
    """Return the content of the shop's endpoint."""
    return _content(lambda size: _shop_items(size, layout))


def peer_content() -> Body:
    """Return the same content as peers store it."""
    return _content(_peer_items)


def _content(items: Callable[[int], list[Body]]) -> Body:
    serialize = TypeSerializer().serialize
    return {
        "secret": SECRET,
        "tables": {
            table_name(size): [
                {name: serialize(value) for name, value in item.items()} for item in items(size)
            ]
            for size in CATALOGS
        },
    }
