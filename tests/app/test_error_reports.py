"""Errors are reported to Sentry, with what it takes to find the order, and nothing else."""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from app import error_reports
from app.domain.errors import QueueUnavailableError, StoreUnavailableError
from app.domain.order import OrderState
from app.domain.user import Role, User
from app.error_reports import MOST_REPORTS, reporting_errors, send_reports
from app.security.signing_keys import secrets_client
from app.services.sweeper import sweep
from app.settings import get_settings
from app.store.orders import add_order
from app.store.table import Table, get_table
from infra.seeds.classic import classic_products, make_order
from infra.verify.gates.leakage import new_card_number
from infra.verify.sources.canaries import bodies_that_fail, scatter
from tests.conftest import forget_clients
from tests.image.helpers.lambda_events import http_event
from tests.support.sent_events import SentEvents
from tests.support.sentry_ingest import Ingest, ingesting, reporting_to
from tests.support.shop import PASSWORD, fresh, stored_product, stored_user
from tests.support.sqs_events import CONTEXT, Context, sqs_record
from workers import order, payment, rotation
from workers.batch import Step, handle_batch
from workers.dependencies import AWS_DEPENDENCIES

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ORDER = "7c8bba4d-1ecc-42a9-8c64-16bea075f069"
log = logging.getLogger("shop.test")


@pytest.fixture
def ingest(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingest]:
    """Return the Sentry that this process reports to, at the log level of Lambda."""
    logging.getLogger("shop").setLevel(logging.INFO)
    with (
        ingesting() as running,
        reporting_to(
            running.dsn,
            monkeypatch,
            STAGE="test",
            VERSION="4f2a9c1",
            # The stage allows an address 100, and other tests' wrong passwords count.
            LOGIN_ATTEMPTS_BY_ADDRESS="3000",
        ),
    ):
        yield running
    logging.getLogger("shop").setLevel(logging.NOTSET)


def record(body: str, *, receives: int = 3) -> dict[str, Any]:
    text = {"stringValue": f"00-{TRACE}-00f067aa0ba902b7-01", "dataType": "String"}
    made = sqs_record(body, queue="payment-response", receives=receives)
    return made | {"messageAttributes": {"traceparent": text}}


def handled(*records: Any, by: Callable[..., Any], context: Any = CONTEXT) -> Any:
    """Return what a worker answers whose records ``by`` handles."""
    with reporting_errors(context):
        return asyncio.run(handle_batch({"Records": [*records]}, context, by, AWS_DEPENDENCIES))


async def crash(found: dict[str, Any], _: object) -> Step:
    """Do the first step of an order, and crash at any later one, quoting the body."""
    if found["attributes"]["ApproximateReceiveCount"] == "1":
        return Step("order.paid", ORDER)
    secret = json.loads(found["body"])
    raise ValueError(secret)


def test_a_record_that_crashes_is_reported_with_its_order(ingest: Ingest) -> None:
    body = json.dumps({"data": {"orderID": ORDER, "card": "4111111111111111"}})

    handled(record(body, receives=1), by=crash)
    answer = handled(failed := record(body), by=crash)

    assert answer == {"batchItemFailures": [{"itemIdentifier": failed["messageId"]}]}
    event = ingest.take()
    assert event["tags"] == {
        "event": "record.crashed",
        "order_id": ORDER,
        "queue": "payment-response",
        "receives": "3",
    }
    assert (event["level"], event["release"], event["environment"]) == ("error", "4f2a9c1", "test")
    assert event["contexts"]["trace"]["trace_id"] == TRACE
    # What this process did before with the order.
    (crumb,) = event["breadcrumbs"]["values"]
    assert crumb["message"].startswith(f"order.paid order_id={ORDER} queue=payment-response")
    (error,) = event["exception"]["values"]
    frame = error["stacktrace"]["frames"][-1]
    assert (error["type"], frame["function"]) == ("ValueError", "crash")
    assert "raise ValueError(secret)" in frame["context_line"]
    assert "value" not in error
    assert not {"request", "user", "extra", "modules"} & set(event)
    assert "vars" not in frame


@pytest.mark.parametrize(
    "named", ['"OrderID" : "', '"order_id":"', '"_id": "', '"orderNumber": "', '\\"_id\\": \\"']
)
def test_a_record_that_fails_is_a_warning_with_its_cause(ingest: Ingest, named: str) -> None:
    async def fail(*_: object) -> Step:
        raise StoreUnavailableError

    handled(record(f'{{"data": {{{named}{ORDER.upper()}"', receives=5), by=fail)

    event = ingest.take()
    assert (event["level"], event["tags"]["order_id"]) == ("warning", ORDER)
    assert (event["tags"]["receives"], event["tags"]["cause"]) == ("5", "StoreUnavailableError")
    assert event["fingerprint"] == ["record.failed", "StoreUnavailableError"]
    (error,) = event["exception"]["values"]
    assert error["value"] == str(StoreUnavailableError())


@pytest.mark.parametrize("about", ["", '{"orderID": "4111111111111111"}', '{"orderID": 5}'])
def test_a_record_about_no_order_is_reported_without_one(ingest: Ingest, about: str) -> None:
    async def fail(*_: object) -> Step:
        raise StoreUnavailableError

    handled(record(about), None, by=fail)

    failed, malformed = sorted(ingest.events, key=lambda event: str(event["level"]), reverse=True)
    assert "order_id" not in failed["tags"]
    assert malformed["tags"] == {"event": "record.malformed"}


async def test_a_crashed_request_is_reported_under_its_request_id(
    client: AsyncClient, ingest: Ingest
) -> None:
    secret = fresh("secret")

    class Broken:
        async def get_item(self, *_: Any, **__: Any) -> None:
            raise RuntimeError(secret)

    get_table()._client = Broken()  # type: ignore[assignment]

    answer = await client.get("/products/x?card=y", headers={"X-Password": "z"})

    event = ingest.take()
    assert answer.status_code == 500
    assert event["contexts"]["trace"]["trace_id"] == answer.headers["x-request-id"]
    assert event["tags"] == {
        "event": "request.crashed",
        "method": "GET",
        "route": "/products/{id}",
    }
    assert event["exception"]["values"][0]["type"] == "RuntimeError"
    assert secret not in json.dumps(event)


async def test_what_customers_do_wrong_and_outages_are_not_reported(
    client: AsyncClient, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.post("/login", json={"username": 5})).status_code == 400
    assert (await client.get("/cart/items/dan")).status_code == 401
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    get_table.cache_clear()
    assert (await client.get("/products/x")).status_code == 503

    assert ingest.asked == 0

    # A shop that is set up wrongly is.
    monkeypatch.delenv("TABLE")
    forget_clients()
    assert (await client.get("/products/x")).status_code == 500
    assert ingest.take()["tags"]["cause"] == "SettingsError"


@pytest.mark.parametrize(
    ("handler", "event", "kind"),
    [
        (order.handler, {}, "StoreUnavailableError"),
        (rotation.handler, {"Step": "no", "ClientRequestToken": "x"}, "ValueError"),
        (payment.handler, {"Records": [1]}, None),
    ],
)
def test_each_function_reports_and_still_raises(
    stack: dict[str, str],
    ingest: Ingest,
    monkeypatch: pytest.MonkeyPatch,
    handler: Any,
    event: Any,
    kind: str | None,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    get_table.cache_clear()

    if kind is None:
        handler(event, CONTEXT)
    else:
        with pytest.raises((StoreUnavailableError, ValueError)) as raised:
            handler(event, CONTEXT)
        assert type(raised.value).__name__ == kind

    reported = [event for event in ingest.events if event["level"] == "error"]
    assert [event["tags"].get("cause") for event in reported] == [kind]
    assert "trace" in reported[0]["contexts"] or kind is None


def test_an_order_that_the_sweeper_cannot_push_is_a_warning(
    own_stack: dict[str, str], ingest: Ingest
) -> None:
    now = datetime.now(UTC)
    buyer = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, now)
    goods = list(classic_products(now))[:1]
    made = make_order(ORDER, buyer, goods, OrderState.PENDING, placed_at=now - timedelta(hours=3))
    asyncio.run(add_order(get_table(), replace(made, state=OrderState.PAID)))
    away = SentEvents(QueueUnavailableError("the queue is away"))

    with reporting_errors(CONTEXT):
        asyncio.run(sweep(get_table(), away, now=now, by="sweeper@1", longest_delivery_seconds=120))

    event = ingest.take()
    assert event["level"] == "warning"
    assert event["tags"] == {
        "event": "sweep.failed",
        "order_id": ORDER,
        "cause": "QueueUnavailableError",
    }


def test_a_service_that_hangs_holds_one_call(
    ingest: Ingest, caplog: pytest.LogCaptureFixture
) -> None:
    ingest.hangs = True

    for _ in range(3):
        log.error("broken")
        send_reports(0.05)
        assert ingest.arrived.wait(30)

    assert ingest.asked == 1
    assert [record.message for record in caplog.records if "unsent" in record.message] == [
        "error_reports.unsent count=1 cause=TimeoutError"
    ]


@pytest.mark.parametrize("answer", ["refused", 400, 301, 503])
def test_a_service_that_is_away_or_refuses_harms_nothing(
    ingest: Ingest,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    answer: int | str,
) -> None:
    if answer == "refused":
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        monkeypatch.setenv("SENTRY_DSN", f"http://k@127.0.0.1:{port}/7")
        get_settings.cache_clear()
    else:
        ingest.status = int(answer)

    for _ in range(2):
        log.error("broken")
        send_reports()

    told = [record.message for record in caplog.records if "unsent" in record.message]
    cause = "NewConnectionError" if answer == "refused" else "UnsentError"
    assert told == [f"error_reports.unsent count=1 cause={cause}"]
    assert ingest.asked == (0 if answer == "refused" else 1)
    error_reports._quiet_until = 0.0
    ingest.status = 200
    log.error("broken again")
    send_reports()
    assert len(ingest.events) == (0 if answer == "refused" else 1)


@pytest.mark.parametrize("asked", [{"Retry-After": "120"}, {}, {"Retry-After": "soon"}])
def test_a_service_that_has_enough_is_left_alone(ingest: Ingest, asked: dict[str, str]) -> None:
    ingest.status, ingest.headers = 429, asked

    for _ in range(3):
        log.error("broken")
        send_reports()

    assert ingest.asked == 1


def test_without_time_left_a_report_goes_out_with_the_next_call(ingest: Ingest) -> None:
    async def fail(*_: object) -> Step:
        raise StoreUnavailableError

    handled(record("{}"), by=fail, context=Context(left=400))
    assert ingest.asked == 0

    with reporting_errors(CONTEXT):
        pass

    assert len(ingest.events) == 1


def test_a_flood_is_a_bounded_number_of_reports(ingest: Ingest) -> None:
    for number in range(3 * MOST_REPORTS):
        log.error("broken number=%d", number)
    send_reports()

    assert len(ingest.events) == MOST_REPORTS


def test_where_nobody_is_told_nothing_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENTRY_DSN", raising=False)
    get_settings.cache_clear()

    log.error("broken")
    with pytest.raises(ZeroDivisionError), reporting_errors(None):
        raise ZeroDivisionError

    assert not error_reports.has_reports()
    monkeypatch.setenv("SENTRY_DSN", "not an address")
    get_settings.cache_clear()
    error_reports.collect_errors()
    log.error("broken")
    assert not error_reports.has_reports()


def test_a_deployed_function_reads_the_address_from_its_secret(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = fresh("sentry")
    with ingesting() as ingest, reporting_to("", monkeypatch, SENTRY_DSN_SECRET=secret):
        log.error("before there is one")
        send_reports()
        assert ingest.asked == 0
        error_reports._quiet_until = 0.0
        secrets_client().create_secret(Name=secret, SecretString=ingest.dsn + "\n")

        log.error("broken")
        send_reports()

        assert ingest.take()["logentry"]["formatted"] == "broken"
    monkeypatch.delenv("SENTRY_DSN_SECRET")


async def test_no_secret_reaches_sentry_wherever_it_was_sent(
    client: AsyncClient,
    table: Table,
    ingest: Ingest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cards, CVVs, passwords and tokens: in crashes of requests and workers, at DEBUG."""
    for name in ("", "shop", "urllib3", "sentry_sdk"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    user, product = await stored_user(table), await stored_product(table)
    login = {"username": user.username, "password": PASSWORD, "cookies": False}
    tokens = (await client.post("/login", json=login)).json()
    marks = {name: tokens[name] for name in ("access_token", "refresh_token")}
    marks |= {"password": PASSWORD, "card": new_card_number(), "cvv": f"cvv-{uuid4().hex}"}

    class Broken:
        """Fails with an error that quotes all it was given."""

        def __getattr__(self, name: str) -> Any:
            def fail(*given: Any, **more: Any) -> None:
                raise RuntimeError(given, more, marks)

            return fail

    get_table()._client = Broken()  # type: ignore[assignment]
    headers = {"Authorization": f"Bearer {marks['access_token']}", "Cookie": marks["password"]}
    marks |= await scatter(
        client,
        user=user.user_id,
        headers=headers,
        secrets=dict(marks),
        new_card_number=new_card_number,
        line={"itemid": product.product_id, "quantity": 1},
        total="1",
    )
    line, card = {"itemid": "x", "name": marks["card"], "price": 1, "quantity": 1}, marks["card"]
    whole: dict[str, Any] = {
        "/login": login,
        "/register": {**login, "firstname": marks["card"], "lastname": marks["cvv"]},
        f"/cart/item/add/{user.user_id}": line,
        f"/order/add/{user.user_id}": {
            "card": {"number": card, "expMonth": "12", "expYear": "2099", "ccv": "987"},
            "cart": [line],
            "firstname": marks["password"],
        },
        "/refresh-token": {"refresh_token": marks["refresh_token"]},
    }
    for path, body in whole.items():
        answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code == 500, path
    crashed = len(ingest.events)
    for secret in (marks["card"], marks["access_token"], marks["CVV"], PASSWORD):
        shown = {"metadata": {"type": secret}, "data": {"orderID": secret, secret: secret}}
        bodies = [body.decode() for body in bodies_that_fail(("metadata", "data"), secret)]
        records = [record(body) for body in (*bodies, json.dumps(shown))]
        await asyncio.to_thread(payment.handler, {"Records": records}, CONTEXT)
        await asyncio.to_thread(handled, record(json.dumps(secret)), by=crash)

    assert crashed > len(whole)
    assert len(ingest.events) > crashed + 20
    found = [
        (kind, json.loads(envelope.split(b"\n")[2])["tags"])
        for kind, mark in marks.items()
        for envelope in ingest.envelopes
        if mark.encode() in envelope
    ]
    assert found == []


#: What Lambda does with a function, without Lambda: a process of its own, its log on two pipes.
_FUNCTIONS = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG)
from app.main import handler
from tests.support.sqs_events import CONTEXT
from workers import order, payment, shipment
calls = json.load(sys.stdin)
print([handler(event, CONTEXT)["statusCode"] for event in calls["requests"]])
print([len(w.handler(calls["batch"], CONTEXT)["batchItemFailures"])
       for w in (payment, order, shipment)])
"""


def test_a_process_of_its_own_reports_no_secret_to_a_server_of_its_own(ingest: Ingest) -> None:
    """All of its calls crash, because it has no table and no keys; each is reported over HTTP."""
    marks = {
        name: f"{name}-{uuid4().hex}" for name in ("name", "password", "token", "cvv", "path", "x")
    }
    marks["card"] = card = new_card_number()
    login = {"username": marks["name"], "password": marks["password"]}
    headers = {"authorization": f"Bearer {marks['token']}", "cookie": f"device={marks['x']}"}
    typed = {"number": card, "expMonth": "12", "expYear": "2099", "ccv": marks["cvv"]}
    paid = {"Number": card, "CVV": marks["cvv"], "ExpiryYear": 2099, "ExpiryMonth": 12}
    event = {"metadata": {"type": "PaymentRequested"}, "data": {"orderID": ORDER, "card": paid}}
    calls = {
        "requests": [
            http_event("POST", "/login", login),
            http_event("POST", "/register", {**login, "firstname": card, "lastname": "x"}),
            http_event("GET", f"/cart/items/{marks['path']}", headers=headers),
            http_event("POST", "/refresh-token", {"refresh_token": marks["token"]}),
            http_event("POST", "/order/add/x", {"card": typed, "cart": []}, headers),
        ],
        "batch": {"Records": [record(json.dumps(event)), record(json.dumps(marks))]},
    }
    wanted = ("PATH", "HOME", "SENTRY_DSN", "STAGE", "AWS_REGION", "PYTHONPATH")
    environment = {name: os.environ[name] for name in wanted if name in os.environ}

    run = subprocess.run(
        [sys.executable, "-c", _FUNCTIONS],
        input=json.dumps(calls),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.splitlines()[-2:] == ["[500, 500, 500, 500, 500]", "[2, 2, 2]"]
    told = [event["logentry"]["formatted"] for event in ingest.events]
    assert len([line for line in told if line.startswith("request.refused status=500")]) == 5
    assert len([line for line in told if line.startswith("record.failed")]) == 6
    said = run.stdout + run.stderr
    kept = b"".join(ingest.envelopes)
    assert [kind for kind, mark in marks.items() if mark in said or mark.encode() in kept] == []
