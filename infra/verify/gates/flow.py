"""Gate ``flow``: does a purchase still arrive, and is nothing left behind on the way?

One synthetic purchase, the dead letters, the orders that are stuck, and every difference
between the deployed stack and its definitions.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from infra.topology import queue_name
from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.sources.aws_clients import SourceUnreachableError, aws_client, translate_errors
from infra.verify.sources.backlog import DeadLetters, count_dead_letters, stuck_orders
from infra.verify.sources.concurrency import concurrency_findings
from infra.verify.sources.drift import (
    Drift,
    functions_drift,
    queues_drift,
    table_drift,
    triggers_drift,
)
from infra.verify.sources.purchase import Purchase, PurchaseRefusedError, buy
from infra.verify.target import Target

GATE = "flow"

#: How long a purchase is waited for; how long it may take is for the policy to say.
PURCHASE_DEADLINE_SECONDS = 60.0


async def collect(target: Target) -> Evidence:
    """Buy something in the shop and look at what its queues, table and stack hold."""
    source = f"{target.url} and stack {target.stack}"
    now = datetime.now(UTC)
    try:
        with translate_errors("the shop"):
            purchase = await _buy(target.url)
        with translate_errors("AWS"):
            dead_letters = await asyncio.to_thread(
                lambda: count_dead_letters(aws_client("sqs", target.region), target.stack)
            )
            drift = await asyncio.to_thread(find_drift, target)
            crowded = await asyncio.to_thread(_find_concurrency_conflicts, target)
            stuck = await stuck_orders(target.stack, target.region, now=now)
    except SourceUnreachableError as failure:
        return Evidence(GATE, source, now, unreachable=str(failure))
    return build_evidence(
        target,
        source,
        now,
        purchase=purchase,
        dead_letters=dead_letters,
        stuck=stuck,
        drift=drift,
        crowded=crowded,
    )


async def _buy(url: str) -> Purchase | str:
    """Return how far a purchase came, or why the shop refused it."""
    try:
        return await buy(url, within_seconds=PURCHASE_DEADLINE_SECONDS)
    except PurchaseRefusedError as refusal:
        return str(refusal)
    except (KeyError, TypeError, IndexError):
        raise SourceUnreachableError("the shop answers in another shape than ours") from None


def _find_concurrency_conflicts(target: Target) -> list[Finding]:
    """Return where functions of a deployed stack can use up each other's concurrency."""
    if target.is_local:
        return []
    return list(concurrency_findings(aws_client("lambda", target.region), target.stack))


def find_drift(target: Target) -> list[Drift]:
    """Return where the deployed stack is not what its definitions say."""
    queues = aws_client("sqs", target.region)
    functions = aws_client("lambda", target.region)
    scheduler = aws_client("scheduler", target.region)
    return [
        *queues_drift(queues, target.stack),
        *table_drift(aws_client("dynamodb", target.region), target.stack),
        *functions_drift(functions, target.stack, is_local=target.is_local),
        *triggers_drift(functions, queues, scheduler, target.stack),
    ]


def build_evidence(
    target: Target,
    source: str,
    now: datetime,
    *,
    purchase: Purchase | str,
    dead_letters: list[DeadLetters],
    stuck: tuple[str, ...],
    drift: list[Drift],
    crowded: Sequence[Finding] = (),
) -> Evidence:
    """Return the evidence of what was found; ``purchase`` is a text when it was refused."""
    findings = [
        *(
            Finding(
                "dead-letters",
                queue_name(target.stack, dead_letter.queue),
                f"{dead_letter.count} messages",
            )
            for dead_letter in dead_letters
            if dead_letter.count
        ),
        *(Finding("stuck", f"order {order_id}", "is still open") for order_id in stuck),
        *(Finding("drift", difference.subject, str(difference)) for difference in drift),
        *crowded,
    ]
    seconds = None
    if isinstance(purchase, str):
        findings.insert(0, Finding("purchase", "the shop", f"refuses {purchase}"))
    elif not purchase.is_delivered:
        told = f"is {purchase.state} after {purchase.seconds:.0f} s"
        findings.insert(0, Finding("purchase", f"order {purchase.order_id}", told))
    else:
        seconds = round(purchase.seconds, 3)
    delivered = int(seconds is not None)
    return Evidence(
        GATE,
        source,
        now,
        (
            Measurement("purchases delivered", delivered, "of 1"),
            Measurement(
                "purchase delivered after",
                # Without a delivery the wait is what is known: at least that long.
                seconds if seconds is not None else PURCHASE_DEADLINE_SECONDS,
                "s",
                about="from ordering to delivered, handed over in the store",
            ),
            Measurement(
                "dead letters", sum(dead_letter.count for dead_letter in dead_letters), "messages"
            ),
            Measurement("stuck orders", len(stuck), "orders"),
            Measurement("drift", len(drift), "differences"),
        ),
        tuple(findings),
    )
