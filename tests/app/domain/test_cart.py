"""Carts: the client's price counts, a missing one comes from the catalog."""

from datetime import UTC, datetime

import pytest

from app.domain.cart import Cart, CartLineDraft, fill_cart
from infra.seeds.classic import classic_products

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PRODUCTS = {product.product_id: product for product in classic_products(NOW)}
MAT = next(iter(PRODUCTS.values()))


def draft(
    item_id: str = MAT.product_id,
    *,
    name: str = "",
    price_cents: int | None = None,
    quantity: int = 1,
) -> CartLineDraft:
    return CartLineDraft(item_id, name, "", "", price_cents, None, quantity)


def test_a_missing_price_and_name_come_from_the_catalog() -> None:
    line = draft().to_line(MAT, added_at=NOW)

    assert (line.name, line.price_cents) == (MAT.name, MAT.price_cents)


@pytest.mark.parametrize("price_cents", [0, 1, MAT.price_cents + 1])
def test_the_clients_own_price_and_name_count(price_cents: int) -> None:
    line = draft(name="Mine", price_cents=price_cents).to_line(MAT, added_at=NOW)

    assert (line.name, line.price_cents) == ("Mine", price_cents)


def test_an_unknown_article_without_a_price_costs_nothing() -> None:
    line = draft("unknown").to_line(None, added_at=NOW)

    assert (line.name, line.price_cents) == ("", 0)


@pytest.mark.parametrize(("price_cents", "is_needed"), [(None, True), (0, False), (1, False)])
def test_only_a_missing_price_needs_the_catalog(
    price_cents: int | None, *, is_needed: bool
) -> None:
    assert draft(price_cents=price_cents).needs_product is is_needed


def test_the_same_article_twice_adds_up_and_keeps_what_came_first() -> None:
    drafts = [
        draft("a", name="first", price_cents=100, quantity=2),
        draft("b", price_cents=1),
        draft("a", name="second", price_cents=999, quantity=3),
    ]

    cart = fill_cart("dan", drafts, {}, now=NOW)

    assert [(line.item_id, line.quantity) for line in cart.lines] == [("a", 5), ("b", 1)]
    assert (cart.lines[0].name, cart.lines[0].price_cents) == ("first", 100)
    assert (cart.total_cents, cart.item_count) == (501, 6)


def test_quantity_0_leaves_an_article_out() -> None:
    drafts = [draft("a", price_cents=1, quantity=0), draft("b", price_cents=1, quantity=1)]

    cart = fill_cart("dan", drafts, {}, now=NOW)

    assert [line.item_id for line in cart.lines] == ["b"]


def test_lines_keep_the_order_of_the_list() -> None:
    items = [f"item-{number}" for number in range(50)]

    lines = fill_cart("dan", [draft(item, price_cents=1) for item in items], {}, now=NOW).lines

    assert [line.item_id for line in sorted(lines, key=lambda line: line.added_at)] == items
    assert len({line.added_at for line in lines}) == len(items)


def test_an_empty_cart_comes_to_nothing() -> None:
    assert (Cart("dan").total_cents, Cart("dan").item_count) == (0, 0)
