"""Dead letters: the queue each came from, and what operators are shown of it."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError
from app.messages import EVENTS, QUEUE_OF, EventType
from infra.cli.sample_events import NAMES
from infra.dead_letters.diagnosis import diagnose
from infra.dead_letters.messages import (
    QueueScan,
    order_id_in,
    origin_of,
)
from tests.infra.dead_letters.helpers.fakes import (
    CARD,
    NOW,
    FakeQueues,
    UnavailableTable,
    dead_letter,
    run,
    sample,
)


@pytest.mark.parametrize(("domain", "outcome"), NAMES)
def test_every_event_goes_back_to_its_queue(domain: str, outcome: str) -> None:
    body = sample(domain, outcome)
    queues = FakeQueues(dead_letter(body, queue=f"{domain}-error"))

    done = run(queues)

    [step] = done.moved
    assert step.event_type is not None
    assert queues.sent == [(QUEUE_OF[EVENTS[EventType(step.event_type)]], body)]
    assert (queues.dead_letters, step.order_id) == ({}, "12345")


def test_a_body_is_sent_back_as_it_was() -> None:
    body = ' {"metadata": {"TYPE": "sentSHIPMENT"}, "data": {"é": "\\ud83d\\ude00 "}} '
    queues = FakeQueues(dead_letter(body, queue="shipment-error"))

    run(queues)

    assert queues.sent == [("shipment-response", body)]


@pytest.mark.parametrize(
    ("body", "queue", "source", "expected"),
    [
        ('{"data": {"orderID": "1", "success": true}}', "payment-error", None, "payment-response"),
        (
            '{"data": {"orderID": "1", "total": "1", "card": {}}}',
            "payment-error",
            None,
            "payment-request",
        ),
        (
            '{"data": {"orderNumber": "1"}}',
            "shipment-error",
            "shipment-request",
            "shipment-request",
        ),
        (
            '{"data": {"orderNumber": "1", "status": "delivered"}}',
            "shipment-error",
            "shipment-response",
            "shipment-response",
        ),
    ],
)
def test_a_letter_without_a_type_is_recognized_by_its_fields(
    body: str, queue: str, source: str | None, expected: str
) -> None:
    assert origin_of(dead_letter(body, queue=queue, source=source)) == expected


@pytest.mark.parametrize(
    ("body", "queue", "source", "reason"),
    [
        ("not json", "payment-error", None, "not JSON"),
        ("[" * 5000, "payment-error", None, "not JSON"),
        ("7", "payment-error", None, ""),
        ("{}", "shipment-error", None, "data"),
        (sample("shipment", "requested"), "payment-error", None, "does not belong here"),
        (
            sample("shipment", "requested"),
            "shipment-error",
            "shipment-response",
            "does not belong here",
        ),
        ('{"data": {"orderNumber": "1"}}', "shipment-error", None, "metadata.type: must be"),
        (
            '{"metadata": {"type": "PaymentRequested"}, "data": {"orderID": "1"}}',
            "payment-error",
            None,
            "card: Field required",
        ),
        ('{"metadata": {"type": "Refund"}, "data": {}}', "payment-error", None, "metadata.type"),
    ],
)
def test_a_letter_of_an_unknown_queue_stays_and_is_named(
    body: str, queue: str, source: str | None, reason: str
) -> None:
    poison = dead_letter(body, queue=queue, source=source)
    good = dead_letter(sample("payment", "success"))
    queues = FakeQueues(poison, good)

    done = run(queues)

    assert [moved.message_id for moved in done.moved] == [good.message_id]
    [stays] = done.stayed
    assert stays.message_id == poison.message_id
    assert reason in stays.reason
    assert list(queues.dead_letters) == [poison.message_id]
    assert not queues.hidden


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(["payment-error", "shipment-error"]),
)
def test_every_body_can_be_reported(value: object, queue: str) -> None:
    for body in (
        json.dumps(value),
        json.dumps({"data": value, "metadata": value}),
        json.dumps({"data": {"orderID": value}, "metadata": {"type": value}}),
    ):
        poison = dead_letter(body, queue=queue)
        done = run(FakeQueues(poison))
        for stays in done.stayed:
            assert stays.reason
        told = order_id_in(body)
        assert told is None or told.isprintable()


def test_card_data_is_never_reported() -> None:
    bodies = [
        sample("payment", "success"),
        json.dumps({"metadata": {"type": CARD}, "data": {"orderID": CARD, "card": CARD}}),
        json.dumps({"data": {"order_id": "4111 1111 1111 1111", "total": CARD}}),
        json.dumps({"data": {"orderID": int(CARD), CARD: CARD}}),
        CARD,
    ]

    done = run(FakeQueues(*map(dead_letter, bodies)))

    assert len(done.moved) == 1
    told = repr(done)
    assert CARD not in told
    assert "4111 1111" not in told
    assert "************1111" in told


def test_an_order_id_cannot_command_a_terminal() -> None:
    assert order_id_in('{"data": {"orderID": "\\u001b[2Jx\\n"}}') == "?[2Jx?"
    assert order_id_in('{"data": {"_ID": 12345}}') == "12345"
    assert order_id_in('{"data": {"orderID": true, "orderNumber": "7"}}') == "7"
    assert order_id_in('{"data": {"orderID": {}}}') is None


def test_a_store_that_does_not_answer_still_gives_a_diagnosis() -> None:
    found = asyncio.run(
        diagnose(UnavailableTable(), dead_letter(sample("payment", "accepted")), now=NOW)
    )

    assert found.reason == "not known: the store does not answer"
    assert (found.event_type, found.order_id, found.age_seconds) == (
        "CreditCardValidated",
        "12345",
        3600,
    )


def test_a_scan_releases_its_letters_at_the_end_of_the_block() -> None:
    queues = FakeQueues(dead_letter("a"), dead_letter("b"), dead_letter("c"), dead_letter("d"))

    with pytest.raises(InvalidInputError):
        read_one_and_fail(queues)

    assert (queues.hidden, queues.released) == (set(), 3)


def read_one_and_fail(queues: FakeQueues) -> None:
    with QueueScan(queues, "payment-error", visibility_seconds=60) as scan:
        next(scan.dead_letters())
        raise InvalidInputError("enough")
