"""The keys of the table; no other module knows their shape.

A key is a fixed prefix and one id, so an id from a client cannot address another kind of
item. Lists of all users, carts and orders are spread over :data:`SHARDS` partitions, so that
no partition takes the writes of the whole shop.
"""

from datetime import datetime
from zlib import crc32

from app.domain.instants import instant_to_text

SHARDS = 4

Key = dict[str, str]


def product_key(product_id: str) -> Key:
    """Return the key of a product."""
    return {"PK": f"PRODUCT#{product_id}", "SK": "PRODUCT"}


def user_key(user_id: str) -> Key:
    """Return the key of a user's profile."""
    return {"PK": f"USER#{user_id}", "SK": "USER"}


def username_key(folded: str) -> Key:
    """Return the key of a user's credentials, whose item also reserves the name."""
    return {"PK": f"USERNAME#{folded}", "SK": "USERNAME"}


def cart_key(user_id: str) -> Key:
    """Return the key of a user's cart."""
    return {"PK": f"CART#{user_id}", "SK": "CART"}


def order_key(order_id: str) -> Key:
    """Return the key of an order."""
    return {"PK": f"ORDER#{order_id}", "SK": "ORDER"}


def payment_key(order_id: str) -> Key:
    """Return the key of the decision about an order's payment."""
    return {"PK": f"PAYMENT#{order_id}", "SK": "PAYMENT"}


def buyer_partition(user_id: str) -> str:
    """Return the ``GSI1`` partition with one user's orders."""
    return f"BUYER#{user_id}"


def shards(kind: str) -> tuple[str, ...]:
    """Return all partitions of a sharded list."""
    return tuple(f"{kind}#{shard}" for shard in range(SHARDS))


def shard_for(kind: str, identity: str) -> str:
    """Return the partition of a sharded list that holds ``identity``."""
    return f"{kind}#{crc32(identity.encode()) % SHARDS}"


def time_sort_key(instant: datetime, identity: str) -> str:
    """Return a sort key that orders a list by time; the id makes it unique."""
    return f"{instant_to_text(instant)}#{identity}"
