"""Products in the table."""

from collections.abc import Sequence

from app.domain.errors import ProductNotFoundError
from app.domain.instants import instant_to_text, text_to_instant
from app.domain.product import Product
from app.slices import map_in_slices
from app.store.keys import CATALOG, product_key, shard_for, shards, time_sort_key
from app.store.pagination import Page, PageRequest, read_page
from app.store.schema import GSI1
from app.store.table import Item, Table


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
    """Return the product that an item stores."""
    first, second, third = (*item.get("image_urls", ()), "", "", "")[:3]
    return Product(
        product_id=item["product_id"],
        name=item["name"],
        short_description=item.get("short_description", ""),
        description=item.get("description", ""),
        image_urls=(first, second, third),
        price_cents=item["price_cents"],
        tags=tuple(item.get("tags", ())),
        created_at=text_to_instant(item["created_at"]),
        sku=item.get("sku", ""),
        barcode=item.get("barcode", ""),
    )


async def get_product(table: Table, product_id: str) -> Product:
    """Return one product.

    Raises:
        ProductNotFoundError: there is none with this id.
    """
    item = await table.get(product_key(product_id))
    if item is None:
        raise ProductNotFoundError
    return item_to_product(item)


async def find_products(table: Table, product_ids: Sequence[str]) -> dict[str, Product]:
    """Return the products that exist, by id; one call per 100 ids."""
    items = await table.get_many(
        [product_key(product_id) for product_id in dict.fromkeys(product_ids)]
    )
    return {item["product_id"]: item_to_product(item) for item in items}


async def list_products(table: Table, request: PageRequest) -> Page[Product]:
    """Return a page of the catalog, oldest first; a query per partition."""
    page = await read_page(table, GSI1, shards(CATALOG), name="products", request=request)
    return Page(tuple(await map_in_slices(item_to_product, page.entries)), page.next_token)


async def add_product(table: Table, product: Product) -> None:
    """Store a product under its own new id."""
    await table.put(product_to_item(product))
