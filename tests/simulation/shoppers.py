"""Clients of the shop: they order, lose patience, try again and give up."""

import asyncio
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from app.domain.card import Card
from app.domain.draft import DraftLine, OrderDraft
from app.domain.order import Address
from tests.simulation.door import ask
from tests.simulation.history import History, Promise, ViolationError, check
from tests.simulation.lambdas import Lambdas
from tests.simulation.loop import Process, SimLoop
from tests.simulation.network import Trace
from tests.simulation.weather import Weather, draws

PRODUCT_ID, PRICE_CENTS = "mat", 6250
GOOD, EXPIRING, EXPIRED, WRONG = (
    Card("4111111111111111", 12, 2030, "123"),
    # Good until simulated time is a day and a half old.
    Card("5555555555554444", 11, 2026, "123"),
    Card("4012888888881881", 10, 2026, "123"),
    Card("4111111111111112", 12, 2030, "123"),
)
NUMBERS = tuple(card.number for card in (GOOD, EXPIRING, EXPIRED, WRONG))
#: What placing an order may be answered with, once the request makes sense.
_ANSWERS = frozenset({200, 202, 422, 503})
_NO_ADDRESS = Address()


@dataclass(frozen=True)
class Purchase:
    """What one client wants and how it goes about it."""

    draft: OrderDraft
    key: str | None
    is_async: bool
    is_trusted: bool
    begins: float
    attempts: int
    patience: float


def draw_purchases(random: Random) -> list[Purchase]:
    """Return what happens at the counters: a few orders, some asked for by several clients."""
    spread = random.choice((0.0, 1.0, 60.0))
    purchases = []
    for number in range(random.choice((1, 1, 1, 2, 2, 3))):
        first = _purchase(random, number, spread)
        purchases.append(first)
        for _ in range(random.choice((0, 0, 0, 0, 1, 1, 2)) if first.key else 0):
            begins = first.begins + random.random() * random.choice((0.0, 0.1, 30.0))
            again = replace(first, begins=begins, is_async=draws(random, 0.3))
            if draws(random, 0.1):
                again = replace(again, draft=replace(again.draft, email="other@example.com"))
            purchases.append(again)
    return purchases


def _purchase(random: Random, number: int, spread: float) -> Purchase:
    line = DraftLine(PRODUCT_ID, "", "", random.randint(1, 3), random.choice((None, PRICE_CENTS)))
    draft = OrderDraft(
        user_id=f"u{random.randint(1, 2)}",
        first_name="",
        last_name="",
        email="",
        address=_NO_ADDRESS,
        delivery=random.choice(("UPS/FEDEX", "UPS/FEDEX", "instore")),
        card=random.choice((GOOD, GOOD, GOOD, EXPIRING, EXPIRED, WRONG)),
        lines=(line,),
        total_cents=None,
    )
    return Purchase(
        draft=draft,
        key=f"k{number}" if draws(random, 0.8) else None,
        is_async=draws(random, 0.3),
        is_trusted=draws(random, 0.2),
        begins=random.random() * spread,
        attempts=random.choice((1, 2, 3, 5)),
        patience=random.choice((1.0, 5.0, 20.0)),
    )


def simple_purchase(card: Card, delivery: str, *, begins: float = 0.0) -> Purchase:
    """Return what a patient client with a key does."""
    line = DraftLine(PRODUCT_ID, "", "", 1, None)
    draft = OrderDraft("u1", "", "", "", _NO_ADDRESS, delivery, card, (line,), None)
    return Purchase(
        draft=draft,
        key="k",
        is_async=False,
        is_trusted=False,
        begins=begins,
        attempts=5,
        patience=20.0,
    )


class Shopper:
    """One client; it knows an order only from an answer."""

    def __init__(
        self, purchase: Purchase, lambdas: Lambdas, history: History, weather: Weather, trace: Trace
    ) -> None:
        """Want something."""
        self._purchase = purchase
        self._lambdas = lambdas
        self._history = history
        self._weather = weather
        self._trace = trace

    async def shop(self, loop: SimLoop, process: Process, random: Random) -> None:
        """Ask until there is an answer or nothing is left to hope for."""
        for attempt in range(self._purchase.attempts):
            answer = loop.create_future()
            loop.at(
                loop.world, loop.now + self._weather.latency(), self._post, loop, process, answer
            )
            try:
                async with asyncio.timeout(self._purchase.patience):
                    status, promise = await answer
            except TimeoutError:
                status, promise = 0, None
            self._told(process, status, promise)
            if status in {200, 202, 400, 422}:
                return
            await asyncio.sleep(random.random() * 2**attempt)
        self._trace.note(process.name, "gives up")

    def _told(self, process: Process, status: int, promise: Promise | None) -> None:
        self._trace.note(process.name, f"is told {status or 'nothing'}", f"{promise or ''}")
        if promise is not None:
            self._history.promised(promise)
            order = self._history.order(promise.order_id) or {}
            wanted = self._purchase.draft.email
            check(order["email"] == wanted, "an order is what was asked for", order)

    def _post(self, loop: SimLoop, client: Process, answer: "asyncio.Future[Any]") -> None:
        process = self._lambdas.new_process("api")
        self._trace.note(process.name, "is asked", f"by {client.name}")

        def respond(task: "asyncio.Task[Any]") -> None:
            if self._lambdas.is_over or self._weather.loses_answer():
                return
            if (failure := task.exception()) is not None:
                raise ViolationError("the api answers", repr(failure)) from failure
            loop.at(client, loop.now + self._weather.latency(), _respond, answer, task.result())

        self._lambdas.invoke("api", self._answer(), process).add_done_callback(respond)

    async def _answer(self) -> tuple[int, Promise | None]:
        """Order, and return what the shop's answer promises."""
        purchase = self._purchase
        headers = {"Idempotency-Key": purchase.key} if purchase.key else {}
        if purchase.is_async:
            headers["Prefer"] = "respond-async"
        user_id = purchase.draft.user_id
        answer = await ask(
            self._lambdas.ports,
            "POST",
            f"/order/add/{user_id}",
            user_id=user_id,
            is_open=purchase.is_trusted,
            body=_body_of(purchase.draft),
            headers=headers,
        )
        is_sold_out = answer.status == 400 and not self._history.has_catalog
        check(is_sold_out or answer.status in _ANSWERS, "the api answers as documented", answer)
        if answer.status >= 400:
            return answer.status, None
        said = answer.json()
        payment = said["payment"]
        is_decided = payment["message"] != "pending payment"
        paid = payment["success"] == "true" if is_decided else None
        return answer.status, Promise(said["order_id"], paid)


def _body_of(draft: OrderDraft) -> dict[str, Any]:
    card = draft.card
    return {
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


def _respond(answer: "asyncio.Future[Any]", said: tuple[int, Promise | None]) -> None:
    if not answer.done():
        answer.set_result(said)


def check_keys(purchases: list[Purchase], history: History) -> None:
    """Check that each key of a user stands for one order, and each card came to its end."""
    cards = {purchase.draft.card.number[-4:]: purchase.draft.card for purchase in purchases}
    keyed = {(each.draft.user_id, each.key) for each in purchases if each.key}
    unkeyed = sum(each.attempts for each in purchases if not each.key)
    orders = history.orders()
    check(len(orders) <= len(keyed) + unkeyed, "one key is one order", len(orders), "orders")
    for order in orders:
        card = cards[order["card"]["number"][-4:]]
        decision = history.decision(order["order_id"]) or {}
        if card in {EXPIRED, WRONG}:
            check(not decision["success"], "a bad card pays nothing", order)
        if card is GOOD and not decision["success"]:
            message = decision["message"]
            check(message == "payment timed out", "a good card is taken", order, message)
