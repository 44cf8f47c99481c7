"""Operators: they redrive dead letters with the shop's own command, and send by hand."""

import asyncio
import json
from collections.abc import Iterable
from datetime import timedelta

from app.domain.errors import QueueUnavailableError, ShopError
from app.messages import ShipmentDelivered
from infra.dead_letters.messages import DEAD_LETTER_QUEUES, DeadLetter
from infra.dead_letters.redrive import MovedMessage, RateLimiter, RedriveReport, redrive
from tests.simulation.simulator.faults import DrawnFaults, Fault
from tests.simulation.simulator.history import History
from tests.simulation.simulator.lambdas import EPOCH, Lambdas
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.network import QUEUES, Trace
from tests.simulation.simulator.rules import PAID, SHIPPED
from tests.simulation.simulator.sqs import Message, SimulatedSQS

_BATCH = 10
_LATEST = 1e-6
#: With a clock that is ahead, a redrive also moves what died again meanwhile.
_MOST = 200
_BEFORE = {Fault.FAIL, Fault.THROTTLED, Fault.HANG, Fault.LATE}
_AFTER = {Fault.LOST, Fault.HANG_DONE}


class _KilledError(BaseException):
    """The redrive was killed at a call; none of its own code runs any more."""


class SimulatedDeadLetters:
    """The dead letters as a redrive reaches them; each call can fail, or end the redrive."""

    def __init__(
        self, sqs: SimulatedSQS, loop: SimLoop, faults: DrawnFaults, *, delay: float
    ) -> None:
        """Reach the queues of ``sqs``; what is sent back shows up after ``delay`` seconds."""
        self._sqs = sqs
        self._loop = loop
        self._faults = faults
        self._delay = delay
        self._known: dict[str, Message] = {}

    def _fault(self) -> Fault:
        """Return what becomes of one call; a dead redrive makes none."""
        if not self._loop.process.is_alive:
            raise _KilledError
        fault = self._faults.fault_of_call(QUEUES, "redrive", self._loop.now)
        if fault in _BEFORE:
            raise QueueUnavailableError("the queue does not answer")
        if fault is Fault.DIE_BEFORE:
            self._die()
        return fault

    def _end(self, fault: Fault) -> None:
        if fault in _AFTER:
            raise QueueUnavailableError("the queue does not answer")
        if fault is Fault.DIE_AFTER:
            self._die()

    def _die(self) -> None:
        self._loop.process.is_alive = False
        raise _KilledError

    def receive(self, queue: str, *, visibility_seconds: int) -> list[DeadLetter]:
        """Return some dead letters and hide them for a while."""
        fault = self._fault()
        now = self._loop.now
        due = [
            dead_letter
            for dead_letter in self._sqs.dead_letters(queue)
            if dead_letter.visible_at <= now
        ][:_BATCH]
        for message in due:
            message.visible_at = now + visibility_seconds
        self._end(fault)
        # What is read of an order from here on is at least as new as this.
        self._loop.process.started_at = now
        return [self._dead_letter(queue, message) for message in due]

    def _dead_letter(self, queue: str, message: Message) -> DeadLetter:
        handle = str(id(message))
        self._known[handle] = message
        return DeadLetter(
            queue=queue,
            message_id=handle,
            handle=handle,
            body=message.body,
            sent_at=EPOCH + timedelta(seconds=message.sent_at),
            receives=message.receives,
            source=message.source,
        )

    def release(self, dead_letters: Iterable[DeadLetter]) -> None:
        """Show dead letters again; what died shows them when their time is over."""
        if self._loop.process.is_alive:
            for dead_letter in dead_letters:
                self._known[dead_letter.handle].visible_at = self._loop.now

    def send(self, queue: str, body: str, *, traceparent: str | None = None) -> str:
        """Put a message back."""
        fault = self._fault()
        self._sqs.put_back(queue, body, delay=self._delay)
        self._end(fault)
        return "m"

    def delete(self, dead_letter: DeadLetter) -> None:
        """Remove a dead letter, unless the deletion is lost."""
        fault = self._fault()
        messages = self._sqs.dead_letters(dead_letter.queue)
        message = self._known[dead_letter.handle]
        if message in messages and not self._faults.loses_deletion():
            messages.remove(message)
        self._end(fault)


class Operator:
    """Redrives when asked to, and sends messages that no function of the shop would send."""

    def __init__(
        self,
        lambdas: Lambdas,
        sqs: SimulatedSQS,
        history: History,
        faults: DrawnFaults,
        trace: Trace,
        *,
        loop: SimLoop,
    ) -> None:
        """Do nothing yet."""
        self._lambdas = lambdas
        self._sqs = sqs
        self._history = history
        self._faults = faults
        self._trace = trace
        self._loop = loop
        self._count = 0
        #: How many messages all redrives have moved.
        self.moved = 0

    def redrive(self, delay: float = 0) -> None:
        """Start a redrive of all dead letters."""
        self._count += 1
        process = Process(f"redrive#{self._count}", skew_seconds=self._faults.skew())
        task = self._loop.start(process, self._redrive(delay))
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Raise what the checks found to be wrong with what was sent."""
        if not self._lambdas.is_over and (failure := task.exception()) is not None:
            raise failure

    async def _redrive(self, delay: float) -> None:
        dead_letters = SimulatedDeadLetters(self._sqs, self._loop, self._faults, delay=delay)
        dependencies = self._lambdas.dependencies

        def note(step: MovedMessage) -> None:
            self.moved += 1
            name = self._loop.process.name
            self._trace.note(name, "redrives", f"{step.order_id} to {step.to}: {step.action}")

        try:
            await redrive(
                dead_letters,
                dependencies.table,
                DEAD_LETTER_QUEUES,
                report=RedriveReport(),
                now=dependencies.now() + timedelta(seconds=_LATEST),
                limiter=RateLimiter(100, clock=self._loop.time),
                most=_MOST,
                on_moved=note,
            )
        except (ShopError, _KilledError) as failure:
            self._trace.note(self._loop.process.name, "breaks off", type(failure).__name__)

    def send_by_hand(self, draw: float) -> None:
        """Ask for another amount of a decided order, or report another shipment of a sent one.

        The shop believes its queues; what is decided, charged or sent must stay as it is.
        """
        decided = [
            order
            for order in self._history.orders()
            if self._history.decision(order["order_id"]) is not None
        ]
        if not decided:
            return
        order = decided[int(draw * len(decided))]
        order_id, state = order["order_id"], order["state"]
        if state in {PAID, SHIPPED} and "tracking_number" in order:
            body = ShipmentDelivered(order_id=order_id, tracking_number="another").to_body()
            self._sqs.hand_send("shipment-response", body)
            return
        total = f"{order['total_cents'] * 2 / 100:.2f}"
        card = {"Number": "4111111111111111", "ExpiryMonth": 12, "ExpiryYear": 2030, "CVV": "1"}
        data = {"orderID": order_id, "card": card, "total": total}
        body = json.dumps({"metadata": {"type": "PaymentRequested"}, "data": data})
        self._sqs.hand_send("payment-request", body)
