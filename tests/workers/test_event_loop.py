"""A worker's event loop is kept; what a call leaves behind is not."""

import asyncio
import gc
from threading import Thread

import pytest

from workers.event_loop import run

pytestmark = pytest.mark.unmeasured


async def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_calls_of_one_thread_share_a_loop_that_ends_with_the_thread() -> None:
    found: list[asyncio.AbstractEventLoop] = []
    thread = Thread(target=lambda: found.extend(run(_loop()) for _ in range(2)))
    thread.start()
    thread.join()
    gc.collect()

    first, second = found
    assert first is second
    assert first.is_closed()
    assert run(_loop()) is run(_loop()) is not first


@pytest.mark.parametrize("fails", [False, True])
def test_no_task_goes_on_after_its_call(*, fails: bool) -> None:
    ended: list[str] = []

    async def go_on() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def work() -> asyncio.Task[None]:
        task = asyncio.create_task(go_on())
        await asyncio.sleep(0)
        if fails:
            raise ValueError("no")
        return task

    if fails:
        with pytest.raises(ValueError, match="no"):
            run(work())
    else:
        assert run(work()).cancelled()
    assert ended == ["cancelled"]
