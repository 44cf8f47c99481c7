"""Dead letters: the queue each came from, and what operators are shown of it."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError
from app.domain.order import Order, OrderState
from app.domain.user import Role, User
from app.messages import EVENTS, QUEUE_OF, EventType
from infra.dead_letters.diagnosis import diagnose
from infra.dead_letters.messages import (
    QueueScan,
    is_about,
    order_id_in,
    origin_of,
)
from infra.sample_events import NAMES
from infra.seeds.classic import classic_products, make_order
from tests.infra.dead_letters.helpers.fakes import (
    CARD,
    NOW,
    FakeQueues,
    UnavailableTable,
    dead_letter,
    run,
    sample,
)
from tests.support.sizes import SIZES


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
            "card: is missing",
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


@pytest.mark.proof
@settings(max_examples=SIZES.hostile_requests)
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


ORDER, OTHER = "0d3a6f1e-52b1-4b7c-9a55-0c9f6b1a2d3e", "ffffffff-52b1-4b7c-9a55-0c9f6b1a2d3e"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def stored(order_id: str, trace_id: str | None) -> Order:
    buyer = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)
    products = list(classic_products(NOW))[:1]
    order = make_order(order_id, buyer, products, OrderState.PENDING, placed_at=NOW)
    return replace(order, trace_id=trace_id)


@pytest.mark.parametrize(
    "body",
    [
        *(sample(domain, outcome, ORDER)[:-1] for domain, outcome in NAMES),
        sample("payment", "success", ORDER)[:-30],
        sample("payment", "success", ORDER.upper())[:-1],
        json.dumps(sample("payment", "success", ORDER)),
        f'"order_id" : "{ORDER}',
    ],
)
def test_the_order_of_a_body_that_is_not_json_is_found_in_its_text(body: str) -> None:
    assert order_id_in(body) == ORDER
    assert is_about(body, None, order_id=ORDER)
    # What the body names counts more than a trace, which a client may use for two orders.
    other = stored(OTHER, TRACE)
    assert not is_about(body, f"00-{TRACE}-{'1' * 16}-01", order_id=OTHER, order=other)


@pytest.mark.parametrize(
    ("body", "traceparent", "order_trace_id", "is_found"),
    [
        ("poison", f"00-{TRACE}-{'1' * 16}-01", TRACE, True),
        ("poison", f"00-{TRACE}-{'1' * 16}-01", TRACE[::-1], False),
        ("poison", f"00-{TRACE}-{'1' * 16}-01", None, False),
        ("poison", TRACE, TRACE, False),
        ("poison", None, None, False),
        (f"poison of {ORDER.upper()}.", None, TRACE, True),
        (f"poison of {OTHER}.", None, TRACE, False),
        ('{"data": {"orderID": "0d3a6f1e"}}', f"00-{TRACE}-{'1' * 16}-01", TRACE, True),
        ('{"data": {"orderID": "0d3a6f1e"}}', f"00-{TRACE}-{'1' * 16}-01", None, False),
    ],
)
def test_a_body_that_names_no_order_is_about_that_of_its_trace_or_of_an_id_in_it(
    body: str, traceparent: str | None, order_trace_id: str | None, *, is_found: bool
) -> None:
    found = is_about(body, traceparent, order_id=ORDER, order=stored(ORDER, order_trace_id))

    assert found is is_found
    # It may be the id of anything else, where there is no such order.
    assert not is_about(body, traceparent, order_id=ORDER)


@pytest.mark.parametrize("damaged", [ORDER.upper(), f"{ORDER} ", f" {ORDER.title()}"])
def test_an_id_in_another_case_or_with_spaces_is_that_of_its_order(damaged: str) -> None:
    body = sample("payment", "success", damaged)

    assert is_about(body, None, order_id=ORDER)
    assert not is_about(
        body, f"00-{TRACE}-{'1' * 16}-01", order_id=OTHER, order=stored(OTHER, TRACE)
    )


def test_only_ids_of_the_shops_form_are_taken_from_what_cannot_be_read() -> None:
    assert order_id_in(f'{{"data": {{"orderID": "{CARD}", ') is None
    assert not is_about(f"cut {CARD}", None, order_id=CARD, order=stored(CARD, None))
    cut = dead_letter(sample("payment", "success", ORDER)[:-30], source="payment-request")

    [stays] = run(FakeQueues(cut)).stayed

    assert (stays.order_id, stays.comes_from) == (ORDER, "payment-request")
    assert stays.reason == "the message is not JSON"
    assert CARD not in repr(stays)


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
