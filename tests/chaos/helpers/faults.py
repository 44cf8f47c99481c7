"""What is done to a real shop, and what its customers hear meanwhile."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from httpx import AsyncClient, HTTPError

from tests.chaos.helpers.customers import Answer, ContinuousProbe
from tests.chaos.helpers.proxied_shop import ProxiedShop
from tests.chaos.helpers.shop_queues import ShopQueues

#: What is killed, by the names the shop gives its processes.
VICTIMS = ("api_server", "payment", "order", "shipment")
API, EMULATOR = "api_server", "emulator_server"

# No rule, only an end: where other tests have both cores, everything starts slowly.
_HEALTHY_SECONDS = 60.0


@dataclass(frozen=True)
class FaultTiming:
    """How long each part of a round takes, from one number of seconds to another.

    ``visibility_seconds`` makes messages of killed workers come again sooner than the 36
    seconds of a real stack. A process that was just started needs a moment to settle.
    ``answer_seconds`` and ``return_seconds`` are the rules: when the shop has answered while
    its store is away, and when it works again after that. What waits for an api that is just
    starting (``api_start_seconds``) is answered later, by the start and not the store. They are
    judged only where nothing else needs the processors (``are_seconds_judged``).
    """

    kill_seconds: tuple[float, float] = (15.0, 30.0)
    outage_seconds: tuple[float, float] = (3.5, 8.0)
    settle_seconds: float = 2.5
    visibility_seconds: int | None = None
    answer_seconds: float = 3.0
    return_seconds: float = 5.0
    api_start_seconds: float = 4.0
    are_seconds_judged: bool = True


@dataclass
class Report:
    """What was done to the shop, and what is wrong with it."""

    acknowledged: int = 0
    attempts: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    outages: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    slowest_refusal_seconds: float = 0.0
    slowest_return_seconds: float = 0.0
    final_seconds: float = 0.0
    dead_letters: int = 0
    side_effects: str = ""
    problems: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the report for people."""
        return [
            f"{self.acknowledged} orders acknowledged in {self.attempts} attempts",
            f"kill -9: {dict(self.kills)}; outages: {dict(self.outages)}",
            f"heard while the store was away: {dict(self.answers)}",
            f"slowest 503 while the store was away: {self.slowest_refusal_seconds:.2f} s",
            f"slowest first success after its return: {self.slowest_return_seconds:.2f} s",
            f"last order final {self.final_seconds:.1f} s after the last fault",
            self.side_effects,
            f"{self.dead_letters} dead letters",
            *(f"PROBLEM: {problem}" for problem in self.problems or ["none"]),
        ]


class Faults:
    """Kills, stops and cuts, and judges what the probe heard of them."""

    def __init__(
        self,
        proxied: ProxiedShop,
        probe: ContinuousProbe,
        report: Report,
        *,
        timing: FaultTiming,
        chance: Random,
    ) -> None:
        """Work on a shop that is ready."""
        self.last = time.monotonic()
        self._proxied = proxied
        self._shop = proxied.shop
        self._probe = probe
        self._report = report
        self._timing = timing
        self._chance = chance
        self._api_killed_at: list[float] = []
        self._outages: tuple[Callable[[], Awaitable[None]], ...] = (
            self.freeze,
            self.restart,
            self.freeze_and_kill,
            self.refuse,
            self.swallow,
        )

    async def outage(self, number: int) -> None:
        """Have the store away for a while, each time in another way."""
        await self._outages[number % len(self._outages)]()

    @property
    def kinds(self) -> int:
        """Return how many kinds of outages there are."""
        return len(self._outages)

    async def kill_for(self, seconds: float, *, pause: tuple[float, float] = (1.0, 3.0)) -> None:
        """End one process after the other with ``kill -9``."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            name = self._chance.choice(VICTIMS)
            pid = self._shop.children().get(name)
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self._report.kills[name] += 1
                    self.last = time.monotonic()
                    if name == API:
                        self._api_killed_at.append(self.last)
            await asyncio.sleep(self._chance.uniform(*pause))

    async def until_healthy(self) -> None:
        """Wait for the processes, so that what comes next is the store's doing alone."""
        async with asyncio.timeout(_HEALTHY_SECONDS):
            await _until(lambda: set(VICTIMS) <= set(self._shop.children()))
            await _until_answers(f"{self._shop.url}/readyz")
        await asyncio.sleep(self._timing.settle_seconds)

    def _some_seconds(self) -> float:
        return self._chance.uniform(*self._timing.outage_seconds)

    async def freeze(self) -> None:
        """Have the emulator take connections and answer nothing."""
        away = time.monotonic()
        await self._stop_emulator(asyncio.sleep(self._some_seconds()))
        self._report.outages["frozen"] += 1
        await self._returned(away, time.monotonic())

    async def freeze_and_kill(self) -> None:
        """Freeze the emulator while processes are killed.

        Who got an answer at all got a good one; how soon the shop works again is the
        processes' own starting time, and not judged.
        """
        away = time.monotonic()
        await self._stop_emulator(self.kill_for(self._some_seconds(), pause=(0.8, 1.6)))
        self._report.outages["frozen amid kills"] += 1
        back = self.last = time.monotonic()
        await self.until_healthy()
        self._judge(away, back, amid_kills=True)

    async def _stop_emulator(self, meanwhile: Awaitable[None]) -> None:
        pid = self._shop.children()[EMULATOR]
        os.kill(pid, signal.SIGSTOP)
        try:
            await meanwhile
        finally:
            os.kill(pid, signal.SIGCONT)

    async def restart(self) -> None:
        """Stop the emulator cleanly; the shop starts it again."""
        pid = self._shop.children()[EMULATOR]
        away = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        async with asyncio.timeout(_HEALTHY_SECONDS):
            await _until(lambda: self._shop.children().get(EMULATOR) not in {None, pid})
            await _until_answers(f"{self._shop.facts['endpoint_url']}/_ministack/health")
        self._report.outages["restarted"] += 1
        await self._returned(away, time.monotonic())
        await asyncio.sleep(self._timing.settle_seconds)
        # Its return brought the stack up to its definitions.
        self.shorten_visibility()

    async def refuse(self) -> None:
        """Close the port where the functions look for AWS."""
        away, proxied = time.monotonic(), self._proxied
        await asyncio.wrap_future(proxied.on_proxy(proxied.proxy.close()))
        await asyncio.sleep(self._some_seconds())
        await asyncio.wrap_future(proxied.on_proxy(proxied.proxy.listen()))
        self._report.outages["refused"] += 1
        await self._returned(away, time.monotonic())

    async def swallow(self) -> None:
        """Have connections to AWS never come about, as behind a firewall that drops packets."""
        away, proxied = time.monotonic(), self._proxied
        await asyncio.wrap_future(proxied.on_proxy(proxied.proxy.swallow(self._some_seconds())))
        self._report.outages["black-holed"] += 1
        await self._returned(away, time.monotonic())

    async def _returned(self, away: float, back: float) -> None:
        """Check what the probe heard while the store was away and when it was back."""
        self.last = back
        limit = self._timing.return_seconds + self._timing.answer_seconds
        deadline = back + (limit if self._timing.are_seconds_judged else _HEALTHY_SECONDS)
        while not (
            good := [
                answer for answer in self._probe.answers if answer.ended >= back and answer.is_good
            ]
        ):
            if time.monotonic() > deadline:
                self._report.problems.append("no success after the store's return")
                return
            await asyncio.sleep(0.05)
        took = good[0].ended - back
        self._report.slowest_return_seconds = max(self._report.slowest_return_seconds, took)
        if self._timing.are_seconds_judged and took > self._timing.return_seconds:
            self._report.problems.append(f"first success {took:.2f} s after the store's return")
        self._judge(away, back, amid_kills=False)

    def _judge(self, away: float, back: float, *, amid_kills: bool) -> None:
        limit = self._timing.answer_seconds
        for answer in list(self._probe.answers):
            # Who asked shortly before the return may be answered by the store itself.
            if not away < answer.begun < back or (
                answer.ended > back and answer.begun + limit > back
            ):
                continue
            if amid_kills and (answer.status == 0 or self._api_was_starting(answer)):
                self._report.answers["cut off by a kill"] += answer.status == 0
                continue
            if answer.status == 0 and not self._timing.are_seconds_judged:
                # On a busy machine a client gives up before the shop has had its turn.
                continue
            self._report.answers[f"{answer.what}: {answer.status}"] += 1
            took = answer.ended - answer.begun
            self._report.slowest_refusal_seconds = max(self._report.slowest_refusal_seconds, took)
            is_late = self._timing.are_seconds_judged and took > limit
            if not (answer.is_good or answer.status == 503) or is_late:
                self._report.problems.append(
                    f"{answer.what}: answer {answer.status} after {took:.2f} s with the store away"
                )

    def _api_was_starting(self, answer: Answer) -> bool:
        return any(
            answer.begun - self._timing.api_start_seconds < killed_at < answer.ended
            for killed_at in self._api_killed_at
        )

    def shorten_visibility(self) -> None:
        """Have messages of killed workers come again sooner, if the timing wants it."""
        if self._timing.visibility_seconds is not None:
            ShopQueues(self._shop).shorten_visibility(self._timing.visibility_seconds)


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110  # Other processes cannot set an event.
        await asyncio.sleep(0.05)


async def _until_answers(url: str) -> None:
    async with AsyncClient(timeout=5) as http:
        while True:
            with suppress(HTTPError):
                if (await http.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.05)
