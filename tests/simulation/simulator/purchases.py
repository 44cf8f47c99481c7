"""What clients want to buy, drawn: often the same, or nearly the same, more than once."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from app.domain.card import Card
from app.domain.draft import DraftLine, OrderDraft
from app.domain.order import Address
from tests.simulation.simulator.catalog import PRICE_CENTS, PRODUCT_ID
from tests.simulation.simulator.faults import draws

GOOD, EXPIRING, EXPIRED, WRONG = (
    Card("4111111111111111", 12, 2030, "123"),
    # Good until simulated time is a day and a half old.
    Card("5555555555554444", 11, 2026, "123"),
    Card("4012888888881881", 10, 2026, "123"),
    Card("4111111111111112", 12, 2030, "123"),
)
NUMBERS = tuple(card.number for card in (GOOD, EXPIRING, EXPIRED, WRONG))
_NO_ADDRESS = Address()


def _line(quantity: int, price_cents: int | None = None) -> DraftLine:
    return DraftLine(PRODUCT_ID, "", "", quantity, price_cents)


#: What may be different about an order under the same key; another user's key is another key.
_CHANGES: tuple[dict[str, Any], ...] = (
    {"email": "other@example.com"},
    {"card": GOOD},
    {"card": WRONG},
    {"lines": (_line(7),)},
    {"user_id": "u3"},
    {"user_id": "u3", "lines": (_line(7),)},
)


@dataclass(frozen=True)
class Purchase:
    """What one client wants and how it goes about it."""

    draft: OrderDraft
    key: str | None
    is_async: bool
    is_trusted: bool
    begins: float
    attempts: int
    timeout_seconds: float

    @property
    def quantity(self) -> int:
        """Return how many pieces it wants."""
        return sum(line.quantity for line in self.draft.lines)


def draw_purchases(random: Random) -> list[Purchase]:
    """Return a few orders, some of them asked for by several clients."""
    spread = random.choice((0.0, 1.0, 60.0))
    purchases = []
    for number in range(random.choice((1, 1, 1, 2, 2, 3))):
        first = _purchase(random, number, spread)
        purchases.append(first)
        for _ in range(random.choice((0, 0, 0, 0, 1, 1, 2)) if first.key else 0):
            begins = first.begins + random.random() * random.choice((0.0, 0.1, 30.0))
            again = replace(first, begins=begins, is_async=draws(random, 0.3))
            purchases.append(_altered(random, again) if draws(random, 0.4) else again)
    return purchases


def _altered(random: Random, purchase: Purchase) -> Purchase:
    """Return a purchase with something else in it, or under a key that looks much the same."""
    draft, key = purchase.draft, purchase.key or ""
    if draws(random, 0.3):
        return replace(purchase, key=key.swapcase())
    if ":" in key and draws(random, 0.5):
        # Run together, user and key are the same text as those of the first purchase.
        prefix, _, rest = key.partition(":")
        return replace(
            purchase, key=rest, draft=replace(draft, user_id=f"{draft.user_id}:{prefix}")
        )
    return replace(purchase, draft=replace(draft, **random.choice(_CHANGES)))


def _purchase(random: Random, number: int, spread: float) -> Purchase:
    quantity, price = random.randint(1, 3), random.choice((None, PRICE_CENTS))
    draft = OrderDraft(
        user_id=f"u{random.randint(1, 2)}",
        first_name="",
        last_name="",
        email="",
        address=_NO_ADDRESS,
        delivery=random.choice(("UPS/FEDEX", "UPS/FEDEX", "instore")),
        card=random.choice((GOOD, GOOD, GOOD, EXPIRING, EXPIRED, WRONG)),
        lines=(_line(quantity, price),),
        total_cents=random.choice((None, None, quantity * PRICE_CENTS)),
    )
    key = f"{random.choice(('', '', 'a:'))}k{number}"
    return Purchase(
        draft=draft,
        key=key if draws(random, 0.8) else None,
        is_async=draws(random, 0.3),
        is_trusted=draws(random, 0.2),
        begins=random.random() * spread,
        attempts=random.choice((1, 2, 3, 5)),
        timeout_seconds=random.choice((1.0, 5.0, 20.0)),
    )


def simple_purchase(card: Card, delivery: str, *, begins: float = 0.0) -> Purchase:
    """Return the order of a client with a key, long time-outs and several attempts."""
    draft = OrderDraft("u1", "", "", "", _NO_ADDRESS, delivery, card, (_line(1),), None)
    return Purchase(
        draft=draft,
        key="k",
        is_async=False,
        is_trusted=False,
        begins=begins,
        attempts=5,
        timeout_seconds=20.0,
    )


def order_identity(purchase: Purchase) -> Any:
    """Return what is one order, however often it is asked for: without a key, nothing is."""
    return (purchase.draft.user_id, purchase.key) if purchase.key else object()


def is_contested(purchase: Purchase, purchases: list[Purchase]) -> bool:
    """Return whether another client wants something else under the key of a purchase."""
    return any(
        order_identity(other) == order_identity(purchase) and other.draft != purchase.draft
        for other in purchases
    )


def body_of(draft: OrderDraft) -> dict[str, Any]:
    """Return the body of the request for an order."""
    card = draft.card
    body: dict[str, Any] = {
        "email": draft.email,
        "delivery": draft.delivery,
        "card": {
            "number": card.number,
            "expMonth": card.expiry_month,
            "expYear": card.expiry_year,
            "ccv": card.cvv,
        },
        "cart": [
            {
                "itemid": line.item_id,
                "quantity": line.quantity,
                "price": None if line.price_cents is None else line.price_cents / 100,
            }
            for line in draft.lines
        ],
    }
    if draft.total_cents is not None:
        body["total"] = draft.total_cents / 100
    return body
