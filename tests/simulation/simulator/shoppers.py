"""Clients of the shop: they order, run into time-outs, try again and give up."""

import asyncio
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.simulation.simulator.backlog import BACKLOG_USER
from tests.simulation.simulator.catalog import Catalog
from tests.simulation.simulator.faults import DrawnFaults
from tests.simulation.simulator.gateway import request
from tests.simulation.simulator.history import History, Promise, buyer_of, card_of
from tests.simulation.simulator.lambdas import Lambdas
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.memory_table import Item
from tests.simulation.simulator.network import Trace
from tests.simulation.simulator.purchases import (
    EXPIRED,
    GOOD,
    WRONG,
    Purchase,
    body_of,
    is_contested,
    order_identity,
)
from tests.simulation.simulator.rules import ViolationError, check

#: What placing an order may be answered with, once the request makes sense.
_ANSWERS = frozenset({200, 202, 400, 422, 503})
_FINAL_ANSWERS = frozenset({200, 202, 400, 422})
_WANTED = "an order is what was asked for"


@dataclass(frozen=True)
class Shop:
    """What clients meet: the functions, the catalog, the faults, and the record of it all."""

    lambdas: Lambdas
    history: History
    catalog: Catalog
    faults: DrawnFaults
    trace: Trace


class Shopper:
    """One client; it knows an order only from an answer."""

    def __init__(self, purchase: Purchase, shop: Shop, *, others: list[Purchase]) -> None:
        """Want something; ``others`` are all purchases, which may be about the same key."""
        self._is_contested = is_contested(purchase, others)
        self._identity = order_identity(purchase)
        self._purchase = purchase
        self._lambdas = shop.lambdas
        self._history = shop.history
        self._catalog = shop.catalog
        self._faults = shop.faults
        self._trace = shop.trace

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
            if status in _FINAL_ANSWERS:
                return
            await asyncio.sleep(random.random() * 2**attempt)
        self._trace.note(process.name, "gives up")

    def _told(self, process: Process, status: int, promise: Promise | None) -> None:
        self._trace.note(process.name, f"is told {status or 'nothing'}", f"{promise or ''}")
        if promise is not None:
            self._history.promised(promise)
            order = self._history.order(promise.order_id) or {}
            check(self._is_what_was_wanted(order), _WANTED, order)

    def _is_what_was_wanted(self, order: Item) -> bool:
        draft = self._purchase.draft
        card = draft.card
        wanted = (draft.user_id, draft.email, draft.delivery, card.number[-4:])
        digits, expires = card_of(order)
        found = (buyer_of(order), order.get("email", ""), order["delivery"], digits)
        year = str(2000 + card.expiry_year % 100)
        return (
            found == wanted and order["total_cents"] in self._possible_totals() and expires == year
        )

    def _possible_totals(self) -> set[int]:
        draft = self._purchase.draft
        if draft.total_cents is not None:
            return {draft.total_cents}
        prices = {line.price_cents for line in draft.lines if self._purchase.is_trusted}
        # In open mode an article that is not for sale costs nothing.
        known = {price for price in prices if price is not None} or (
            self._catalog.prices | ({0} if self._purchase.is_trusted else set())
        )
        return {price * self._purchase.quantity for price in known}

    def _post(self, loop: SimLoop, client: Process, answer: "asyncio.Future[Any]") -> None:
        process = self._lambdas.new_process("api")
        process.order_identity = self._identity if self._purchase.key else object()
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

        self._lambdas.invoke("api", self._answer(loop), process).add_done_callback(respond)

    async def _answer(self, loop: SimLoop) -> tuple[int, Promise | None]:
        """Order, and return what the shop's answer promises."""
        purchase, begun = self._purchase, loop.now
        held = self._history.placed_under(self._identity)
        headers = {"Idempotency-Key": purchase.key} if purchase.key else {}
        if purchase.is_async:
            headers["Prefer"] = "respond-async"
        user_id = purchase.draft.user_id
        release = loop.process.release
        dependencies = self._lambdas.dependencies_of(loop.process)
        if purchase.is_trusted:
            settings = release.opened(dependencies.settings)
            dependencies = replace(dependencies, get_settings=lambda: settings)
        answer = await request(
            release.application,
            dependencies,
            "POST",
            f"/order/add/{user_id}",
            caller=release.caller(user_id, is_staff=False),
            body=body_of(purchase.draft),
            headers=headers,
        )
        check(answer.status in _ANSWERS, "the api answers as documented", answer)
        if answer.status >= 400:
            self._history.answered(answer.status, None)
            if answer.status == 422 and not release.reads_new_fingerprints:
                return answer.status, None
            self._check_refusal(answer.status, held, self._catalog.prices_since(begun))
            return answer.status, None
        said = answer.json()
        payment = said["payment"]
        is_decided = payment["message"] != "pending payment"
        paid = payment["success"] == "true" if is_decided else None
        promise = Promise(said["order_id"], paid)
        check(
            held in {None, promise.order_id},
            "a held key gives its order",
            purchase.key,
            held,
            promise,
        )
        self._history.answered(answer.status, promise)
        return answer.status, promise

    def _check_refusal(self, status: int, held: str | None, prices: set[int | None]) -> None:
        """Check that a key that holds an order gives it, and that no other order is refused."""
        purchase = self._purchase
        if status == 422:
            check(self._is_contested, "only another order under a key is refused", purchase)
        if status == 400:
            check(held is None, "a held key gives its order", purchase.key, held)
            total, quantity = purchase.draft.total_cents, purchase.quantity
            is_wrong = total is not None and any(
                price is not None and price * quantity != total for price in prices
            )
            check(
                not purchase.is_trusted and (None in prices or is_wrong),
                "only what the catalog does not offer is refused",
                purchase,
                prices,
            )


def _respond(answer: "asyncio.Future[Any]", said: tuple[int, Promise | None]) -> None:
    if not answer.done():
        answer.set_result(said)


def check_keys(purchases: list[Purchase], history: History) -> None:
    """Check that each key of a user stands for one order, and each card came to its end."""
    cards = {purchase.draft.card.number[-4:]: purchase.draft.card for purchase in purchases}
    orders = [order for order in history.orders() if buyer_of(order) != BACKLOG_USER]
    found: dict[Any, str] = {}
    for order in orders:
        keys = history.keys[order["order_id"]]
        check(len(keys) == 1, "an order is one key's", order, keys)
        for key in keys:
            first = found.setdefault(key, order["order_id"])
            check(first == order["order_id"], "one key is one order", key, first, order)
        card = cards[card_of(order)[0]]
        decision = history.decision(order["order_id"]) or {}
        if card in {EXPIRED, WRONG}:
            check(not decision["success"], "a bad card pays nothing", order)
        if card is GOOD and not decision["success"]:
            message = decision["message"]
            check(message == "payment timed out", "a good card is taken", order, message)
