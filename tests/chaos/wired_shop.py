"""A real shop whose functions reach AWS over a wire that can be tapped, disturbed and cut."""

import asyncio
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.chaos.faulty_wire import FaultyWire
from tests.chaos.side_effects import SideEffects
from tests.infra.local.helpers.shop_process import ShopProcess, running

T = TypeVar("T")
FAULTY_SHOP = ("-m", "tests.chaos.faulty_shop")


@dataclass
class WiredShop:
    """A shop that is ready, its wire, and what went over it."""

    shop: ShopProcess
    wire: FaultyWire
    effects: SideEffects
    loop: asyncio.AbstractEventLoop

    def on_wire(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Have something done in the thread that the wire lives in."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)


@contextmanager
def wired_shop(folder: Path, *, seed: int = 1, **environment: str) -> Iterator[WiredShop]:
    """Run a shop in a folder; its wire has no faults until somebody gives it a rate."""
    (folder / "project").mkdir()
    target = folder / "target"
    effects = SideEffects()
    wire = FaultyWire(target.read_text, rate=0.0, seed=seed, tap=effects.see)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="wire", daemon=True)
    thread.start()
    try:
        url = asyncio.run_coroutine_threadsafe(wire.listen(), loop).result(10)
        with running(
            folder / "project",
            folder / "data",
            argv=(sys.executable, *FAULTY_SHOP),
            WIRE_URL=url,
            WIRE_TARGET=str(target),
            **environment,
        ) as shop:
            yield WiredShop(shop, wire, effects, loop)
    finally:
        asyncio.run_coroutine_threadsafe(wire.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
