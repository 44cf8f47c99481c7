"""A shopper's cart: lines that add up."""

from dataclasses import dataclass
from datetime import datetime

#: More of one thing at a time is a mistake, or mischief.
MAX_QUANTITY = 1_000_000


@dataclass(frozen=True)
class CartLine:
    """One article in a cart.

    ``price_text`` is the price as the client wrote it when it was text: the cart gives a
    price back in the JSON type it came in (openapi/CONTRACT.md, 1.1, rule 7).
    """

    item_id: str
    name: str
    description: str
    short_description: str
    price_cents: int
    price_text: str | None
    quantity: int
    added_at: datetime


@dataclass(frozen=True)
class Cart:
    """All lines of one user, in the order in which they were added."""

    user_id: str
    lines: tuple[CartLine, ...] = ()

    @property
    def total_cents(self) -> int:
        """Return the sum of price times quantity, in cents."""
        return sum(line.price_cents * line.quantity for line in self.lines)

    @property
    def item_count(self) -> int:
        """Return the sum of the quantities."""
        return sum(line.quantity for line in self.lines)
