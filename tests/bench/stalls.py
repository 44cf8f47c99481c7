"""Suite ``stalls``: how long a request holds up the event loop, and with it every other request.

``python -m tests.bench.stalls ROUNDS`` asks an engine (``tests.bench.engine``) with 1,000
products and 10,000 orders through the shop's application and prints milliseconds as JSON, by
request. The longest step is CPU of the loop's thread; the longest pause is by the clock and
counts threads that hold the interpreter, too, and the machine: of that the best round is told.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from asyncio import events
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from statistics import median
from typing import Any

import httpx

from app.domain.user import Role
from tests.bench.content import access_token, order_body
from tests.bench.engine import CUSTOMER, STAFF, Size, engine, environment, used
from tests.bench.figures import Figure

SIZE = Size(orders=10_000, own=2_000, products=1_000, people=1_000)
_GOAL_MS = 20
_TICK_SECONDS = 0.001
#: What is built for the first request of a process, such as models.
_FIRST = "first of a process, "


def stalls(rounds: int, size: Size = SIZE) -> list[Figure]:
    """Return the longest step and pause of the event loop by request, and of all."""
    with engine(size) as url:
        used(url)  # Until it is filled.
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.stalls", str(rounds)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment(url)},
        )
    found: dict[str, list[list[float]]] = json.loads(done.stdout)
    figures = []
    for name, measured in found.items():
        steps, pauses = zip(*measured, strict=True)
        figures.append(Figure(f"{name}: longest step of the loop", median(steps), "ms CPU"))
        figures.append(Figure(f"{name}: longest pause of the loop", min(pauses), "ms by the clock"))
    return [*figures, *_longest(figures)]


def _longest(figures: Sequence[Figure]) -> Iterator[Figure]:
    """Yield the longest step and pause of all first requests, and of all others."""
    for kind, unit in (("step", "ms CPU"), ("pause", "ms by the clock")):
        for is_first, of in ((True, "first requests"), (False, "requests")):
            longest = max(
                figure.value
                for figure in figures
                if f"longest {kind}" in figure.name and figure.name.startswith(_FIRST) is is_first
            )
            yield Figure(f"longest {kind} of all {of}", longest, f"{unit} (goal {_GOAL_MS})")


class Steps:
    """The longest step of the event loop since the last look, in milliseconds of CPU."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._longest = 0.0

    def take(self) -> float:
        """Return the longest step, and begin again."""
        longest, self._longest = self._longest, 0.0
        return longest

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Measure every callback that this thread's loop runs."""
        run = events.Handle._run

        def timed(handle: events.Handle) -> None:
            started = time.thread_time()
            run(handle)
            self._longest = max(self._longest, (time.thread_time() - started) * 1000)

        events.Handle._run = timed  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            events.Handle._run = run  # type: ignore[method-assign]


async def _late(pauses: list[float]) -> None:
    """Note by how many milliseconds each tick comes late."""
    while True:
        due = time.perf_counter() + _TICK_SECONDS
        await asyncio.sleep(_TICK_SECONDS)
        pauses.append((time.perf_counter() - due) * 1000)


def requests() -> Mapping[str, tuple[str, str, Any, bool]]:
    """Return what is asked: method, path, body, and whether by staff."""
    many = {**order_body(), "cart": order_body()["cart"] * 50, "total": None}
    lines = {"cart": [{"itemid": f"item-{number}", "quantity": 1} for number in range(100)]}
    return {
        "GET /products": ("GET", "/products", None, False),
        "GET /products?limit=1000": ("GET", "/products?limit=1000", None, False),
        "GET /sitemap.xml": ("GET", "/sitemap.xml", None, False),
        "GET /order/all": ("GET", "/order/all", None, True),
        "GET /order/{userid}": ("GET", f"/order/{CUSTOMER}", None, False),
        "GET /cart/all": ("GET", "/cart/all", None, True),
        "GET /users": ("GET", "/users", None, True),
        "POST /order/add of 100 lines": ("POST", f"/order/add/{CUSTOMER}", many, False),
        "POST /cart/modify of 100 lines": ("POST", f"/cart/modify/{CUSTOMER}", lines, False),
        "GET /openapi.json": ("GET", "/openapi.json", None, False),
        "GET /": ("GET", "/", None, False),
        "GET /docs": ("GET", "/docs", None, False),
    }


async def _measure(rounds: int) -> dict[str, list[tuple[float, float]]]:
    # After the environment is set.
    from app.main import app  # noqa: PLC0415

    staff, own = access_token(STAFF, Role.STAFF), access_token(CUSTOMER)
    found: dict[str, list[tuple[float, float]]] = {}
    steps, pauses = Steps(), list[float]()
    with steps.watching():
        clock = asyncio.create_task(_late(pauses))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
            for number in range(rounds + 1):
                for name, (method, path, body, is_staff) in requests().items():
                    app.state.kept_product_lists.forget()
                    token = staff if is_staff else own
                    headers = {"Authorization": f"Bearer {token}", "Prefer": "respond-async"}
                    request = http.build_request(method, path, json=body, headers=headers)
                    await asyncio.sleep(2 * _TICK_SECONDS)
                    pauses.clear()
                    steps.take()
                    answer = await http.send(request)
                    await asyncio.sleep(0)
                    if answer.status_code >= 400:
                        raise SystemExit(f"{name} was answered with {answer.text[:300]}")
                    longest = steps.take()
                    await asyncio.sleep(2 * _TICK_SECONDS)
                    label = name if number else f"{_FIRST}{name}"
                    found.setdefault(label, []).append((longest, max(pauses)))
        clock.cancel()
        with suppress(asyncio.CancelledError):
            await clock
    return found


def main() -> None:
    """Ask, and print what was measured."""
    print(json.dumps(asyncio.run(_measure(max(int(sys.argv[1]), 1)))))


if __name__ == "__main__":
    main()
