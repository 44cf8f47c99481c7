"""The one place that knows what the table's keys look like.

A key holds one id behind a fixed word, so no id from a client can reach another kind of
item. Lists of everybody are spread over :data:`SHARDS` partitions, so that no partition
takes the writes of the whole shop.
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
    """Return the key of a user's credentials, which also reserve the name."""
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
    """Return every partition of a list of everybody."""
    return tuple(f"{kind}#{shard}" for shard in range(SHARDS))


def shard_for(kind: str, identity: str) -> str:
    """Return the partition of that list which holds ``identity``."""
    return f"{kind}#{crc32(identity.encode()) % SHARDS}"


def time_sort_key(instant: datetime, identity: str) -> str:
    """Return a sort key that orders a list by time; the id makes it unique."""
    return f"{instant_to_text(instant)}#{identity}"
