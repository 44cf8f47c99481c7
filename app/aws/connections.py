"""Kept connections to one host, for calls that an event loop waits for.

What the shop asks of a connection is one POST and its whole answer. A connection is opened in a
thread, names and TLS included, and then belongs to no event loop: a worker has one for each
thread that calls it, tests have one for each test.
"""

import asyncio
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpParserUpgrade

from app.aws.answers import Answer, AnswerReader
from app.deadlines import run_in_thread

_READ_BYTES = 256 * 1024
#: One call opens at most this many connections before it fails.
_MOST_OPENED = 10
#: A socket, or TLS on it, can go on only when it is ready again.
_NOT_READY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class NoAnswerError(Exception):
    """There was no answer; what was asked for may have been done."""


class TooManyCallsError(NoAnswerError):
    """Nothing was sent: as many calls as there may be are waiting for answers."""


class AsyncConnections:
    """Connections to the host of a URL, kept after each answer for the next call."""

    def __init__(
        self,
        url: str,
        *,
        certificates: str,
        most_kept: int,
        most_calls: int,
        connect_seconds: float,
    ) -> None:
        """Connect when asked; ``certificates`` is the file of those trusted.

        More callers at once than ``most_kept`` open connections that are not kept, and those
        beyond ``most_calls`` are refused.
        """
        parts = urlsplit(url)
        self.host, self.path = parts.netloc, f"{parts.path}/"
        self._is_tls = parts.scheme == "https"
        self._address = (parts.hostname or "", parts.port or (443 if self._is_tls else 80))
        self._certificates = certificates
        self._most_kept, self._most_calls = most_kept, most_calls
        self._connect_seconds = connect_seconds
        self._calls = 0
        # Threads that call side by side, each with an event loop, count together.
        self._lock = threading.Lock()
        self._kept: list[socket.socket] = []
        # Sockets that are open when a process ends are warned of.
        weakref.finalize(self, _close, self._kept)

    async def post(self, headers: Mapping[str, str], body: bytes, *, seconds: float) -> Answer:
        """Return the answer to one POST, for which it has ``seconds`` once it is connected.

        A call that its caller gives up closes its connection.

        Raises:
            NoAnswerError: there was none; what was asked for may have been done.
        """
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"POST {self.path} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
        with self._lock:
            if self._calls >= self._most_calls:
                raise TooManyCallsError
            self._calls += 1
        try:
            return await self._answered(head.encode("latin-1") + body, seconds)
        finally:
            with self._lock:
                self._calls -= 1

    async def _answered(self, request: bytes, seconds: float) -> Answer:
        connection = await self._connected()
        reader = AnswerReader()
        try:
            answer = await self._exchange(connection, request, reader, seconds)
        except BaseException as failure:
            connection.close()
            if isinstance(failure, OSError | HttpParserError | HttpParserUpgrade):
                raise NoAnswerError from failure
            raise
        if reader.keeps_connection and not reader.is_cut_off and len(self._kept) < self._most_kept:
            self._kept.append(connection)
        else:
            connection.close()
        return answer

    def close_kept(self) -> None:
        """Close the connections that no call uses; the next calls open others."""
        with suppress(IndexError):
            while True:
                self._kept.pop().close()

    async def _exchange(
        self, connection: socket.socket, request: bytes, reader: AnswerReader, seconds: float
    ) -> Answer:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(seconds, _cut_off, connection, reader)
        try:
            left = memoryview(request)
            while left:
                try:
                    left = left[connection.send(left) :]
                except _NOT_READY as failure:
                    await _ready(loop, connection, failure, is_writing=True)
            # The answer is not there yet, so wait until the socket is readable.
            await _ready(loop, connection)
            while reader.answer is None:
                try:
                    part = connection.recv(_READ_BYTES)
                except _NOT_READY as failure:
                    await _ready(loop, connection, failure)
                    continue
                reader.feed(part)
            return reader.answer
        finally:
            timer.cancel()

    async def _connected(self) -> socket.socket:
        """Return the connection that was used last, or a new one."""
        for _ in range(_MOST_OPENED):
            # Another thread may take the last connection between the check and `pop`.
            with suppress(IndexError):
                while True:
                    connection = self._kept.pop()
                    if not _is_closed_by_peer(connection):
                        return connection
                    connection.close()
            try:
                await run_in_thread(self._connect, error=NoAnswerError())
            except OSError as failure:
                raise NoAnswerError from failure
        raise NoAnswerError

    def _connect(self) -> None:
        """Open a connection and keep it: the call that waited for it may have given up."""
        connection = socket.create_connection(self._address, self._connect_seconds)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._is_tls:
                context = _trusting(self._certificates)
                connection = context.wrap_socket(connection, server_hostname=self._address[0])
            connection.setblocking(False)
        except BaseException:
            connection.close()
            raise
        self._kept.append(connection)


async def _ready(
    loop: asyncio.AbstractEventLoop,
    connection: socket.socket,
    reason: Exception | None = None,
    *,
    is_writing: bool = False,
) -> None:
    """Return when a socket can be read, or written if ``reason`` or else the caller wants that."""
    if isinstance(reason, ssl.SSLWantReadError):
        is_writing = False
    elif isinstance(reason, ssl.SSLWantWriteError):
        is_writing = True
    # A number: asyncio would write out the whole socket with each call.
    descriptor = connection.fileno()
    is_ready = loop.create_future()
    watch: Callable[..., Any] = loop.add_writer if is_writing else loop.add_reader
    watch(descriptor, _finish, is_ready)
    try:
        await is_ready
    finally:
        (loop.remove_writer if is_writing else loop.remove_reader)(descriptor)


def _finish(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _cut_off(connection: socket.socket, reader: AnswerReader) -> None:
    """End what waits for a connection: it reads the end."""
    reader.is_cut_off = True
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _is_closed_by_peer(connection: socket.socket) -> bool:
    """Tell whether something has arrived before a request was sent, which can only be the end.

    What TLS sends for itself, such as tickets for later sessions, is read on the way.
    """
    try:
        connection.recv(1)
    except _NOT_READY:
        return False
    except OSError:
        return True
    return True


@cache
def _trusting(certificates: str) -> ssl.SSLContext:
    """Return what checks hosts; it reads all certificates, which takes longer than a call."""
    return ssl.create_default_context(cafile=certificates)


def _close(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.close()
