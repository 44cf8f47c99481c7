"""Asking a process of the shop whether it answers."""

import asyncio

from infra.local.sockets import LOOPBACK


async def status_of(port: int, path: str) -> int | None:
    """Return the HTTP status of one GET, or ``None`` if the connection broke.

    Waits as long as the other side does: our sockets take connections before anyone serves
    them, so the first answer is the moment the process is up.
    """
    writer = None
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n".encode()
        )
        status_line = await reader.readline()
        return int(status_line.split()[1])
    except (OSError, ValueError, IndexError):
        return None
    finally:
        if writer is not None:
            writer.close()


async def until_answers(port: int, path: str, *, pause_seconds: float = 0.05) -> None:
    """Return once a GET is answered with 200."""
    while await status_of(port, path) != 200:  # noqa: ASYNC110  # Another process cannot set one.
        await asyncio.sleep(pause_seconds)
