"""One child process in its own process group: its output is relayed, its exit awaited."""

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, cast

from infra.local.environment import Launch

_CHUNK = 65536
_LAST_OUTPUT_SECONDS = 0.5


class ChildProcess:
    """A started process; it ends when this one does (see ``parent_watchdog.py``)."""

    def __init__(self, launch: Launch, relay: Callable[[str], None], *, lock: int) -> None:
        """Start the process.

        Its own process group keeps Ctrl-C from it: the order of stopping is decided here. It
        holds the data folder's ``lock`` too, so the next shop waits until this one has saved.
        """
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int] = self._loop.create_future()
        self._process = subprocess.Popen(  # noqa: S603  # Our own modules, no shell.
            launch.argv,
            cwd=launch.cwd,
            env=dict(launch.environment),
            pass_fds=(*launch.fds, lock),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            umask=launch.umask,
        )
        self._reader = threading.Thread(target=self._read, args=(relay,), daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait, daemon=True).start()

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    async def stop(self, grace_seconds: float) -> None:
        """Send SIGTERM, and SIGKILL after ``grace_seconds``; safe to repeat."""
        self._signal(signal.SIGTERM)
        await asyncio.wait({self.exited}, timeout=max(grace_seconds, 0.0))
        if not self.exited.done():
            await self.kill()

    async def kill(self) -> None:
        """Send SIGKILL."""
        self._signal(signal.SIGKILL)
        await asyncio.wait({self.exited}, timeout=1.0)

    def _signal(self, number: signal.Signals) -> None:
        if not self.exited.done():
            # Popen checks that it still runs before it sends, so the id is not another process's.
            self._process.send_signal(number)

    def _wait(self) -> None:
        code = self._process.wait()
        # Its last lines are printed before the message about its end.
        self._reader.join(_LAST_OUTPUT_SECONDS)
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(RuntimeError):  # The loop is closed, so nothing awaits the exit code.
            self._loop.call_soon_threadsafe(self._settle, code)

    def _settle(self, code: int) -> None:
        if not self.exited.done():
            self.exited.set_result(code)

    def _read(self, relay: Callable[[str], None]) -> None:
        stream = cast("IO[bytes]", self._process.stdout)
        rest = b""
        while chunk := os.read(stream.fileno(), _CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                relay(line.decode(errors="replace"))
        if rest:
            relay(rest.decode(errors="replace"))
        stream.close()


def describe_exit(code: int) -> str:
    """Return an exit code as text: its number, or the signal behind a negative one."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
