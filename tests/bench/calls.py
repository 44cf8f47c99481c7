"""Suites ``warm`` and ``worker``'s warm messages: processes that run, call after call."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench.content import BATCH, BUYER, CATALOGS
from tests.bench.contestants import (
    BARE,
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
from tests.bench.starts import (
    order_event,
    product_event,
    token_header,
    worker_event,
)
from tests.image.helpers.lambda_events import http_event
from tests.support.lambda_runtime import LambdaProcess

#: Calls before the first round, and in each.
_WARM_UP, _CALLS = 60, 40

Plan = Mapping[str, tuple[LambdaProcess, Any, int]]


#: Goals of a message in batches of ten, against one message of a plain worker, by function.
BATCH_GOALS: Mapping[str, float] = {"payment": 0.28, "order": 0.30, "shipment": 0.15}

_GOALS: Mapping[str, Mapping[str, float]] = {
    "GET /products of 8": {"bare": 1.3, "idiomatic": 0.10},
    "GET /products of 200": {"bare": 1.3, "idiomatic": 0.04},
    "GET /products/{id}": {"idiomatic": 0.38},
    "GET /cart/items/{userid}": {"idiomatic": 0.42},
    "POST /order/add, async": {"idiomatic": 0.45, "powertools": 0.60},
}


def events() -> dict[str, tuple[dict[str, Any], int]]:
    """Return what a running api is asked, and how many products its table has, by name."""
    products = {
        f"GET /products of {size}": (http_event("GET", "/products"), size) for size in CATALOGS
    }
    cart = http_event("GET", f"/cart/items/{BUYER}", headers=token_header())
    return {
        **products,
        "GET /products/{id}": (product_event(), 8),
        "GET /cart/items/{userid}": (cart, 8),
        "POST /order/add, async": (order_event(), 8),
    }


def warm(arena: Arena, rounds: int, folder: Path) -> list[Case]:
    """Call the api that runs already."""
    apis = (SHOP, BARE, IDIOMATIC, POWERTOOLS)
    return [
        *(call(arena, name, apis, rounds, folder) for name in events()),
        *(case for size in CATALOGS for case in _conditional(arena, rounds, size)),
    ]


def _conditional(arena: Arena, rounds: int, size: int) -> list[Case]:
    """Ask for what is known already, where the shop says what its answer is known by."""
    event = http_event("GET", "/products")
    with arena.start(SHOP, "api", catalog=size) as process:
        headers = {
            name.lower(): value for name, value in check(process.invoke(event))["headers"].items()
        }
        if "etag" not in headers:
            return []
        known = {**event, "headers": {**event["headers"], "if-none-match": headers["etag"]}}
        plan = {"shop": (process, known, 1)}
        return [Case(f"GET /products of {size}, unchanged", _interleaved(plan, rounds))]


def batches(arena: Arena, rounds: int) -> list[Case]:
    """Send messages to workers that run already, in batches of ten and one by one."""
    cases = []
    for function, goal in BATCH_GOALS.items():
        for size, wanted in ((BATCH, goal), (1, 1.0)):
            case = batch(arena, function, (SHOP, BOTO3_WORKER), rounds, size=size)
            cases.append(replace(case, goal={"boto3_worker": wanted}))
    return cases


def batch(
    arena: Arena,
    function: str,
    contestants: Sequence[Contestant],
    rounds: int,
    *,
    size: int = BATCH,
) -> Case:
    """Send batches of messages to workers that run already; a plain worker gets single ones."""
    with ExitStack() as stack:
        plan = {}
        for contestant in contestants:
            process = stack.enter_context(arena.start(contestant, function))
            messages = 1 if contestant is BOTO3_WORKER else size
            plan[contestant.name] = (process, worker_event(function, messages), messages)
        return Case(f"{function}, a message in batches of {size}", _interleaved(plan, rounds))


def call(
    arena: Arena, name: str, contestants: Sequence[Contestant], rounds: int, folder: Path
) -> Case:
    """Ask apis that run already; the bare one answers what the shop did."""
    event, catalog = events()[name]
    with ExitStack() as stack:
        plan = {}
        constants = folder / "constants.json"
        for contestant in contestants:
            process = stack.enter_context(
                arena.start(contestant, "api", catalog=catalog, env={"CONSTANTS": str(constants)})
            )
            own = arena.event(contestant, event)
            answer = check(process.invoke(own)) if contestant is not BARE else None
            if contestant is SHOP:
                request = f"{event['requestContext']['http']['method']} {event['rawPath']}"
                constants.write_text(json.dumps({request: answer}))
            plan[contestant.name] = (process, own, 1)
        goal = {peer: goal for peer, goal in _GOALS[name].items() if peer in plan}
        return Case(name, _interleaved(plan, rounds), goal)


def aws_calls(arena: Arena, contestant: Contestant, name: str) -> int:
    """Return how often AWS is called by one request to an api that runs already."""
    event, catalog = events()[name]
    own = arena.event(contestant, event)
    with arena.start(contestant, "api", catalog=catalog) as process:
        check(process.invoke(own))
        before = arena.calls(contestant)
        check(process.invoke(own))
        return arena.calls(contestant) - before


def _interleaved(plan: Plan, rounds: int) -> dict[str, list[float]]:
    """Return milliseconds of CPU for each call or message, by contestant and round."""
    found: dict[str, list[float]] = {name: [] for name in plan}
    for process, event, _ in plan.values():
        for _ in range(_WARM_UP):
            check(process.invoke(event))
    for _ in range(rounds):
        for name, (process, event, messages) in plan.items():
            before = cpu_ms(process)
            for _ in range(_CALLS):
                check(process.invoke(event))
            found[name].append((cpu_ms(process) - before) / _CALLS / messages)
    return found
