"""A shopper: browses, fills a cart in two tabs, buys, repeats, and checks all that is answered."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

from infra.load.shop import Answer, Shop, WrongAnswerError
from infra.load.truth import Article, CartTruth, OrderTruth, to_cents, to_dollars

PASSWORD = "correct horse battery"  # noqa: S105 - of users that are made up
#: Public test cards: one that is charged, and one that has expired.
_GOOD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2099", "ccv": "123"}
_EXPIRED = {**_GOOD, "expYear": "2018"}
#: A cart that is fuller than this is emptied, as orders hold 100 lines.
_FULL = 60


@dataclass(frozen=True)
class _Purchase:
    """An order that was sent; the same again until it is answered."""

    key: str
    body: dict[str, Any]
    cents: int
    is_declined: bool


class Shopper:
    """One customer with an account of their own; ``draw`` decides what they do."""

    def __init__(self, shop: Shop, draw: Random) -> None:
        """Shop at ``shop``; nothing is asked yet."""
        self._shop = shop
        self._draw = draw
        self._user_id = ""
        self._tokens: dict[str, str] = {}
        self._catalog: dict[str, Article] = {}
        self._cart = CartTruth()
        self._orders: dict[str, OrderTruth] = {}
        self._unanswered: list[_Purchase] = []
        self._is_in_doubt = False
        #: Orders that were acknowledged.
        self.bought = 0
        self._steps: tuple[tuple[Callable[[], None], int], ...] = (
            (self._browse, 4),
            (self._add, 5),
            (self._add_in_two_tabs, 4),
            (self._change, 3),
            (self._replace, 1),
            (self._clear, 1),
            (self._buy, 4),
            (self._buy_with_an_expired_card, 1),
            (self._pay_too_little, 1),
            (self._look_at_orders, 3),
            (self._look_into_another_cart, 1),
            (self._renew, 1),
        )

    def start(self) -> None:
        """Open an account, log in and look at the catalog."""
        # Not drawn: the same shoppers may come to a shop a second time.
        name = f"shopper-{uuid4()}"
        who = {"username": name, "password": PASSWORD}
        # A repeat of a registration whose answer was lost finds the name taken.
        try:
            self._shop.call(
                "POST", "/register", body={**who, "firstname": "Lo", "lastname": "Ad"}, expect=201
            )
        except WrongAnswerError as failure:
            if "is 409" not in str(failure):
                raise
        answer = self._shop.call("POST", "/login", body=who).body
        self._user_id, self._tokens = answer["token"], answer
        products = self._shop.call("GET", "/products").body["data"]
        if not products:
            raise WrongAnswerError("catalog", "it is empty")
        self._catalog = {
            found["id"]: Article(found["id"], to_cents(found["price"]), found) for found in products
        }

    def act(self) -> None:
        """Do one thing that a customer does, and check every answer.

        Raises:
            WrongAnswerError: the shop said something that is not true.
            NoServiceError: it gave no answer; what was asked for is asked again next time.
        """
        if self._is_in_doubt:
            self._start_over()
        # Until the step has ended: it may raise, or be killed between a request and its answer.
        self._is_in_doubt = True
        while self._unanswered:
            self._place(self._unanswered[0])
        steps, weights = zip(*self._steps, strict=True)
        self._draw.choices(steps, weights)[0]()
        self._is_in_doubt = False

    def finish(self) -> None:
        """Look at everything once more."""
        if not self._is_in_doubt:
            self._look_at_cart()
            self._look_at_orders()

    def _start_over(self) -> None:
        self._cart = CartTruth()
        self._call("POST", "/cart/clear/{userid}")
        listed = self._call("GET", "/order/{userid}").body
        self._orders = {
            found["_id"]: OrderTruth(
                found["_id"],
                to_cents(found["total"]),
                self._orders[found["_id"]].is_declined
                if found["_id"] in self._orders
                else found["card"]["expYear"] == _EXPIRED["expYear"],
            )
            for found in listed
        }

    def _call(
        self, method: str, name: str, *, body: Any = None, key: str = "", expect: int = 200
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self._tokens['access_token']}"}
        if key:
            headers["Idempotency-Key"] = key
        path = name.replace("{userid}", self._user_id)
        return self._shop.call(method, path, name=name, body=body, headers=headers, expect=expect)

    def _uuid(self) -> str:
        return str(UUID(int=self._draw.getrandbits(128), version=4))

    def _article(self) -> Article:
        return self._draw.choice(list(self._catalog.values()))

    def _browse(self) -> None:
        article = self._article()
        path, name = f"/products/{article.id}", "/products/{id}"
        answer = self._shop.call("GET", path, name=name)
        if answer.body["data"] != article.content:
            raise WrongAnswerError("catalog", f"{article.id} is not what the catalog lists")
        tag = answer.headers.get("etag", "")
        self._shop.call("GET", path, name=name, headers={"If-None-Match": tag}, expect=304)

    def _addition(self) -> Callable[[], Answer]:
        article, quantity, key = self._article(), self._draw.randint(1, 3), self._uuid()
        self._cart.add(article, quantity)
        body = {"itemid": article.id, "quantity": quantity}
        return lambda: self._call("POST", "/cart/item/add/{userid}", body=body, key=key)

    def _add(self) -> None:
        self._make_room()
        self._addition()()
        self._look_at_cart()

    def _add_in_two_tabs(self) -> None:
        self._make_room()
        _side_by_side([self._addition(), self._addition()])
        self._look_at_cart()

    def _make_room(self) -> None:
        if self._cart.count > _FULL:
            self._clear()

    def _change(self) -> None:
        if not self._cart.quantities:
            return self._add()
        article_id = self._draw.choice(list(self._cart.quantities))
        quantity = self._draw.randint(0, 4)
        self._cart.set(article_id, quantity)
        body = {"itemid": article_id, "quantity": quantity}
        self._call("POST", "/cart/item/modify/{userid}", body=body)
        return self._look_at_cart()

    def _replace(self) -> None:
        articles = self._draw.sample(list(self._catalog.values()), k=min(3, len(self._catalog)))
        self._cart = CartTruth({article.id: self._draw.randint(1, 2) for article in articles})
        self._call("POST", "/cart/modify/{userid}", body={"cart": self._lines()})
        self._look_at_cart()

    def _clear(self) -> None:
        self._cart = CartTruth()
        self._call("POST", "/cart/clear/{userid}")
        self._look_at_cart()

    def _lines(self) -> list[dict[str, Any]]:
        return [{"itemid": one, "quantity": count} for one, count in self._cart.quantities.items()]

    def _look_at_cart(self) -> None:
        lines = self._call("GET", "/cart/items/{userid}").body["cart"]
        self._cart.check(lines, self._catalog)
        total = to_cents(self._call("GET", "/cart/total/{userid}").body["carttotal"])
        if total != self._cart.cents(self._catalog):
            truth = to_dollars(self._cart.cents(self._catalog))
            raise WrongAnswerError("stale total", f"{to_dollars(total)}, not {truth}")
        count = self._call("GET", "/cart/items/total/{userid}").body["cartitemtotal"]
        if count != self._cart.count:
            raise WrongAnswerError("stale total", f"{count} articles, not {self._cart.count}")

    def _purchase(self, card: dict[str, str], *, is_declined: bool) -> _Purchase:
        if not self._cart.quantities:
            self._add()
        cents = self._cart.cents(self._catalog)
        body = {
            "firstname": "Lo",
            "lastname": "Ad",
            "email": "lo@example.com",
            "address": {"street": "1 Main Street", "city": "Springfield", "zip": "12345"},
            "delivery": "UPS/FEDEX",
            "card": card,
            "cart": self._lines(),
            "total": to_dollars(cents),
        }
        return _Purchase(self._uuid(), body, cents, is_declined)

    def _buy(self) -> None:
        self._place(self._purchase(_GOOD, is_declined=False))
        self._clear()

    def _buy_with_an_expired_card(self) -> None:
        self._place(self._purchase(_EXPIRED, is_declined=True))

    def _place(self, purchase: _Purchase) -> None:
        """Send an order, at times twice at once and once more: it is one order and one charge."""
        if purchase not in self._unanswered:
            self._unanswered.append(purchase)

        def send() -> Answer:
            return self._call("POST", "/order/add/{userid}", body=purchase.body, key=purchase.key)

        times = self._draw.choice((1, 1, 2))
        answers = [found.body for found in _side_by_side([send] * times)]
        if self._draw.random() < 0.3:
            answers.append(send().body)
        self._unanswered.remove(purchase)
        order_id = answers[0]["order_id"]
        order = self._orders.get(order_id)
        if order is None:
            order = OrderTruth(order_id, purchase.cents, purchase.is_declined)
            self._orders[order_id] = order
            self.bought += 1
        for answer in answers:
            order.check_payment(answer)

    def _pay_too_little(self) -> None:
        purchase = self._purchase(_GOOD, is_declined=False)
        body = {**purchase.body, "total": to_dollars(purchase.cents - 1)}
        self._call("POST", "/order/add/{userid}", body=body, key=purchase.key, expect=400)

    def _look_at_orders(self) -> None:
        listed = {found["_id"]: found for found in self._call("GET", "/order/{userid}").body}
        if surplus := listed.keys() - self._orders.keys():
            raise WrongAnswerError(
                "double charge", f"no shopper placed {', '.join(sorted(surplus))}"
            )
        if missing := self._orders.keys() - listed.keys():
            raise WrongAnswerError("lost order", f"{', '.join(sorted(missing))}")
        for order_id, stored in listed.items():
            self._orders[order_id].check_stored(stored)

    def _look_into_another_cart(self) -> None:
        name = "/cart/items/{userid} of another"
        headers = {"Authorization": f"Bearer {self._tokens['access_token']}"}
        path = f"/cart/items/{self._uuid()}"
        self._shop.call("GET", path, name=name, headers=headers, expect=403)

    def _renew(self) -> None:
        body = {"refresh_token": self._tokens["refresh_token"]}
        self._tokens = self._shop.call("POST", "/refresh-token", body=body).body


def _side_by_side(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Return the answers to calls that are made at the same time."""
    if len(calls) == 1:
        return [calls[0]()]
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
