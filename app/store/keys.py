"""The keys of the table; no other module knows their shape.

A key is a fixed prefix and one id, so an id from a client cannot address another kind of
item. An id that is too long for a key is hashed into it; the item holds the id itself. Lists
of all users, carts and orders are spread over partitions, so that no partition takes the writes
of the whole shop.
"""

from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from zlib import crc32

from app.domain.instants import instant_to_text
from app.domain.order import WALK_IN
from app.settings import TableLayout

CATALOG, USERS, CARTS, ORDERS, OPEN = "CATALOG", "USERS", "CARTS", "ORDERS", "OPEN"
_WALK_INS = "WALKIN"
_BUYER = "BUYER#"

#: Partitions of each list. DynamoDB takes 1,000 write units a second for one key, an order is
#: written to ``OPEN`` twice, and hashes do not share evenly: 10,000 orders a second need more
#: than 20. Releases before the present layout look into four partitions of every list.
_SHARDS = {CATALOG: 4, USERS: 4, CARTS: 4, ORDERS: 24, OPEN: 24, _WALK_INS: 24}
_FORMER_SHARDS = 4

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


def lookalike_key(skeleton: str) -> Key:
    """Return the key of the item that reserves what a name looks like."""
    return {"PK": f"USERNAME#{_fit(skeleton)}", "SK": "LOOKALIKE"}


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


def seeded_key() -> Key:
    """Return the key of the item by which a table is known to be seeded."""
    return {"PK": "SEEDED", "SK": "SEEDED"}


def attempts_key(counter: str, window: int) -> Key:
    """Return the key of what was counted in one window; ``counter`` is a keyed hash."""
    return {"PK": f"ATTEMPTS#{counter}", "SK": f"ATTEMPTS#{window}"}


def declines_key(counter: str, window: int) -> Key:
    """Return the key of the declined cards of one window; ``counter`` is a keyed hash.

    A kind of its own: payment counts these, and can change no counter of logins.
    """
    return {"PK": f"DECLINES#{counter}", "SK": f"DECLINES#{window}"}


def buyer_partition(
    user_id: str, order_id: str, *, layout: TableLayout = TableLayout.CURRENT
) -> str:
    """Return the ``GSI1`` partition for an order of a user's.

    Walk-in customers are one user for all the shop's tills, so their orders are spread.
    """
    if user_id == WALK_IN and layout is TableLayout.CURRENT:
        return shard_for(_WALK_INS, order_id)
    return _BUYER + _fit(user_id)


def buyer_partitions(user_id: str) -> tuple[str, ...]:
    """Return the ``GSI1`` partitions in which a user's orders are, those of any layout."""
    spread = shards(_WALK_INS) if user_id == WALK_IN else ()
    return (_BUYER + _fit(user_id), *spread)


def buyer_in(partition: str) -> str | None:
    """Return the user that a ``GSI1`` partition of orders names, or a long id's hash."""
    return partition.removeprefix(_BUYER) if partition.startswith(_BUYER) else None


def shards(kind: str) -> tuple[str, ...]:
    """Return all partitions of a sharded list, those of any layout."""
    return tuple(f"{kind}#{shard}" for shard in range(_SHARDS[kind]))


def shard_for(kind: str, identity: str, *, layout: TableLayout = TableLayout.CURRENT) -> str:
    """Return the partition of a sharded list that holds ``identity``."""
    count = _SHARDS[kind] if layout is TableLayout.CURRENT else _FORMER_SHARDS
    return f"{kind}#{crc32(identity.encode()) % count}"


def time_sort_key(instant: datetime, identity: str) -> str:
    """Return a sort key that orders a list by time; the id makes it unique."""
    return f"{instant_to_text(instant)}#{_fit(identity)}"


def order_sort_key(
    instant: datetime, order_id: str, *, layout: TableLayout = TableLayout.CURRENT
) -> str:
    """Return a sort key for an order, which has up to three in its item.

    48 bits of a hash stand for the id: they tell apart the orders of one microsecond.
    """
    if layout is TableLayout.FORMER:
        return time_sort_key(instant, order_id)
    digest = sha256(order_id.encode()).digest()[:6]
    return f"{instant_to_text(instant)}#{urlsafe_b64encode(digest).decode()}"
