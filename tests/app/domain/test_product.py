"""Products are values: equal by content, never changed in place."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from infra.seeds.classic import classic_products

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_product_is_not_changed_in_place() -> None:
    product = classic_products(NOW)[0]

    with pytest.raises(FrozenInstanceError):
        product.price_cents = 1  # type: ignore[misc]


def test_products_are_equal_by_content() -> None:
    product, again = classic_products(NOW)[0], classic_products(NOW)[0]

    assert product == again
    assert replace(product, price_cents=product.price_cents + 1) != again
