"""The keys of the table; no other module knows their shape.

A key is a fixed prefix and one id, so an id from a client cannot address another kind of
item. An id that is too long for a key is hashed into it; the item holds the id itself. Lists
of all users, carts and orders are spread over :data:`SHARDS` partitions, so that no partition
takes the writes of the whole shop.
"""

from datetime import datetime
from hashlib import sha256
from zlib import crc32

from app.domain.instants import instant_to_text

SHARDS = 4

Key = dict[str, str]

#: A sort key holds 1,024 bytes, an instant among them. Earlier releases took ids of up to 200
#: characters, which are at most 800 bytes: their keys stay as they are.
_MAX_ID_BYTES = 800


def _fit(identity: str) -> str:
    """Return an id as it stands in a key: itself, or its hash where it is too long."""
    encoded = identity.encode()
    if len(encoded) <= _MAX_ID_BYTES:
        return identity
    # Longer than every id that stands for itself, so that no id can be another one's hash.
    return sha256(encoded).hexdigest().ljust(_MAX_ID_BYTES + 1, "=")


def product_key(product_id: str) -> Key:
    """Return the key of a product."""
    return {"PK": f"PRODUCT#{_fit(product_id)}", "SK": "PRODUCT"}


def user_key(user_id: str) -> Key:
    """Return the key of a user's profile."""
    return {"PK": f"USER#{_fit(user_id)}", "SK": "USER"}


def username_key(folded: str) -> Key:
    """Return the key of a user's credentials, whose item also reserves the name."""
    return {"PK": f"USERNAME#{folded}", "SK": "USERNAME"}


def session_key(session_id: str) -> Key:
    """Return the key of a session."""
    return {"PK": f"SESSION#{session_id}", "SK": "SESSION"}


def cart_key(user_id: str) -> Key:
    """Return the key of a user's cart."""
    return {"PK": f"CART#{_fit(user_id)}", "SK": "CART"}


def order_key(order_id: str) -> Key:
    """Return the key of an order."""
    return {"PK": f"ORDER#{_fit(order_id)}", "SK": "ORDER"}


def payment_key(order_id: str) -> Key:
    """Return the key of the decision about an order's payment."""
    return {"PK": f"PAYMENT#{_fit(order_id)}", "SK": "PAYMENT"}


def attempts_key(counter: str, window: int) -> Key:
    """Return the key of what was counted in one window; ``counter`` is a keyed hash."""
    return {"PK": f"ATTEMPTS#{counter}", "SK": f"ATTEMPTS#{window}"}


def declines_key(counter: str, window: int) -> Key:
    """Return the key of the declined cards of one window; ``counter`` is a keyed hash.

    A kind of its own: payment counts these, and can change no counter of logins.
    """
    return {"PK": f"DECLINES#{counter}", "SK": f"DECLINES#{window}"}


def buyer_partition(user_id: str) -> str:
    """Return the ``GSI1`` partition with one user's orders."""
    return f"BUYER#{_fit(user_id)}"


def shards(kind: str) -> tuple[str, ...]:
    """Return all partitions of a sharded list."""
    return tuple(f"{kind}#{shard}" for shard in range(SHARDS))


def shard_for(kind: str, identity: str) -> str:
    """Return the partition of a sharded list that holds ``identity``."""
    return f"{kind}#{crc32(identity.encode()) % SHARDS}"


def time_sort_key(instant: datetime, identity: str) -> str:
    """Return a sort key that orders a list by time; the id makes it unique."""
    return f"{instant_to_text(instant)}#{_fit(identity)}"
