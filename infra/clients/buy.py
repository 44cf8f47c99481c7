"""Buys a bottle with the generated Python client: ``python buy.py <address of a shop>``."""

import sys
from http import HTTPStatus
from typing import TypeVar
from uuid import uuid4

from generated.python import AuthenticatedClient, Client
from generated.python.api.cart import clear_cart, get_cart_total
from generated.python.api.catalog import list_products
from generated.python.api.order import get_order, place_order
from generated.python.api.user import log_in, register_user
from generated.python.models import (
    CardCreate,
    CartTotalResponse,
    LoginCreate,
    LoginResponse,
    OrderCreate,
    OrderDetail,
    OrderItemCreate,
    OrderPlacedResponse,
    ProductsResponse,
    UserCreate,
    UserCreatedResponse,
)

T = TypeVar("T")


def expect(kind: type[T], answer: object) -> T:
    """Return an answer of the kind that was hoped for; an error of the shop ends the program."""
    if not isinstance(answer, kind):
        raise TypeError(str(answer))
    return answer


def main(address: str) -> None:
    """Register, buy, and print how the payment and the order ended."""
    anyone = Client(address)
    name, password = f"python-{uuid4().hex}", "correct horse 42"
    new = UserCreate(username=name, password=password, firstname="Ada", lastname="Byron")
    expect(UserCreatedResponse, register_user.sync(client=anyone, body=new))
    credentials = LoginCreate(username=name, password=password)
    login = expect(LoginResponse, log_in.sync(client=anyone, body=credentials))
    own = AuthenticatedClient(address, token=login.access_token)

    products = expect(ProductsResponse, list_products.sync(client=anyone)).data
    bottle = next(product for product in products if product.price == 34.99)
    cart = expect(CartTotalResponse, get_cart_total.sync(login.token, client=own))
    order = OrderCreate(
        card=CardCreate(number="4111111111111111", exp_month="12", exp_year="2030", ccv="123"),
        cart=[OrderItemCreate(itemid=bottle.id, quantity=1)],
        total=f"{cart.carttotal + bottle.price:.2f}",
    )
    placed = expect(
        OrderPlacedResponse,
        place_order.sync(login.token, client=own, body=order, idempotency_key=name),
    )
    print(placed.payment.message)
    # Its answer has no body.
    if clear_cart.sync_detailed(login.token, client=own).status_code != HTTPStatus.OK:
        raise TypeError("the cart was not emptied")
    print(expect(OrderDetail, get_order.sync(login.token, placed.order_id, client=own)).status)


main(sys.argv[1])
