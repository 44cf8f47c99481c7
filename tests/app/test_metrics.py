"""Business metrics: what is counted, once each, in CloudWatch's embedded format."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from app.domain.card import Card, CardRules
from app.domain.draft import DraftLine, OrderDraft
from app.domain.order import Address
from app.messages import CreditCardValidated, PaymentRequested, ShipmentDelivered, ShipmentSent
from app.metrics import BUSINESS_STREAMS, SWEEP_STREAMS, emit_metrics
from app.services.order_events import record_shipment, settle_payment
from app.services.orders import place_order, wait_for_decision
from app.services.payment_wait import PaymentWait
from app.services.payments import decide
from app.settings import get_settings
from app.store.table import Table
from infra.cost.assumptions import LINE_BYTES, METRIC_LOG_BYTES
from tests.support.sent_events import SentEvents
from tests.support.shop import PASSWORD, bearer, fresh, stored_product, stored_user
from tests.support.sqs_events import Context
from workers.dependencies import AWS_DEPENDENCIES
from workers.order import handle_schedule

FUNCTION = "production-acmeserverless-lambda-payment"
NOW = datetime.now(UTC)
NAMES = {name for _, name in BUSINESS_STREAMS}


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", FUNCTION)
    monkeypatch.setenv("VERSION", "1.0.0-4f2a9c1")
    monkeypatch.setenv("STAGE", "local")


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return what was emitted since the last question: values and properties of each line."""
    found = []
    for line in capsys.readouterr().out.splitlines():
        told = json.loads(line)
        # A sweep writes one line in five minutes; the others come with each order.
        assert "SweepFinishes" in told or len(line) + LINE_BYTES <= METRIC_LOG_BYTES
        meta = told.pop("_aws")
        (directive,) = meta["CloudWatchMetrics"]
        assert abs(meta["Timestamp"] / 1000 - NOW.timestamp()) < 600
        assert (directive["Namespace"], directive["Dimensions"]) == ("AcmeShop", [["FunctionName"]])
        names = {metric["Name"] for metric in directive["Metrics"]}
        # Neither the version nor an order makes a stream of its own.
        assert names <= NAMES | set(SWEEP_STREAMS)
        assert names <= set(told)
        assert (told.pop("FunctionName"), told.pop("Version")) == (FUNCTION, "1.0.0-4f2a9c1")
        found.append(told)
    return found


def draft(product_id: str, user_id: str, card: Card) -> OrderDraft:
    line = DraftLine(product_id, "", "", quantity=1, price_cents=None)
    return OrderDraft(user_id, "", "", "", Address(), "UPS", card, (line,), None)


async def run_twice(table: Table, card: Card) -> None:
    """Do every step of an order, and each of them once more."""
    product, user_id, key = await stored_product(table), fresh(), fresh()
    queues = SentEvents()
    placed_at = NOW - timedelta(seconds=2)
    for again in range(2):
        later = timedelta(seconds=again)
        order = await place_order(
            table,
            queues,
            draft(product.product_id, user_id, card),
            idempotency_key=key,
            client_is_trusted=False,
            fingerprint_key=b"k" * 32,
            now=placed_at + later,
            by="api@1",
        )
    order_id = order.order_id
    await wait_for_decision(table, order_id, seconds=0.01, wait=PaymentWait())
    request = PaymentRequested(order_id, card, total_cents=order.total_cents)
    for again in range(2):
        later = timedelta(seconds=again)
        decision = await decide(table, queues, request, rules=CardRules.STRICT, now=NOW + later)
        result = CreditCardValidated.from_decision(decision)
        await settle_payment(table, queues, result, now=NOW + later, by="order@1")
        if not decision.success:
            continue
        for event in (ShipmentSent, ShipmentDelivered):
            report = event(order_id=order_id, tracking_number="t")
            await record_shipment(table, report, now=NOW + later, by="order@1")


async def test_an_order_is_counted_once_at_each_step(
    table: Table, in_lambda: None, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_twice(table, Card("4111111111111111", 12, 2099, "123"))
    paid = emitted(capsys)
    await run_twice(table, Card("4111111111111111", 12, 2020, "123"))
    declined = emitted(capsys)

    placed = [{"OrdersPlaced": 1}, {"PaymentWaitsRunOut": 1}]
    assert paid == [
        *placed,
        {"OrdersPaid": 1, "TimeToPaidSeconds": 2.0},
        {"OrdersDelivered": 1, "TimeToDeliveredSeconds": 2.0},
    ]
    assert declined == [*placed, {"OrdersDeclined": 1, "Reason": "creditcard has expired"}]


async def test_what_a_sweep_finished_is_counted(
    own_stack: dict[str, str], in_lambda: None, capsys: pytest.CaptureFixture[str]
) -> None:
    table = AWS_DEPENDENCIES.table
    product = await stored_product(table)
    await place_order(
        table,
        SentEvents(),
        draft(product.product_id, fresh(), Card("4111111111111111", 12, 2099, "123")),
        idempotency_key=None,
        client_is_trusted=False,
        fingerprint_key=b"k" * 32,
        now=NOW - timedelta(hours=49),
        by="api@1",
    )
    capsys.readouterr()

    await handle_schedule(Context(), AWS_DEPENDENCIES)

    declined, sweep = emitted(capsys)
    assert declined == {"OrdersDeclined": 1, "Reason": "payment timed out"}
    assert (sweep["SweepFinishes"], set(sweep)) == (1, {"SweepFinishes", *SWEEP_STREAMS})


async def test_logins_refusals_and_throttles_are_counted(
    client: AsyncClient,
    table: Table,
    in_lambda: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LOGIN_ATTEMPTS", "1")
    get_settings.cache_clear()
    user = await stored_user(table)
    capsys.readouterr()

    statuses = [
        (
            await client.post("/login", json={"username": user.username, "password": password})
        ).status_code
        for password in (PASSWORD, "x", "x", "x")
    ]
    statuses.append((await client.get("/users", headers=await bearer(fresh()))).status_code)

    kinds = {200: "Logins", 401: "Refusals", 403: "Refusals", 429: "ThrottledAttempts"}
    assert {200, 401, 403, 429} == set(statuses)
    assert emitted(capsys) == [{kinds[status]: 1} for status in statuses]


def test_every_stream_is_one_that_is_counted_and_there_are_twelve() -> None:
    seen = {
        "OrdersPlaced", "OrdersPaid", "OrdersDeclined", "OrdersDelivered", "TimeToPaidSeconds",
        "TimeToDeliveredSeconds", "PaymentWaitsRunOut", "SweepFinishes", "Logins", "Refusals",
        "ThrottledAttempts",
    }  # fmt: skip

    assert seen == NAMES
    assert len(set(BUSINESS_STREAMS)) == len(BUSINESS_STREAMS) == 12


def test_outside_of_lambda_nothing_is_emitted(capsys: pytest.CaptureFixture[str]) -> None:
    emit_metrics({"OrdersPlaced": 1}, now=NOW)

    assert capsys.readouterr().out == ""
