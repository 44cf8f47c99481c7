"""The proxy can be away in the ways that the store can."""

import asyncio

import httpx
import pytest

from tests.chaos.helpers.faulty_proxy import FaultyProxy


async def test_a_proxy_that_swallows_lets_no_client_connect_until_it_is_back() -> None:
    proxy = FaultyProxy(lambda: "http://127.0.0.1:9", rate=0.0, seed=1)
    url = await proxy.listen()
    swallowing = asyncio.create_task(proxy.swallow(5.0))
    await asyncio.sleep(0.5)

    async with httpx.AsyncClient(timeout=httpx.Timeout(30, connect=0.5)) as http:
        with pytest.raises(httpx.ConnectTimeout):
            await http.get(url)
        await swallowing
    async with httpx.AsyncClient(timeout=30) as http:
        # Connected, and cut off because nothing is behind the proxy.
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(url)
    await proxy.close()


async def test_a_closed_proxy_refuses_connections_until_it_listens_again() -> None:
    proxy = FaultyProxy(lambda: "http://127.0.0.1:9", rate=0.0, seed=1)
    url = await proxy.listen()
    await proxy.close()

    async with httpx.AsyncClient(timeout=30) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(url)
        assert await proxy.listen() == url
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(url)
    await proxy.close()
