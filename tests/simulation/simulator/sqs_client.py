"""What stands behind the real sender of the shop: a client of SQS on a simulated network.

``app.queues.SQSQueues`` runs as it is, with its deadline and its translation of failures. Earlier
releases call boto3 in threads: such work is run twice, first up to its call, which then travels
through the network, and once more when the answer is there, or the failure that boto3 would raise.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Protocol
from unittest.mock import patch

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

import app.queues
from app.settings import Settings, read_settings
from infra.topology import QUEUES, queue_setting
from tests.simulation.simulator.faults import Fault
from tests.simulation.simulator.network import QUEUES as SERVICE
from tests.simulation.simulator.network import CallLostError, Network

_URL = "https://sqs.simulated/"
#: The part of the settings that the sender asks for.
QUEUE_SETTINGS = {queue_setting(queue.name): _URL + queue.name for queue in QUEUES} | {
    # As in a stack in AWS: no event is believed that agrees with nothing stored.
    "TRUST_EVENTS": "0"
}


class MessageSink(Protocol):
    """What takes messages."""

    on_attempt: Callable[[str, str], None]

    def send(self, queue: str, body: str, delay_seconds: float = 0) -> None:
        """Take a message."""


class DroppedMessages:
    """Queues that take every message and keep none."""

    def __init__(self) -> None:
        """Take messages from now on."""
        self.on_attempt: Callable[[str, str], None] = lambda queue, body: None

    def send(self, queue: str, body: str, delay_seconds: float = 0) -> None:
        """Take a message and forget it."""


@dataclass
class _Request(BaseException):
    """Ends a thread's work at its call; no handler of the shop catches it."""

    operation: str
    queue: str
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Return the messages that it sends."""
        return self.parameters.get("Entries") or [self.parameters]


class SimulatedSQSClient:
    """The calls of SQS that the shop makes, and those of boto3 that earlier releases make."""

    def __init__(self, sink: MessageSink, network: Network) -> None:
        """Reach ``sink`` through ``network``."""
        self.loop = network.loop
        self._sink = sink
        self._network = network
        self._answer: Callable[[], Any] | None = None

    async def call(
        self, operation: str, parameters: dict[str, Any], *, seconds: float
    ) -> dict[str, Any]:
        """Do what an operation of today's client does; its caller ends it after ``seconds``."""
        name = "check" if operation == "GetQueueAttributes" else "send"
        request = _Request(name, parameters["QueueUrl"].removeprefix(_URL), parameters)
        process = self.loop.process
        try:
            answer: dict[str, Any] = await self._travel(request) or {}
        except CallLostError as failure:
            raise _failure(request) from failure
        process.has_requested_payment |= request.queue == "payment-request"
        return answer

    def send_message(self, **parameters: Any) -> dict[str, Any]:
        """Send one message."""
        answer: dict[str, Any] = self._call("send", parameters)
        return answer

    def send_message_batch(self, **parameters: Any) -> dict[str, Any]:
        """Send messages; each is stored, or named as failed, for itself."""
        answer: dict[str, Any] = self._call("send", parameters)
        return answer

    def get_queue_attributes(self, **parameters: Any) -> dict[str, Any]:
        """Return what is known about a queue."""
        answer: dict[str, Any] = self._call("check", parameters)
        return answer

    def _call(self, operation: str, parameters: dict[str, Any]) -> Any:
        if self._answer is None:
            queue = parameters["QueueUrl"].removeprefix(_URL)
            raise _Request(operation, queue, parameters)
        return self._answer()

    def run(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        """Return what will be the result of a thread's work."""
        result = self.loop.create_future()
        try:
            result.set_result(work())
        except _Request as request:
            self._travel(request).add_done_callback(partial(self._finish, request, work, result))
        return result

    def _travel(self, request: _Request) -> "asyncio.Future[Any]":
        """Return what will be the answer of the network."""
        queue, effect = request.queue, dict
        if request.operation == "send":
            for entry in request.entries:
                self._sink.on_attempt(queue, entry["MessageBody"])
            effect = partial(self._store, queue, request.entries)  # type: ignore[assignment]
        return self._network.call(SERVICE, request.operation, effect, queue)

    def _store(self, queue: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Store the entries of one request; among several, some may fail."""
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in entries:
            if len(entries) > 1 and self._fails():
                answer["Failed"].append({"Id": entry["Id"], "Code": "InternalError"})
                continue
            self._sink.send(queue, entry["MessageBody"], entry.get("DelaySeconds", 0))
            answer["Successful"].append({"Id": entry.get("Id", "")})
        return answer

    def _fails(self) -> bool:
        fault = self._network.faults.fault_of_call(SERVICE, "send entry", self.loop.now)
        return fault is Fault.FAIL

    def _finish(
        self,
        request: _Request,
        work: Callable[[], Any],
        result: "asyncio.Future[Any]",
        call: "asyncio.Future[Any]",
    ) -> None:
        """Run the rest of a thread's work, whether its caller still waits or not."""
        if call.cancelled() or result.done():
            return
        self._answer = partial(_answer, call, request)
        try:
            result.set_result(work())
            process = self.loop.process
            process.has_requested_payment |= request.queue == "payment-request"
        except Exception as failure:  # noqa: BLE001  # As a thread hands over any failure.
            result.set_exception(failure)
        finally:
            self._answer = None


def _answer(call: "asyncio.Future[Any]", request: _Request) -> dict[str, Any]:
    if call.exception() is None:
        return call.result() or {}
    raise _failure(request)


def _failure(request: _Request) -> Exception:
    """Return one of the many errors that mean the same."""
    kinds = (
        EndpointConnectionError(endpoint_url=_URL),
        ReadTimeoutError(endpoint_url=_URL),
        ClientError({"Error": {"Code": "InternalError"}}, request.operation),
    )
    return kinds[len(str(request.parameters)) % len(kinds)]


@lru_cache(maxsize=1)
def _settings() -> Settings:
    return read_settings(QUEUE_SETTINGS)


@contextmanager
def sending_through(client: SimulatedSQSClient, *, queues: Any = app.queues) -> Iterator[None]:
    """Let the real sender use ``client``, in the simulated network's loop.

    ``queues`` is the module of the sender: another release has its own.
    """
    settings = _settings()
    maker = "get_service" if hasattr(queues, "get_service") else "get_client"
    with (
        # The release ff5ee60 had one client for everything.
        patch.object(queues, maker, lambda: client),
        patch.object(queues, "get_settings", lambda: settings),
        patch.object(client.loop, "run_blocking", client.run),
    ):
        yield
