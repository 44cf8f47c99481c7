"""Which items of the table each function may touch, and with which calls: the one table.

Roles are made from it (``infra/components/permissions.py``), by the condition key
``dynamodb:LeadingKeys``, and a test compares it with the calls that were seen, both ways. Kinds
of items are the prefixes of their partition keys (``app/store/keys.py``).
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from collections.abc import Mapping

from app.store.schema import FORMER_GSI1, GSI1, GSI2, GSI3

#: By function and call to the table: the kinds of items.
ITEMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "api": {
        "BatchGetItem": ("ATTEMPTS", "CART", "DECLINES", "ORDER", "PRODUCT", "USER"),
        "DeleteItem": ("CART", "USER", "USERNAME"),
        "GetItem": ("ATTEMPTS", "CART", "ORDER", "PAYMENT", "PRODUCT", "USER", "USERNAME"),
        "PutItem": ("CART", "ORDER", "PRODUCT", "SESSION", "USER", "USERNAME"),
        "UpdateItem": ("ATTEMPTS", "CART", "DECLINES", "ORDER", "SESSION", "USERNAME"),
    },
    "payment": {
        "GetItem": ("ORDER",),
        "PutItem": ("PAYMENT",),
        "UpdateItem": ("DECLINES",),
    },
    "order": {
        "BatchGetItem": ("ORDER", "PAYMENT"),
        "GetItem": ("PAYMENT",),
        "PutItem": ("PAYMENT",),
        "UpdateItem": ("ORDER",),
    },
}

#: By function and index: the kinds of lists that are queried.
LISTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "api": {GSI1.name: ("BUYER", "CATALOG", "WALKIN"), GSI2.name: ("CARTS", "ORDERS", "USERS")},
    "order": {GSI3.name: ("OPEN",)},
}

#: What releases before the table's present layout query, where the table still has it. Versions
#: of a function share its role.
FORMER_LISTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "api": {FORMER_GSI1.name: ("BUYER", "CATALOG")},
}
