"""A shopper's cart: lines that add up, and the prices they get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.card_text import mask_card_numbers
from app.domain.errors import CartFullError
from app.domain.money import MAX_CENTS, cents_to_text
from app.domain.product import Product

#: What an order takes, and so what a cart holds. More of one article is refused as a mistake.
MAX_QUANTITY = 1_000_000
#: One read of the table fetches the prices of this many articles.
MAX_LINES = 100
_TOO_MANY = f"quantity: a cart holds at most {MAX_QUANTITY} of one item"


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
class CartLineDraft:
    """A line as the client wrote it; ``price_cents`` is None where it left the price out."""

    item_id: str
    name: str
    description: str
    short_description: str
    price_cents: int | None
    price_text: str | None
    quantity: int

    @property
    def needs_product(self) -> bool:
        """Whether the price has to come from the catalog."""
        return self.price_cents is None

    def to_line(self, product: Product | None, *, added_at: datetime) -> CartLine:
        """Return the line with what ``product`` adds to it.

        The client's own name and price count; card numbers in its texts are masked. What it left
        out comes from the catalog; for an article that is not in it the name stays empty and the
        price is 0.
        """
        price_cents = self.price_cents
        if price_cents is None:
            price_cents = product.price_cents if product else 0
        return CartLine(
            item_id=self.item_id,
            name=mask_card_numbers(self.name) or (product.name if product else ""),
            description=mask_card_numbers(self.description),
            short_description=mask_card_numbers(self.short_description),
            price_cents=price_cents,
            price_text=self.price_text,
            quantity=self.quantity,
            added_at=added_at,
        )


@dataclass(frozen=True)
class Cart:
    """All lines of one user, in the order in which they were added."""

    user_id: str
    lines: tuple[CartLine, ...] = ()

    @property
    def total_cents(self) -> int:
        """Return the sum of price times quantity, in cents."""
        return sum(line.price_cents * line.quantity for line in self.lines)

    def check_bounds(self) -> None:
        """Check that an order could contain this cart; one of an earlier release may be beyond it.

        Raises:
            CartFullError: too many lines, too many of one article, or too much money.
        """
        if len(self.lines) > MAX_LINES:
            raise CartFullError(f"cart: holds at most {MAX_LINES} different items")
        if any(line.quantity > MAX_QUANTITY for line in self.lines):
            raise CartFullError(_TOO_MANY)
        if self.total_cents > MAX_CENTS:
            raise CartFullError(f"cart: comes to more than {cents_to_text(MAX_CENTS)}")

    def quantity_of(self, item_id: str) -> int:
        """Return how many there are of an item, 0 if it has no line."""
        return next((line.quantity for line in self.lines if line.item_id == item_id), 0)

    def with_quantity(self, item_id: str, quantity: int) -> "Cart":
        """Return the cart with another quantity in the line of an item."""
        return replace(
            self,
            lines=tuple(
                replace(line, quantity=quantity) if line.item_id == item_id else line
                for line in self.lines
            ),
        )

    @property
    def item_count(self) -> int:
        """Return the sum of the quantities."""
        return sum(line.quantity for line in self.lines)


def fill_cart(
    user_id: str,
    drafts: Sequence[CartLineDraft],
    products: Mapping[str, Product],
    *,
    now: datetime,
) -> Cart:
    """Return a cart of these lines; the same article twice adds up, quantity 0 is left out.

    Raises:
        CartFullError: too many of one article; it names the line that is too much.
    """
    lines: dict[str, CartLine] = {}
    for number, draft in enumerate(drafts):
        # A microsecond apart, so that the cart keeps the order of the list.
        added_at = now + timedelta(microseconds=number)
        line = draft.to_line(products.get(draft.item_id), added_at=added_at)
        earlier = lines.get(draft.item_id)
        if earlier:
            line = replace(earlier, quantity=earlier.quantity + line.quantity)
        if line.quantity > MAX_QUANTITY:
            raise CartFullError(f"cart.{number}.{_TOO_MANY}")
        lines[draft.item_id] = line
    return Cart(user_id, tuple(line for line in lines.values() if line.quantity > 0))
