"""Suites ``cold`` and ``worker``'s first message: from spawn to the first answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.bench.content import BUYER, access_token, catalog, messages, order_body
from tests.bench.contestants import (
    BOTO3_WORKER,
    IDIOMATIC,
    POWERTOOLS,
    SHOP,
    Arena,
    Contestant,
    check,
    cpu_ms,
)
from tests.bench.figures import Case
from tests.image.helpers.lambda_events import http_event, queue_event

_QUEUES = {
    "payment": "payment-request",
    "order": "payment-response",
    "shipment": "shipment-request",
    "reports": "shipment-response",
}

APIS = (SHOP, IDIOMATIC, POWERTOOLS)


def product_event() -> dict[str, Any]:
    """Return a request for one product."""
    return http_event("GET", f"/products/{catalog(8)[0].product_id}")


def order_event() -> dict[str, Any]:
    """Return an order, which nobody waits for."""
    return http_event(
        "POST", f"/order/add/{BUYER}", order_body(), {**token_header(), "prefer": "respond-async"}
    )


def token_header() -> dict[str, str]:
    """Return the header that proves who is asking."""
    return {"authorization": f"Bearer {access_token()}"}


def worker_event(function: str, count: int) -> dict[str, Any]:
    """Return a batch of messages for a worker."""
    return queue_event(_QUEUES[function], *messages()[function][:count])


def first_events() -> dict[str, dict[str, Any]]:
    """Return what an api is asked first, by its name."""
    return {"first product": product_event(), "first order": order_event()}


def cold(arena: Arena, rounds: int) -> list[Case]:
    """Start the api again and again, with a product or an order as its first request."""
    goals = {"first product": (0.62, 0.95), "first order": (0.75, 1.05)}
    cases = []
    for name, event in first_events().items():
        idiomatic, powertools = goals[name]
        starts = _starts(arena, APIS, "api", event, rounds)
        goal = {"idiomatic": idiomatic, "powertools": powertools}
        cases.append(
            Case(f"spawn to {name}", {who: _sums(found) for who, found in starts.items()}, goal)
        )
        cases.append(
            Case(f"{name}, the call alone", {who: _calls(found) for who, found in starts.items()})
        )
    return cases


def first_answer(arena: Arena, name: str, contestants: Sequence[Contestant], rounds: int) -> Case:
    """Start apis again and again with the same first request."""
    starts = _starts(arena, contestants, "api", first_events()[name], rounds)
    return Case(f"spawn to {name}", {who: _sums(found) for who, found in starts.items()})


def first_messages(arena: Arena, rounds: int) -> list[Case]:
    """Start each worker again and again with one message."""
    goals = {"payment": 0.85, "order": 0.85, "shipment": 1.0}
    return [
        replace(
            first_message(arena, function, (SHOP, BOTO3_WORKER), rounds),
            goal={"boto3_worker": goal},
        )
        for function, goal in goals.items()
    ]


def first_message(
    arena: Arena, function: str, contestants: Sequence[Contestant], rounds: int
) -> Case:
    """Start workers again and again with one message."""
    starts = _starts(arena, contestants, function, worker_event(function, 1), rounds)
    return Case(
        f"spawn to first message, {function}", {who: _sums(found) for who, found in starts.items()}
    )


def _starts(
    arena: Arena, contestants: Sequence[Contestant], function: str, event: Any, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Return the CPU until the event is taken and of its call, by contestant and round."""
    found: dict[str, list[tuple[float, float]]] = {who.name: [] for who in contestants}
    for number in range(-1, rounds):
        for contestant in contestants:
            with arena.start(contestant, function) as process:
                process.wait_until_ready()
                ready = cpu_ms(process)
                check(process.invoke(arena.event(contestant, event)))
                done = cpu_ms(process)
            # The round before the first fills the disk's cache.
            if number >= 0:
                found[contestant.name].append((ready, done - ready))
    return found


def _sums(starts: list[tuple[float, float]]) -> list[float]:
    return [start + call for start, call in starts]


def _calls(starts: list[tuple[float, float]]) -> list[float]:
    return [call for _, call in starts]
