"""Kept connections of event loops: used again, replaced when they were closed, and over TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import botocore
import pytest

from app.aws.connections import AsyncConnections, NoAnswerError, _is_closed_by_peer

ECHO = b"HTTP/1.1 200 OK\r\nX-Any: 1\r\nContent-Length: %d\r\n%s\r\n"


def packets(manner: str, body: bytes) -> list[bytes]:
    """Return what is sent in a ``manner`` that is no more than its bytes."""
    whole = ECHO % (len(body), b"") + body
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    hints = b"HTTP/1.1 103 Early Hints\r\nX-More: 1\r\n\r\n"
    upgrade = b"Connection: upgrade\r\nUpgrade: x\r\n"
    sent = {
        "no HTTP": [b"\x00\x01\x02\r\n\r\n"],
        "interim answers": [interim, hints, whole],
        "interim answers in one packet": [interim + hints + whole],
        "interim answer alone": [interim],
        "another protocol": [b"HTTP/1.1 101 Over\r\n%s\r\nx" % upgrade],
        "another protocol without a name": [b"HTTP/1.1 101 Over\r\n\r\n" + whole],
        "says close": [ECHO % (len(body), b"Connection: close\r\n") + body],
        "two answers": [whole + whole],
        "half another answer": [whole + b"HT"],
        "garbage after": [whole + b"\x00 garbage"],
    }
    return sent.get(manner, [whole])


class Server:
    """Echoes what is posted, in the way that ``manner`` says."""

    def __init__(self) -> None:
        self.connections = 0
        self.manner = "plain"
        self.port = 0
        self.end = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                body = await reader.readexactly(size)
                if not await self._answer(writer, body):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, body: bytes) -> bool:
        """Answer once and return whether the connection stays."""
        match self.manner:
            case "chunked":
                chunk = b"%x\r\n%s\r\n" % (len(body), body)
                head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                writer.write(head + (chunk if body else b"") + b"0\r\n\r\n")
            case "in pieces":
                for piece in (ECHO % (len(body), b""), body):
                    for start in range(0, len(piece), 40):
                        writer.write(piece[start : start + 40])
                        await writer.drain()
                        await asyncio.sleep(0)
            case "silent":
                await self.end.wait()
            case "tells no length":
                writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + body)
            case "no length and no end":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + body)
                await writer.drain()
                await self.end.wait()
            case "half":
                writer.write(ECHO % (len(body) + 1, b"") + body)
                return False
            case manner:
                for packet in packets(manner, body):
                    writer.write(packet)
                    await writer.drain()
                    await asyncio.sleep(0)
        await writer.drain()
        return self.manner not in {"closes", "tells no length", "interim answer alone"}


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    async with await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=tls) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
        server.end.set()
        for writer in server.writers:
            # Not closed: over TLS that waits for the other side.
            writer.transport.abort()
        await asyncio.sleep(0)


def connect(server: Server, certificates: Path | None = None) -> AsyncConnections:
    scheme = "http" if certificates is None else "https"
    return AsyncConnections(
        f"{scheme}://127.0.0.1:{server.port}/a",
        certificates=str(certificates),
        most_kept=2,
        most_calls=9,
        connect_seconds=5,
    )


async def post(connections: AsyncConnections, body: bytes, *, seconds: float = 5) -> bytes:
    return (await connections.post({"host": connections.host}, body, seconds=seconds)).data


@pytest.mark.parametrize("manner", ["plain", "chunked", "in pieces"])
async def test_an_answer_is_whole_and_the_next_call_uses_its_connection(manner: str) -> None:
    async with serving() as server:
        server.manner = manner
        connections = connect(server)
        for body in (b"", b"one", b"x" * (900 if manner == "in pieces" else 2_000_000)):
            answer = await connections.post({"host": connections.host}, body, seconds=5)
            assert (answer.status, answer.data) == (200, body)
            assert manner == "chunked" or answer.headers[b"x-any"] == b"1"

        assert server.connections == 1


@pytest.mark.parametrize("manner", ["closes", "says close", "tells no length"])
async def test_a_connection_that_was_closed_in_between_is_not_used(manner: str) -> None:
    async with serving() as server:
        server.manner = manner
        connections = connect(server)
        for _ in range(3):
            assert await post(connections, b"a") == b"a"
            # A socket has no other way to say so.
            while connections._kept and not _is_closed_by_peer(connections._kept[0]):  # noqa: ASYNC110
                await asyncio.sleep(0)

        assert server.connections == 3


async def test_callers_at_once_have_connections_of_their_own() -> None:
    async with serving() as server:
        connections = connect(server)
        bodies = [b"a", b"b", b"c", b"d"]

        assert await asyncio.gather(*(post(connections, body) for body in bodies)) == bodies
        # No more are kept than there may be.
        assert len(connections._kept) == 2


async def test_connections_outlive_the_event_loop_that_they_were_opened_in() -> None:
    async with serving() as server:
        connections = connect(server)

        for _ in range(2):
            assert await asyncio.to_thread(asyncio.run, post(connections, b"a")) == b"a"

        assert server.connections == 1


@pytest.mark.parametrize(
    "manner",
    [
        "interim answers",
        "interim answers in one packet",
        "two answers",
        "half another answer",
        "garbage after",
    ],
)
async def test_each_call_gets_its_own_answer_whatever_comes_beside_it(manner: str) -> None:
    async with serving() as server:
        server.manner = manner
        connections = connect(server)
        for body in (b"first", b"second", b"third"):
            answer = await connections.post({"host": connections.host}, body, seconds=5)
            assert (answer.status, answer.data) == (200, body)
            assert answer.headers == {b"x-any": b"1", b"content-length": b"%d" % len(body)}
            assert connections._kept == []
        server.manner = "plain"
        assert await post(connections, b"fourth") == b"fourth"
        assert len(connections._kept) == 1


@pytest.mark.parametrize(
    "manner",
    [
        "no HTTP",
        "half",
        "silent",
        "interim answer alone",
        "another protocol",
        "another protocol without a name",
        "no length and no end",
    ],
)
async def test_what_is_no_whole_answer_is_none_and_its_connection_is_not_kept(manner: str) -> None:
    async with serving() as server:
        server.manner = manner
        connections = connect(server)

        with pytest.raises(NoAnswerError):
            await post(connections, b"a", seconds=0.05)

        assert connections._kept == []


async def test_a_caller_that_gives_up_leaves_no_answer_behind() -> None:
    async with serving() as server:
        server.manner = "silent"
        connections = connect(server)
        asking = asyncio.create_task(post(connections, b"a"))
        while not server.connections:  # noqa: ASYNC110  # It is about to come.
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        server.manner = "plain"

        assert await post(connections, b"b") == b"b"


async def test_a_host_that_is_not_there_is_no_answer() -> None:
    async with serving() as server:
        pass
    with pytest.raises(NoAnswerError):
        await post(connect(server), b"a")


async def test_a_host_that_hangs_up_at_once_is_asked_a_few_times_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.aws.connections._is_closed_by_peer", lambda _: True)
    async with serving() as server:
        with pytest.raises(NoAnswerError):
            await post(connect(server), b"a")

        assert server.connections <= 10


async def test_over_tls_only_a_host_whose_certificate_is_trusted_is_told_anything(
    certificate: tuple[Path, Path],
) -> None:
    trusted, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, key)
    async with serving(context) as server:
        connections = connect(server, trusted)
        for body in (b"a", b"x" * 2_000_000, b"b"):
            assert await post(connections, body) == body
        server.manner = "in pieces"
        assert await post(connections, b"y" * 900) == b"y" * 900
        assert server.connections <= 2

        authorities = Path(botocore.__file__).with_name("cacert.pem")
        with pytest.raises(NoAnswerError) as caught:
            await post(connect(server, authorities), b"a")
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
