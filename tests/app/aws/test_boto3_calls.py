"""Calls of boto3 beside the event loop: answers in time, or none."""

from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from app.aws.boto3_calls import Boto3Service
from app.aws.errors import NO_ANSWER, AwsCallError


async def test_a_call_of_boto3_takes_and_returns_what_the_operation_does() -> None:
    def get_queue_attributes(**parameters: Any) -> dict[str, Any]:
        return {"asked": parameters}

    service = Boto3Service(lambda: SimpleNamespace(get_queue_attributes=get_queue_attributes))

    answer = await service.call("GetQueueAttributes", {"QueueUrl": "a"}, seconds=10)

    assert answer == {"asked": {"QueueUrl": "a"}}


async def test_a_call_of_boto3_that_takes_too_long_has_no_answer() -> None:
    may_end = Event()
    service = Boto3Service(lambda: SimpleNamespace(send_message=lambda **_: may_end.wait(10)))
    try:
        with pytest.raises(AwsCallError) as caught:
            await service.call("SendMessage", {}, seconds=0.01)
    finally:
        may_end.set()

    assert (caught.value.code, caught.value.is_permanent) == (NO_ANSWER, False)
