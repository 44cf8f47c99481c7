"""Products of the catalog."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Product:
    """One article of the catalog; a missing image URL is empty text."""

    product_id: str
    name: str
    short_description: str
    description: str
    image_urls: tuple[str, str, str]
    price_cents: int
    tags: tuple[str, ...]
    created_at: datetime
