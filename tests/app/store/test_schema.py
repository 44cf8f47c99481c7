"""The shape of the table, which deployments and tests are built from."""

from dataclasses import replace

from app.settings import TableLayout
from app.store.order_items import order_to_item
from app.store.products import product_to_item
from app.store.schema import FORMER_GSI1, FORMER_SHAPE, GSI1, GSI2, GSI3, SHAPE
from tests.golden import examples


def test_every_key_attribute_is_named_once() -> None:
    names = SHAPE.key_attributes

    assert len(set(names)) == len(names)
    assert names[:2] == ("PK", "SK")
    assert set(names[2:]) == {
        f"{name}{end}" for name in ("GSI1", "GSI2", "GSI3") for end in ("PK", "SK")
    }


def test_no_index_holds_what_changes_with_an_order() -> None:
    """Every write of an item is paid for again in each index that holds what it changes."""
    assert SHAPE.indexes == (GSI1, GSI2, GSI3)
    assert [index.projection for index in SHAPE.indexes] == ["INCLUDE", "KEYS_ONLY", "KEYS_ONLY"]
    order = order_to_item(examples.with_history(examples.orders()["shipped"]))
    for layout in TableLayout:
        order |= order_to_item(examples.orders()["shipped"], layout=layout)
    assert set(order).isdisjoint(GSI1.attributes)


def test_the_catalog_s_index_holds_whole_products() -> None:
    product = product_to_item(replace(examples.PRODUCT, sku="s", barcode="b"))

    assert set(GSI1.attributes) == {name for name in product if not name.endswith(("PK", "SK"))}


def test_the_former_shape_has_one_index_more_over_the_same_keys() -> None:
    """So what releases of either layout stored is in the indexes of both."""
    assert FORMER_SHAPE.indexes == (FORMER_GSI1, *SHAPE.indexes)
    assert set(FORMER_SHAPE.key_attributes) == set(SHAPE.key_attributes)
    assert (FORMER_GSI1.name, FORMER_GSI1.projection) == ("GSI1", "ALL")
    assert (FORMER_GSI1.hash_key, FORMER_GSI1.range_key) == (GSI1.hash_key, GSI1.range_key)
