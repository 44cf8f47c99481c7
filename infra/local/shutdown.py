"""Stopping the shop: in order, within five seconds, at once on a second signal."""

import asyncio
from collections.abc import Sequence

from infra.local.child_process import ChildProcess
from infra.local.managed_process import ManagedProcess
from infra.local.output import Output
from infra.local.parent_process import Parent, wanted_signals

#: Every process has ended by then; process managers kill after five or ten seconds.
STOP_SECONDS = 4.5
#: The longest the first stages may take; the last, the emulator, has the rest to save.
STAGE_SECONDS = (1.5, 1.0)
#: The emulator's time to save after a second Ctrl-C.
FORCED_SECONDS = 1.0

#: make passes on a signal that its whole group has received already: not a second Ctrl-C.
SAME_SIGNAL_SECONDS = 0.7
PARENT_POLL_SECONDS = 0.25


class Shutdown:
    """Waits for a reason to stop, and stops the processes."""

    def __init__(self, output: Output, parent: Parent) -> None:
        """Handle the signals from now on."""
        self._output = output
        self._parent = parent
        self._loop = asyncio.get_running_loop()
        self._requested = asyncio.Event()
        self._requested_at = 0.0
        self._forced = asyncio.Event()
        for number in wanted_signals():
            self._loop.add_signal_handler(number, self._on_signal)

    async def requested(self) -> None:
        """Return when a signal, or the end of the parent, asks the shop to stop."""
        while not self._requested.is_set():
            try:
                await asyncio.wait_for(self._requested.wait(), PARENT_POLL_SECONDS)
            except TimeoutError:
                if self._parent.has_given_up():
                    self._requested.set()

    async def stop(
        self, stages: Sequence[Sequence[ManagedProcess]], seeding: ChildProcess | None
    ) -> None:
        """Stop the processes stage by stage; the last stage gets the time that is left."""
        if self._requested.is_set():
            self._output.say("Stopping ...")
        graceful = asyncio.create_task(self._stop_gracefully(stages, seeding))
        forced = asyncio.create_task(self._forced.wait())
        await asyncio.wait({graceful, forced}, return_when=asyncio.FIRST_COMPLETED)
        if not graceful.done():
            graceful.cancel()
            *others, last = stages
            await asyncio.gather(*(process.kill() for stage in others for process in stage))
            await asyncio.gather(*(process.stop(FORCED_SECONDS) for process in last))
        forced.cancel()

    async def _stop_gracefully(
        self, stages: Sequence[Sequence[ManagedProcess]], seeding: ChildProcess | None
    ) -> None:
        deadline = self._loop.time() + STOP_SECONDS
        if seeding is not None:
            await seeding.kill()
        for number, stage in enumerate(stages):
            left = deadline - self._loop.time()
            grace = left if number == len(stages) - 1 else min(left, STAGE_SECONDS[number])
            await asyncio.gather(*(process.stop(grace) for process in stage))

    def _on_signal(self) -> None:
        now = self._loop.time()
        if not self._requested.is_set():
            self._requested_at = now
            self._requested.set()
        elif now - self._requested_at > SAME_SIGNAL_SECONDS:
            self._forced.set()
