"""Fingerprints of orders: tell a repeat from another order under the same idempotency key.

The fields are listed one by one, and each list has a version, which a fingerprint begins with. An
idempotency key is valid as long as its order exists, so every version can be made again. Version
1 had the CVV in it: a client could repeat an order with CVVs until one fitted, and what follows
from a CVV may not be kept (PCI DSS 3.3.1).
"""

import hmac
import json
from hashlib import sha256

from app.domain.draft import OrderDraft

CURRENT = "2"
_WITH_CVV = "1"
_KNOWN = frozenset({_WITH_CVV, CURRENT})


def compute_fingerprint(draft: OrderDraft, key: bytes, *, version: str = CURRENT) -> str:
    """Return the version of the list and a keyed hash of what the client sent, card included.

    Keyed, because a plain hash of a card number can be reversed by trying all numbers. Cards
    are compared by meaning: spaces in the number or a two-digit year make no difference.
    """
    card = draft.card
    cvv = [card.cvv] if version == _WITH_CVV else []
    content = [
        draft.user_id,
        [draft.first_name, draft.last_name, draft.email],
        _address(draft),
        draft.delivery,
        [card.digits, card.expiry_month, card.full_year, *cvv, card.type],
        [
            [line.item_id, line.name, line.description, line.quantity, line.price_cents]
            for line in draft.lines
        ],
        draft.total_cents,
    ]
    text = json.dumps(content, separators=(",", ":"))
    return f"{version}:{hmac.new(key, text.encode(), sha256).hexdigest()}"


def is_repeat(draft: OrderDraft, key: bytes, *, stored: str) -> bool:
    """Return whether ``draft`` is the order that was stored with a fingerprint.

    One of a later release cannot be made here. Its order counts as the same then: the key is the
    user's own, and the client of a repeat would be told that it had bought something else.
    """
    version = stored.partition(":")[0]
    if version.isdecimal() and version not in _KNOWN:
        return True
    return hmac.compare_digest(stored, compute_fingerprint(draft, key, version=version))


def _address(draft: OrderDraft) -> list[str]:
    address = draft.address
    return [address.street, address.city, address.zip, address.state, address.country]
