"""Suites ``warm`` and ``worker``'s warm messages: processes that run, call after call."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
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


def warm(arena: Arena, rounds: int, folder: Path) -> list[Case]:
    """Call the api that runs already."""
    cases = []
    for size in CATALOGS:
        goals = {8: {"bare": 1.3, "idiomatic": 0.10}, 200: {"bare": 1.3, "idiomatic": 0.04}}
        event = http_event("GET", "/products")
        cases.append(
            _case(
                arena,
                f"GET /products of {size}",
                event,
                (SHOP, BARE, IDIOMATIC, POWERTOOLS),
                rounds,
                folder,
                catalog=size,
                goal=goals[size],
            )
        )
        cases += _conditional(arena, event, rounds, size)
    apis = (SHOP, BARE, IDIOMATIC, POWERTOOLS)
    others = {
        "GET /products/{id}": (product_event(), {"idiomatic": 0.38}),
        "GET /cart/items/{userid}": (
            http_event("GET", f"/cart/items/{BUYER}", headers=token_header()),
            {"idiomatic": 0.42},
        ),
        "POST /order/add, async": (order_event(), {"idiomatic": 0.45, "powertools": 0.60}),
    }
    for name, (event, goal) in others.items():
        cases.append(_case(arena, name, event, apis, rounds, folder, goal=goal))
    return cases


def _conditional(arena: Arena, event: dict[str, Any], rounds: int, size: int) -> list[Case]:
    """Ask for what is known already, where the shop says what its answer is known by."""
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
    goals = {"payment": 0.28, "order": 0.30, "shipment": 0.15}
    cases = []
    for function, goal in goals.items():
        for size, wanted in ((BATCH, goal), (1, 1.0)):
            with ExitStack() as stack:
                plan = {
                    "shop": (
                        stack.enter_context(arena.start(SHOP, function)),
                        worker_event(function, size),
                        size,
                    ),
                    "boto3_worker": (
                        stack.enter_context(arena.start(BOTO3_WORKER, function)),
                        worker_event(function, 1),
                        1,
                    ),
                }
                name = f"{function}, a message in batches of {size}"
                cases.append(Case(name, _interleaved(plan, rounds), {"boto3_worker": wanted}))
    return cases


def _case(
    arena: Arena,
    name: str,
    event: dict[str, Any],
    contestants: Sequence[Contestant],
    rounds: int,
    folder: Path,
    *,
    catalog: int = 8,
    goal: Mapping[str, float],
) -> Case:
    with ExitStack() as stack:
        plan = {}
        constants = folder / "constants.json"
        for contestant in contestants:
            process = stack.enter_context(
                arena.start(contestant, "api", catalog=catalog, env={"CONSTANTS": str(constants)})
            )
            answer = check(process.invoke(event)) if contestant is not BARE else None
            if contestant is SHOP:
                request = f"{event['requestContext']['http']['method']} {event['rawPath']}"
                constants.write_text(json.dumps({request: answer}))
            plan[contestant.name] = (process, event, 1)
        return Case(name, _interleaved(plan, rounds), dict(goal))


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
