"""The correction of MiniStack's queues, next to its own function."""

import json
import time
from typing import Any

import pytest
from ministack.services import sqs

from infra.local.emulator_queues import correct_queues


def queue(*receives: int, allowed: int | None = 5) -> dict[str, Any]:
    redrive = {"RedrivePolicy": json.dumps({"maxReceiveCount": allowed})} if allowed else {}
    now = time.time()
    messages = [
        {"body": str(count), "receive_count": count, "visible_at": now - 1} for count in receives
    ]
    return {"is_fifo": False, "attributes": redrive, "messages": messages}


@pytest.fixture(autouse=True)
def _corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs, "_collect_msgs", sqs._collect_msgs)
    correct_queues()


def handed_out(source: dict[str, Any], most: int = 10) -> list[str]:
    return [message["body"] for message in sqs._collect_msgs(source, most, 30)]


def test_a_message_that_was_received_often_enough_is_not_handed_out_again() -> None:
    source = queue(0, 4, 5, 6)

    assert handed_out(source) == ["0", "4"]
    assert [message["receive_count"] for message in source["messages"]] == [1, 5, 5, 6]


def test_the_others_are_as_many_as_were_asked_for() -> None:
    assert handed_out(queue(5, 0, 5, 1, 2), most=2) == ["0", "1"]


def test_a_queue_without_dead_letters_hands_out_everything() -> None:
    assert handed_out(queue(0, 99, allowed=None)) == ["0", "99"]
