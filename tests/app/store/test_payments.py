"""Payment decisions in the table: the first one stays."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from app.domain.payment import PaymentDecision, time_out_payment
from app.store.payments import (
    FoundDecisions,
    decide_once,
    decision_to_item,
    find_decision,
    find_decisions,
    item_to_decision,
)
from app.store.table import Table
from tests.support.shop import fresh

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def decision(*, amount_cents: int = 1) -> PaymentDecision:
    return time_out_payment(fresh("order"), amount_cents=amount_cents, now=NOW)


def test_a_decision_is_read_as_it_was_stored() -> None:
    made = decision()

    assert item_to_decision(decision_to_item(made)) == made


async def test_the_first_decision_stays(table: Table) -> None:
    first = decision()
    other = replace(first, success=True, message="another")

    assert await decide_once(table, first) == first
    assert await decide_once(table, other) == first
    assert await find_decision(table, first.order_id) == first


async def test_of_many_decisions_at_once_all_callers_get_the_same(table: Table) -> None:
    order_id = fresh("order")
    made = [time_out_payment(order_id, amount_cents=cents, now=NOW) for cents in range(8)]

    kept = await asyncio.gather(*(decide_once(table, decision) for decision in made))

    assert len(set(kept)) == 1
    assert kept[0] in made


async def test_only_decisions_that_exist_are_found(table: Table) -> None:
    made = decision()
    await decide_once(table, made)

    assert await find_decision(table, fresh("order")) is None
    found = await find_decisions(table, [made.order_id, fresh("order")])
    assert found == FoundDecisions({made.order_id: made}, frozenset())
