"""A connection that the table resets, with the real client on real sockets."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from app.domain.cart import CartLine
from app.domain.errors import StoreUnavailableError
from app.settings import get_settings
from app.store.carts import add_line, get_cart, set_quantity
from app.store.table import Table, get_table, open_table
from infra.local.emulator import Emulator
from tests.conftest import CREDENTIALS
from tests.support.shop import fresh

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LINE = CartLine("i", "Thing", "", "", 3499, None, 2, NOW)
#: Makes closing a socket a reset.
_AT_ONCE = struct.pack("ii", 1, 0)


class Proxy:
    """Passes calls on; resets the connection of the next one, before or after it is made."""

    def __init__(self, upstream: str) -> None:
        address = urlsplit(upstream)
        self._host, self._port = address.hostname, address.port
        self.resets: list[str] = []
        self.calls = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The client keeps its connections; at the end they are cut.
        with suppress(asyncio.CancelledError), closing(writer):
            while request := await _read_message(reader):
                self.calls += 1
                reset = self.resets.pop(0) if self.resets else ""
                if reset != "before":
                    answer = await self._ask(request)
                if reset:
                    connection: socket.socket = writer.get_extra_info("socket")
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                    return
                writer.write(answer)

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(request)
        answer = await _read_message(reader)
        writer.close()
        return answer


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """One request or answer with its body; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    size = int(lengths[0].partition(b":")[2]) if lengths else 0
    return head + await reader.readexactly(size)


@asynccontextmanager
async def behind_a_proxy(emulator: Emulator) -> AsyncIterator[tuple[Table, Proxy]]:
    proxy = Proxy(emulator.endpoint_url)
    server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        keys = (CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
        name = get_table().name
        yield (
            open_table(name, region=get_settings().region, endpoint_url=url, credentials=keys),
            proxy,
        )


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_an_addition_on_a_reset_connection_is_repeated_and_counts_once(
    stack: dict[str, str], emulator: Emulator, reset: str
) -> None:
    user = fresh("user")
    async with behind_a_proxy(emulator) as (table, proxy):
        await get_cart(table, user)  # Opens the connection that is reset.
        proxy.resets = [reset]

        await add_line(table, user, LINE, now=NOW)

        assert proxy.calls == 3
        assert (await get_cart(table, user)).lines == (LINE,)


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_what_could_undo_the_work_of_others_is_not_repeated(
    stack: dict[str, str], emulator: Emulator, reset: str
) -> None:
    user = fresh("user")
    async with behind_a_proxy(emulator) as (table, proxy):
        await add_line(table, user, LINE, now=NOW)
        proxy.resets = [reset]

        with pytest.raises(StoreUnavailableError):
            await set_quantity(table, user, "i", 7)

        assert proxy.calls == 2
        assert (await get_cart(table, user)).item_count == (7 if reset == "after" else 2)
