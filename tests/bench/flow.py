"""Suite ``flow``: how long functions run for one order when each call of AWS takes 5 ms.

That is what Lambda bills for, so it is time by the clock: of running functions, on a machine
that may do other things meanwhile. The best of the rounds comes nearest to a quiet one.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from tests.bench.content import BATCH
from tests.bench.contestants import SHOP, arena, check
from tests.bench.figures import Figure
from tests.bench.starts import order_event, worker_event
from tests.support.lambda_runtime import LambdaProcess

CALL_MS = 5
_WARM_UP, _CALLS = 5, 10

#: Functions, what they are given, and for how many orders one such call is; a shipment is
#: reported twice, so two batches of reports belong to ten orders.
_STEPS: Mapping[str, tuple[str, str, float]] = {
    "checkout, async": ("api", "", 1),
    "payment": ("payment", "payment", BATCH),
    "paid": ("order", "order", BATCH),
    "shipment": ("shipment", "shipment", BATCH),
    "two reports": ("order", "reports", BATCH / 2),
}


def flow(rounds: int) -> list[Figure]:
    """Return Lambda seconds per order: of each step, and in all."""
    best: dict[str, float] = {}
    with arena(delay_ms=CALL_MS) as where, ExitStack() as stack:
        processes: dict[str, LambdaProcess] = {}
        for function, _, _ in _STEPS.values():
            if function not in processes:
                processes[function] = stack.enter_context(where.start(SHOP, function))
        for number in range(-1, rounds):
            for step, (function, batch, orders) in _STEPS.items():
                event = worker_event(batch, BATCH) if batch else order_event()
                calls = _CALLS if number >= 0 else _WARM_UP
                seconds = _seconds(processes[function], event, calls) / orders
                if number >= 0:
                    best[step] = min(best.get(step, seconds), seconds)
    steps = [Figure(f"an order's {step}", best[step], "Lambda seconds") for step in _STEPS]
    total = Figure("an order, at batch 10", sum(best.values()), "Lambda seconds (goal 0.04)")
    return [*steps, total]


def _seconds(process: LambdaProcess, event: dict[str, Any], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        check(process.invoke(event))
    return (time.perf_counter() - began) / calls
