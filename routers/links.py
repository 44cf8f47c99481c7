"""The links between operations in the API documents (OpenAPI 3.1, "Link Object").

A link names an operation that uses a value of the answer, so that readers, generators and
tests can follow a purchase through the API.
"""

from collections.abc import Mapping
from typing import Any

_USERID = "$response.body#/userid"
_PATH_USERID = "$request.path.userid"


def _link(operation_id: str, description: str, **parameters: str) -> dict[str, Any]:
    return {
        "operationId": operation_id,
        "description": description,
        "parameters": parameters,
    }


def _cart_links(userid: str) -> dict[str, Any]:
    return {
        "Cart": _link("get_cart", "What is in the cart now.", userid=userid),
        "CartTotal": _link("get_cart_total", "The total now.", userid=userid),
        "CartItemTotal": _link("get_cart_item_total", "The item count now.", userid=userid),
        "Clear": _link("clear_cart", "Empty it.", userid=userid),
    }


_PLACED = {
    "Order": _link(
        "get_order",
        "The order and its state.",
        userid=_USERID,
        order_id="$response.body#/order_id",
    ),
    "Orders": _link("list_user_orders", "All orders of this user.", userid=_USERID),
    "Clear": _link("clear_cart", "Empty the cart after the purchase.", userid=_USERID),
}

#: The links of each operation, by the status of the answer they start from.
LINKS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "list_products": {
        "200": {"Product": _link("get_product", "One of them.", id="$response.body#/data/0/id")}
    },
    "add_product": {
        "201": {
            "Product": _link("get_product", "The new product.", id="$response.body#/resourceId/id")
        }
    },
    "add_cart_item": {"200": _cart_links(_USERID)},
    "modify_cart_item": {"200": _cart_links(_USERID)},
    "replace_cart": {"200": _cart_links(_USERID)},
    "clear_cart": {"200": {"Cart": _link("get_cart", "The empty cart.", userid=_PATH_USERID)}},
    "place_order": {"200": _PLACED, "202": _PLACED},
    "place_own_order": {"200": _PLACED, "202": _PLACED},
    "list_user_orders": {
        "200": {
            "Order": _link(
                "get_order",
                "The newest of them.",
                userid=_PATH_USERID,
                order_id="$response.body#/0/_id",
            )
        }
    },
    "register_user": {
        "201": {
            "User": _link("get_user", "The new user.", id="$response.body#/resourceId"),
        }
    },
    "log_in": {
        "200": {
            "User": _link("get_user", "The user who logged in.", id="$response.body#/token"),
            "Cart": _link("get_cart", "Their cart.", userid="$response.body#/token"),
            "Orders": _link("list_user_orders", "Their orders.", userid="$response.body#/token"),
        }
    },
    "list_users": {
        "200": {"User": _link("get_user", "One of them.", id="$response.body#/data/0/id")}
    },
}
