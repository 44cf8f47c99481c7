"""Ids derived from other ids, so that a repeat uses the same id (app/DECISIONS.md, 2)."""

import re
from uuid import UUID, uuid5

_SHOP = UUID("5d2f0f5a-6a53-4f0e-9d55-0a4bb1f6c1de")
_ORDERS = uuid5(_SHOP, "order")
_TRANSACTIONS = uuid5(_SHOP, "transaction")
_SHIPMENTS = uuid5(_SHOP, "shipment")

#: The form of the ids that the shop gives.
UUID_PATTERN = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_UUID = re.compile(UUID_PATTERN)


def is_uuid(text: str) -> bool:
    """Tell whether a text has the form of the shop's own ids; what is sent by hand may not."""
    return _UUID.fullmatch(text) is not None


def order_id_for(user_id: str, idempotency_key: str) -> str:
    """Return the id of the order that ``user_id`` places under ``idempotency_key``.

    The length in front keeps two different pairs from joining to the same text.
    """
    return str(uuid5(_ORDERS, f"{len(user_id)}:{user_id}:{idempotency_key}"))


def transaction_id_for(order_id: str) -> str:
    """Return the id of the one charge an order can have."""
    return str(uuid5(_TRANSACTIONS, order_id))


def tracking_number_for(order_id: str) -> str:
    """Return the tracking number of the one shipment an order can have."""
    return str(uuid5(_SHIPMENTS, order_id))
