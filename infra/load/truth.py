"""What a shopper knows to be true: the cart, the orders, and what each must look like."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from infra.load.shop import WrongAnswerError

#: States of an order in the order in which it can enter them.
RANKS = {"pending": 0, "paid": 1, "declined": 1, "shipped": 2, "delivered": 3}
PENDING, PAID = "pending payment", "transaction successful"


def to_cents(amount: Any) -> int:
    """Return an amount in dollars, a number or text, as cents.

    Raises:
        WrongAnswerError: it has no whole number of them.
    """
    cents = Decimal(str(amount)) * 100
    if cents != int(cents):
        raise WrongAnswerError("money", f"{amount!r} is no amount")
    return int(cents)


def to_dollars(cents: int) -> str:
    """Return an amount as the shop writes it."""
    return f"{cents // 100}.{cents % 100:02d}"


@dataclass(frozen=True)
class Article:
    """A product, as the catalog lists it."""

    id: str
    cents: int
    content: Any


@dataclass
class CartTruth:
    """A cart: how many of which article."""

    quantities: dict[str, int] = field(default_factory=dict)

    def add(self, article: Article, quantity: int) -> None:
        """Put articles into it."""
        self.quantities[article.id] = self.quantities.get(article.id, 0) + quantity

    def set(self, article_id: str, quantity: int) -> None:
        """Set a quantity; 0 removes the article, and what is not there stays away."""
        if article_id in self.quantities:
            self.quantities[article_id] = quantity
        if not quantity:
            self.quantities.pop(article_id, None)

    @property
    def count(self) -> int:
        """Return how many articles are in it."""
        return sum(self.quantities.values())

    def cents(self, catalog: dict[str, Article]) -> int:
        """Return what it comes to."""
        return sum(catalog[one].cents * count for one, count in self.quantities.items())

    def check(self, lines: Iterable[dict[str, Any]], catalog: dict[str, Article]) -> None:
        """Compare with the lines that the shop shows.

        Raises:
            WrongAnswerError: a line is missing, too many, or has another quantity or price.
        """
        found = {line["itemid"]: line["quantity"] for line in lines}
        if found != self.quantities:
            kind = "lost update" if sum(found.values()) < self.count else "cart"
            raise WrongAnswerError(kind, f"the cart is {found}, not {self.quantities}")
        for line in lines:
            if to_cents(line["price"]) != catalog[line["itemid"]].cents:
                raise WrongAnswerError("price", f"{line['itemid']} costs {line['price']}")


@dataclass
class OrderTruth:
    """An order that was acknowledged, and the last that was seen of it."""

    order_id: str
    cents: int
    is_declined: bool
    transaction_id: str = ""
    rank: int = 0

    def check_payment(self, answer: dict[str, Any]) -> None:
        """Compare with what the shop says when it is placed, or placed again.

        Raises:
            WrongAnswerError: it is another order, or was charged otherwise than the first time.
        """
        if answer["order_id"] != self.order_id:
            raise WrongAnswerError(
                "double charge", f"a repeat is order {answer['order_id']}, not {self.order_id}"
            )
        payment = answer["payment"]
        if payment["message"] == PENDING:
            return
        charged = payment["success"] == "true"
        if charged is self.is_declined:
            raise WrongAnswerError("payment", f"the card was answered with {payment}")
        if charged and to_cents(payment["amount"]) != self.cents:
            raise WrongAnswerError(
                "charge", f"{payment['amount']} was charged for {to_dollars(self.cents)}"
            )
        if charged:
            self._check_transaction(payment["transactionID"])

    def check_stored(self, stored: dict[str, Any]) -> None:
        """Compare with the order as it is listed.

        Raises:
            WrongAnswerError: its total is another, it went back, or was charged again.
        """
        if to_cents(stored["total"]) != self.cents:
            raise WrongAnswerError(
                "order", f"{self.order_id} is {stored['total']}, not {to_dollars(self.cents)}"
            )
        rank = RANKS.get(stored["state"], self.rank)
        if rank < self.rank:
            raise WrongAnswerError("order", f"{self.order_id} went back to {stored['state']}")
        self.rank = rank
        if rank and (stored["state"] == "declined") is not self.is_declined:
            raise WrongAnswerError("payment", f"{self.order_id} is {stored['state']}")
        if stored["transactionID"]:
            self._check_transaction(stored["transactionID"])

    def _check_transaction(self, transaction_id: str) -> None:
        if self.transaction_id not in {"", transaction_id}:
            raise WrongAnswerError("double charge", f"{self.order_id} has two transactions")
        self.transaction_id = transaction_id
