"""``acme-shop order``: why one order stands where it stands."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from app.domain.errors import OrderNotFoundError, UnreadableItemError
from app.domain.instants import instant_to_text
from infra.cli.dead_letters import age_text
from infra.cli.order_evidence import find_order_id, gather
from infra.cli.order_remains import Remains, gather_remains
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.cli.trace import log_text
from infra.local.environment import REGION
from infra.order_causes import Evidence, Explanation
from infra.order_explanation import explain


def command(
    order_id: Annotated[
        str,
        typer.Argument(
            help="The order's id, or the X-Request-Id or traceparent of the request for it."
        ),
    ],
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show one order, its payment, its queues and dead letters, why it stands there, what to do.

    Nothing is moved. Of the order neither the card nor names and addresses are shown.
    """
    now = datetime.now(UTC)
    connection = connect(stack, region)
    order_id = find_order_id(connection, order_id, now=now)
    try:
        evidence = asyncio.run(gather(connection, order_id, now=now))
    except (OrderNotFoundError, UnreadableItemError):
        remains = asyncio.run(gather_remains(connection, order_id, now=now))
        print(json.dumps(asdict(remains)) if as_json else "\n".join(_remaining_lines(remains)))
        return
    explanations = explain(evidence, now=now)
    if as_json:
        print(json.dumps(_facts(evidence, explanations)))
        return
    for line in _lines(evidence, explanations, now=now):
        print(line)


def _facts(evidence: Evidence, explanations: tuple[Explanation, ...]) -> dict[str, Any]:
    order, decision = evidence.order, evidence.decision
    return {
        "order_id": order.order_id,
        "state": order.state.name.lower(),
        "placed_at": instant_to_text(order.placed_at),
        "updated_at": instant_to_text(order.updated_at),
        "total_cents": order.total_cents,
        "trace_id": order.trace_id,
        "placed_by": order.placed_by,
        "history": [
            {"state": step.state.name.lower(), "at": instant_to_text(step.at), "by": step.by}
            for step in order.history
        ],
        "decision": decision
        and {
            "success": decision.success,
            "reason": decision.reason,
            "amount_cents": decision.amount_cents,
            "decided_at": instant_to_text(decision.decided_at),
        },
        "queues": [asdict(status) for status in evidence.queues],
        "dead_letters": [asdict(dead_letter) for dead_letter in evidence.dead_letters],
        "log": [asdict(line) for line in evidence.log],
        "log_obstacle": evidence.log_obstacle,
        "messages": evidence.messages
        if evidence.messages is None
        else [asdict(message) for message in evidence.messages],
        **asdict(explanations[0]),
        "causes": [asdict(explanation) for explanation in explanations],
    }


def _lines(
    evidence: Evidence, explanations: tuple[Explanation, ...], *, now: datetime
) -> Iterator[str]:
    order, decision = evidence.order, evidence.decision
    seconds = int((now - order.placed_at).total_seconds())
    age = f"{age_text(seconds)} ago" if seconds >= 0 else "in the future: a clock was wrong"
    yield f"order     {order.order_id}: {order.state.name.lower()}, {order.total_cents} cents"
    yield f"placed    {_time(order.placed_at)}, {age}"
    if order.placed_by:
        yield f"by        user {order.placed_by}, for user {order.user_id}"
    if order.trace_id:
        yield f"trace     {order.trace_id}"
    for step in order.history:
        yield f"history   {_time(step.at)}, {step.state.name.lower()} by {step.by}"
    if not order.history and order.updated_at != order.placed_at:
        yield f"moved     {_time(order.updated_at)}, to {order.state.name.lower()}"
    if decision is None:
        yield "payment   not decided"
    else:
        result = "paid" if decision.success else f"declined: {decision.reason}"
        yield f"payment   {_time(decision.decided_at)}, {result}, {decision.amount_cents} cents"
        if decision.amount_cents != order.total_cents:
            yield "          which is not the order's total"
    yield from _message_lines(evidence)
    for explanation in explanations:
        yield f"why       {explanation.why}"
        yield f"do        {explanation.next_step}"


def _remaining_lines(remains: Remains) -> Iterator[str]:
    yield f"order     {remains.order_id}: its item {remains.item}"
    yield f"payment   {remains.payment}"
    yield from _message_lines(remains)
    yield f"why       {remains.why}"
    yield f"do        {remains.next_step}"


def _message_lines(evidence: Evidence | Remains) -> Iterator[str]:
    """Yield what queues, dead-letter queues and log say."""
    for status in evidence.queues:
        worker = status.obstacle or "works"
        yield (
            f"queue     {status.queue}: {status.waiting} waiting, {status.in_flight} in flight, "
            f"{status.delayed} delayed; mapping {status.mapping_state or 'missing'}; "
            f"{status.function}: {worker}"
        )
    if evidence.messages is None:
        yield "message   not known: SQS shows one only to its receiver, and counts that as a try"
    for message in evidence.messages or ():
        yield (
            f"message   {message.queue}, message {message.message_id}, {message.place}, "
            f"{age_text(message.age_seconds)} old, received {message.receives} times"
        )
    for dead_letter in evidence.dead_letters:
        yield (
            f"dead      {dead_letter.queue}, message {dead_letter.message_id}, "
            f"{age_text(dead_letter.age_seconds)} old: {dead_letter.reason}"
        )
    yield from (f"log       {text}" for text in log_text(evidence.log))
    if not evidence.log:
        yield f"log       {evidence.log_obstacle or 'no line is about it'}"


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
