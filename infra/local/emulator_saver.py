"""Saves the emulator's state while it runs: every change at once, all of it now and then.

MiniStack saves only when it is stopped. Here what a request has changed is in a log before the
request is answered, so ``kill -9`` loses nothing that was acknowledged; on the disk it is at
most a tenth of a second later, which is what a power cut can cost. A snapshot of everything
takes the log's place when it has grown, or when nothing happens.

While the log cannot be written, writes are refused; what could not be written is kept, and
tried again until there is room.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from errno import ENOENT

from infra.local.emulator_changes import ChangeRecorder
from infra.local.emulator_snapshot import write_snapshot
from infra.local.write_ahead_log import WriteAheadLog

#: How often the log is put on the disk. Together with what that takes it stays below the
#: tenth of a second that the README promises.
SYNC_SECONDS = 0.05
#: How often the log is tried again while it cannot be written.
RETRY_SECONDS = 0.25
#: How often a snapshot is, when only that helps.
SNAPSHOT_RETRY_SECONDS = 1.0

#: A snapshot is due when nothing changed for this long; a queue's messages carry cards, and
#: the log holds those that were handled already.
QUIET_SECONDS = 2.0
#: Under load it is due when the log has this size or its oldest line this age ...
LOG_BYTES = 8_000_000
BUSY_SECONDS = 60.0
#: ... but never so often that it takes more than a twentieth of the time, and of the quiet no
#: more than a hundredth: each costs a copy of the process, which makes the next orders slower.
SNAPSHOT_SHARE = 20
QUIET_SHARE = 100


class Saver:
    """Keeps log and snapshot; all but :meth:`WriteAheadLog.sync` happens in one thread."""

    def __init__(
        self, log: WriteAheadLog, changes: ChangeRecorder, notify: Callable[[str], None]
    ) -> None:
        """Save what ``changes`` records; ``notify`` prints what people must know at once."""
        #: Why nothing can be saved, or ``None`` while all is well.
        self.failure: str | None = None
        self._log = log
        self._changes = changes
        self._notify = notify
        self._unwritten: deque[str] = deque()
        self._snapshot: asyncio.Task[bool] | None = None
        # What the log's file holds is not known, so only a snapshot helps.
        self._has_lost_log = False
        self._is_snapshot_failing = False
        #: Whether the disk has been full since the start: log and snapshot are the last run's.
        self.is_read_only = False

    def begin_read_only(self, failure: OSError) -> None:
        """Write nothing, and refuse writes, until a snapshot of what was loaded fits."""
        self.is_read_only = self._has_lost_log = self._is_snapshot_failing = True
        self._fail(failure)

    def save_changes(self) -> bool:
        """Write the changes that are not in the log yet; return whether all of them are."""
        if changes := self._changes.take():
            self._unwritten.append(changes)
        if self._unwritten and self.failure is None:
            self._write()
        return self.failure is None

    async def run(self) -> None:
        """Save what the emulator changes by itself, and keep the log on the disk and short."""
        loop = asyncio.get_running_loop()
        size, changed_at, saved_at, cost = self._log.size_bytes, loop.time(), loop.time(), 0.0
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            self.save_changes()
            await self._sync()
            while self.failure is not None:
                await asyncio.sleep(SNAPSHOT_RETRY_SECONDS if self._has_lost_log else RETRY_SECONDS)
                await self._retry()
            now = loop.time()
            if size != self._log.size_bytes:
                size, changed_at = self._log.size_bytes, now
            age = now - saved_at
            is_full = size >= LOG_BYTES or age >= BUSY_SECONDS
            is_quiet = now - changed_at >= QUIET_SECONDS
            if size and (
                (is_full and age >= SNAPSHOT_SHARE * cost)
                or (is_quiet and age >= QUIET_SHARE * cost)
            ):
                await self.save_snapshot()
                saved_at = loop.time()
                cost = saved_at - now

    async def save_snapshot(self) -> bool:
        """Write a snapshot and remove the log before it; return whether that worked."""
        if self._snapshot is None or self._snapshot.done():
            self._snapshot = asyncio.create_task(self._save_snapshot())
        # A caller that stops waiting does not stop the writing.
        return await asyncio.shield(self._snapshot)

    async def close(self) -> bool:
        """Save everything for the last time; return whether nothing is missing."""
        if self._snapshot is not None:
            await asyncio.wait({self._snapshot})
        self.failure = None
        is_logged = self.save_changes() and not self._has_lost_log
        try:
            self._log.sync()
            is_logged = is_logged and self._log.is_in_place()
        except OSError:
            is_logged = False
        # The log alone holds everything, too; and so does what nothing was added to.
        return await self.save_snapshot() or is_logged or self.is_read_only

    async def _save_snapshot(self) -> bool:
        is_written = False
        with suppress(OSError):
            self.save_changes()
            generation = self._log.rotate()
            is_written = await write_snapshot()
            if is_written:
                self._log.remove_before(generation)
        if is_written is self._is_snapshot_failing:
            self._is_snapshot_failing = not is_written
            self._notify(
                "Snapshots can be written again."
                if is_written
                else f"No snapshot can be written to {self._log.folder.parent}: the log grows."
            )
        return is_written

    async def _sync(self) -> None:
        """Have the log on the disk, and find out whether it is still there."""
        try:
            if self._log.is_unsynced:
                await asyncio.to_thread(self._log.sync)
            if not self._log.is_in_place():
                raise FileNotFoundError(ENOENT, os.strerror(ENOENT))
        except OSError as failure:
            self._has_lost_log = True
            self._fail(failure)

    async def _retry(self) -> None:
        if self._has_lost_log:
            self._has_lost_log = not await self.save_snapshot()
        if not self._has_lost_log:
            self.is_read_only = False
            self.save_changes()
            self._write()
        if self.failure is None:
            self._notify("The data can be saved again; writes are accepted.")

    def _write(self) -> None:
        try:
            while self._unwritten:
                self._log.append(self._unwritten[0])
                self._unwritten.popleft()
        except OSError as failure:
            self._fail(failure)
        else:
            self.failure = None
            self._changes.is_paused = False

    def _fail(self, failure: OSError) -> None:
        if self.failure is None:
            self.failure = failure.strerror or str(failure)
            self._changes.is_paused = True
            self._notify(
                f"The data in {self._log.folder.parent} cannot be saved: {self.failure}. "
                "Writes are refused until it can."
            )
