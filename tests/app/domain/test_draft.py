"""The bill of an order: catalog prices decide, or the client's in open mode."""

from datetime import UTC, datetime

import pytest

from app.domain.card import Card
from app.domain.draft import Bill, DraftLine, OrderDraft, bill_as_sent, bill_from_catalog
from app.domain.errors import InvalidInputError
from app.domain.money import MAX_CENTS
from app.domain.order import Address, OrderLine
from infra.seeds.classic import classic_products

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CARD = Card("4111111111111111", 12, 2030, "123")
PRODUCTS = {product.product_id: product for product in classic_products(NOW)}
MAT, BOTTLE = list(PRODUCTS)[:2]


def draft(*lines: DraftLine, total_cents: int | None = None) -> OrderDraft:
    return OrderDraft("u", "", "", "", Address(), "", CARD, lines, total_cents)


def line(item_id: str, quantity: int = 1, price_cents: int | None = None) -> DraftLine:
    return DraftLine(item_id, "", "", quantity, price_cents)


def test_a_catalog_bill_ignores_the_clients_prices() -> None:
    asked = draft(line(MAT, 2, price_cents=1), line(BOTTLE, price_cents=0), total_cents=15_999)

    bill = bill_from_catalog(asked, PRODUCTS)

    assert bill.total_cents == 15_999
    assert [line.price_cents for line in bill.lines] == [6250, 3499]


@pytest.mark.parametrize("total_cents", [0, 15_998, 16_000])
def test_a_catalog_bill_refuses_another_total(total_cents: int) -> None:
    asked = draft(line(MAT, 2), line(BOTTLE), total_cents=total_cents)

    with pytest.raises(InvalidInputError, match=r"the right total is 159\.99"):
        bill_from_catalog(asked, PRODUCTS)


def test_a_catalog_bill_needs_articles_of_the_catalog() -> None:
    with pytest.raises(InvalidInputError, match=r"cart\.1\.itemid"):
        bill_from_catalog(draft(line(MAT), line("unknown")), PRODUCTS)


def test_a_clients_bill_stands() -> None:
    asked = draft(line("unknown", 3, 400), line(MAT, 1, None), total_cents=140_200)

    assert bill_as_sent(asked, PRODUCTS) == Bill(
        (OrderLine("unknown", "", "", 3, 400), OrderLine(MAT, "Yoga Mat", "", 1, 6250)), 140_200
    )


def test_without_a_total_the_lines_are_added_up() -> None:
    assert bill_as_sent(draft(line("x", 3, 400)), {}).total_cents == 1200


def test_a_bill_has_a_limit() -> None:
    with pytest.raises(InvalidInputError, match="comes to more than"):
        bill_as_sent(draft(line("x", 2, MAX_CENTS)), {})
