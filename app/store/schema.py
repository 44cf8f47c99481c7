"""The shape of the one table as data; see ``keys.py`` for what the keys hold."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Index:
    """A global secondary index with string keys ``<name>PK`` and ``<name>SK``."""

    name: str
    projection: Literal["ALL", "KEYS_ONLY"]

    @property
    def hash_key(self) -> str:
        """Return the name of its partition key."""
        return f"{self.name}PK"

    @property
    def range_key(self) -> str:
        """Return the name of its sort key."""
        return f"{self.name}SK"


@dataclass(frozen=True)
class TableShape:
    """Keys and indexes of a table; every key attribute is a string."""

    hash_key: str
    range_key: str
    indexes: tuple[Index, ...] = field(default=())

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """Return every attribute that is part of some key."""
        return (
            self.hash_key,
            self.range_key,
            *(key for index in self.indexes for key in (index.hash_key, index.range_key)),
        )


#: The orders of a user, and the catalog. Holds whole items, so one query answers.
GSI1 = Index("GSI1", "ALL")
#: All users, carts and orders, for staff. Keys only: nothing that changes is in it.
GSI2 = Index("GSI2", "KEYS_ONLY")
#: Orders that are not final, for the sweeper. Sparse: final orders are removed from it.
GSI3 = Index("GSI3", "KEYS_ONLY")

SHAPE = TableShape("PK", "SK", (GSI1, GSI2, GSI3))

#: Seconds since 1970 after which DynamoDB may delete an item, within days. No decision rests on
#: that it has (app/DECISIONS.md, 2).
TIME_TO_LIVE = "expires_at"
