"""Bodies that come slowly, in part or never, on real connections."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from httpx import AsyncClient

from app.main import create_app
from routers import received_bodies
from routers.overload import MAX_IN_FLIGHT
from routers.requests import MAX_BODY_BYTES
from tests.support.shop import fresh

#: For what must come at once; a busy machine is given time.
PATIENCE_SECONDS = 30


@pytest.fixture
async def port(stack: dict[str, str], open_mode: None) -> AsyncIterator[int]:
    """The port of the whole shop behind the server that runs it locally."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        config = uvicorn.Config(create_app(), lifespan="off", ws="none", log_config=None)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110  # The server cannot set an event for it.
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = server.force_exit = True
        await running


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def half_sent(port: int, user: str) -> Connection:
    """A connection that has sent the head of an addition and half of its body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /cart/item/add/{user} HTTP/1.1\r\nHost: shop\r\nContent-Length: 14\r\n\r\n"
    writer.write(head.encode() + b'{"itemi')
    await writer.drain()
    return reader, writer


async def answer_of(connection: Connection) -> bytes:
    """Everything up to the end of the connection."""
    return await asyncio.wait_for(connection[0].read(), PATIENCE_SECONDS)


async def test_more_half_sent_requests_than_there_are_places_leave_others_served(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received_bodies, "BODY_SECONDS", 10 * PATIENCE_SECONDS)
    user = fresh("user")
    connections = [await half_sent(port, user) for _ in range(MAX_IN_FLIGHT + 20)]

    async with AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as http:
        others = [await http.get("/products"), await http.post(f"/cart/clear/{user}")]
        whole = await http.post(f"/cart/item/add/{user}", json={"itemid": "b"})
        connections[0][1].write(b'd":"a"}')
        first_line = await asyncio.wait_for(connections[0][0].readline(), PATIENCE_SECONDS)
        cart = await http.get(f"/cart/items/{user}")
    for _, writer in connections:
        writer.close()

    assert [answer.status_code for answer in (*others, whole)] == [200, 200, 200]
    assert first_line == b"HTTP/1.1 200 OK\r\n"
    assert {line["itemid"] for line in cart.json()["cart"]} == {"a", "b"}


async def test_a_body_that_never_comes_is_a_408_and_the_end_of_the_connection(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received_bodies, "BODY_SECONDS", 0.1)

    connection = await half_sent(port, fresh("user"))
    answer = await answer_of(connection)
    connection[1].close()

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    assert b"access-control-allow-origin: *" in head.lower()
    assert body.startswith(
        b'{"message":"the body did not arrive in time","status":408,'
        b'"code":"request_timeout","fields":[],"request_id":"'
    )


async def test_a_body_that_is_too_large_is_refused_before_its_end(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    size = 2 * MAX_BODY_BYTES
    writer.write(
        f"POST /cart/item/add/x HTTP/1.1\r\nHost: shop\r\nContent-Length: {size}\r\n\r\n".encode()
    )
    writer.write(b" " * (size - 1000))
    first_line = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
    writer.close()

    assert first_line.startswith(b"HTTP/1.1 413 ")


async def receive_all(messages: list[dict[str, Any]]) -> Any:
    """What the application is handed for a client that sends these messages."""
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    received = await received_bodies.receive_body(scope, receive, send)
    assert not sent
    return received


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_is_handed_out_as_it_came_and_then_the_connection_is_heard() -> None:
    parts = [part(b"a", more=True), part(b"b", more=False), {"type": "http.disconnect"}]

    received = await receive_all(list(parts))

    assert [await received() for _ in parts] == parts


async def test_a_client_that_goes_away_is_not_answered() -> None:
    assert await receive_all([part(b"a", more=True), {"type": "http.disconnect"}]) is None


async def test_a_body_that_is_announced_as_too_large_is_refused_at_once(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /login HTTP/1.1\r\nHost: shop\r\nContent-Length: 99999999999\r\n\r\n{")
    await writer.drain()

    answer = await answer_of((reader, writer))
    writer.close()

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than 256 KiB" in answer
