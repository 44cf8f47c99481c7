"""What the page may know of a message."""

import json
from typing import Any

import pytest

from infra.local.traces.collector import Collector
from infra.local.traces.messages import MessageReporter, masked
from tests.support.sqs_events import sqs_record

CARD = {"Type": "Visa", "Number": 4111111111111111, "ExpiryYear": 2030, "CVV": "987"}
PAGES_CARD = {"type": "x", "number": "4111 1111 1111 1111", "expMonth": "12", "ccv": "987"}


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"orderID": "7c8bba4d", "card": CARD, "total": "38.99"}},
        {"data": {"orderID": "7c8bba4d", "card": PAGES_CARD}},
        {"orderID": "7c8bba4d", "note": "my card is 4111111111111111, 4111-1111-1111-1111"},
        {"orderID": "7c8bba4d", "list": [{"CVV": 987, "security_code": "987"}, 4111111111111111]},
    ],
)
def test_no_card_is_shown(body: dict[str, Any]) -> None:
    text = masked(json.dumps(body))

    assert "7c8bba4d" in text
    assert not [secret for secret in ("4111", "987", "2030", '"12"') if secret in text]


def test_what_is_shown_of_a_card_is_what_a_receipt_shows() -> None:
    shown = json.loads(masked(json.dumps({"card": CARD, "other": [1, None, True, 2.5, "x"]})))

    assert shown == {
        "card": {"Type": "Visa", "Number": "****1111", "ExpiryYear": "****", "CVV": "****"},
        "other": [1, None, True, 2.5, "x"],
    }


@pytest.mark.parametrize("body", ["card 4111111111111111 987", "[987]", '"987"', "[" * 9999, ""])
def test_what_is_no_object_is_not_shown(body: str) -> None:
    assert "987" not in masked(body)
    assert json.loads(masked(body)).keys() == {"not shown"}


def test_a_message_is_kept_under_the_span_that_sent_it() -> None:
    trace, sender = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    record = sqs_record(json.dumps({"card": CARD}), receives=2)
    text = {"stringValue": f"00-{trace}-{sender}-01", "dataType": "String"}
    traced = record | {"messageAttributes": {"traceparent": text}}
    collector = Collector()
    reporter = MessageReporter(collector.url)

    reporter.report({"Records": [traced, record]})
    reporter.report({})
    # Nothing is lost but what the page would show.
    MessageReporter("http://127.0.0.1:9").report({"Records": [traced]})
    collector.close()

    (message,) = collector.store._traces[trace].messages
    assert json.loads(message["body"])["card"]["Number"] == "****1111"
    assert (message["span"], message["receives"]) == (sender, "2")
    assert message["queue"] == "local-acmeserverless-sqs-payment-request"
