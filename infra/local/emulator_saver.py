"""Saves the emulator's state while it runs, without holding up a request.

MiniStack saves only when it is stopped, so a power cut would cost the day. Here a forked
copy of the process writes the state of one instant: the fork takes some 10 ms where copying
40,000 items takes more than a second.
"""

import asyncio
import gc
import json
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

from ministack import app as ministack
from ministack.core import persistence

#: Saved when nothing was asked for this long, or at least this often under load ...
QUIET_SECONDS = 0.5
BUSY_SECONDS = 2.0
#: ... but never so often that it takes more than a twentieth of the time.
SAVING_SHARE = 20


class Saver:
    """Writes the state of every service to disk, one save after the other."""

    def __init__(self) -> None:
        """Begin with nothing saved."""
        self._writing: asyncio.Future[tuple[int, int]] | None = None

    async def save(self) -> bool:
        """Save the state as it is now; return whether it could be written."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
        pid = os.fork()
        if pid == 0:
            _write_and_exit()
        self._writing = asyncio.ensure_future(asyncio.to_thread(os.waitpid, pid, 0))
        # Who stops waiting does not stop the writing: the next save comes after it.
        _, status = await asyncio.shield(self._writing)
        return status == 0

    async def save_now_and_then(self, changes: Callable[[], int]) -> None:
        """Save when the shop is quiet, and now and then when it is not.

        ``changes`` counts the requests that may have changed something.
        """
        loop = asyncio.get_running_loop()
        saved_changes, saved_at, cost = changes(), loop.time(), 0.0
        while True:
            seen = changes()
            await asyncio.sleep(QUIET_SECONDS)
            age = loop.time() - saved_at
            is_due = changes() == seen or age > BUSY_SECONDS
            if changes() != saved_changes and is_due and age >= SAVING_SHARE * cost:
                begun, saved_changes = loop.time(), changes()
                await self.save()
                saved_at = loop.time()
                cost = saved_at - begun


def _write_and_exit() -> None:
    """Write the state in this copy of the process, which has one thread and ends with it."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        gc.disable()
        _close_sockets()
        _write()
        code = 0
    except BaseException as failure:  # noqa: BLE001  # Nobody is left to raise it to.
        # Not through sys.stderr: a thread that is not here any more may have its lock.
        os.write(2, f"The state could not be saved: {failure!r}\n".encode())
    finally:
        os._exit(code)


def _close_sockets() -> None:
    """Close the copies of all connections: their ends are the other process's to decide."""
    for name in os.listdir("/dev/fd"):  # noqa: PTH208  # Paths would be made for nothing.
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                os.close(int(name))
        except OSError:
            continue


def _write() -> None:
    """Write one file for each service, in the form that MiniStack restores.

    The table comes first. If the machine dies between two files, the table is then newer
    than the queues: messages come twice, which every worker expects. The other way round
    some would be lost.
    """
    # Private, but the version is pinned, and tests restore what is written here.
    services = ministack._build_persistence_save_dict()  # noqa: SLF001
    folder = Path(persistence.STATE_DIR)
    for name in sorted(services, key=lambda name: name != "dynamodb"):
        state = services[name]()
        if state is None:
            continue
        version = persistence._state_format_version(name)  # noqa: SLF001
        text = json.dumps(
            {"__ministack_format__": version, "payload": state},
            default=persistence._json_default,  # noqa: SLF001
        )
        temporary = folder / f"{name}.tmp"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(folder / f"{name}.json")
