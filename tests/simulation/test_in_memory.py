"""Rules that the emulator's table cannot show: large pages, odd answers, hung calls."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.card import Card, CardRules
from app.domain.errors import (
    EventRefusedError,
    ShopError,
    StoreUnavailableError,
    UsernameTakenError,
)
from app.domain.order import OrderState
from app.domain.payment import TIMED_OUT_MESSAGE
from app.domain.user import Credentials, Role, User
from app.messages import CreditCardValidated, PaymentRequested
from app.services import payments
from app.services.sweeper import sweep
from app.store import orders as store
from app.store.dynamodb import DynamoDBError
from app.store.open_orders import list_due_orders
from app.store.order_items import order_to_item
from app.store.pagination import PageRequest
from app.store.payments import decision_to_item, find_decision
from app.store.users import add_user
from tests.golden.examples import decisions, orders
from tests.simulation.simulator.fake_clients import FakeClient
from tests.simulation.simulator.faults import Fault, NoFaults
from tests.simulation.simulator.lambdas import EPOCH, SimContext
from tests.simulation.simulator.loop import Process
from tests.simulation.simulator.small_shop import SmallShop
from workers import order, payment
from workers.batch import handle_batch

_CARD = Card("4111111111111111", 12, 2030, "123")
_PENDING = replace(orders()["pending"], placed_at=EPOCH, updated_at=EPOCH)


def many_orders(count: int, *, description: str = "") -> list[dict[str, Any]]:
    """Return items of orders, one placed a second after the other, oldest first."""
    [line] = _PENDING.lines
    return [
        order_to_item(
            replace(
                _PENDING,
                order_id=f"o-{number:03d}",
                placed_at=EPOCH + timedelta(seconds=number),
                lines=(replace(line, description=description),),
            )
        )
        for number in range(count)
    ]


def test_a_replayed_decision_is_announced_with_the_amount_that_was_decided() -> None:
    shop = SmallShop()
    for cents in (12_500, 99):
        message = PaymentRequested("o", _CARD, total_cents=cents)
        work = payments.decide(shop.table, shop.queues, message, rules=CardRules.STRICT, now=EPOCH)
        assert shop.run(work).amount_cents == 12_500

    amounts = [json.loads(body)["data"]["amount"] for _, body, _ in shop.sent.messages]
    assert amounts == [125, 125]


async def _list_due_orders(table: Any, request: PageRequest) -> Any:
    return await list_due_orders(table, request, now=EPOCH + timedelta(days=9))


@pytest.mark.parametrize("list_page", [store.list_orders])
def test_pages_of_whole_items_that_end_early_miss_nothing(list_page: Callable[..., Any]) -> None:
    shop = SmallShop()
    shop.put(*many_orders(30, description="x" * 300_000))
    found, token = [], None

    for _ in range(30):
        page = shop.run(list_page(shop.table, PageRequest(20, token)))
        assert len(page.entries) < 20
        found += [order.order_id for order in page.entries]
        token = page.next_token
        if token is None:
            break

    assert sorted(found) == [f"o-{number:03d}" for number in range(30)]


def test_open_orders_come_oldest_first() -> None:
    shop = SmallShop()
    for number, order_id in enumerate(("z", "m", "a", "n")):
        order = replace(_PENDING, order_id=order_id, placed_at=EPOCH + timedelta(number))
        shop.put(order_to_item(order))

    page = shop.run(_list_due_orders(shop.table, PageRequest(10)))

    assert [order.order_id for order in page.entries] == ["z", "m", "a", "n"]


def test_a_sweep_goes_on_behind_a_page_with_an_order_that_nobody_can_read() -> None:
    shop = SmallShop()
    items = many_orders(130)
    del items[50]["lines"]
    decision = replace(decisions()["declined"], order_id="o-129")
    shop.put(*items, decision_to_item(decision))

    report = shop.run(
        sweep(
            shop.table,
            shop.queues,
            now=EPOCH + timedelta(hours=1),
            by="sweeper@1",
            longest_delivery_seconds=120,
        )
    )

    assert report.unreadable == 1
    assert report.settled == 1
    assert shop.memory.items["ORDER#o-129", "ORDER"]["state"] == OrderState.DECLINED


@pytest.mark.parametrize("is_decided", [True, False])
def test_an_order_that_a_sweep_declines_says_why(*, is_decided: bool) -> None:
    shop = SmallShop()
    shop.put(order_to_item(_PENDING))
    if is_decided:
        decision = replace(decisions()["declined"], order_id=_PENDING.order_id, reason="expired")
        shop.put(decision_to_item(decision))

    shop.run(
        sweep(
            shop.table,
            shop.queues,
            now=EPOCH + timedelta(days=9),
            by="sweeper@1",
            longest_delivery_seconds=120,
        )
    )

    order = shop.run(store.get_order(shop.table, _PENDING.order_id))
    assert order.state is OrderState.DECLINED
    assert order.decline_reason == ("expired" if is_decided else TIMED_OUT_MESSAGE)


def test_a_sweep_pays_no_order_whose_total_changes_under_it() -> None:
    """The amount is compared again by the write that pays the order."""
    shop = SmallShop()
    stored = order_to_item(_PENDING)
    decision = replace(
        decisions()["paid"], order_id=_PENDING.order_id, amount_cents=_PENDING.total_cents
    )
    shop.put(stored, decision_to_item(decision))
    shown = dict(stored)
    stored["total_cents"] += 1
    read = shop.memory.batch_get

    def as_it_was(table: str, keys: list[Any], **options: Any) -> list[Any]:
        items = read(table, keys, **options)
        return [shown if item is stored else item for item in items]

    shop.memory.batch_get = as_it_was  # type: ignore[method-assign]
    report = shop.run(
        sweep(
            shop.table,
            shop.queues,
            now=EPOCH + timedelta(hours=1),
            by="sweeper@1",
            longest_delivery_seconds=120,
        )
    )

    assert report.failed == 1
    assert shop.memory.items["ORDER#" + _PENDING.order_id, "ORDER"]["state"] == OrderState.PENDING


def _changed(what: str, state: OrderState) -> list[dict[str, Any]]:
    """Return an order and its decision, of which somebody has changed one."""
    stored = order_to_item(replace(_PENDING, state=state))
    decision = decision_to_item(replace(decisions()["paid"], order_id=_PENDING.order_id))
    decision["amount_cents"] = _PENDING.total_cents
    (stored if what == "total" else decision)[f"{what}_cents"] += 1
    return [stored, decision]


@pytest.mark.parametrize("what", ["total", "amount"])
@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.PAID])
def test_an_order_of_another_amount_than_was_paid_is_not_settled(
    what: str, state: OrderState
) -> None:
    shop = SmallShop()
    shop.put(*_changed(what, state))
    decision = shop.run(find_decision(shop.table, _PENDING.order_id))
    assert decision is not None
    body = CreditCardValidated.from_decision(decision).to_body()
    record = {"messageId": "m", "body": body, "eventSourceARN": "a:payment-response"}

    with pytest.raises(EventRefusedError, match="amount"):
        shop.run(order.handle(record, shop.dependencies))

    assert shop.memory.items[f"ORDER#{_PENDING.order_id}", "ORDER"]["state"] == state
    assert shop.sent.messages == []


@pytest.mark.parametrize("what", ["total", "amount"])
@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.PAID])
def test_an_order_of_another_amount_than_was_paid_is_never_shipped(
    what: str, state: OrderState
) -> None:
    """Not in three days of sweeps, which do not decline it either."""
    shop = SmallShop()
    shop.put(*_changed(what, state))
    reports = [
        shop.run(
            sweep(
                shop.table,
                shop.queues,
                now=EPOCH + timedelta(hours=hours),
                by="sweeper@1",
                longest_delivery_seconds=120,
            )
        )
        for hours in range(1, 72)
    ]

    assert {(report.seen, report.failed, report.finished) for report in reports} == {(1, 1, 0)}
    assert shop.memory.items[f"ORDER#{_PENDING.order_id}", "ORDER"]["state"] == state
    assert shop.sent.messages == []


class HungCalls(NoFaults):
    """The table takes every call and answers none."""

    def fault_of_call(self, service: str, operation: str, now: float) -> Fault:
        """Let each call hang."""
        return Fault.HANG


def test_a_worker_reports_before_its_time_is_up_whatever_hangs() -> None:
    """Without a report SQS would deliver the good records of the batch once more, too."""
    shop = SmallShop(HungCalls())
    process = Process("payment", deadline=2.0)
    body = PaymentRequested("o", _CARD, total_cents=1).to_body()
    event = {"Records": [{"messageId": "m", "body": body}]}

    async def handle() -> float:
        context = SimContext(process, shop.loop.time)
        report = await handle_batch(event, context, payment.handle, shop.dependencies)
        assert report == {"batchItemFailures": [{"itemIdentifier": "m"}]}
        return process.deadline - shop.loop.now

    assert shop.run(handle(), process=process) > 0.5


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (("None", "ConditionalCheckFailed"), UsernameTakenError),
        (("None", "TransactionConflict"), StoreUnavailableError),
        (("ThrottlingError", "None"), StoreUnavailableError),
    ],
)
def test_only_a_taken_key_means_that_a_name_is_taken(
    reasons: tuple[str, ...], expected: type[ShopError], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancel(*arguments: object) -> None:
        raise DynamoDBError("TransactionCanceledException", reasons=reasons)

    monkeypatch.setattr(FakeClient, "transact_write", cancel)
    shop = SmallShop()
    user = User("u", "han", "", "", "", Role.CUSTOMER, EPOCH)

    with pytest.raises(expected):
        shop.run(add_user(shop.table, user, Credentials("u", "han", Role.CUSTOMER, "h")))


def test_a_number_that_an_order_has_is_not_written_over() -> None:
    shop = SmallShop()
    shop.put(order_to_item(orders()["shipped"]))
    order_id = orders()["shipped"].order_id

    order = shop.run(
        store.advance_order(
            shop.table,
            order_id,
            OrderState.DELIVERED,
            status="delivered",
            now=EPOCH,
            by="order@1",
            transaction_id="another",
            tracking_number="another",
        )
    )

    assert order.state is OrderState.DELIVERED
    assert order.transaction_id == orders()["shipped"].transaction_id
    assert order.tracking_number == orders()["shipped"].tracking_number
