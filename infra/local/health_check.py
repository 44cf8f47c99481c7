"""Health checks of the shop's processes over HTTP."""

import asyncio

from infra.local.sockets import LOOPBACK


async def get_status(port: int, path: str, *, method: str = "GET") -> int | None:
    """Return the HTTP status of one request without a body, or ``None`` if the connection broke.

    Has no time-out: the sockets accept connections before their servers run, so the first
    answer comes as soon as the process is up.
    """
    writer = None
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        status_line = await reader.readline()
        return int(status_line.split()[1])
    except (OSError, ValueError, IndexError):
        return None
    finally:
        if writer is not None:
            writer.close()


async def wait_until_healthy(
    port: int, path: str, *, method: str = "GET", pause_seconds: float = 0.05
) -> None:
    """Return once a request is answered with 200."""
    # Another process cannot set an event.
    while await get_status(port, path, method=method) != 200:  # noqa: ASYNC110
        await asyncio.sleep(pause_seconds)
