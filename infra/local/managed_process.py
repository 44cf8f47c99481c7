"""One managed process of the shop: started, restarted when its code changes or it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from infra.local.child_process import ChildProcess, describe_exit
from infra.local.environment import Launch
from infra.local.errors import ChildError, LocalShopError
from infra.local.output import Output

#: How long a process may take from its start to its first answer.
START_SECONDS = 30.0
#: How long a process may finish what it has begun when its code has changed.
RELOAD_SECONDS = 15.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class ManagedProcess:
    """A process that runs for as long as the shop does."""

    def __init__(
        self,
        name: str,
        launch: Callable[[], Launch],
        is_up: Callable[[], Awaitable[None]],
        output: Output,
        *,
        lock: int,
        explain: Callable[[int | None], str] = lambda _: "",
    ) -> None:
        """Prepare to start what ``launch`` returns; it is ready once ``is_up`` returns.

        ``explain`` returns a sentence to add to the message about an exit code.
        """
        self.name = name
        self.ready = asyncio.Event()
        self._launch = launch
        self._is_up = is_up
        self._output = output
        self._lock = lock
        self._explain_exit = explain
        self._child: ChildProcess | None = None
        self._changed = asyncio.Event()

    def code_changed(self) -> None:
        """Restart the process with the changed code."""
        self._changed.set()

    async def supervise(self) -> None:
        """Run the process until cancelled.

        Raises:
            ChildError: it did not become ready the first time; later it is tried again.
        """
        pause = _FIRST_PAUSE
        is_new_code = True
        while True:
            self._changed.clear()
            child = self._child = self._start()
            trouble = await self._until_up(child)
            if trouble is None:
                self.ready.set()
                # Code that ran once is started again at once, however often it is killed.
                is_new_code, pause = False, _FIRST_PAUSE
                await _first(child.exited, self._changed.wait())
                trouble = "ended unexpectedly"
            if self._changed.is_set():
                await child.stop(RELOAD_SECONDS)
                is_new_code, pause = True, _FIRST_PAUSE
                continue
            is_killed = child.exited.done() and child.exited.result() < 0
            text = self._explain(trouble, child)
            await child.stop(0.0)
            if not self.ready.is_set():
                raise ChildError(text)
            self._output.say(text)
            if is_new_code and not is_killed:
                self._output.say(f"{self.name} is waiting for the next change of the code.")
                await self._changed.wait()
            else:
                self._output.say(f"{self.name} is started again.")
                await _first(asyncio.sleep(pause), self._changed.wait())
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def stop(self, grace_seconds: float) -> None:
        """End the process; :meth:`supervise` must have been cancelled before."""
        if self._child is not None:
            await self._child.stop(grace_seconds)

    async def kill(self) -> None:
        """End the process at once."""
        if self._child is not None:
            await self._child.kill()

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, or ``None`` while the process runs."""
        return self._child.exited.result() if self._child and self._child.exited.done() else None

    def _start(self) -> ChildProcess:
        return ChildProcess(self._launch(), partial(self._output.relay, self.name), lock=self._lock)

    async def _until_up(self, child: ChildProcess) -> str | None:
        """Return what went wrong, or ``None`` once the process is ready."""
        up = asyncio.ensure_future(self._is_up())
        try:
            async with asyncio.timeout(START_SECONDS):
                await _first(up, child.exited, self._changed.wait())
        except TimeoutError:
            return f"did not answer within {START_SECONDS:.0f} seconds"
        finally:
            up.cancel()
        if child.exited.done() or not up.done():
            return "did not start"
        failure = up.exception()
        if failure is None:
            return None
        if isinstance(failure, LocalShopError):
            raise failure
        return f"did not start: {failure}"

    def _explain(self, trouble: str, child: ChildProcess) -> str:
        code = child.exited.result() if child.exited.done() else None
        how = "" if code is None else f" ({describe_exit(code)})"
        return f"{self.name} {trouble}{how}. {self._explain_exit(code)}".rstrip()


async def _first(*waiting: Awaitable[Any]) -> None:
    """Return when the first is done; coroutines that are not done are cancelled."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in waiting]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task, awaitable in zip(tasks, waiting, strict=True):
            if task is not awaitable:
                task.cancel()
