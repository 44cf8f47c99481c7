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


def _link_with_body(operation_id: str, description: str, **body: str) -> dict[str, Any]:
    return {"operationId": operation_id, "description": description, "requestBody": body}


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
            "Login": _link_with_body(
                "log_in",
                "Log in with the new name.",
                username="$request.body#/username",
                password="$request.body#/password",  # noqa: S106  # A location in the body, not a password.
            ),
        }
    },
    "log_in": {
        "200": {
            "User": _link("get_user", "The user who logged in.", id="$response.body#/token"),
            "Cart": _link("get_cart", "Their cart.", userid="$response.body#/token"),
            "Orders": _link("list_user_orders", "Their orders.", userid="$response.body#/token"),
            "Renew": _link_with_body(
                "refresh_tokens",
                "Renew the tokens before they expire.",
                refresh_token="$response.body#/refresh_token",  # noqa: S106
            ),
            "Verify": _link_with_body(
                "verify_token",
                "Check whether the token is valid.",
                access_token="$response.body#/access_token",  # noqa: S106
            ),
        }
    },
    "list_users": {
        "200": {"User": _link("get_user", "One of them.", id="$response.body#/data/0/id")}
    },
}
