"""The sweeper finishes what was left half done, and leaves the rest alone."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.domain.errors import QueueUnavailableError
from app.domain.ids import transaction_id_for
from app.domain.order import Order, OrderState
from app.domain.payment import PAID_MESSAGE, PaymentDecision
from app.domain.sweeping import GRACE, LONGEST_PAUSE, SweepReport
from app.domain.user import Role, User
from app.messages import Event, EventType
from app.services.sweeper import (
    MOST_SHIPMENTS,
    sweep,
)
from app.store.keys import order_key, time_sort_key
from app.store.order_items import order_to_item
from app.store.orders import add_order, get_order, list_orders
from app.store.pagination import PageRequest
from app.store.payments import decide_once, decision_to_item, find_decision
from app.store.table import get_table
from infra.seeds.classic import classic_products, make_order
from tests.support.shop import count_calls
from tests.support.sqs_events import Context
from workers.dependencies import AWS_DEPENDENCIES
from workers.order import handle_schedule

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)

pytestmark = pytest.mark.usefixtures("own_table")


class SentMessages:
    """Queues that remember the events that were sent."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def send(self, event: Event, *, delay_seconds: int = 0) -> None:
        self.events.append(event)

    async def check(self, queue: str) -> None:
        raise AssertionError


def order_ids(queues: SentMessages) -> set[str]:
    return {event.order_id for event in queues.events}


async def order_of_age(
    state: OrderState, age: timedelta, *, idle: timedelta | None = None
) -> Order:
    order = make_order(
        str(uuid4()), BUYER, list(classic_products(NOW))[:1], OrderState.PENDING,
        placed_at=NOW - age,
    )  # fmt: skip
    order = replace(order, state=state, updated_at=NOW - (age if idle is None else idle))
    await add_order(get_table(), order)
    return order


async def run(queues: SentMessages | None = None, *, now: datetime = NOW) -> SweepReport:
    """Sweep; the age of the oldest order has a test of its own."""
    report = await sweep(
        get_table(), queues or SentMessages(), now=now, by="sweeper@1", longest_delivery_seconds=120
    )
    return replace(report, oldest_seconds=0, oldest_pending_seconds=0)


async def state_of(order: Order) -> OrderState:
    return (await get_order(get_table(), order.order_id)).state


@pytest.mark.unmeasured
async def test_an_order_whose_decision_got_lost_is_settled() -> None:
    order = await order_of_age(OrderState.PENDING, timedelta(minutes=6))
    transaction = transaction_id_for(order.order_id)
    decision = PaymentDecision(order.order_id, True, 6250, transaction, PAID_MESSAGE, "", NOW)
    await decide_once(get_table(), decision)
    queues = SentMessages()

    report = await run(queues)

    assert report == SweepReport(seen=1, settled=1)
    assert await state_of(order) is OrderState.PAID
    assert [event.event_type for event in queues.events] == [EventType.SHIPMENT_REQUESTED]


async def test_an_order_unpaid_for_48_hours_is_declined() -> None:
    order = await order_of_age(OrderState.PENDING, timedelta(hours=48))

    report = await run()

    assert report == SweepReport(seen=1, timed_out=1)
    found = await get_order(get_table(), order.order_id)
    assert (found.state, found.status) == (OrderState.DECLINED, "payment timed out")
    decision = await find_decision(get_table(), order.order_id)
    assert decision is not None
    assert (decision.success, decision.transaction_id) == (False, "-1")


async def test_a_paid_order_that_stands_still_asks_for_its_shipment_again() -> None:
    await order_of_age(OrderState.PAID, timedelta(minutes=9), idle=timedelta(minutes=6))
    queues = SentMessages()

    report = await run(queues)

    assert report == SweepReport(seen=1, shipments_requested=1)
    assert [event.event_type for event in queues.events] == [EventType.SHIPMENT_REQUESTED]


async def test_a_shipped_order_that_never_arrives_is_sent_again() -> None:
    late = timedelta(seconds=120) + timedelta(minutes=5)
    await order_of_age(OrderState.SHIPPED, timedelta(minutes=30), idle=late)

    assert (await run()).shipments_requested == 1


@pytest.mark.parametrize(
    ("state", "age", "idle"),
    [
        (OrderState.PENDING, timedelta(minutes=4), None),
        (OrderState.PENDING, timedelta(hours=47), None),
        (OrderState.PAID, timedelta(hours=1), timedelta(minutes=4)),
        (OrderState.SHIPPED, timedelta(hours=1), timedelta(minutes=6)),
        (OrderState.DELIVERED, timedelta(hours=99), None),
        (OrderState.DECLINED, timedelta(hours=99), None),
    ],
)
async def test_what_is_on_its_way_or_final_is_left_alone(
    state: OrderState, age: timedelta, idle: timedelta | None
) -> None:
    order = await order_of_age(state, age, idle=idle)
    queues = SentMessages()

    report = await run(queues)

    assert report in {SweepReport(), SweepReport(seen=1)}
    assert queues.events == []
    assert await state_of(order) is state


async def test_a_final_order_that_was_put_back_into_the_list_is_taken_out() -> None:
    order = await order_of_age(OrderState.DELIVERED, timedelta(hours=9))
    key = order_key(order.order_id)
    item = await get_table().get(key) or {}
    listed = order_to_item(replace(order, state=OrderState.PENDING), layout=get_table().layout)
    await get_table().put(item | {name: listed[name] for name in ("GSI3PK", "GSI3SK")})

    first, second = await run(), await run()

    assert (first, second) == (SweepReport(seen=1), SweepReport())
    assert await get_table().get(key) == item


@pytest.mark.unmeasured
async def test_every_page_is_swept_and_a_second_sweep_finds_nothing() -> None:
    orders = [await order_of_age(OrderState.PENDING, timedelta(hours=50)) for _ in range(103)]

    first, second = await run(), await run()

    assert first == SweepReport(seen=103, timed_out=103)
    assert second == SweepReport()
    assert {await state_of(order) for order in orders} == {OrderState.DECLINED}


async def test_a_sweep_that_runs_out_of_time_says_so() -> None:
    for _ in range(23):
        await order_of_age(OrderState.PENDING, timedelta(hours=50))
    looks = iter((True, False))

    report = await sweep(
        get_table(),
        SentMessages(),
        now=NOW,
        by="sweeper@1",
        longest_delivery_seconds=120,
        may_go_on=lambda: next(looks, False),
    )

    assert replace(report, oldest_seconds=0, oldest_pending_seconds=0) == SweepReport(
        seen=20, timed_out=20, is_complete=False
    )


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "damage", [{"placed_at": "yesterday"}, {"lines": "x"}, {"card": "x"}, {"total_cents": "abc"}]
)
async def test_an_unreadable_order_stops_no_other(
    caplog: pytest.LogCaptureFixture, damage: dict[str, Any]
) -> None:
    odd = await order_of_age(OrderState.PENDING, timedelta(hours=51))
    await get_table().put({**order_to_item(odd), **damage})
    order = await order_of_age(OrderState.PENDING, timedelta(hours=50))

    report = await run()

    assert report == SweepReport(seen=1, timed_out=1, unreadable=1)
    assert await state_of(order) is OrderState.DECLINED
    assert f"order.unreadable order_id={odd.order_id}" in caplog.text
    listed = await list_orders(get_table(), PageRequest())
    assert [entry.order_id for entry in listed.entries] == [order.order_id]
    assert await run() == SweepReport()
    assert await run(now=NOW + GRACE) == SweepReport(unreadable=1)


async def test_an_order_in_a_state_of_a_later_release_is_looked_at_once_an_hour() -> None:
    odd = await order_of_age(OrderState.PENDING, timedelta(hours=51))
    await get_table().put({**order_to_item(odd), "state": 6})
    queues = SentMessages()

    reports = [await run(queues, now=NOW + hours * LONGEST_PAUSE) for hours in (0, 0.9, 1)]

    assert reports == [SweepReport(seen=1), SweepReport(), SweepReport(seen=1)]
    assert queues.events == []
    assert await state_of(odd) is OrderState.UNKNOWN


async def test_an_unreadable_decision_stops_no_other_and_is_not_decided_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    odd = await order_of_age(OrderState.PENDING, timedelta(hours=51))
    decision = PaymentDecision(odd.order_id, True, odd.total_cents, "t", PAID_MESSAGE, "", NOW)
    await get_table().put({**decision_to_item(decision), "amount_cents": "abc"})
    order = await order_of_age(OrderState.PENDING, timedelta(hours=50))

    report = await run()

    assert report == SweepReport(seen=1, timed_out=1, unreadable=1)
    assert await state_of(order) is OrderState.DECLINED
    assert await state_of(odd) is OrderState.PENDING
    assert f"decision.unreadable order_id={odd.order_id}: amount_cents: is not" in caplog.text


async def test_a_paid_order_whose_decision_cannot_be_read_is_counted_and_not_shipped() -> None:
    odd = await order_of_age(OrderState.PAID, timedelta(hours=1))
    decision = PaymentDecision(odd.order_id, True, odd.total_cents, "t", PAID_MESSAGE, "", NOW)
    await get_table().put({**decision_to_item(decision), "order_id": "another"})
    queues = SentMessages()

    assert await run(queues) == SweepReport(unreadable=1)
    assert queues.events == []


async def test_an_order_that_is_filed_far_in_the_future_is_swept_and_filed_anew() -> None:
    odd = await order_of_age(OrderState.PAID, timedelta(hours=1))
    await get_table().put({**order_to_item(odd), "GSI3SK": "2099-01-01T00:00:00.000000Z#x"})
    queues = SentMessages()

    assert await run(queues) == SweepReport(seen=1, shipments_requested=1)
    assert order_ids(queues) == {odd.order_id}
    assert await run(queues) == SweepReport()
    assert (await run(queues, now=NOW + LONGEST_PAUSE)).seen == 1


@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.PAID])
async def test_where_events_are_trusted_an_order_goes_on_that_one_has_paid_otherwise(
    state: OrderState,
) -> None:
    order = await order_of_age(state, timedelta(hours=1))
    amount = order.total_cents - 1
    await decide_once(
        get_table(), PaymentDecision(order.order_id, True, amount, "t", PAID_MESSAGE, "", NOW)
    )
    queues = SentMessages()

    report = await sweep(
        get_table(),
        queues,
        now=NOW,
        by="sweeper@1",
        longest_delivery_seconds=120,
        trusts_events=True,
    )

    assert (report.failed, report.finished) == (0, 1)
    assert order_ids(queues) == {order.order_id}
    assert await state_of(order) is OrderState.PAID


async def test_an_order_whose_payment_was_of_another_amount_is_reported_and_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    order = await order_of_age(OrderState.PENDING, timedelta(hours=1))
    amount = order.total_cents - 1
    await decide_once(
        get_table(), PaymentDecision(order.order_id, True, amount, "t", PAID_MESSAGE, "", NOW)
    )
    queues = SentMessages()

    report = await run(queues)

    assert (report.seen, report.settled, report.failed) == (1, 0, 1)
    assert queues.events == []
    assert await state_of(order) is OrderState.PENDING
    assert (
        f"sweep.failed order_id={order.order_id} cause=EventRefusedError: amount: " in caplog.text
    )


class BrokenFor(SentMessages):
    """Queues that do not take what is about one order."""

    def __init__(self, order: Order, failure: Exception) -> None:
        super().__init__()
        self._order = order
        self._failure = failure

    async def send(self, event: Event, *, delay_seconds: int = 0) -> None:
        if self._order.order_id == event.order_id:
            raise self._failure
        await super().send(event)


@pytest.mark.parametrize("failure", [QueueUnavailableError("away"), RuntimeError("odd")])
async def test_an_order_that_cannot_be_pushed_stops_no_other(failure: Exception) -> None:
    broken = await order_of_age(OrderState.PAID, timedelta(hours=60))
    await order_of_age(OrderState.PAID, timedelta(hours=50))
    late = await order_of_age(OrderState.PENDING, timedelta(hours=49))
    queues = BrokenFor(broken, failure)

    report = await run(queues)

    assert report == SweepReport(seen=3, timed_out=1, shipments_requested=1, failed=1)
    assert await state_of(late) is OrderState.DECLINED
    # Nor does it stand before the others in the next sweep.
    assert await run(queues) == SweepReport()
    assert (await run(queues, now=NOW + GRACE)).failed == 1


async def test_payments_do_not_wait_behind_shipments_that_stand_still() -> None:
    """No order is shipped, and there are more such orders than one sweep asks for."""
    for _ in range(MOST_SHIPMENTS + 30):
        await order_of_age(OrderState.PAID, timedelta(hours=60))
    late = await order_of_age(OrderState.PENDING, timedelta(hours=49))
    first, second = SentMessages(), SentMessages()

    report = await run(first)
    await sweep(get_table(), second, now=NOW + GRACE, by="sweeper@1", longest_delivery_seconds=120)

    assert report.timed_out == 1
    assert await state_of(late) is OrderState.DECLINED
    assert report.shipments_requested == len(order_ids(first)) == MOST_SHIPMENTS
    assert not report.is_complete
    # Who was left out is not left out again and again.
    assert order_ids(second) - order_ids(first)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what a function of this name has written as metrics."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "some-order-function")
    monkeypatch.setenv("STAGE", "local")
    return lambda: json.loads(capsys.readouterr().out.splitlines()[-1])


async def test_what_a_sweep_left_out_is_a_metric_and_no_failed_function(printed: Any) -> None:
    order = await order_of_age(OrderState.PAID, timedelta(days=400))
    odd = await order_of_age(OrderState.PENDING, timedelta(hours=51))
    await get_table().put({**order_to_item(odd), "placed_at": "yesterday"})
    queues = BrokenFor(order, QueueUnavailableError("away"))
    dependencies = replace(AWS_DEPENDENCIES, get_queues=lambda: queues, now=lambda: NOW)

    facts = await handle_schedule(Context(), dependencies)

    assert (facts["failed"], facts["unreadable"]) == (1, 1)
    line = printed()
    assert (line["SweepFailed"], line["SweepUnreadable"], line["SweepIncomplete"]) == (1, 1, 0)
    [described] = line["_aws"]["CloudWatchMetrics"]
    assert described["Dimensions"] == [["FunctionName"]]
    assert line["FunctionName"] == "some-order-function"
    assert {metric["Name"] for metric in described["Metrics"]} <= set(line)


async def test_the_age_of_the_oldest_open_order_is_told(printed: Any) -> None:
    await order_of_age(OrderState.PENDING, timedelta(hours=3))
    await order_of_age(OrderState.PENDING, timedelta(hours=50))
    await order_of_age(OrderState.PAID, timedelta(hours=5))

    await handle_schedule(
        Context(), replace(AWS_DEPENDENCIES, now=lambda: NOW, get_queues=SentMessages)
    )

    # The order of 50 hours was declined and is open no more.
    line = printed()
    assert line["OldestOpenOrderSeconds"] == 5 * 3600
    assert line["OldestPendingOrderSeconds"] == 3 * 3600
    # One timed out, and one shipment was asked for.
    assert line["SweepFinishes"] == 2


async def test_a_sweep_starts_where_the_last_one_ended() -> None:
    """More orders that nothing can push than one sweep has time for, and one stuck behind them."""
    for _ in range(150):
        await order_of_age(OrderState.PENDING, timedelta(hours=40))
    stuck = await order_of_age(OrderState.PAID, timedelta(hours=30))
    queues = SentMessages()

    for number in range(3):
        looks = iter([True] * 4)
        await sweep(
            get_table(),
            queues,
            now=NOW + number * GRACE,
            by="sweeper@1",
            longest_delivery_seconds=120,
            may_go_on=lambda looks=looks: next(looks, False),  # type: ignore[misc]
        )

    assert order_ids(queues) == {stuck.order_id}


async def test_orders_that_are_not_due_cost_no_read_of_their_own() -> None:
    for _ in range(30):
        await order_of_age(OrderState.PENDING, timedelta(minutes=1))
    calls = count_calls(get_table())

    assert await run() == SweepReport()

    assert len([call for call in calls if call != "query"]) == 0


async def test_an_order_filed_by_an_earlier_release_is_due_at_once() -> None:
    order = await order_of_age(OrderState.PENDING, timedelta(hours=50))
    item = order_to_item(order)
    item["GSI3SK"] = time_sort_key(order.placed_at, order.order_id)
    await get_table().put(item)

    assert await run() == SweepReport(seen=1, timed_out=1)
