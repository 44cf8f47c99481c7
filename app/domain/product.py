"""What the shop sells."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Product:
    """One article of the catalog; ``image_urls`` are always three, empty text for none."""

    product_id: str
    name: str
    short_description: str
    description: str
    image_urls: tuple[str, str, str]
    price_cents: int
    tags: tuple[str, ...]
    created_at: datetime
