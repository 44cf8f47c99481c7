"""Events of one batch travel together, and each record learns what became of its own."""

import asyncio
from collections.abc import Sequence

import pytest

from app.domain.errors import QueueUnavailableError
from app.send_group import MAX_BYTES, MAX_ENTRIES, Message, current_group, send_together


class Sent:
    """Keeps the requests; refuses messages whose body is ``bad``, and all while ``is_away``."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self.is_away = False
        self.has_begun = asyncio.Event()

    async def send_messages(self, messages: Sequence[Message]) -> Sequence[Exception | None]:
        self.requests.append([message.body for message in messages])
        self.has_begun.set()
        await asyncio.sleep(0)
        if self.is_away:
            raise QueueUnavailableError
        return [QueueUnavailableError() if message.body == "bad" else None for message in messages]


async def send_each(sent: Sent, *records: Sequence[tuple[str, str]]) -> list[object]:
    """Send what each record sends, one after the other; return how each record ended."""

    async def handle(record: Sequence[tuple[str, str]]) -> str:
        group = current_group()
        assert group is not None
        try:
            for url, body in record:
                await group.send(Message(url, body, 0), sent)
        finally:
            group.leave()
        return "sent"

    with send_together(len(records)):
        tasks = [asyncio.create_task(handle(record)) for record in records]
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_ten_records_cost_one_request_for_each_round() -> None:
    sent = Sent()

    answers = await send_each(sent, *[[("q", f"{n}a"), ("q", f"{n}b")] for n in range(10)])

    assert answers == ["sent"] * 10
    assert sent.requests == [[f"{n}a" for n in range(10)], [f"{n}b" for n in range(10)]]


async def test_a_request_has_one_queue_ten_entries_and_a_size() -> None:
    sent, large = Sent(), "é" * (MAX_BYTES // 4 + 1)

    await send_each(
        sent,
        *[[("many", "x")]] * (MAX_ENTRIES + 1),
        [("other", "y")],
        *[[("large", large)]] * 2,
    )

    assert sent.requests == [["x"] * MAX_ENTRIES, ["x"], ["y"], [large], [large]]


async def test_a_failed_entry_fails_its_own_record_only() -> None:
    good, bad, best = await send_each(Sent(), [("q", "a")], [("q", "bad")], [("q", "b")])

    assert (good, best) == ("sent", "sent")
    assert isinstance(bad, QueueUnavailableError)


async def test_a_failed_request_fails_each_of_its_records() -> None:
    sent = Sent()
    sent.is_away = True

    answers = await send_each(sent, [("q", "a")], [("q", "b")])

    assert [type(answer) for answer in answers] == [QueueUnavailableError] * 2


async def test_records_that_send_nothing_hold_up_no_other() -> None:
    sent = Sent()

    assert await send_each(sent, [], [("q", "a")], []) == ["sent"] * 3
    assert sent.requests == [["a"]]


async def test_a_record_that_hangs_holds_up_no_other() -> None:
    sent, never = Sent(), asyncio.Event()

    with send_together(2) as group:
        hanging = asyncio.create_task(never.wait())
        await asyncio.wait_for(group.send(Message("q", "a", 0), sent), 5)

    assert sent.requests == [["a"]]
    hanging.cancel()


async def test_what_a_record_out_of_time_sent_is_not_sent() -> None:
    sent = Sent()

    with send_together(2) as group:
        late = asyncio.create_task(group.send(Message("q", "late", 0), sent))
        await asyncio.sleep(0)
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late
        group.leave()
        await group.send(Message("q", "a", 0), sent)

    assert sent.requests == [["a"]]


async def test_a_record_cancelled_while_its_request_travels_harms_no_other() -> None:
    sent = Sent()

    with send_together(2) as group:
        tasks = [
            asyncio.create_task(group.send(Message("q", body, 0), sent)) for body in ("a", "b")
        ]
        await sent.has_begun.wait()
        tasks[0].cancel()
        await tasks[1]

    assert sent.requests == [["a", "b"]]
    assert tasks[0].cancelled()


async def test_there_is_no_group_outside_of_a_batch() -> None:
    assert current_group() is None
