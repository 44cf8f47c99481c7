"""What a worker answers, held to the letter of Lambda's rules for partial failures.

Lambda takes the whole batch for failed when the report is not exactly this: an empty or
unknown id, another key, an answer that is no JSON. (The emulator deletes the batch instead.)
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import (
    OrderNotPaidError,
    QueueUnavailableError,
    ShopError,
    StoreMisconfiguredError,
)
from infra.sample_events import NAMES
from tests.support.sizes import SIZES
from tests.support.sqs_events import CONTEXT, Context, sqs_event, sqs_record
from workers import order, payment, shipment
from workers.batch import handle_batch
from workers.dependencies import AWS_DEPENDENCIES

pytestmark = [pytest.mark.usefixtures("stack"), pytest.mark.unmeasured]


def strictly(event: dict[str, Any], answer: Any) -> set[str]:
    """Return the ids an answer reports, or fail where Lambda would fail the batch."""
    assert answer == {"batchItemFailures": ANY}
    assert json.loads(json.dumps(answer)) == answer
    reported = []
    for failure in answer["batchItemFailures"]:
        assert list(failure) == ["itemIdentifier"]
        assert isinstance(failure["itemIdentifier"], str)
        assert failure["itemIdentifier"]
        reported.append(failure["itemIdentifier"])
    assert len(reported) == len(set(reported))
    assert set(reported) <= {record["messageId"] for record in event["Records"]}
    return set(reported)


class Outcome:
    """Everything that can become of a record."""

    DONE = "done"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    CRASHED = "crashed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    STUCK = "stuck"


OUTCOMES = [value for name, value in vars(Outcome).items() if name.isupper()]


async def act(record: dict[str, Any], _: object) -> None:
    body = record["body"]
    await asyncio.sleep(0)
    if body == Outcome.REFUSED:
        raise OrderNotPaidError("not yet")
    if body == Outcome.UNAVAILABLE:
        raise QueueUnavailableError("away")
    if body == Outcome.CRASHED:
        raise ZeroDivisionError
    if body == Outcome.CANCELLED:
        raise asyncio.CancelledError
    if body == Outcome.TIMED_OUT:
        raise TimeoutError
    if body == Outcome.STUCK:
        await asyncio.sleep(60)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(OUTCOMES), max_size=10))
def test_exactly_the_records_that_were_not_done_are_reported(outcomes: list[str]) -> None:
    event = sqs_event(*outcomes, queue="payment-request")

    # Nothing is left but the least that a batch is always given.
    answer = asyncio.run(handle_batch(event, Context(left=900), act, AWS_DEPENDENCIES))

    expected = {
        record["messageId"] for record in event["Records"] if record["body"] != Outcome.DONE
    }
    assert strictly(event, answer) == expected


@pytest.mark.parametrize(
    ("outcomes", "failed"), [(["done", "crashed", "refused"], 2), (["done"], 0)]
)
def test_failed_records_are_counted_where_lambda_counts_no_error(
    outcomes: list[str],
    failed: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "a-worker")
    event = {"Records": [sqs_record(outcome) for outcome in outcomes]}

    asyncio.run(handle_batch(event, CONTEXT, act, AWS_DEPENDENCIES))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["FailedRecords"] for line in lines] == ([failed] if failed else [])


def test_a_record_that_comes_twice_in_a_batch_is_reported_once() -> None:
    record = sqs_record(Outcome.CRASHED)
    event = {"Records": [record, dict(record)]}

    answer = asyncio.run(handle_batch(event, CONTEXT, act, AWS_DEPENDENCIES))

    assert strictly(event, answer) == {record["messageId"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TYPES = [None, "", "Refund", *(f"{domain} {outcome}" for domain, outcome in NAMES)]
FORMS = [
    "{}", '{"data":%s}', '{"data":{"orderID":%s}}', '{"metadata":%s,"data":%s}', "%s", "%s%s",
]  # fmt: skip


@st.composite
def poison(draw: st.DrawFn) -> str:
    """Return a text that no worker can do anything with."""
    if draw(st.booleans()):
        return draw(st.text())
    form = draw(st.sampled_from(FORMS))
    values = tuple(json.dumps(draw(JSON)) for _ in range(form.count("%s")))
    # No worker may take it for one of its own: the order id is never there and right.
    return (form % values).replace("orderID", draw(st.sampled_from(["orderID", "orderId2"])))


@pytest.mark.proof
@pytest.mark.parametrize(
    ("worker", "queue"),
    [
        (payment, "payment-request"),
        (order, "payment-response"),
        (order, "shipment-response"),
        (shipment, "shipment-request"),
        (order, "elsewhere"),
    ],
)
def test_the_real_handlers_report_poison_in_the_right_form(worker: Any, queue: str) -> None:
    @settings(
        max_examples=SIZES.bad_messages, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.lists(poison(), max_size=10))
    def report(bodies: list[str]) -> None:
        event = sqs_event(*bodies, queue=queue)
        strictly(event, worker.handler(event, CONTEXT))

    report()


#: Far more than the shop keeps: a machine that is busy goes on late.
RESERVE_SECONDS = 60.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """A function that has a second more left, in real time, than is kept for reporting."""
    monkeypatch.setattr("workers.batch.RESERVE_SECONDS", RESERVE_SECONDS)
    end = time.monotonic() + RESERVE_SECONDS + 1

    class Clock(Context):
        def get_remaining_time_in_millis(self) -> int:
            return int((end - time.monotonic()) * 1000)

    yield Clock()
    assert time.monotonic() < end, "the function overran its time-out"


def test_a_worker_stops_in_time_and_reports_the_rest(clock: Context) -> None:
    event = sqs_event(Outcome.DONE, Outcome.STUCK, Outcome.DONE, queue="payment-request")

    answer = asyncio.run(handle_batch(event, clock, act, AWS_DEPENDENCIES))

    assert strictly(event, answer) == {event["Records"][1]["messageId"]}
    left = clock.get_remaining_time_in_millis() / 1000
    assert RESERVE_SECONDS / 2 < left <= RESERVE_SECONDS


@pytest.mark.parametrize(
    "event", [None, [], "x", {}, {"Records": None}, {"Records": {}}, {"Records": "m-1"}]
)
@pytest.mark.parametrize("worker", [payment, shipment])
def test_nothing_of_what_is_no_batch_is_taken_for_done(worker: Any, event: Any) -> None:
    # Lambda reads the empty id as: the whole batch failed.
    assert worker.handler(event, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": ""}]}


@pytest.mark.parametrize(
    "damage",
    [
        {"body": None},
        {"body": 1},
        {"body": {}},
        {"body": "\ud800"},
        {"attributes": None},
        {"attributes": []},
        {"eventSourceARN": 5},
    ],
)
@pytest.mark.parametrize("worker", [payment, order, shipment])
def test_a_damaged_record_is_reported_and_its_neighbours_are_not_disturbed(
    worker: Any, damage: dict[str, Any]
) -> None:
    async def handle(record: dict[str, Any], dependencies: Any) -> None:
        if record["body"] != "good":
            await worker.handle(record, dependencies)

    record = sqs_record("no json") | damage
    event = {"Records": [sqs_record("good"), record]}

    answer = asyncio.run(handle_batch(event, CONTEXT, handle, AWS_DEPENDENCIES))

    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}


def test_a_record_without_an_id_fails_its_batch() -> None:
    nameless = {name: value for name, value in sqs_record("x").items() if name != "messageId"}

    answer = payment.handler({"Records": [nameless, None]}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": ""}]}


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (OrderNotPaidError(), "the order is not paid yet"),
        (StoreMisconfiguredError("the shop has no access"), "the shop has no access"),
        (
            StoreMisconfiguredError("x", code="AccessDeniedException", operation="PutItem"),
            "PutItem AccessDenied",
        ),
    ],
)
def test_a_failed_record_says_why_in_few_words(
    failure: ShopError, cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise failure

    asyncio.run(
        handle_batch(sqs_event("{}", queue="payment-request"), CONTEXT, fail, AWS_DEPENDENCIES)
    )

    assert re.search(rf" cause={cause} ms=\d+$", caplog.messages[-1])
