"""Gate ``performance``: is it as fast and as free of errors as before, and within budget?

The source is compared with the last release by the bench. A deployed shop is judged
by what CloudWatch counted since the deployment, next to the version before; the shop on this
machine by requests made here.
"""

import asyncio
import os
from datetime import UTC, datetime

from infra.topology import FUNCTIONS, QUEUES, function_name, queue_name
from infra.verify.evidence import Evidence, Measurement
from infra.verify.sources import cloudwatch
from infra.verify.sources.aliases import find_routing
from infra.verify.sources.aws_clients import SourceUnreachableError, aws_client, translate_errors
from infra.verify.sources.bench import Figure, bench
from infra.verify.sources.cloudwatch import FunctionFigures, Window, function_figures
from infra.verify.sources.emulated_queues import oldest_message_seconds
from infra.verify.sources.requests import Answers, measure
from infra.verify.target import Target

GATE = "performance"

#: Each of the paths this often; enough for a 95th percentile that means something.
_ROUNDS = 20


async def collect(target: Target) -> Evidence:
    """Measure what the stage allows to measure."""
    now = datetime.now(UTC)
    source = _source(target)
    try:
        measurements = await _measured(target, now)
    except SourceUnreachableError as failure:
        return Evidence(GATE, source, now, unreachable=str(failure))
    return Evidence(GATE, source, now, tuple(measurements))


def _source(target: Target) -> str:
    if target.stage == "source":
        return "make bench"
    return f"requests to {target.url}" if target.is_local else f"CloudWatch, stack {target.stack}"


async def _measured(target: Target, now: datetime) -> list[Measurement]:
    if target.stage == "source":
        return measure_bench(await asyncio.to_thread(bench, target.root, os.environ))
    if target.is_local:
        with translate_errors("the shop"):
            answers = await _measure(target.url)
        endpoint_url = os.environ.get("AWS_ENDPOINT_URL", "")
        with translate_errors("the emulator"):
            ages = await oldest_message_seconds(endpoint_url, _queues(target))
        return [*measure_answers(answers), *measure_queue_ages(ages)]
    with translate_errors("CloudWatch"):
        return await asyncio.to_thread(_counted, target, now)


async def _measure(url: str) -> Answers:
    try:
        return await measure(url, rounds=_ROUNDS)
    except (KeyError, TypeError, IndexError, ValueError):
        raise SourceUnreachableError("the shop answers in another shape than ours") from None


def measure_bench(figures: list[Figure]) -> list[Measurement]:
    """Return the bench's figures; the last release's are their baselines."""
    return [
        Measurement(f"bench: {figure.name}", figure.value, figure.unit, baseline=figure.base)
        for figure in figures
    ]


def measure_answers(answers: Answers) -> list[Measurement]:
    """Return what requests to the api found out."""
    return [
        Measurement("p95 of api", round(answers.p95_ms, 1), "ms", samples=answers.count),
        Measurement("error rate of api", answers.failed / answers.count, "", samples=answers.count),
    ]


def measure_queue_ages(ages: dict[str, float]) -> list[Measurement]:
    """Return how old the oldest message of each queue is."""
    return [
        Measurement(f"oldest message of {queue}", round(seconds, 1), "s")
        for queue, seconds in ages.items()
    ]


def measure_function(
    function: str, figures: FunctionFigures, before: FunctionFigures
) -> list[Measurement]:
    """Return what CloudWatch counted of one function, next to the version before it."""
    return [
        Measurement(
            f"p95 of {function}",
            figures.p95_ms,
            "ms",
            samples=figures.calls,
            baseline=before.p95_ms,
        ),
        Measurement(
            f"error rate of {function}",
            figures.error_rate,
            "",
            samples=figures.calls,
            baseline=before.error_rate,
        ),
        Measurement(f"throttles of {function}", figures.throttles, "calls"),
    ]


def _counted(target: Target, now: datetime) -> list[Measurement]:
    client = aws_client("cloudwatch", target.region)
    functions = aws_client("lambda", target.region)
    window = Window.since(target.since, now)
    measurements = []
    for function in FUNCTIONS:
        name = function_name(target.stack, function.name)
        routing = find_routing(functions, name)
        if routing is not None and routing.canary is not None:
            # Both versions at the same time: what they share hurts both alike.
            figures = function_figures(client, name, window, version=routing.canary)
            before = function_figures(client, name, window, version=routing.stable)
        else:
            figures = function_figures(client, name, window, version=None)
            before = function_figures(client, name, window.before(), version=None)
        measurements += measure_function(function.name, figures, before)
    ages = cloudwatch.oldest_message_seconds(client, _queues(target), window)
    return [*measurements, *measure_queue_ages(ages)]


def _queues(target: Target) -> dict[str, str]:
    """Return the AWS names of the queues that are worked off."""
    return {
        queue.name: queue_name(target.stack, queue.name) for queue in QUEUES if queue.dead_letters
    }
