"""Telling a repeat of an order from another order under the same key.

The fields are listed one by one, and the list has a number: a key is honoured for the life
of its order, so a release that adds a field to orders must not change what earlier ones
were stored with.
"""

import hmac
import json
from hashlib import sha256

from app.domain.draft import OrderDraft

_VERSION = "1"


def compute_fingerprint(draft: OrderDraft, key: bytes) -> str:
    """Return the version of the list, and a keyed hash of what the client sent, card included.

    Keyed, because a plain hash of a card number can be undone by trying all numbers. A card
    counts by what it says: spaces in its number and a short year make no other order.
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
