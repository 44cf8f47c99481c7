"""A proxy between the shop and AWS on which some calls fail, hang, or lose their answer."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from enum import StrEnum
from random import Random

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_HEAD_END = b"\r\n\r\n"
_THROTTLED = (
    b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",'
    b'"message":"slow down"}'
)
_BROKEN = b'{"__type":"InternalServerError","message":"something broke"}'

#: Longer than the shop's clients wait for an answer.
_HANG_SECONDS = 3.0
_SLOW_SECONDS = 1.0


class Fault(StrEnum):
    """What becomes of a call."""

    CUT = "cut before it arrived"
    LOST = "answer lost"
    BROKEN = "failed"
    BROKEN_AFTER = "failed after it took effect"
    THROTTLED = "throttled"
    HANG = "hung"
    HANG_AFTER = "hung after it took effect"
    SLOW = "slow"


_EARLY = {Fault.CUT, Fault.BROKEN, Fault.THROTTLED, Fault.HANG}
_ANSWERS = {
    Fault.BROKEN: (500, _BROKEN),
    Fault.BROKEN_AFTER: (500, _BROKEN),
    Fault.THROTTLED: (400, _THROTTLED),
}


class FaultyProxy:
    """Passes HTTP calls on to ``upstream()``; a share ``rate`` of them meets a fault.

    ``tap`` is shown the headers and the body of every call that is passed on.
    """

    def __init__(
        self,
        upstream: Callable[[], str],
        *,
        rate: float,
        seed: int,
        tap: Callable[[Mapping[str, str], bytes], None] = lambda *_: None,
    ) -> None:
        """Prepare; :meth:`listen` opens a port on loopback."""
        self.rate = rate
        self.calls = 0
        self.faults: Counter[str] = Counter()
        self._upstream = upstream
        self._tap = tap
        self._port = 0
        self._random = Random(seed)
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._idle: list[_Connection] = []

    async def listen(self) -> str:
        """Take calls; return the address."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{self._port}"

    async def close(self) -> None:
        """Close every connection, and refuse connections until it listens again."""
        if self._server is not None:
            self._server.close()
        # Whom the server took just before has no talk yet that could be ended.
        for _ in range(5):
            await asyncio.sleep(0)
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        while self._idle:
            await _hang_up(self._idle.pop()[1])

    async def swallow(self, seconds: float) -> None:
        """Hang up, and for so long let new connections of clients hang."""
        await self.close()
        with socket.socket() as hole, ExitStack() as fillers:
            hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            hole.bind(("127.0.0.1", self._port))
            hole.listen(0)
            # Linux drops what comes when the queue of connections that are not accepted is full.
            for _ in range(4):
                filler = fillers.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", self._port))
            await asyncio.sleep(seconds)
        await self.listen()

    def _draw(self) -> Fault | None:
        self.calls += 1
        if self._random.random() >= self.rate:
            return None
        fault = self._random.choice(tuple(Fault))
        self.faults[fault] += 1
        return fault

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            # Only close() cancels it, and then its end is all that is waited for.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._call(reader, writer):
                    pass
        finally:
            self._talks.discard(task)
            await _hang_up(writer)

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Carry one call; return whether the connection is still good."""
        head = await reader.readuntil(_HEAD_END)
        _, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in _parts(lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        fault = self._draw()
        if fault is Fault.HANG:
            await asyncio.sleep(_HANG_SECONDS)
        if fault in _EARLY:
            return fault in _ANSWERS and await _reply(writer, *_ANSWERS[fault])
        if fault is Fault.SLOW:
            await asyncio.sleep(_SLOW_SECONDS)
        self._tap(headers, body)
        status, answer = await self._pass_on(head + body)
        if fault is Fault.HANG_AFTER:
            await asyncio.sleep(_HANG_SECONDS)
        if fault in {Fault.HANG_AFTER, Fault.LOST}:
            return False
        if fault in _ANSWERS:
            return await _reply(writer, *_ANSWERS[fault])
        writer.write(answer)
        await writer.drain()
        return status > 0

    async def _pass_on(self, request: bytes) -> tuple[int, bytes]:
        """Return the status and the whole answer of the emulator."""
        reader, writer = self._take_idle() or await self._connect()
        try:
            writer.write(request)
            head = await reader.readuntil(_HEAD_END)
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in _parts(lines[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
        except BaseException:
            await _hang_up(writer)
            raise
        self._idle.append((reader, writer))
        return int(lines[0].split(" ")[1]), head + body

    def _take_idle(self) -> _Connection | None:
        while self._idle:
            reader, writer = self._idle.pop()
            if not (reader.at_eof() or reader.exception() or writer.is_closing()):
                return reader, writer
            writer.close()
        return None

    async def _connect(self) -> _Connection:
        host, _, port = self._upstream().removeprefix("http://").partition(":")
        return await asyncio.open_connection(host, int(port))


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _parts(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in lines]


async def _reply(writer: asyncio.StreamWriter, status: int, body: bytes) -> bool:
    kind = "application/x-amz-json-1.0"
    head = f"HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
    writer.write(head.encode("latin-1") + b"\r\n" + body)
    await writer.drain()
    return True
