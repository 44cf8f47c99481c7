"""Standard queues: at least once, in any order, with dead letters that can be sent back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from infra.topology import MAX_RECEIVES, QUEUES, Queue
from tests.simulation.simulator.faults import DrawnFaults
from tests.simulation.simulator.loop import SimLoop
from tests.simulation.simulator.network import Trace

_BATCH = 10


@dataclass(slots=True, eq=False)
class Message:
    """One message; a copy that SQS makes by itself has the same id."""

    message_id: str
    body: str
    source: str
    sent_at: float
    visible_at: float
    receives: int = 0
    is_deleted: bool = False


@dataclass(slots=True, eq=False)
class SimQueue:
    """One queue and what is in it."""

    name: str
    shape: Queue
    messages: list[Message] = field(default_factory=list)


Take = Callable[[str, list[Message]], None]
Hear = Callable[[str, str], None]
HearSent = Callable[[str, str, float | None], None]


def _ignore_attempt(queue: str, body: str) -> None:
    """Take note of nothing."""


def _ignore_send(queue: str, body: str, delay: float | None) -> None:
    """Take note of nothing."""


def order_in(body: str) -> str:
    """Return the order that a message is about, by whichever name its type gives it."""
    data = json.loads(body)["data"]
    names = ("orderID", "orderNumber", "_id")
    return str(next(data[name] for name in names if name in data))


class SimulatedSQS:
    """The shop's six queues. ``on_batch`` gets what is received, as a poller would."""

    def __init__(self, loop: SimLoop, faults: DrawnFaults, trace: Trace, random: Random) -> None:
        """Begin with empty queues."""
        self._loop = loop
        self._faults = faults
        self._trace = trace
        self._random = random
        self._count = 0
        self.queues = {queue.name: SimQueue(queue.name, queue) for queue in QUEUES}
        #: Orders with messages that were never handled: too old, or purged.
        self.lost: set[str] = set()
        self._hand_sent: set[str] = set()
        #: Until when payment requests die at once.
        self.payments_die_until = 0.0
        self.on_batch: Take = lambda queue, messages: None
        #: Hears of a message when a service wants it sent, and when it is on its queue.
        self.on_attempt: Hear = _ignore_attempt
        self.on_send: HearSent = _ignore_send

    def send(self, queue: str, body: str, delay_seconds: float = 0) -> None:
        """Put a message on a queue, or several alike."""
        for _ in range(self._faults.copies()):
            delay = delay_seconds + self._faults.extra_delay()
            self.on_send(queue, body, delay_seconds)
            self._add(queue, body, delay)

    def _add(self, queue: str, body: str, delay: float) -> None:
        self._count += 1
        now = self._loop.now
        message = Message(f"m{self._count}", body, queue, now, now + delay)
        is_held = queue == "payment-request" and now < self.payments_die_until
        if self._faults.is_poisoned() or is_held:
            self._move_to_dead_letters(message)
            return
        self.queues[queue].messages.append(message)
        self._poll_at(queue, message.visible_at)

    def put_in_flight(self, queue: str, body: str) -> Message:
        """Put a message on a queue that a consumer has just received."""
        self._count += 1
        now, shape = self._loop.now, self.queues[queue].shape
        visible_at = now + shape.visibility_seconds
        message = Message(f"m{self._count}", body, queue, now, visible_at, receives=1)
        self.queues[queue].messages.append(message)
        self._poll_at(queue, visible_at)
        return message

    def _poll_at(self, queue: str, when: float) -> None:
        self._loop.at(self._loop.world, when + self._faults.latency(), self._poll, queue)

    def _poll(self, name: str) -> None:
        queue, now = self.queues[name], self._loop.now
        due = []
        for message in [message for message in queue.messages if message.visible_at <= now]:
            if self._is_expired(message, queue.shape):
                queue.messages.remove(message)
            else:
                due.append(message)
        if not due:
            return
        if len(due) > 1:
            self._random.shuffle(due)
        received = [message for message in due[:_BATCH] if self._receive(queue, message)]
        if len(due) > _BATCH:
            self._poll_at(name, now)
        if len(received) > 1 and self._random.random() < 0.5:
            # Two pollers of one queue, each with a part.
            cut = self._random.randrange(1, len(received))
            self.on_batch(name, received[:cut])
            received = received[cut:]
        if received:
            self.on_batch(name, received)

    def _receive(self, queue: SimQueue, message: Message) -> bool:
        message.receives += 1
        if message.receives > MAX_RECEIVES:
            queue.messages.remove(message)
            self._move_to_dead_letters(message)
            return False
        if self._faults.stays_visible():
            self._poll_at(queue.name, self._loop.now + self._random.random())
        else:
            message.visible_at = self._loop.now + queue.shape.visibility_seconds
            self._poll_at(queue.name, message.visible_at)
        return True

    def _is_expired(self, message: Message, shape: Queue) -> bool:
        if self._loop.now - message.sent_at <= shape.retention_seconds:
            return False
        self.lost.add(order_in(message.body))
        self._trace.note("sqs", "forgot", f"{message.message_id} on {shape.name}")
        return True

    def _move_to_dead_letters(self, message: Message) -> None:
        dead_letters = self.queues[message.source].shape.dead_letters
        if dead_letters is None:
            raise ValueError(message.source)
        self._trace.note("sqs", "gave up", f"{message.message_id} of {message.source}")
        message.is_deleted, message.visible_at = False, self._loop.now
        self.queues[dead_letters].messages.append(message)

    def delete(self, queue: str, message: Message) -> None:
        """Remove a message that was handled; some come back all the same."""
        if message.is_deleted or self._faults.loses_deletion():
            return
        message.is_deleted = True
        if message in self.queues[queue].messages:
            self.queues[queue].messages.remove(message)
        if self._faults.comes_back():
            ghost = Message(
                message.message_id,
                message.body,
                message.source,
                message.sent_at,
                self._loop.now + self._faults.extra_delay(),
            )
            self.queues[queue].messages.append(ghost)
            self._poll_at(queue, ghost.visible_at)

    def hand_send(self, queue: str, body: str) -> None:
        """Put a message on a queue that none of the shop's functions sent."""
        self._trace.note("operator", "sends by hand", queue)
        self._hand_sent.add(body)
        self._add(queue, body, 0)

    def put_back(self, queue: str, body: str, *, delay: float = 0) -> None:
        """Put a message on a queue as a redrive does; one of the shop's is checked again."""
        if body not in self._hand_sent:
            self.on_attempt(queue, body)
            self.on_send(queue, body, None)
        self._add(queue, body, delay)

    def dead_letters(self, queue: str) -> list[Message]:
        """Return the messages of a dead-letter queue; those past their retention are gone."""
        dead_letters = self.queues[queue]
        for message in list(dead_letters.messages):
            if self._is_expired(message, dead_letters.shape):
                dead_letters.messages.remove(message)
        return dead_letters.messages

    def purge(self) -> None:
        """Lose every message there is, as an operator in a limit_latency does."""
        self._trace.note("operator", "purges", f"{self.count()} messages")
        for queue in self.queues.values():
            self.lost.update(order_in(message.body) for message in queue.messages)
            queue.messages.clear()

    def count(self, *, with_dead: bool = True) -> int:
        """Return how many messages there are, with dead letters or without."""
        return sum(
            len(queue.messages)
            for queue in self.queues.values()
            if with_dead or queue.shape.dead_letters
        )

    def dead(self) -> set[str]:
        """Return the orders that dead letters are about."""
        return {
            order_in(message.body)
            for queue in self.queues.values()
            if not queue.shape.dead_letters
            for message in queue.messages
        }
