"""Gate ``cost``: what does a customer cost, and does the bill stay within its budget?

A tree that is not deployed yet, and the shop on this machine, are judged by journeys whose units
are metered here. A deployed shop is judged by the units CloudWatch counted per order, next to
the time before its deployment, and by AWS Budgets.
"""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.domain.errors import SettingsError
from infra.cost.prices import PRICES_FILE, PriceList
from infra.cost.units import Units
from infra.local.environment import base_environment
from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.sources.aws_clients import SourceUnreachableError, aws_client, translate_errors
from infra.verify.sources.cloudwatch import Window
from infra.verify.sources.spent import Budget, list_budgets, units_used
from infra.verify.target import Target

GATE = "cost"

#: Longer than the journeys take on the slowest of machines.
_JOURNEYS_SECONDS = 180
_DIGITS = 4


async def collect(target: Target, *, prices_file: Path = PRICES_FILE) -> Evidence:
    """Meter what the stage allows to meter and price it."""
    now = datetime.now(UTC)
    is_metered_here = target.is_local or target.stage in {"source", "preview"}
    where = "metered journeys" if is_metered_here else f"CloudWatch and Budgets, {target.stack}"
    try:
        prices = PriceList.read(prices_file)
        if is_metered_here:
            used = await asyncio.to_thread(_play, target)
            return build_evidence(where, now, prices, price_journeys(prices, used))
        with translate_errors("AWS"):
            measurements, findings = await asyncio.to_thread(_spent, target, prices, now)
        return build_evidence(where, now, prices, measurements, findings)
    except (SourceUnreachableError, SettingsError) as failure:
        return Evidence(GATE, where, now, unreachable=str(failure))


def build_evidence(
    source: str,
    now: datetime,
    prices: PriceList,
    measurements: list[Measurement],
    findings: list[Finding] | None = None,
) -> Evidence:
    """Return the evidence; how old the prices are is part of it."""
    age = (now.date() - prices.dated).days
    return Evidence(
        GATE,
        source,
        now,
        (*measurements, Measurement("age of prices", age, "days", about=f"of {prices.dated}")),
        tuple(findings or ()),
    )


def price_journeys(prices: PriceList, used: dict[str, Units]) -> list[Measurement]:
    """Return the cost of each journey, and its read and write units, which no machine changes."""
    measurements = []
    for journey, units in used.items():
        cost = round(prices.cost_of(units), _DIGITS)
        measurements += [
            Measurement(f"cost of {journey}", cost, "$ per million", about=_listed(units)),
            Measurement(f"reads of {journey}", units.read_units, "read units"),
            Measurement(f"writes of {journey}", units.write_units, "write units"),
            Measurement(f"queue requests of {journey}", units.queue_requests, "requests"),
            Measurement(f"function calls of {journey}", units.function_calls, "calls"),
        ]
    return measurements


def price_orders(
    prices: PriceList, *, now: tuple[Units, int], before: tuple[Units, int]
) -> list[Measurement]:
    """Return what everything that was used costs per order, compared with the previous period."""
    (used, orders), (used_before, orders_before) = now, before
    per_order = prices.cost_of(used.per(orders)) if orders else None
    baseline = prices.cost_of(used_before.per(orders_before)) if orders_before else None
    return [
        Measurement(
            "cost per order",
            per_order if per_order is None else round(per_order, _DIGITS),
            "$ per million",
            samples=orders,
            baseline=baseline if baseline is None else round(baseline, _DIGITS),
            about=_listed(used),
        )
    ]


def measure_budgets(budgets: list[Budget], stack: str) -> tuple[list[Measurement], list[Finding]]:
    """Return how far every budget is used up; a stack that none watches is found."""
    if not budgets:
        return [], [Finding("no-budget", stack, "no cost budget of AWS watches this stack")]
    actual = max(budget.actual for budget in budgets)
    forecasts = [budget.forecast for budget in budgets if budget.forecast is not None]
    measurements = [Measurement("budget spent", round(actual, _DIGITS), "of the limit")]
    if forecasts:
        forecast = round(max(forecasts), _DIGITS)
        measurements.append(Measurement("budget forecast", forecast, "of the limit"))
    return measurements, []


def _listed(units: Units) -> str:
    return (
        f"{units.read_units:g} read and {units.write_units:g} write units, "
        f"{units.queue_requests:g} queue and {units.http_requests:g} HTTP requests, "
        f"{units.function_calls:g} calls of {units.gb_seconds:.3g} GB-seconds"
    )


def _play(target: Target) -> dict[str, Units]:
    """Return the units of every journey, played by a process of their own."""
    try:
        done = subprocess.run(  # Our own module, no shell.
            [sys.executable, "-m", "infra.verify.sources.journeys"],
            cwd=target.root,
            env=base_environment() | {"PYTHONPATH": str(target.root)},
            capture_output=True,
            text=True,
            check=True,
            timeout=_JOURNEYS_SECONDS,
        )
        found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as failure:
        raise SourceUnreachableError("the journeys could not be played") from failure
    return {name: Units(**units) for name, units in found.items()}


def _spent(
    target: Target, prices: PriceList, now: datetime
) -> tuple[list[Measurement], list[Finding]]:
    client = aws_client("cloudwatch", target.region)
    window = Window.since(target.since, now)
    orders = price_orders(
        prices,
        now=units_used(client, target.stack, window),
        before=units_used(client, target.stack, window.before()),
    )
    account = aws_client("sts", target.region).get_caller_identity()["Account"]
    budgets = list_budgets(aws_client("budgets", target.region), account, target.stack)
    measurements, findings = measure_budgets(budgets, target.stack)
    return [*orders, *measurements], findings
