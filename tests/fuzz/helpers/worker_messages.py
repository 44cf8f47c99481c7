"""Hostile messages, and batches that are none, for the real handlers of the workers."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from infra.sample_events import NAMES, sample_event
from tests.fuzz.helpers.hostile_bodies import WRECKS, damaged, giant
from tests.fuzz.helpers.oracle import is_readable, leaks
from tests.fuzz.helpers.request_parts import HALF
from tests.fuzz.helpers.sending import QUIET, Tally, captured_logs, shown
from tests.fuzz.helpers.world import World, auth_mode
from tests.support.sqs_events import CONTEXT, sqs_record
from workers import order, payment, shipment

_WORKERS: dict[str, Any] = {
    "payment-request": payment,
    "payment-response": order,
    "shipment-request": shipment,
    "shipment-response": order,
}
_NO_BATCHES: tuple[Any, ...] = (None, [], "x", 1, {"Records": None}, {"Records": {}})
#: What may be wrong with a record around its message, and whether it can still be handled.
_DAMAGES: tuple[tuple[dict[str, Any], bool], ...] = (
    ({"body": None}, False),
    ({"body": 5}, False),
    ({"body": {}}, False),
    ({"body": HALF}, False),
    ({"messageId": None}, True),
    ({"messageId": 5}, True),
    ({"attributes": None}, True),
    ({"attributes": {"ApproximateReceiveCount": None}}, True),
    ({"eventSourceARN": None}, True),
    ({"eventSourceARN": "arn:aws:sqs:::x-payment-response-x"}, True),
    ({"messageAttributes": HALF}, True),
)


@dataclass(frozen=True)
class Batch:
    """An event for a worker, and the indexes of the records that no worker can have handled."""

    queue: str
    event: Any
    lost: frozenset[int]


@st.composite
def batches(draw: st.DrawFn, world: World) -> Batch:
    """Draw up to five records for one worker, or something that is no batch."""
    queue = draw(st.sampled_from(sorted(_WORKERS)))
    if draw(st.integers(0, 19)) == 0 and _WORKERS[queue] is not order:
        return Batch(queue, draw(st.sampled_from(_NO_BATCHES)), frozenset())
    records: list[Any] = []
    lost = set()
    for index in range(draw(st.integers(0, 5))):
        body = draw(_bodies(world))
        text = body.decode("utf-8", "surrogateescape")
        record: Any = sqs_record(text, queue=queue)
        if not is_readable(body):
            lost.add(index)
        if draw(st.integers(0, 5)) == 0:
            damage, can_be_handled = draw(st.sampled_from(_DAMAGES))
            record |= damage
            if not can_be_handled:
                lost.add(index)
        elif draw(st.integers(0, 19)) == 0:
            record = draw(st.sampled_from((None, 1, "x", [], {})))
            lost.add(index)
        records.append(record)
    return Batch(queue, {"Records": records}, frozenset(lost))


def _bodies(world: World) -> st.SearchStrategy[bytes]:
    def like_sample(name: tuple[str, str]) -> st.SearchStrategy[bytes]:
        event = sample_event(*name, order_id=world.order_id, now=datetime.now(UTC))
        assert event is not None
        example = json.loads(event.to_body())
        if "card" in example["data"]:
            # Names of the event shape, which the planting of secrets does not know.
            example["data"]["card"]["number"] = example["data"]["card"].pop("Number")
        return damaged(example)

    return st.one_of(
        st.sampled_from(NAMES).flatmap(like_sample),
        st.sampled_from(NAMES).flatmap(like_sample),
        st.sampled_from(NAMES).flatmap(like_sample),
        st.sampled_from(WRECKS),
        st.binary(max_size=40),
        st.just("as much as is read").map(giant),
    )


def _complaints(batch: Batch, answer: Any) -> list[str]:
    """Return what is wrong with a worker's report."""
    if set(answer) != {"batchItemFailures"}:
        return ["a report of another shape"]
    reported = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    if not isinstance(batch.event, dict) or not isinstance(batch.event["Records"], list):
        return [] if reported == [""] else ["what is no batch was taken for done"]
    ids = [
        str(record.get("messageId") if isinstance(record, dict) else "")
        for record in batch.event["Records"]
    ]
    found = []
    if len(reported) != len(set(reported)):
        found.append("an id reported twice")
    if "" not in reported:
        if not set(reported) <= set(ids):
            found.append("an id that is in no record")
        if missed := [index for index in batch.lost if ids[index] not in reported]:
            found.append(f"records taken for done that no worker can have read: {missed}")
    return found


def check_batch(world: World, batch: Batch) -> int:
    """Hand a batch to its worker and judge the report; return how many records failed.

    Raises:
        AssertionError: something is wrong with it; says what, and shows the event.
    """
    with captured_logs() as log:
        answer = _WORKERS[batch.queue].handler(batch.event, CONTEXT)
    found = _complaints(batch, answer) + leaks(world, log.getvalue(), about="the log")
    if "Traceback" in log.getvalue():
        found.append("a crash in the log: " + log.getvalue().strip().splitlines()[-1][:200])
    assert not found, f"{found}\n{batch.queue}: {shown(batch.event)}\nreport: {answer}"
    return len(answer["batchItemFailures"])


def send_messages(world: World, *, mode: str, number: int, count: int) -> Tally:
    """Hand ``count`` batches drawn from the seed ``number`` to the workers."""
    tally = Tally()

    @seed(number)
    @settings(max_examples=count, **QUIET)  # type: ignore[arg-type]
    @given(batches(world))
    def every_report_is_right(batch: Batch) -> None:
        failed = check_batch(world, batch)
        tally.requests += 1
        tally.statuses["reported" if failed else "done"] += 1

    with auth_mode(mode):
        every_report_is_right()
    return tally
