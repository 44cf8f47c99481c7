"""Dead payment requests: a card is not kept longer for being redriven."""

import asyncio
import json
from datetime import timedelta

import pytest

from app.domain.order import OrderState
from app.domain.payment import PAID_MESSAGE, PAYMENT_TIMEOUT, PaymentDecision
from app.domain.user import Role, User
from app.store.order_items import order_to_item
from app.store.payments import decision_to_item
from app.store.table import Item
from infra.dead_letters.diagnosis import diagnose
from infra.dead_letters.payments import TOO_OLD
from infra.dead_letters.redrive import STORE_UNAVAILABLE, Action
from infra.seeds.classic import classic_products, make_order
from tests.infra.dead_letters.helpers.fakes import (
    CARD,
    NOW,
    FakeQueues,
    FakeTable,
    UnavailableTable,
    dead_letter,
    run,
    sample,
)

BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)


def order(age: timedelta, state: OrderState = OrderState.PENDING) -> Item:
    products = list(classic_products(NOW))[:1]
    return order_to_item(make_order("o-1", BUYER, products, state, placed_at=NOW - age))


def decision(*, success: bool) -> Item:
    return decision_to_item(PaymentDecision("o-1", success, 3499, "t-1", PAID_MESSAGE, "", NOW))


@pytest.mark.parametrize("success", [True, False])
@pytest.mark.parametrize("age", [timedelta(minutes=1), timedelta(days=14)])
def test_a_decided_payment_is_announced_and_its_card_goes_nowhere(
    age: timedelta, *, success: bool
) -> None:
    queues = FakeQueues(dead_letter(sample("payment", "success", "o-1")))

    done = run(queues, FakeTable(order(age), decision(success=success)))

    [(queue, body)] = queues.sent
    assert queue == "payment-response"
    assert json.loads(body)["metadata"]["type"] == "CreditCardValidated"
    data = json.loads(body)["data"]
    assert (data["orderID"], data["success"]) == ("o-1", str(success).lower())
    assert CARD not in body
    assert (queues.dead_letters, done.stayed) == ({}, [])
    [moved] = done.moved
    assert (moved.action, moved.to, moved.event_type) == (
        Action.ANNOUNCE,
        "payment-response",
        "PaymentRequested",
    )


@pytest.mark.parametrize("items", [(), (order(PAYMENT_TIMEOUT - timedelta(seconds=1)),)])
def test_a_card_whose_order_waits_for_it_goes_back(items: tuple[Item, ...]) -> None:
    body = sample("payment", "success", "o-1")
    queues = FakeQueues(dead_letter(body))

    done = run(queues, FakeTable(*items))

    assert queues.sent == [("payment-request", body)]
    assert [moved.action for moved in done.moved] == [Action.SEND_BACK]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (order(PAYMENT_TIMEOUT), TOO_OLD),
        (order(timedelta(days=14)), TOO_OLD),
        (order(timedelta(minutes=1), OrderState.DECLINED), "past this already: declined"),
        (order(timedelta(minutes=1), OrderState.SHIPPED), "past this already: shipped"),
    ],
)
def test_a_card_without_a_pending_order_stays_and_both_commands_say_so(
    item: Item, reason: str
) -> None:
    late = dead_letter(sample("payment", "success", "o-1"))
    queues, table = FakeQueues(late), FakeTable(item)

    done = run(queues, table)

    assert (queues.sent, list(queues.dead_letters), queues.hidden) == ([], [late.message_id], set())
    assert done.moved == []
    [stays] = done.stayed
    assert reason in stays.reason
    assert asyncio.run(diagnose(table, late, now=NOW)) == stays


def test_a_dry_run_reports_the_action_for_each_letter() -> None:
    bodies = [sample("payment", "success", order_id) for order_id in ("o-1", "o-2")]
    queues = FakeQueues(*map(dead_letter, bodies))

    done = run(queues, FakeTable(decision(success=True)), dry_run=True)

    assert [moved.action for moved in done.moved] == [Action.ANNOUNCE, Action.SEND_BACK]
    assert (queues.sent, len(queues.dead_letters)) == ([], 2)


def test_without_the_store_payment_requests_stay_and_the_rest_goes_on() -> None:
    requests = [dead_letter(sample("payment", "success", f"o-{number}")) for number in range(3)]
    others = [
        dead_letter(sample("payment", "accepted")),
        dead_letter(sample("shipment", "requested"), queue="shipment-error"),
    ]
    queues, table = FakeQueues(*requests, *others), UnavailableTable()

    done = run(queues, table)

    assert done.is_store_away
    assert [stayed.reason for stayed in done.stayed] == [STORE_UNAVAILABLE] * 3
    assert [queue for queue, _ in queues.sent] == ["payment-response", "shipment-request"]
    assert set(queues.dead_letters) == {dead_letter.message_id for dead_letter in requests}
    assert (table.asked, queues.hidden) == (1, set())


@pytest.mark.parametrize("message", [("payment", "success"), ("shipment", "delivered")])
def test_an_order_that_cannot_be_read_stops_no_other_letter(message: tuple[str, str]) -> None:
    table = FakeTable({**order(timedelta(minutes=1)), "lines": "x"})
    domain, outcome = message
    letter = dead_letter(sample(domain, outcome, "o-1"), queue=f"{domain}-error")
    other = dead_letter(sample("shipment", "requested", "o-2"), queue="shipment-error")
    queues = FakeQueues(letter, other)

    told = asyncio.run(diagnose(table, letter, now=NOW))
    done = run(queues, table)

    assert told.reason.startswith("what is stored of its order cannot be read (lines: is not a li")
    assert not told.dies_again
    assert [stayed.reason for stayed in done.stayed] == [told.reason]
    assert [moved.order_id for moved in done.moved] == ["o-2"]
