"""A real shop whose functions reach AWS through a proxy that can be tapped, disturbed and cut."""

import asyncio
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.chaos.helpers.faulty_proxy import FaultyProxy
from tests.chaos.helpers.side_effects import SideEffects
from tests.infra.local.helpers.shop_process import ShopProcess, running

T = TypeVar("T")
SHOP_BEHIND_PROXY = ("-m", "tests.chaos.helpers.shop_behind_proxy")


@dataclass
class ProxiedShop:
    """A shop that is ready, its proxy, and what went through it."""

    shop: ShopProcess
    proxy: FaultyProxy
    effects: SideEffects
    loop: asyncio.AbstractEventLoop

    def on_proxy(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Have something done in the thread that the proxy lives in."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)


@contextmanager
def proxied_shop(folder: Path, *, seed: int = 1, **environment: str) -> Iterator[ProxiedShop]:
    """Run a shop in a folder; its proxy has no faults until a test gives it a rate."""
    (folder / "project").mkdir()
    target = folder / "target"
    effects = SideEffects()
    proxy = FaultyProxy(target.read_text, rate=0.0, seed=seed, tap=effects.see)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()
    try:
        url = asyncio.run_coroutine_threadsafe(proxy.listen(), loop).result(10)
        with running(
            folder / "project",
            folder / "data",
            argv=(sys.executable, *SHOP_BEHIND_PROXY),
            PROXY_URL=url,
            PROXY_TARGET=str(target),
            **environment,
        ) as shop:
            yield ProxiedShop(shop, proxy, effects, loop)
    finally:
        asyncio.run_coroutine_threadsafe(proxy.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
