"""Writes a snapshot of MiniStack's whole state without holding up a request.

A forked copy of the process writes the state of one instant: the fork takes some 10 ms where
copying 40,000 items takes more than a second.
"""

import asyncio
import gc
import json
import os
import signal
import stat
from pathlib import Path

from ministack import app as ministack
from ministack.core import persistence

from infra.local.emulator_queues import queues_lock
from infra.local.emulator_state import write_state
from infra.local.write_ahead_log import sync_folder


async def write_snapshot() -> bool:
    """Write the state as it is at the call; return whether all of it is on the disk."""
    # No thread is in the middle of moving a message from one queue to another.
    with queues_lock():
        pid = os.fork()
        if pid == 0:
            _write_and_exit()
    _, status = await asyncio.to_thread(os.waitpid, pid, 0)
    return status == 0


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
    except BaseException as failure:  # noqa: BLE001  # This copy ends here: its parent says so.
        # Not through sys.stderr: a thread that is not here any more may have its lock.
        os.write(2, f"The snapshot could not be written: {failure!r}\n".encode())
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

    Between two files the machine may die: the log, which is kept until all of them are
    written, makes up for the difference.
    """
    # Private, but the version is pinned, and tests restore what is written here.
    services = ministack._build_persistence_save_dict()  # noqa: SLF001
    folder = Path(os.environ["SNAPSHOT_DIR"])
    for name, get_state in sorted(services.items()):
        state = get_state()
        if state is None:
            continue
        version = persistence._state_format_version(name)  # noqa: SLF001
        content = {"__ministack_format__": version, "payload": state}
        text = json.dumps(content, default=persistence._json_default)  # noqa: SLF001
        write_state(folder / f"{name}.json", text)
    sync_folder(folder)
