"""Why an order stands where it stands, from each kind of evidence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.order import OrderState
from app.domain.payment import DECLINED_MESSAGE, PAID_MESSAGE, PaymentDecision
from app.domain.user import Role, User
from infra.dead_letters.diagnosis import Diagnosis
from infra.log_search import LogLine
from infra.orders.explanation import explain
from infra.orders.facts import Evidence, QueueStatus
from infra.orders.queued_messages import QueuedMessage
from infra.seeds.classic import classic_products, make_order
from infra.topology import MAPPINGS

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)
PAID = PaymentDecision("o-1", True, 100, "t", PAID_MESSAGE, "", NOW)
DECLINED = PaymentDecision("o-1", False, 100, "-1", DECLINED_MESSAGE, "the card has expired", NOW)
DEAD = Diagnosis(
    "payment-error", "m-1", 60, 5, "PaymentRequested", "o-1", "poison", "payment-request"
)
POISON = replace(DEAD, dies_again=True)
BY_HAND = replace(POISON, receives=0, comes_from=None)
OLD = replace(DEAD, queue="shipment-error", comes_from="shipment-response")
WORKING = QueueStatus("", "", 0, 0, 0, "Enabled", "u-u-i-d")
HOLDING = replace(WORKING, waiting=2, in_flight=1)
DELAYED = replace(WORKING, delayed=1)
PAUSED = replace(HOLDING, mapping_state="Disabled")
MESSAGE = QueuedMessage("payment-request", "m-2", "waiting", 9, 2)
STOPPED = replace(HOLDING, obstacle="its process gives no answer")


def evidence(
    state: OrderState,
    *,
    age: timedelta,
    decision: PaymentDecision | None,
    dead_letters: tuple[Diagnosis, ...],
    changed: dict[str, QueueStatus],
) -> Evidence:
    products = list(classic_products(NOW))[:1]
    order = make_order("o-1", BUYER, products, PENDING, placed_at=NOW - age)
    return Evidence(
        order=replace(order, state=state, updated_at=NOW - age, total_cents=100),
        decision=decision,
        queues=tuple(
            replace(
                changed.get(mapping.queue, WORKING), queue=mapping.queue, function=mapping.function
            )
            for mapping in MAPPINGS
        ),
        dead_letters=dead_letters,
        longest_delivery=timedelta(seconds=120),
        options=" --stack dev",
        aws_options=" --region eu-west-1",
        repair="pulumi --cwd infra up --stack dev",
    )


PENDING, SHIPPED = OrderState.PENDING, OrderState.SHIPPED
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REQUEST, RESPONSE = "payment-request", "payment-response"
REPORTS = "shipment-response"
SWEEP = "acme-shop sweep --stack dev"


@pytest.mark.parametrize(
    ("state", "age", "decision", "dead_letters", "changed", "why", "next_step"),
    [
        (OrderState.UNKNOWN, MINUTE, None, (), {}, "does not know, since", "Nothing yet"),
        (OrderState.UNKNOWN, HOUR, None, (), {}, "11:00 UTC (1 h 0 min)", "rolled back, nothing"),
        (OrderState.DECLINED, HOUR, DECLINED, (DEAD,), {}, "the card has expired", "Nothing"),
        (OrderState.DECLINED, HOUR, None, (), {}, "It was declined", "Nothing"),
        (OrderState.DELIVERED, HOUR, PAID, (), {REQUEST: PAUSED}, "was delivered", "Nothing"),
        (PENDING, MINUTE, None, (DEAD,), {}, "poison", "redrive --queue payment-er"),
        (
            PENDING,
            MINUTE,
            None,
            (POISON,),
            {},
            "5 tries: poison",
            "11:59 UTC. Then remove the message: acme-shop discard m-1 --stack dev",
        ),
        (PENDING, MINUTE, PAID, (BY_HAND,), {}, "put into payment-error by hand", SWEEP),
        (PENDING, MINUTE, None, (), {REQUEST: PAUSED}, "payment-request to", "--uuid u-u-i-d --re"),
        (PENDING, MINUTE, None, (), {REQUEST: STOPPED}, "payment does not work", "3 messages"),
        (PENDING, MINUTE, None, (), {REQUEST: HOLDING}, "3 messages (1 in", "in a minute"),
        (PENDING, MINUTE, None, (), {RESPONSE: PAUSED}, "never decided", "Idempotency-Key"),
        (PENDING, 49 * HOUR, None, (), {}, "older than 48 hours", SWEEP),
        (PENDING, timedelta(), None, (), {}, "on its way", "Look again"),
        (PENDING, MINUTE, PAID, (), {REQUEST: STOPPED}, "payment is decided", "from 12:04:00 UTC"),
        (PENDING, HOUR, PAID, (), {}, "payment is decided", SWEEP),
        (PENDING, HOUR, PAID, (DEAD,), {RESPONSE: PAUSED}, "is Disabled", "update-event-source"),
        (OrderState.PAID, HOUR, PAID, (), {"shipment-request": STOPPED}, "shipment does", "pulumi"),
        (OrderState.PAID, HOUR, PAID, (), {}, "It is paid, but the message", SWEEP),
        (OrderState.PAID, HOUR, PAID, (DEAD,), {}, "poison", "redrive"),
        (SHIPPED, MINUTE, PAID, (), {REPORTS: DELAYED}, "being delivered", "Nothing"),
        (SHIPPED, MINUTE, PAID, (), {}, "It is shipped, but", "The sweeper repeats it from"),
        (OrderState.PAID, HOUR, PAID, (), {REPORTS: HOLDING}, "probably of others", SWEEP),
        (OrderState.PAID, MINUTE, PAID, (), {REPORTS: DELAYED}, "but the message", SWEEP),
        (PENDING, HOUR, None, (), {REQUEST: HOLDING}, "3 messages in payment-request", "Idempot"),
        (SHIPPED, HOUR, PAID, (), {}, "It is shipped, but", SWEEP),
        (SHIPPED, HOUR, PAID, (OLD,), {}, "shipment-error after 5 tries", "redrive --queue ship"),
    ],
)
def test_the_likeliest_cause_is_told_with_what_to_do(
    state: OrderState,
    age: timedelta,
    decision: PaymentDecision | None,
    dead_letters: tuple[Diagnosis, ...],
    changed: dict[str, QueueStatus],
    why: str,
    next_step: str,
) -> None:
    found = evidence(state, age=age, decision=decision, dead_letters=dead_letters, changed=changed)

    told = explain(found, now=NOW)

    assert why in told[0].why
    assert next_step in told[0].next_step


def test_all_causes_are_told_those_of_all_orders_first_and_later_ones_last() -> None:
    changed = {REQUEST: PAUSED, RESPONSE: STOPPED, "shipment-request": STOPPED}
    found = evidence(PENDING, age=MINUTE, decision=None, dead_letters=(DEAD, OLD), changed=changed)

    told = explain(found, now=NOW)

    begins = (
        "Nothing takes messages from payment-request",
        "Its message of payment-request died in payment-error",
        "Its message of shipment-response died in shipment-error",
        "Later it will meet this: The worker order does not work",
        "Later it will meet this: The worker shipment does not work",
    )
    assert all(cause.why.startswith(begin) for cause, begin in zip(told, begins, strict=True))


def test_a_worker_that_is_down_while_the_message_is_lost_are_two_causes() -> None:
    empty = replace(WORKING, obstacle="its process gives no answer")
    found = evidence(PENDING, age=MINUTE, decision=None, dead_letters=(), changed={REQUEST: empty})

    told = explain(found, now=NOW)

    assert [cause.why.partition(",")[0] for cause in told] == [
        "The worker payment does not work: its process gives no answer.",
        "Its payment was never decided",
    ]


@pytest.mark.parametrize(("state", "left"), [(OrderState.DELIVERED, 1), (SHIPPED, 0)])
def test_a_payment_of_another_amount_is_never_told_to_be_pushed(
    state: OrderState, left: int
) -> None:
    found = evidence(
        state,
        age=HOUR,
        decision=replace(PAID, amount_cents=99),
        dead_letters=(DEAD,),
        changed={REPORTS: STOPPED},
    )

    told = explain(found, now=NOW)

    assert told[0].why == "Its payment was decided for 99 cents, and the order costs 100."
    assert sum("acme-shop discard m-1" in cause.next_step for cause in told) == left
    assert not any("redrive" in cause.next_step or "sweep" in cause.next_step for cause in told)


def test_a_payment_of_another_amount_is_told_with_the_dead_letter_beside_it() -> None:
    found = evidence(
        PENDING,
        age=HOUR,
        decision=replace(PAID, amount_cents=99),
        dead_letters=(DEAD,),
        changed={RESPONSE: STOPPED},
    )

    told = explain(found, now=NOW)
    believing = explain(replace(found, trusts_events=True), now=NOW)

    assert "The worker order does not work" in told[1].why
    assert "message m-1: poison" in told[2].why
    assert "until it is known" in told[2].next_step
    # There events that were sent by hand are followed, so the order goes on.
    assert "The worker order does not work" in believing[0].why
    assert "believes events" in believing[-1].why


def test_an_order_of_a_later_release_is_told_with_all_that_stands_beside_it() -> None:
    found = evidence(
        OrderState.UNKNOWN,
        age=HOUR,
        decision=PAID,
        dead_letters=(DEAD,),
        changed={REPORTS: STOPPED, REQUEST: PAUSED},
    )

    told = explain(found, now=NOW)

    assert [cause.why.partition(" ")[0] for cause in told] == ["It", "Nothing", "The", "A"]
    assert not any("discard" in cause.next_step for cause in told)


_NO_PROOF = "cannot be proven"


@pytest.mark.parametrize(
    ("state", "decision", "place", "why", "next_step"),
    [
        (OrderState.DECLINED, PAID, 0, "was charged 100 cents", "give the money back"),
        (OrderState.PAID, DECLINED, 0, "says declined: the card has expired", _NO_PROOF),
        (SHIPPED, DECLINED, 0, "It is shipped, but", _NO_PROOF),
        (OrderState.DELIVERED, DECLINED, 0, "It is delivered, but", _NO_PROOF),
        (OrderState.DELIVERED, None, 0, "no decision", _NO_PROOF),
        # It does not hold the order up, so what does so comes first.
        (OrderState.PAID, None, -1, "no decision", _NO_PROOF),
        (SHIPPED, None, -1, "no decision", _NO_PROOF),
    ],
)
def test_a_decision_that_contradicts_the_order_is_a_cause(
    state: OrderState, decision: PaymentDecision | None, place: int, why: str, next_step: str
) -> None:
    found = evidence(state, age=HOUR, decision=decision, dead_letters=(), changed={})

    told = explain(found, now=NOW)
    trusting = explain(replace(found, trusts_events=True), now=NOW)

    assert why in told[place].why
    assert next_step in told[place].next_step
    # What holds the order, or that it is final, is still told.
    assert len(told) == 2
    assert not any(cause.why.endswith(": .") for cause in told)
    # An event that was sent by hand needs no decision, so one that is missing is told last.
    assert len(trusting) == 2
    assert "TRUST_EVENTS" not in told[place].why
    assert ("TRUST_EVENTS" in trusting[-1].why) is (decision is None)


@pytest.mark.parametrize(("state", "place"), [(SHIPPED, -1), (OrderState.DELIVERED, 0)])
def test_a_decision_that_the_log_knows_was_deleted(state: OrderState, place: int) -> None:
    found = evidence(state, age=HOUR, decision=None, dead_letters=(), changed={})
    logged = LogLine("", "payment", "INFO", "payment.accepted order_id=o-1", None)

    told = explain(replace(found, log=(logged,), trusts_events=True), now=NOW)

    assert "the log says that the payment was accepted: the decision was deleted" in told[place].why
    assert "by hand" not in told[place].why


def test_a_sweeper_that_does_not_come_is_a_cause() -> None:
    found = evidence(PENDING, age=HOUR, decision=PAID, dead_letters=(), changed={})

    told = explain(replace(found, overdue_since=NOW - HOUR), now=NOW)

    assert "should have looked at it at 2026-11-30 11:00 UTC: its schedule" in told[-1].why
    assert told[-1].next_step.startswith(f"{SWEEP} does it now")


def test_a_message_that_a_final_order_refuses_is_told() -> None:
    found = evidence(OrderState.DELIVERED, age=HOUR, decision=PAID, dead_letters=(), changed={})
    untried = replace(MESSAGE, receives=0)

    told = explain(replace(found, messages=(MESSAGE, untried)), now=NOW)

    assert [cause.why for cause in told[1:]] == [
        "A message of it is still in payment-request, after 2 tries."
    ]


@pytest.mark.parametrize(
    ("state", "decision"),
    [
        (OrderState.DECLINED, DECLINED),
        (OrderState.DECLINED, None),
        (OrderState.DELIVERED, PAID),
        (SHIPPED, PAID),
        (OrderState.UNKNOWN, None),
        (PENDING, None),
    ],
)
def test_a_decision_that_fits_the_order_is_no_cause(
    state: OrderState, decision: PaymentDecision | None
) -> None:
    found = evidence(state, age=HOUR, decision=decision, dead_letters=(), changed={})

    assert len(explain(found, now=NOW)) == 1


@pytest.mark.parametrize(
    ("state", "messages", "changed", "why"),
    [
        (PENDING, (MESSAGE,), {REQUEST: HOLDING}, "its own is waiting for 9 s, after 2 tries"),
        (PENDING, (), {REQUEST: HOLDING}, "its request is in no queue"),
        (PENDING, (MESSAGE,), {REQUEST: PAUSED}, "3 messages, its own among them"),
        (PENDING, (), {REQUEST: PAUSED}, "3 messages, none of them its own"),
    ],
)
def test_known_messages_are_told_apart_from_those_of_others(
    state: OrderState,
    messages: tuple[QueuedMessage, ...],
    changed: dict[str, QueueStatus],
    why: str,
) -> None:
    found = evidence(state, age=HOUR, decision=None, dead_letters=(), changed=changed)

    told = explain(replace(found, messages=messages), now=NOW)

    assert why in told[0].why


@pytest.mark.parametrize(
    ("line", "why", "next_step"),
    [
        ("payment.accepted order_id=o-1 queue=payment-re", "the decision is gone", "RUNBOOK"),
        (
            "record.failed message_id=m queue=payment-request cause=card.number",
            "card.number",
            "Look",
        ),
    ],
)
def test_what_the_log_says_is_part_of_the_reason(line: str, why: str, next_step: str) -> None:
    logged = LogLine("2026-11-30 12:00:00", "payment", "INFO", line, None)
    found = evidence(
        PENDING, age=MINUTE, decision=None, dead_letters=(), changed={REQUEST: HOLDING}
    )

    told = explain(replace(found, log=(logged,)), now=NOW)

    assert why in told[0].why
    assert next_step in told[0].next_step


@pytest.mark.parametrize(
    ("trusts", "why"), [(True, "without one count"), (False, "is refused (TRUST_EVENTS is off)")]
)
def test_a_result_without_a_decision_counts_where_events_are_trusted(
    *, trusts: bool, why: str
) -> None:
    logged = LogLine("", "payment", "INFO", "payment.accepted order_id=o-1", None)
    found = evidence(PENDING, age=MINUTE, decision=None, dead_letters=(), changed={})

    told = explain(replace(found, log=(logged,), trusts_events=trusts), now=NOW)

    assert why in told[0].why


def test_a_mapping_that_is_missing_asks_for_a_deployment() -> None:
    gone = replace(WORKING, mapping_state="", mapping_id="")
    found = evidence(PENDING, age=HOUR, decision=None, dead_letters=(), changed={REQUEST: gone})

    (told,) = explain(found, now=NOW)[:1]

    assert "is missing" in told.why
    assert told.next_step == "pulumi --cwd infra up --stack dev"


_FAILED = "record.failed {} queue={} receives=2 cause=no card ms=12"


@pytest.mark.parametrize(
    ("line", "at", "is_quoted"),
    [
        (_FAILED.format("order_id=o-1", REQUEST), "2026-11-30T11:59:30.000Z", True),
        (_FAILED.format("message_id=m-2", REQUEST), "2026-11-30 11:59:30.000", True),
        (_FAILED.format("order_id=o-1", RESPONSE), "2026-11-30T11:59:30.000Z", False),
        (_FAILED.format("order_id=o-1", REQUEST), "2026-11-30T11:58:30.000Z", False),
        (_FAILED.format("order_id=o-1", REQUEST), "", False),
        (_FAILED.format("order_id=o-2", REQUEST), "2026-11-30T11:59:30.000Z", False),
        (_FAILED.format("message_id=m-9", REQUEST), "2026-11-30T11:59:30.000Z", False),
        ("payment.accepted order_id=o-2 queue=payment-request", "2026-11-30T11:59:30.000Z", False),
        ("payment.accepted order_id=? queue=payment-request", "2026-11-30T11:59:30.000Z", False),
    ],
)
def test_of_a_shared_trace_only_what_was_logged_of_the_order_is_said_of_it(
    line: str, at: str, *, is_quoted: bool
) -> None:
    found = evidence(
        PENDING, age=MINUTE, decision=None, dead_letters=(), changed={REQUEST: HOLDING}
    )
    other = LogLine(at, "shop", "INFO", "order.placed order_id=o-2 ms=3", "t" * 32)
    log = (other, LogLine(at, "payment", "WARNING", line, "t" * 32))

    (told,) = explain(replace(found, log=log, messages=(MESSAGE,)), now=NOW)

    assert told.why.startswith("payment-request holds 3 messages")
    assert ("The last try failed: no card." in told.why) is is_quoted


@pytest.mark.parametrize(
    ("message", "why", "next_step"),
    [
        (replace(MESSAGE, place="in flight", hidden_seconds=5), "its own is in flight", "Look"),
        (
            replace(MESSAGE, place="in flight", hidden_seconds=43_000),
            "hidden until about 2026-11-30 23:56:40 UTC, longer than any try of payment: another",
            "Find who reads payment-request",
        ),
        (
            replace(MESSAGE, place="delayed", hidden_seconds=600, receives=0),
            "is delayed until about 2026-11-30 12:10:00 UTC",
            "Nothing: payment gets it then",
        ),
    ],
)
def test_a_message_that_no_worker_gets_for_long_is_told_with_until_when(
    message: QueuedMessage, why: str, next_step: str
) -> None:
    found = evidence(PENDING, age=HOUR, decision=None, dead_letters=(), changed={REQUEST: HOLDING})

    (told,) = explain(replace(found, messages=(message,)), now=NOW)

    assert why in told.why
    assert told.next_step.startswith(next_step)
    # In AWS nobody can tell whose messages are hidden.
    assert "another reader than the worker" in explain(found, now=NOW)[0].why


def test_what_is_to_be_said_of_two_messages_alike_is_said_once() -> None:
    found = evidence(OrderState.DELIVERED, age=HOUR, decision=PAID, dead_letters=(), changed={})

    told = explain(replace(found, messages=(MESSAGE, MESSAGE)), now=NOW)

    assert len(told) == 2
