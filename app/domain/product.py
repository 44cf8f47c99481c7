"""Products of the catalog."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Product:
    """One article of the catalog; what is missing is empty text.

    ``sku`` is the shop's own code, ``barcode`` an EAN or UPC (app/domain/barcode.py). Two products
    may have the same one.
    """

    product_id: str
    name: str
    short_description: str
    description: str
    image_urls: tuple[str, str, str]
    price_cents: int
    tags: tuple[str, ...]
    created_at: datetime
    sku: str = ""
    barcode: str = ""
