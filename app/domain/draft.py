"""An order as the client sent it, and the bill the shop makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.card import Card
from app.domain.errors import InvalidInputError
from app.domain.money import MAX_CENTS, cents_to_text
from app.domain.order import Address, OrderLine, sum_lines
from app.domain.product import Product


@dataclass(frozen=True)
class DraftLine:
    """One line as the client sent it; ``price_cents`` is None where it left the price out."""

    item_id: str
    name: str
    description: str
    quantity: int
    price_cents: int | None


@dataclass(frozen=True)
class OrderDraft:
    """An order as the client sent it; ``total_cents`` is None where it left the total out."""

    user_id: str
    first_name: str
    last_name: str
    email: str
    address: Address
    delivery: str
    card: Card
    lines: tuple[DraftLine, ...]
    total_cents: int | None


@dataclass(frozen=True)
class Bill:
    """The lines of an order and their total in cents."""

    lines: tuple[OrderLine, ...]
    total_cents: int


def bill_from_catalog(draft: OrderDraft, products: Mapping[str, Product]) -> Bill:
    """Return the bill at catalog prices.

    Raises:
        InvalidInputError: an article is not in the catalog, or the client's total is wrong;
            the text then names the right total.
    """
    for index, line in enumerate(draft.lines):
        if line.item_id not in products:
            raise InvalidInputError(f"cart.{index}.itemid: is not a product of the catalog")
    lines = tuple(
        OrderLine(
            item_id=line.item_id,
            name=products[line.item_id].name,
            description=line.description or products[line.item_id].short_description,
            quantity=line.quantity,
            price_cents=products[line.item_id].price_cents,
        )
        for line in draft.lines
    )
    total_cents = _check_bound(sum_lines(lines))
    if draft.total_cents not in {None, total_cents}:
        right = cents_to_text(total_cents)
        raise InvalidInputError(f"total: disagrees with the catalog; the right total is {right}")
    return Bill(lines, total_cents)


def bill_as_sent(draft: OrderDraft, products: Mapping[str, Product]) -> Bill:
    """Return the bill with the client's own prices; only missing ones come from the catalog."""
    lines = tuple(
        OrderLine(
            item_id=line.item_id,
            name=line.name or (product.name if product else ""),
            description=line.description,
            quantity=line.quantity,
            price_cents=(product.price_cents if product else 0)
            if line.price_cents is None
            else line.price_cents,
        )
        for line in draft.lines
        for product in (products.get(line.item_id),)
    )
    if draft.total_cents is not None:
        return Bill(lines, draft.total_cents)
    return Bill(lines, _check_bound(sum_lines(lines)))


def _check_bound(total_cents: int) -> int:
    if total_cents > MAX_CENTS:
        raise InvalidInputError(f"cart: comes to more than {cents_to_text(MAX_CENTS)}")
    return total_cents
