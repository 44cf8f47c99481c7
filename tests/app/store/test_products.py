"""Products in the table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import ProductNotFoundError
from app.store.pagination import PageRequest
from app.store.products import (
    add_product,
    find_products,
    get_product,
    item_to_product,
    list_products,
    product_to_item,
)
from app.store.table import Table, get_table
from infra.seeds.classic import classic_products
from tests.support.shop import fresh, stored_product

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_a_product_is_read_as_it_was_stored() -> None:
    for product in classic_products(NOW):
        assert item_to_product(product_to_item(product)) == product


async def test_a_product_is_found_by_its_id(table: Table) -> None:
    product = await stored_product(table, at=NOW)

    assert await get_product(table, product.product_id) == product
    with pytest.raises(ProductNotFoundError):
        await get_product(table, fresh("unknown"))


async def test_only_products_that_exist_are_found_each_once(table: Table) -> None:
    product = await stored_product(table, at=NOW)
    ids = [product.product_id, fresh("unknown"), product.product_id]

    assert await find_products(table, ids) == {product.product_id: product}
    assert await find_products(table, []) == {}


@pytest.mark.usefixtures("own_table")
async def test_the_catalog_is_listed_oldest_first() -> None:
    table = get_table()
    first = classic_products(NOW)[0]
    made = [
        replace(first, product_id=str(number), created_at=NOW + timedelta(seconds=number))
        for number in range(5)
    ]
    for product in reversed(made):
        await add_product(table, product)

    assert list((await list_products(table, PageRequest())).entries) == made
