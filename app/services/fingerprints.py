"""Fingerprints of orders: tell a repeat from another order under the same idempotency key.

The fields are listed one by one, and the list has a version. An idempotency key is valid as
long as its order exists, so a release that adds a field to orders must not change the
fingerprints of earlier ones.
"""

import hmac
import json
from hashlib import sha256

from app.domain.draft import OrderDraft

_VERSION = "1"


def compute_fingerprint(draft: OrderDraft, key: bytes) -> str:
    """Return the version of the list and a keyed hash of what the client sent, card included.

    Keyed, because a plain hash of a card number can be reversed by trying all numbers. Cards
    are compared by meaning: spaces in the number or a two-digit year make no difference.
    """
    card = draft.card
    content = [
        draft.user_id,
        [draft.first_name, draft.last_name, draft.email],
        _address(draft),
        draft.delivery,
        [card.digits, card.expiry_month, card.full_year, card.cvv, card.type],
        [
            [line.item_id, line.name, line.description, line.quantity, line.price_cents]
            for line in draft.lines
        ],
        draft.total_cents,
    ]
    text = json.dumps(content, separators=(",", ":"))
    return f"{_VERSION}:{hmac.new(key, text.encode(), sha256).hexdigest()}"


def _address(draft: OrderDraft) -> list[str]:
    address = draft.address
    return [address.street, address.city, address.zip, address.state, address.country]
