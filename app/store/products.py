"""Products in the table."""

from collections.abc import Sequence

from app.domain.errors import ProductNotFoundError
from app.domain.instants import instant_to_text
from app.domain.product import Product
from app.store.keys import CATALOG, product_key, shard_for, shards, time_sort_key
from app.store.pagination import Page, PageRequest, read_page
from app.store.schema import GSI1
from app.store.stored_values import read_instant, read_own_id, read_texts, read_typed
from app.store.table import Item, Table
from app.store.unreadable_items import read_or_report, readable

_PRODUCT = "product"


def product_to_item(product: Product) -> Item:
    """Return the item that stores ``product``."""
    return {
        **product_key(product.product_id),
        GSI1.hash_key: shard_for(CATALOG, product.product_id),
        GSI1.range_key: time_sort_key(product.created_at, product.product_id),
        "product_id": product.product_id,
        "name": product.name,
        "short_description": product.short_description,
        "description": product.description,
        "image_urls": list(product.image_urls),
        "price_cents": product.price_cents,
        "tags": list(product.tags),
        "created_at": instant_to_text(product.created_at),
        **({"sku": product.sku} if product.sku else {}),
        **({"barcode": product.barcode} if product.barcode else {}),
    }


def item_to_product(item: Item) -> Product:
    """Return the product that an item stores; all its types are checked.

    Raises:
        UnreadableItemError: the item is damaged.
    """
    first, second, third = (*read_texts(item, "image_urls"), "", "", "")[:3]
    return Product(
        product_id=read_own_id(item, "product_id", product_key),
        name=read_typed(item, "name", str),
        short_description=read_typed(item, "short_description", str, ""),
        description=read_typed(item, "description", str, ""),
        image_urls=(first, second, third),
        price_cents=read_typed(item, "price_cents", int),
        tags=read_texts(item, "tags"),
        created_at=read_instant(item, "created_at"),
        sku=read_typed(item, "sku", str, ""),
        barcode=read_typed(item, "barcode", str, ""),
    )


async def get_product(table: Table, product_id: str) -> Product:
    """Return one product.

    Raises:
        ProductNotFoundError: there is none with this id.
        UnreadableItemError: its item is damaged; that is reported.
    """
    item = await table.get(product_key(product_id))
    if item is None:
        raise ProductNotFoundError
    return read_or_report(_PRODUCT, item, item_to_product)


async def find_products(table: Table, product_ids: Sequence[str]) -> dict[str, Product]:
    """Return the products that exist and can be read, by id; one call per 100 ids."""
    items = await table.get_many(
        [product_key(product_id) for product_id in dict.fromkeys(product_ids)]
    )
    return await items_to_products(items)


async def items_to_products(items: Sequence[Item]) -> dict[str, Product]:
    """Return the products that items store, by id; a damaged one is reported and left out."""
    products = await readable(_PRODUCT, items, item_to_product)
    return {product.product_id: product for product in products}


async def list_products(table: Table, request: PageRequest) -> Page[Product]:
    """Return a page of the catalog, oldest first; a query per partition."""
    page = await read_page(table, GSI1, shards(CATALOG), name="products", request=request)
    return Page(await readable(_PRODUCT, page.entries, item_to_product), page.next_token)


async def add_product(table: Table, product: Product) -> None:
    """Store a product under its own new id."""
    await table.put(product_to_item(product))
