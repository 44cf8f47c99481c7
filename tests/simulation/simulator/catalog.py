"""A catalog that moves: the price of the one article changes, at times it is not for sale."""

from datetime import UTC, datetime
from functools import lru_cache
from random import Random

from app.domain.product import Product
from app.store.keys import product_key
from app.store.products import product_to_item
from tests.simulation.simulator.loop import SimLoop
from tests.simulation.simulator.memory_table import STALE_SECONDS, Item, MemoryTable

PRODUCT_ID, PRICE_CENTS = "mat", 6250
_PRICES = (PRICE_CENTS, 5999, 12_500, None)


@lru_cache(maxsize=10)
def _item(price_cents: int) -> Item:
    created_at = datetime(2026, 1, 1, tzinfo=UTC)
    urls = ("", "", "")
    product = Product(PRODUCT_ID, "Yoga Mat", "", "", urls, price_cents, (), created_at)
    return product_to_item(product)


class Catalog:
    """The article and every price it ever had, in cents; None while it is not for sale."""

    def __init__(self, memory: MemoryTable, loop: SimLoop) -> None:
        """Begin with the article at its first price."""
        self._memory = memory
        self._loop = loop
        item = _item(PRICE_CENTS)
        memory.items[item["PK"], item["SK"]] = item
        self._prices: list[tuple[float, int | None]] = [(0.0, PRICE_CENTS)]

    def set_price(self, price_cents: int | None) -> None:
        """Change the price, or take the article out of the catalog."""
        self._prices.append((self._loop.now, price_cents))
        if price_cents is None:
            self._memory.delete_item(self._memory.name, dict(product_key(PRODUCT_ID)))
        else:
            self._memory.put_item(self._memory.name, _item(price_cents))

    def prices_since(self, begin: float) -> set[int | None]:
        """Return the prices that a read since an instant may have seen, stale or not."""
        begin -= STALE_SECONDS
        before = [price for at, price in self._prices if at <= begin]
        return {*before[-1:], *(price for at, price in self._prices if at > begin)}

    @property
    def prices(self) -> set[int]:
        """Return every price there ever was."""
        return {price for _, price in self._prices if price is not None}

    def move_by_chance(self, random: Random, *, until: float) -> None:
        """Let the price change at a few drawn instants."""
        for _ in range(random.choice((1, 2, 3))):
            when = random.random() * random.choice((until, min(until, 20.0)))
            self._loop.at(self._loop.world, when, self.set_price, random.choice(_PRICES))
