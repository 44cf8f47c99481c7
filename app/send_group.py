"""Sending the events of a batch of records together: ten of them cost one request to SQS.

Each record goes on sending its own events with ``Queues.send`` and learns what became of them.
Inside of :func:`send_together` an event waits until every other record of the batch waits too
or is done, at most ``LONGEST_WAIT_SECONDS``, and what has come together goes out.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from app.spans import Span

#: A record that takes longer than this does not hold up the events of the others.
LONGEST_WAIT_SECONDS = 0.05

#: Limits of one ``SendMessageBatch``: entries, and bytes of all of them together.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
MAX_ENTRIES = 10
MAX_BYTES = 262_144
#: What the attribute with the trace adds to a message: its name, its type and its value.
_ATTRIBUTE_BYTES = 72


@dataclass(frozen=True)
class Message:
    """One message for a queue, as SQS takes it."""

    url: str
    body: str
    delay_seconds: int
    traceparent: str | None = None
    #: What is recorded of its sending, if it is.
    span: Span | None = None

    @property
    def size(self) -> int:
        """Return how many bytes count towards the limits of SQS."""
        return len(self.body.encode()) + _ATTRIBUTE_BYTES


class MessageQueues(Protocol):
    """What stores messages."""

    async def send_messages(self, messages: Sequence[Message]) -> Sequence[Exception | None]:
        """Send messages of one queue; return for each the error that it met, or None.

        Raises:
            QueueUnavailableError: each of them may or may not have been stored.
        """


@dataclass(frozen=True)
class _Entry:
    message: Message
    queues: MessageQueues
    done: "asyncio.Future[None]"

    def finish(self, failure: Exception | None) -> None:
        if self.done.done():  # Its record ran out of time meanwhile.
            return
        if failure is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(failure)


class SendGroup:
    """The events of records that are handled side by side."""

    def __init__(self, records: int) -> None:
        """Group what ``records`` records send."""
        self._busy = records
        self._waiting: list[_Entry] = []
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def send(self, message: Message, queues: MessageQueues) -> None:
        """Send ``message`` together with others, through ``queues``.

        Raises:
            QueueUnavailableError: it may or may not have been stored; send it again.
        """
        loop = asyncio.get_running_loop()
        entry = _Entry(message, queues, loop.create_future())
        self._waiting.append(entry)
        self._timer = self._timer or loop.call_later(LONGEST_WAIT_SECONDS, self._flush)
        self.leave()
        try:
            await entry.done
        except asyncio.CancelledError:
            if entry.done.cancelled():
                self._busy += 1
            raise

    def leave(self) -> None:
        """Note that a record has ended, or waits for what it has sent."""
        self._busy -= 1
        if self._busy <= 0:
            self._flush()

    def _flush(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        # What a record sent that ran out of time is sent when the record comes again.
        waiting = [entry for entry in self._waiting if not entry.done.done()]
        self._waiting = []
        for batch in _batches(waiting):
            task = asyncio.get_running_loop().create_task(self._send(batch))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, batch: list[_Entry]) -> None:
        failures: Sequence[Exception | None]
        try:
            failures = await batch[0].queues.send_messages([entry.message for entry in batch])
        except Exception as error:  # noqa: BLE001  # Each record reports it as its own.
            failures = [error] * len(batch)
        # All of them go on before the first one sends more.
        self._busy += sum(not entry.done.done() for entry in batch)
        for entry, failure in zip(batch, failures, strict=True):
            entry.finish(failure)


def _batches(waiting: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    """Yield what fits into one request each, in the order in which it came."""
    for url in dict.fromkeys(entry.message.url for entry in waiting):
        batch: list[_Entry] = []
        size = 0
        for entry in waiting:
            if entry.message.url != url:
                continue
            if batch and (len(batch) == MAX_ENTRIES or size + entry.message.size > MAX_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(entry)
            size += entry.message.size
        yield batch


_group: ContextVar[SendGroup | None] = ContextVar("send_group", default=None)


@contextmanager
def send_together(records: int) -> Iterator[SendGroup]:
    """Group what tasks send that are begun in the block, one task for each of ``records``."""
    group = SendGroup(records)
    earlier = _group.set(group)
    try:
        yield group
    finally:
        _group.reset(earlier)


def current_group() -> SendGroup | None:
    """Return the group that this task sends with, if there is one."""
    return _group.get()
