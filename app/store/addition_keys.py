"""Keys of additions, kept with the cart, so that an addition whose answer is lost is repeatable.

A key is an attribute of the cart: ``k#<hash of the key>`` holds ``<expiry>#<what was added>``,
the expiry in seconds since 1970. An addition is made on the condition that its key is not
there. A call that replaces or empties the cart removes its keys too.
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from app.domain.cart import CartLine
from app.store.table import Item

_PREFIX = "k#"

#: How long clients may repeat an addition.
KEPT = timedelta(hours=1)
#: Without a key from the client only the shop itself repeats, within seconds.
_KEPT_FOR_THE_SHOP = timedelta(minutes=1)

#: The keys a cart holds at most, 4 KB together: a cart that all guests share gets an unlimited
#: number of additions. Beyond it the keys that expire first are removed.
MOST_KEPT = 128
#: Removing keys costs a call, so that many are removed at once; DynamoDB's limit for the names
#: of one call is far higher.
FORGOTTEN_TOGETHER, _MOST_FORGOTTEN = 16, 100


@dataclass(frozen=True)
class AdditionKey:
    """The attribute of one addition: its name and its value."""

    name: str
    value: str

    def is_of_same_addition(self, stored: str) -> bool:
        """Return whether a stored value under this name says that the same was added."""
        return stored.partition("#")[2] == self.value.partition("#")[2]


def addition_key(key: str | None, line: CartLine, *, now: datetime) -> AdditionKey:
    """Return the attribute for an addition of ``line`` under a client's ``key``, or its own."""
    expires_at = now + (KEPT if key is not None else _KEPT_FOR_THE_SHOP)
    added = _hash(f"{line.quantity}:{line.item_id}", size=6)
    name = _PREFIX + _hash(uuid4().hex if key is None else key, size=12)
    return AdditionKey(name, f"{int(expires_at.timestamp())}#{added}")


def keys_to_forget(item: Item, *, now: datetime) -> list[str]:
    """Return the attributes of keys that are not needed, once there are enough of them."""
    # Expiries have ten digits until the year 2286, so they sort as text.
    keys = sorted((value, name) for name, value in item.items() if name.startswith(_PREFIX))
    expired = sum(value < str(int(now.timestamp())) for value, _ in keys)
    needless = max(expired, len(keys) - MOST_KEPT)
    if needless < FORGOTTEN_TOGETHER:
        return []
    return [name for _, name in keys[: min(needless, _MOST_FORGOTTEN)]]


def _hash(text: str, *, size: int) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return urlsafe_b64encode(digest).decode()[:size]
