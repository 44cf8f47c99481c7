"""Clients of the shop: they order, run into time-outs, try again and give up."""

import asyncio
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from app.domain.card import Card
from app.domain.draft import DraftLine, OrderDraft
from app.domain.order import Address
from tests.simulation.simulator.faults import DrawnFaults, draws
from tests.simulation.simulator.gateway import ask
from tests.simulation.simulator.history import History, Promise
from tests.simulation.simulator.lambdas import Lambdas
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.memory_table import Item
from tests.simulation.simulator.network import Trace
from tests.simulation.simulator.rules import ViolationError, check

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
_WANTED = "an order is what was asked for"


#: Who placed the orders that were there before.
BACKLOG_USER = "earlier"
#: What may be different about an order under the same key; another user's key is another key.
_CHANGES: tuple[dict[str, Any], ...] = (
    {"email": "other@example.com"},
    {"card": GOOD},
    {"card": WRONG},
    {"user_id": "u3"},
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
            if draws(random, 0.25):
                change = random.choice(_CHANGES)
                again = replace(again, draft=replace(again.draft, **change))
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
        timeout_seconds=random.choice((1.0, 5.0, 20.0)),
    )


def simple_purchase(card: Card, delivery: str, *, begins: float = 0.0) -> Purchase:
    """Return the order of a client with a key, long time-outs and several attempts."""
    line = DraftLine(PRODUCT_ID, "", "", 1, None)
    draft = OrderDraft("u1", "", "", "", _NO_ADDRESS, delivery, card, (line,), None)
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


class Shopper:
    """One client; it knows an order only from an answer."""

    def __init__(
        self,
        purchase: Purchase,
        lambdas: Lambdas,
        history: History,
        faults: DrawnFaults,
        trace: Trace,
        *,
        is_contested: bool = False,
    ) -> None:
        """Want something; ``is_contested`` if the key stands for something else too."""
        self._is_contested = is_contested
        self._purchase = purchase
        self._lambdas = lambdas
        self._history = history
        self._faults = faults
        self._trace = trace

    async def shop(self, loop: SimLoop, process: Process, random: Random) -> None:
        """Ask until there is an answer or the attempts are used up."""
        for attempt in range(self._purchase.attempts):
            answer = loop.create_future()
            loop.at(
                loop.world, loop.now + self._faults.latency(), self._post, loop, process, answer
            )
            try:
                async with asyncio.timeout(self._purchase.timeout_seconds):
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
            check(_is_what_was_wanted(order, self._purchase.draft), _WANTED, order)

    def _post(self, loop: SimLoop, client: Process, answer: "asyncio.Future[Any]") -> None:
        process = self._lambdas.new_process("api")
        process.order_identity = order_identity(self._purchase)
        self._trace.note(process.name, "is asked", f"by {client.name}")

        def respond(task: "asyncio.Task[Any]") -> None:
            if self._lambdas.is_over or self._faults.loses_answer():
                return
            failure = task.exception()
            if isinstance(failure, ViolationError):
                raise failure
            if failure is not None:
                raise ViolationError("the api answers", repr(failure)) from failure
            loop.at(client, loop.now + self._faults.latency(), _respond, answer, task.result())

        self._lambdas.invoke("api", self._answer(), process).add_done_callback(respond)

    async def _answer(self) -> tuple[int, Promise | None]:
        """Order, and return what the shop's answer promises."""
        purchase = self._purchase
        headers = {"Idempotency-Key": purchase.key} if purchase.key else {}
        if purchase.is_async:
            headers["Prefer"] = "respond-async"
        user_id = purchase.draft.user_id
        answer = await ask(
            self._lambdas.dependencies,
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
            self._history.answered(answer.status, None)
            check(
                answer.status != 422 or self._is_contested,
                "only another order under a key is refused",
                answer,
            )
            return answer.status, None
        said = answer.json()
        payment = said["payment"]
        is_decided = payment["message"] != "pending payment"
        paid = payment["success"] == "true" if is_decided else None
        promise = Promise(said["order_id"], paid)
        self._history.answered(answer.status, promise)
        return answer.status, promise


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


def is_contested(purchase: Purchase, purchases: list[Purchase]) -> bool:
    """Return whether another client wants something else under the key of a purchase."""
    return any(
        order_identity(each) == order_identity(purchase) and each.draft != purchase.draft
        for each in purchases
    )


def _is_what_was_wanted(order: Item, draft: OrderDraft) -> bool:
    card, total = draft.card, sum(line.quantity * PRICE_CENTS for line in draft.lines)
    wanted = (draft.user_id, draft.email, draft.delivery, card.number[-4:], total)
    found = (order["user_id"], order["email"], order["delivery"], order["card"]["number"][-4:])
    year = str(2000 + card.expiry_year % 100)
    return (*found, order["total_cents"]) == wanted and order["card"]["expiry_year"] == year


def check_keys(purchases: list[Purchase], history: History) -> None:
    """Check that each key of a user stands for one order, and each card came to its end."""
    cards = {purchase.draft.card.number[-4:]: purchase.draft.card for purchase in purchases}
    orders = [each for each in history.orders() if each["user_id"] != BACKLOG_USER]
    found: dict[Any, str] = {}
    for order in orders:
        keys = history.keys[order["order_id"]]
        check(len(keys) == 1, "an order is one key's", order, keys)
        for key in keys:
            first = found.setdefault(key, order["order_id"])
            check(first == order["order_id"], "one key is one order", key, first, order)
        card = cards[order["card"]["number"][-4:]]
        decision = history.decision(order["order_id"]) or {}
        if card in {EXPIRED, WRONG}:
            check(not decision["success"], "a bad card pays nothing", order)
        if card is GOOD and not decision["success"]:
            message = decision["message"]
            check(message == "payment timed out", "a good card is taken", order, message)
