"""The corrections of MiniStack's queues, next to its own functions."""

import asyncio
import inspect
import json
import os
import sys
import threading
import time
from errno import ENOSPC
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import uuid4

import pytest
from ministack.services import sqs

from infra.local import emulator_queues
from infra.local.emulator_changes import ChangeRecorder
from infra.local.emulator_delivery import (
    DELIVERY_PATH,
    HOLDING_VARIABLE,
    delivery_from_environment,
)
from infra.local.emulator_queues import correct_queues
from infra.local.emulator_saver import Saver
from infra.local.emulator_server import Gateway
from infra.local.write_ahead_log import WriteAheadLog, read_batches


def queue(*receives: int, allowed: int | None = 5) -> dict[str, Any]:
    redrive = {"RedrivePolicy": json.dumps({"maxReceiveCount": allowed})} if allowed else {}
    now = time.time()
    messages = [
        {"body": str(count), "receive_count": count, "visible_at": now - 1} for count in receives
    ]
    return {"is_fifo": False, "attributes": redrive, "messages": messages}


@pytest.fixture(autouse=True)
def _corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*emulator_queues._CHANGING, "_queues_lock"):
        monkeypatch.setattr(sqs, name, getattr(sqs, name))
    monkeypatch.setattr(sqs, "_HANDLERS", dict(sqs._HANDLERS))
    correct_queues()


def handed_out(source: dict[str, Any], most: int = 10) -> list[str]:
    return [message["body"] for message in sqs._collect_msgs(source, most, 30)]


def test_a_message_that_was_received_often_enough_is_not_handed_out_again() -> None:
    source = queue(0, 4, 5, 6)

    assert handed_out(source) == ["0", "4"]
    assert [message["receive_count"] for message in source["messages"]] == [1, 5, 5, 6]


def test_the_others_are_as_many_as_were_asked_for() -> None:
    assert handed_out(queue(5, 0, 5, 1, 2), most=2) == ["0", "1"]


def test_workers_are_given_no_message_while_nothing_can_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = _recording(monkeypatch)
    log = WriteAheadLog(tmp_path)
    saver = Saver(log, changes, lambda _: None)
    url = sqs._act_create_queue({"QueueName": "paused"}, "")["QueueUrl"]
    sqs._act_send_message({"MessageBody": "first", "QueueUrl": url}, "")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(ENOSPC, "full")))
        assert not saver.save_changes()
        assert sqs._receive_messages_for_esm(url, 10) == []

    asyncio.run(saver._retry())

    assert [message["body"] for message in sqs._receive_messages_for_esm(url, 10)] == ["first"]
    assert [batch[0][0] for batch in read_batches(tmp_path)] == ["message"]


async def test_workers_are_given_no_message_before_the_shop_is_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqs, "_receive_messages_for_esm", sqs._receive_messages_for_esm)
    monkeypatch.setenv(HOLDING_VARIABLE, "1")
    delivery, url = delivery_from_environment(), _created("held")
    delivery.install()
    sqs._act_send_message({"MessageBody": "m", "QueueUrl": url}, "")
    assert sqs._receive_messages_for_esm(url, 10) == []
    answers = []

    async def send(message: Any) -> None:
        answers.append(message.get("status"))

    scope = {"type": "http", "method": "POST", "path": DELIVERY_PATH, "headers": []}
    await Gateway(None, ChangeRecorder(), delivery)(scope, None, send)  # type: ignore[arg-type]

    assert answers[0] == 200
    [message] = sqs._receive_messages_for_esm(url, 10)
    # What was held back has cost none of the receives that it has.
    assert (message["body"], message["receive_count"]) == ("m", 1)


def test_an_emulator_of_its_own_gives_messages_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs, "_receive_messages_for_esm", sqs._receive_messages_for_esm)
    delivery_from_environment().install()
    url = _created("free")
    sqs._act_send_message({"MessageBody": "m", "QueueUrl": url}, "")

    assert len(sqs._receive_messages_for_esm(url, 10)) == 1


@pytest.mark.parametrize("way", ["one", "batch", "worker"])
def test_a_message_that_is_deleted_is_out_of_the_log_too(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes, url = _recording(monkeypatch), _created("deleted")
    sqs._act_send_message({"MessageBody": "m", "QueueUrl": url}, "")
    changes.take()
    [message] = sqs._collect_msgs(sqs._get_q(url), 1, 30)
    handle = message["receipt_handle"]
    if way == "one":
        sqs._act_delete_message({"QueueUrl": url, "ReceiptHandle": handle}, "")
    elif way == "batch":
        entries = [{"Id": "1", "ReceiptHandle": handle}]
        sqs._HANDLERS["DeleteMessageBatch"]({"QueueUrl": url, "Entries": entries}, "")
    else:
        sqs._delete_messages_for_esm(url, {handle})

    assert sqs._get_q(url)["messages"] == []
    arn = sqs._get_q(url)["attributes"]["QueueArn"]
    assert ["removed", arn, [message["id"]]] in json.loads(changes.take())


def test_a_dead_letter_is_in_the_log_once(monkeypatch: pytest.MonkeyPatch) -> None:
    changes, dead, url = _recording(monkeypatch), _created("dead"), _created("alive")
    dead_arn = sqs._get_q(dead)["attributes"]["QueueArn"]
    source = sqs._get_q(url)
    source["attributes"]["RedrivePolicy"] = json.dumps(
        {"maxReceiveCount": 1, "deadLetterTargetArn": dead_arn}
    )
    sqs._act_send_message({"MessageBody": "m", "QueueUrl": url}, "")
    [message] = sqs._collect_msgs(source, 1, 0)
    changes.take()

    sqs._dlq_sweep(source)

    [[kind, target, moved], removed] = json.loads(changes.take())
    assert (kind, target, moved["body"]) == ("message", dead_arn, "m")
    assert removed == ["removed", source["attributes"]["QueueArn"], [message["id"]]]


def _created(name: str) -> str:
    url: str = sqs._act_create_queue({"QueueName": f"{name}-{uuid4()}"}, "")["QueueUrl"]
    return url


def _recording(monkeypatch: pytest.MonkeyPatch) -> ChangeRecorder:
    """Return what records the changes of this process's queues until the test ends."""
    for name in ("_delete_messages_for_esm", "_receive_messages_for_esm"):
        monkeypatch.setattr(sqs, name, getattr(sqs, name))
    changes = ChangeRecorder()
    changes._watch_queues()
    return changes


def test_a_queue_without_dead_letters_hands_out_everything() -> None:
    assert handed_out(queue(0, 99, allowed=None)) == ["0", "99"]


def test_what_is_sent_while_another_thread_deletes_is_kept() -> None:
    """The deleting thread is stopped just before it replaces the list that it has read."""
    url = sqs._act_create_queue({"QueueName": "races"}, "")["QueueUrl"]
    sqs._act_send_message({"MessageBody": "old", "QueueUrl": url}, "")
    [old] = sqs._collect_msgs(sqs._get_q(url), 1, 30)
    delete = sqs._delete_messages_for_esm
    lines, first = inspect.getsourcelines(delete)
    replacing = first + next(n for n, line in enumerate(lines) if '["messages"] = kept' in line)
    sender = threading.Thread(
        target=sqs._act_send_message, args=({"MessageBody": "new", "QueueUrl": url}, "")
    )

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code is not delete.__code__:
            return None
        if event == "line" and frame.f_lineno == replacing:
            sender.start()
            # Without the lock the message is sent meanwhile; with it this waits in vain.
            sender.join(0.3)
        return trace

    others = sys.gettrace()
    sys.settrace(trace)
    delete(url, {old["receipt_handle"]})
    sys.settrace(others)
    sender.join()

    assert [message["body"] for message in sqs._get_q(url)["messages"]] == ["new"]
    sqs._act_delete_queue({"QueueUrl": url}, "")
