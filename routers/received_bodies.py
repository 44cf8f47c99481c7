"""Taking in the body of a request before anything is done for it."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from routers.problems import problem
from routers.requests import MAX_BODY_BYTES

#: For a whole body. The largest takes a phone with 256 kbit/s eight seconds. On Lambda a body
#: is there at once.
BODY_SECONDS = 10.0


async def receive_body(scope: Scope, receive: Receive, send: Send) -> Receive | None:
    """Return what hands out the body again, once all of it has arrived.

    A body that is announced as larger than the limit is answered with 413 at once; one that turns
    out to be larger is read up to the limit, and its reader refuses it. Nothing is returned for a
    client that goes away, or that needs more than :data:`BODY_SECONDS`: that client is answered
    with 408, and its connection is closed.
    """
    if not _has_body(Headers(scope=scope)):
        return receive
    if _announced_bytes(Headers(scope=scope)) > MAX_BODY_BYTES:
        refusal = problem(413, "the body is larger than 256 KiB", {"Connection": "close"})
        await refusal(scope, receive, send)
        return None
    messages: list[Message] = []
    try:
        async with asyncio.timeout(BODY_SECONDS):
            is_here = await _read(receive, messages)
    except TimeoutError:
        # RFC 9110, 15.5.9: who sends 408 closes the connection.
        refusal = problem(408, "the body did not arrive in time", {"Connection": "close"})
        await refusal(scope, receive, send)
        return None
    if not is_here:
        return None

    async def received() -> Message:
        return messages.pop(0) if messages else await receive()

    return received


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _announced_bytes(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


async def _read(receive: Receive, messages: list[Message]) -> bool:
    size = 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        messages.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return True
