"""Do the queues in memory hand out messages as the emulator's queues do?

Both get the same messages and the same consumer, which handles some at once, some at a later
receive and some never, and now and then an operator who sends dead letters back. In turns of
one visibility time each, what was received how often, and how much is left on which queue,
has to be the same.
"""

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Protocol

from infra.topology import QUEUES
from tests.simulation.crash_points.scenarios import FaultScript
from tests.simulation.simulator.loop import SimLoop
from tests.simulation.simulator.network import Trace
from tests.simulation.simulator.sqs import Message, SimulatedSQS

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

#: A message was received: its queue, its body, for which time.
Receive = tuple[str, str, int]

FEEDING = tuple(queue for queue in QUEUES if queue.dead_letters)
_VISIBILITY = {queue.name: queue.visibility_seconds for queue in QUEUES}
#: Longer than all turns take: such a message is not seen in them.
_LONG_DELAY = 900
TURNS = 20


def is_handled(body: str, receives: int) -> bool:
    """Return what the consumer does with a message: it follows from the message alone."""
    draw = sha256(f"{body}/{receives}".encode()).digest()[0]
    return not body.startswith("bad") and draw < 100


class Consumer(Protocol):
    """Queues with a consumer behind them."""

    def send(self, queue: str, body: str, delay_seconds: int) -> None:
        """Put a message on a queue."""

    def turn(self) -> Counter[Receive]:
        """Hand out what is visible, let a visibility time pass, return what was handed out."""

    def redrive(self) -> int:
        """Send the dead letters back; return how many."""

    def depths(self) -> dict[str, int]:
        """Return how many messages each queue holds."""


class InMemory:
    """The queues of the simulation."""

    def __init__(self) -> None:
        """Begin empty."""
        self._loop = SimLoop(Random(0))
        self._sqs = SimulatedSQS(self._loop, FaultScript(), Trace(self._loop), Random(0))
        self._sqs.on_batch = self._take
        self._seen: Counter[Receive] = Counter()

    def _take(self, queue: str, messages: list[Message]) -> None:
        for message in messages:
            self._seen[queue, message.body, message.receives] += 1
            if is_handled(message.body, message.receives):
                self._sqs.delete(queue, message)

    def send(self, queue: str, body: str, delay_seconds: int) -> None:
        """Put a message on a queue."""
        self._sqs.send(queue, body, delay_seconds)

    def turn(self) -> Counter[Receive]:
        """Hand out what is visible, let a visibility time pass, return what was handed out."""
        self._seen.clear()
        # Everything is polled at once, and again when the visibility time is over.
        self._loop.run(self._loop.now + min(_VISIBILITY.values()) - 0.5)
        seen = Counter(self._seen)
        self._seen.clear()
        self._loop.now += 0.5 - 1e-6
        return seen

    def redrive(self) -> int:
        """Send the dead letters back; return how many."""
        dead = [queue.name for queue in QUEUES if not queue.dead_letters]
        dead_letters = [
            dead_letter for name in dead for dead_letter in self._sqs.dead_letters(name)
        ]
        for name in dead:
            self._sqs.dead_letters(name).clear()
        for dead_letter in dead_letters:
            self._sqs.send(dead_letter.source, dead_letter.body)
        return len(dead_letters)

    def depths(self) -> dict[str, int]:
        """Return how many messages each queue holds."""
        return {name: len(queue.messages) for name, queue in self._sqs.queues.items()}


class Emulated:
    """The shop's queues in the emulator; time there is passed by giving messages back."""

    def __init__(self, sqs: "SQSClient", url_of: Callable[[str], str]) -> None:
        """Take queues that are empty."""
        self._sqs = sqs
        self._url = url_of
        self.calls = 0

    def empty(self) -> None:
        """Lose all messages."""
        for queue in QUEUES:
            self._sqs.purge_queue(QueueUrl=self._url(queue.name))

    def send(self, queue: str, body: str, delay_seconds: int) -> None:
        """Put a message on a queue."""
        self.calls += 1
        self._sqs.send_message(
            QueueUrl=self._url(queue), MessageBody=body, DelaySeconds=delay_seconds
        )

    def _receive(self, queue: str) -> list[tuple[str, int, str]]:
        received: list[tuple[str, int, str]] = []
        while True:
            self.calls += 1
            messages = self._sqs.receive_message(
                QueueUrl=self._url(queue),
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            ).get("Messages", [])
            if not messages:
                return received
            received += [
                (
                    message["Body"],
                    int(message["Attributes"]["ApproximateReceiveCount"]),
                    message["ReceiptHandle"],
                )
                for message in messages
            ]

    def _delete(self, queue: str, handle: str) -> None:
        self.calls += 1
        self._sqs.delete_message(QueueUrl=self._url(queue), ReceiptHandle=handle)

    def turn(self) -> Counter[Receive]:
        """Hand out what is visible, let a visibility time pass, return what was handed out."""
        seen: Counter[Receive] = Counter()
        for queue in FEEDING:
            for body, receives, handle in self._receive(queue.name):
                seen[queue.name, body, receives] += 1
                if is_handled(body, receives):
                    self._delete(queue.name, handle)
                else:
                    self.calls += 1
                    self._sqs.change_message_visibility(
                        QueueUrl=self._url(queue.name), ReceiptHandle=handle, VisibilityTimeout=0
                    )
        return seen

    def redrive(self) -> int:
        """Send the dead letters back; return how many."""
        moved = 0
        for dead_letters in {queue.dead_letters for queue in FEEDING}:
            for body, _, handle in self._receive(dead_letters or ""):
                # Where it came from is part of its text.
                self.send(body.rpartition(" ")[2], body, 0)
                self._delete(dead_letters or "", handle)
                moved += 1
        return moved

    def depths(self) -> dict[str, int]:
        """Return how many messages each queue holds."""
        found = {}
        for queue in QUEUES:
            counts = self._sqs.get_queue_attributes(
                QueueUrl=self._url(queue.name), AttributeNames=["All"]
            )["Attributes"]
            found[queue.name] = sum(
                int(value)
                for name, value in counts.items()
                if name.startswith("ApproximateNumberOfMessages")
            )
        return found


def compare(emulated: Emulated, *, seed: int) -> Counter[str]:
    """Do the same with both for a few turns; return what came up how often.

    The emulator's queues are emptied first.

    Raises:
        AssertionError: the two disagree; names the seed and the turn.
    """
    random, memory = Random(seed), InMemory()
    came_up: Counter[str] = Counter()
    emulated.empty()
    for turn in range(TURNS):
        for number in range(random.randrange(12)):
            queue = random.choice(FEEDING).name
            kind = random.choice(("good", "good", "good", "bad"))
            delay = _LONG_DELAY if random.random() < 0.02 else 0
            body = f"{kind} {seed}-{turn}-{number} {queue}"
            for queues in (memory, emulated):
                queues.send(queue, body, delay)
            came_up["sent late" if delay else "sent"] += 1
        ours, theirs = memory.turn(), emulated.turn()
        where = f"seed {seed}, turn {turn}"
        assert ours == theirs, f"{where}: memory {ours - theirs}, emulator {theirs - ours}"
        came_up["received"] += ours.total()
        if random.random() < 0.1:
            moved = memory.redrive(), emulated.redrive()
            assert moved[0] == moved[1], f"{where}: redrove {moved}"
            came_up["redriven"] += moved[0]
        depths = memory.depths(), emulated.depths()
        assert depths[0] == depths[1], f"{where}: left {depths}"
    came_up["dead"] = sum(memory.depths()[queue.name] for queue in QUEUES if not queue.dead_letters)
    return came_up
