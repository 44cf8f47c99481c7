"""What is no HTTP is refused in the form of all errors."""

import asyncio
import json
from http.client import parse_headers
from io import BytesIO

import pytest
import uvicorn
from uvicorn.server import ServerState

from infra.local.http_protocol import ShopProtocol
from routers.problems import problem_app

GOOD = b"GET /products HTTP/1.1\r\nHost: shop\r\n\r\n"


async def answers_to(sent: bytes) -> bytes:
    """Return all that comes for some bytes until the connection is closed."""
    config = uvicorn.Config(problem_app(404, "Not Found"), ws="none", lifespan="off")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: ShopProtocol(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        async with asyncio.timeout(30):
            answered = await reader.read()
        writer.close()
    return answered


@pytest.mark.parametrize(
    "sent",
    [
        b"MAKE /products HTTP/1.1\r\nHost: shop\r\n\r\n",
        b"GET /products HTTP/1.1\r\nHost : shop\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: shop\r\nContent-Length: x\r\n\r\n{}",
        b"GET /products HTTP/1.1\r\n\r\n",
        b"GET /products HTTP/1.1\r\nHost: shop\r\nhost: evil\r\n\r\n",
        b"GET /products HTTP/1.0\r\nHost: shop\r\nHost: shop\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_it_is_refused_in_the_form_of_all_errors(sent: bytes) -> None:
    answered = BytesIO(await answers_to(sent + GOOD))

    assert answered.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    headers = parse_headers(answered)
    content = answered.read()
    problem = json.loads(content)
    # Nothing behind it was answered.
    assert int(headers["content-length"]) == len(content)
    assert headers["connection"] == "close"
    assert headers["content-type"] == "application/json"
    assert headers["access-control-allow-origin"] == "*"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"] == problem["request_id"] != ""
    assert (problem["status"], problem["code"]) == (400, "invalid_request")


async def test_an_address_that_is_too_long_is_told_so() -> None:
    answered = await answers_to(b"GET /%b HTTP/1.1\r\nHost: shop\r\n\r\n" % (65_535 * b"a"))

    assert answered.startswith(b"HTTP/1.1 414 ")
    problem = json.loads(answered.partition(b"\r\n\r\n")[2])
    assert (problem["code"], problem["message"], problem["fields"]) == (
        "address_too_long",
        "the address is too long",
        [],
    )


async def test_the_longest_address_is_read() -> None:
    address = b"/" + 65_534 * b"a"

    answered = await answers_to(
        b"GET %b HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n" % address
    )

    assert answered.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.0\r\n", b"GET / HTTP/1.1\r\nHost:\r\n"])
async def test_an_old_client_names_no_host(sent: bytes) -> None:
    answered = await answers_to(sent + b"Connection: close\r\n\r\n")

    assert answered.startswith(b"HTTP/1.1 404 ")
