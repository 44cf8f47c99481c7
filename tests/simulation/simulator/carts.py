"""One cart that several tabs edit while calls fail, and whether what they saw can be explained.

Tabs add, set quantities and read. They do not empty or replace the cart: both forget the keys of
its additions, so an addition that is still on its way may take effect again
(openapi/CONTRACT.md, 1.2). Each tab tells an edit that was answered from one that may or may not
have taken effect; ``tests/support/linearizability.py`` looks for an order that explains all.
"""

import asyncio
from math import inf
from random import Random
from typing import Any

from tests.simulation.simulator.faults import DrawnFaults
from tests.simulation.simulator.gateway import Answer, request
from tests.simulation.simulator.lambdas import Lambdas
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.network import Trace
from tests.simulation.simulator.rules import ViolationError, check
from tests.support.linearizability import Call, Kind, UndecidedError, by_item, is_linearizable

RULE = "a cart holds what was put into it"

_USER = "cart-user"
_ARTICLES = ("mat", "ball")
_TIMEOUT_SECONDS = 15.0
_ATTEMPTS = 4


class SharedCart:
    """The cart, what its tabs asked for, and what they were told."""

    def __init__(
        self,
        loop: SimLoop,
        lambdas: Lambdas,
        faults: DrawnFaults,
        trace: Trace,
        *,
        random: Random,
        has_keys: bool,
    ) -> None:
        """Make a cart; ``random`` decides who does what and when.

        Without ``has_keys`` some release adds as often as it is asked, so nothing is repeated.
        """
        self._lambdas = lambdas
        self._faults = faults
        self._trace = trace
        self._random = random
        self._loop = loop
        self._has_keys = has_keys
        self.calls: list[tuple[str, Call]] = []

    def schedule(self, *, until: float) -> None:
        """Let two or three tabs begin within a few seconds, before the faults end."""
        for tab in range(self._random.choice((2, 3))):
            begins = self._random.random() * min(until, 10.0)
            client = Process(f"tab{tab}")
            self._loop.at(self._loop.world, begins, self._start, client)

    def _start(self, client: Process) -> None:
        task = self._loop.start(client, self._edit(client))
        task.add_done_callback(self._left)

    def _left(self, task: "asyncio.Task[None]") -> None:
        if not self._lambdas.is_over and (failure := task.exception()) is not None:
            raise failure

    async def _edit(self, client: Process) -> None:
        for number in range(self._random.choice((2, 3, 4))):
            article, quantity = self._random.choice(_ARTICLES), self._random.randint(1, 3)
            kind = self._random.choice(("add", "add", "add", "set", "read"))
            if kind == "add":
                key = f"{client.name}-{number}" if self._random.random() < 0.8 else None
                await self._add(client, article, quantity, key)
            elif kind == "set":
                body = {"itemid": article, "quantity": self._random.choice((0, 5, 7))}
                await self._change(client, "set", body)
            else:
                await self.read(client)

    async def _add(self, client: Process, article: str, quantity: int, key: str | None) -> None:
        body = {"itemid": article, "name": article, "price": 1, "quantity": quantity}
        repeats = _ATTEMPTS if key and self._has_keys else 1
        await self._change(client, "add", body, key=key, attempts=repeats)

    async def _change(
        self,
        client: Process,
        kind: Kind,
        body: dict[str, Any],
        *,
        key: str | None = None,
        attempts: int = 1,
    ) -> None:
        path = f"/cart/item/{'add' if kind == 'add' else 'modify'}/{_USER}"
        headers = {"Idempotency-Key": key} if key else {}
        began, ended = self._loop.now, inf
        for attempt in range(attempts):
            answer = await self._ask(client, "POST", path, body, headers)
            if answer is not None and answer.status == 200:
                ended = self._loop.now
                break
            await asyncio.sleep(self._random.random() * 2**attempt)
        self.calls.append((body["itemid"], Call(kind, body["quantity"], began, ended)))

    async def read(self, client: Process) -> None:
        """Read the cart once; nothing is learned from a read that is not answered."""
        began = self._loop.now
        answer = await self._ask(client, "GET", f"/cart/items/{_USER}", None, {})
        if answer is not None and answer.status == 200:
            told = {line["itemid"]: line["quantity"] for line in answer.json()["cart"]}
            check(set(told) <= set(_ARTICLES), RULE, told)
            self.calls += [
                (article, Call("read", told.get(article, 0), began, self._loop.now))
                for article in _ARTICLES
            ]

    async def _ask(
        self, client: Process, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> Answer | None:
        answered: asyncio.Future[Answer] = self._loop.create_future()
        process = self._lambdas.new_process("api")
        release = process.release
        work = request(
            release.application,
            self._lambdas.dependencies_of(process),
            method,
            path,
            caller=release.caller(_USER, is_staff=False),
            body=body,
            headers=headers,
        )

        def respond(task: "asyncio.Task[Answer]") -> None:
            if self._lambdas.is_over or self._faults.loses_answer():
                return
            if (failure := task.exception()) is not None:
                raise ViolationError("the api answers", repr(failure)) from failure
            latency = self._faults.latency()
            self._loop.at(client, self._loop.now + latency, _tell, answered, task.result())

        self._trace.note(process.name, "is asked", f"{method} {path} by {client.name}")
        self._lambdas.invoke("api", work, process).add_done_callback(respond)
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                answer = await answered
        except TimeoutError:
            self._trace.note(client.name, "is told nothing")
            return None
        self._trace.note(client.name, f"is told {answer.status}")
        check(answer.status in {200, 503}, "the api answers as documented", answer)
        return answer

    def check_end(self) -> None:
        """Read once more, without faults, and look for an order that explains everything.

        Raises:
            ViolationError: there is none.
        """
        client = Process("last tab")
        self._loop.start(client, self.read(client)).add_done_callback(self._left)
        self._loop.run()
        for article, calls in by_item(self.calls).items():
            check(any(call.kind == "read" for call in calls), "the api answers", article)
            try:
                is_explained = is_linearizable(calls)
            except UndecidedError:
                continue
            check(is_explained, RULE, article, calls)


def _tell(answered: "asyncio.Future[Answer]", answer: Answer) -> None:
    if not answered.done():
        answered.set_result(answer)
