"""``acme-shop order``: why one order stands where it stands."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from app.domain.errors import OrderNotFoundError, StoreUnavailableError, UnreadableItemError
from app.domain.instants import instant_to_text
from infra.ages import age_text
from infra.cli.damaged_order import DamagedOrderEvidence, gather_damaged_order
from infra.cli.incomplete import check_complete
from infra.cli.order_evidence import choose_order, find_order_ids, gather
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.cli.trace import log_text
from infra.local.environment import REGION
from infra.orders.explanation import explain
from infra.orders.facts import Evidence, Explanation, OrderContext


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

    Of several orders of one trace it lists all, and explains the first that stands still.
    Nothing is moved. Of the order neither the card nor names and addresses are shown.
    """
    now = datetime.now(UTC)
    connection = connect(stack, region)
    found = find_order_ids(connection, order_id, now=now)
    order_id = found[0]
    states: dict[str, str] = {}
    if len(found) > 1:
        order_id, states = asyncio.run(choose_order(connection, found, now=now))
    try:
        evidence = asyncio.run(gather(connection, order_id, now=now))
    except (OrderNotFoundError, StoreUnavailableError, UnreadableItemError):
        remains = asyncio.run(gather_damaged_order(connection, order_id, now=now))
        _print(_remaining_facts(remains) if as_json else _remaining_lines(remains), states)
        check_complete(remains.missing)
        return
    explanations = explain(evidence, now=now)
    told = _facts(evidence, explanations) if as_json else _lines(evidence, explanations, now=now)
    _print(told, states)
    check_complete(evidence.missing)


def _print(told: dict[str, Any] | Iterator[str], states: Mapping[str, str]) -> None:
    """Print what is told of one order; ``states`` are those of all orders of its trace."""
    if isinstance(told, dict):
        print(json.dumps(told | ({"trace_orders": states} if states else {})))
        return
    if states:
        print(f"trace     {len(states)} orders; this tells of the first that stands still, if any")
    for order_id, state in states.items():
        print(f"of trace  {order_id}: {state}")
    print("\n".join(told))


def _remaining_facts(remains: DamagedOrderEvidence) -> dict[str, Any]:
    return {
        "order_id": remains.order_id,
        "item": remains.item,
        "payment": remains.payment,
        **_message_facts(remains),
        **asdict(remains.causes[0]),
        "causes": [asdict(cause) for cause in remains.causes],
    }


def _message_facts(around: OrderContext) -> dict[str, Any]:
    return {
        "queues": [asdict(status) for status in around.queues],
        "dead_letters": [asdict(dead_letter) for dead_letter in around.dead_letters],
        "log": [asdict(line) for line in around.log],
        "log_obstacle": around.log_obstacle,
        "messages": around.messages
        if around.messages is None
        else [asdict(message) for message in around.messages],
        "releases": [asdict(release) for release in around.releases],
        "missing": list(around.missing),
    }


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
        **_message_facts(evidence),
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
    yield from _cause_lines(explanations)


def _remaining_lines(remains: DamagedOrderEvidence) -> Iterator[str]:
    yield f"order     {remains.order_id}: its item {remains.item}"
    yield f"payment   {remains.payment}"
    yield from _message_lines(remains)
    yield from _cause_lines(remains.causes)


def _cause_lines(causes: Iterable[Explanation]) -> Iterator[str]:
    for cause in causes:
        yield f"why       {cause.why}"
        yield f"do        {cause.next_step}"


def _message_lines(around: OrderContext) -> Iterator[str]:
    """Yield what queues, dead-letter queues and log say."""
    for status in around.queues:
        if status.queue_obstacle:
            yield f"queue     {status.queue}: {status.queue_obstacle}"
            continue
        worker = status.obstacle or "works"
        yield (
            f"queue     {status.queue}: {status.waiting} waiting, {status.in_flight} in flight, "
            f"{status.delayed} delayed; mapping {status.mapping_state or 'missing'}; "
            f"{status.function}: {worker}"
        )
    if around.unsaved:
        yield "message   not known: the data cannot be saved"
    elif around.messages is None:
        yield "message   not known: SQS shows one only to its receiver, and counts that as a try"
    for message in around.messages or ():
        yield (
            f"message   {message.queue}, message {message.message_id}, {message.place}, "
            f"{age_text(message.age_seconds)} old, received {message.receives} times"
            + (f", hidden for {message.hidden_seconds} s" if message.hidden_seconds else "")
        )
    for dead_letter in around.dead_letters:
        yield (
            f"dead      {dead_letter.queue}, message {dead_letter.message_id}, "
            f"{age_text(dead_letter.age_seconds)} old: {dead_letter.reason}"
        )
    yield from (f"log       {text}" for text in log_text(around.log))
    if not around.log:
        yield f"log       {around.log_obstacle or 'no line is about it'}"
    yield from (f"missing   {what}" for what in around.missing)


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
