"""The shape of the one table as data; see ``keys.py`` for what the keys hold."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Index:
    """A global secondary index with string keys ``<keys>PK`` and ``<keys>SK``.

    ``keys`` is the index's name unless it is given. ``attributes`` are what an index with the
    projection ``INCLUDE`` holds beside keys.
    """

    name: str
    projection: Literal["ALL", "INCLUDE", "KEYS_ONLY"]
    keys: str = ""
    attributes: tuple[str, ...] = ()

    @property
    def hash_key(self) -> str:
        """Return the name of its partition key."""
        return f"{self.keys or self.name}PK"

    @property
    def range_key(self) -> str:
        """Return the name of its sort key."""
        return f"{self.keys or self.name}SK"


@dataclass(frozen=True)
class TableShape:
    """Keys and indexes of a table; every key attribute is a string."""

    hash_key: str
    range_key: str
    indexes: tuple[Index, ...] = field(default=())

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """Return every attribute that is part of some key, once."""
        keys = (key for index in self.indexes for key in (index.hash_key, index.range_key))
        return tuple(dict.fromkeys((self.hash_key, self.range_key, *keys)))


#: All attributes of a product, none of which an order has.
_PRODUCT = (
    *("product_id", "name", "short_description", "description", "image_urls", "price_cents"),
    *("tags", "created_at", "sku", "barcode"),
)

#: The orders of a user, by their keys, and the catalog, whole: what is in it does not change with
#: an order's steps, and one query answers a list of products.
GSI1 = Index("GSI1Lists", "INCLUDE", keys="GSI1", attributes=_PRODUCT)
#: All users, carts and orders, for staff. Keys only: nothing that changes is in it.
GSI2 = Index("GSI2", "KEYS_ONLY")
#: Orders that are not final, for the sweeper. Sparse: final orders are removed from it.
GSI3 = Index("GSI3", "KEYS_ONLY")

SHAPE = TableShape("PK", "SK", (GSI1, GSI2, GSI3))

#: What releases before the table's present layout read instead of :data:`GSI1`: whole items, so
#: that every step of an order was written twice.
FORMER_GSI1 = Index("GSI1", "ALL")

#: The shape while one of those releases may run (``app.settings.TableLayout``).
FORMER_SHAPE = TableShape("PK", "SK", (FORMER_GSI1, *SHAPE.indexes))

#: Seconds since 1970 after which DynamoDB may delete an item, within days. No decision rests on
#: that it has (app/DECISIONS.md, 2).
TIME_TO_LIVE = "expires_at"
