"""When the shop stops and how: in order, within five seconds, at once when asked again."""

import asyncio
from collections.abc import Sequence

from infra.local.child_process import Child
from infra.local.managed_process import Keeper
from infra.local.output import Output
from infra.local.parent_process import Parent, wanted_signals

#: Everything has to be gone by then; people and process managers wait no longer.
STOP_SECONDS = 4.5
#: Most that those may take who come first; the last, the emulator, has the rest to save.
STAGE_SECONDS = (1.5, 1.0)
#: What the emulator gets when somebody presses Ctrl-C a second time.
FORCED_SECONDS = 1.0

#: make passes on the signal that its whole group has had already: that is not a second one.
SAME_SIGNAL_SECONDS = 0.7
PARENT_SECONDS = 0.25


class Stopper:
    """Hears what asks the shop to stop, from its making on."""

    def __init__(self, output: Output, parent: Parent) -> None:
        """Take over the signals."""
        self._output = output
        self._parent = parent
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()
        self._asked_at = 0.0
        self._forced = asyncio.Event()
        for number in wanted_signals():
            self._loop.add_signal_handler(number, self._on_signal)

    async def asked(self) -> None:
        """Return when the shop is to stop."""
        while not self._asked.is_set():
            try:
                await asyncio.wait_for(self._asked.wait(), PARENT_SECONDS)
            except TimeoutError:
                if self._parent.has_given_up():
                    self._asked.set()

    async def stop(self, stages: Sequence[Sequence[Keeper]], seeding: Child | None) -> None:
        """End the processes stage by stage; the last stage gets the time that is left."""
        if self._asked.is_set():
            self._output.say("Stopping ...")
        gently = asyncio.create_task(self._stop_gently(stages, seeding))
        forced = asyncio.create_task(self._forced.wait())
        await asyncio.wait({gently, forced}, return_when=asyncio.FIRST_COMPLETED)
        if not gently.done():
            gently.cancel()
            *others, last = stages
            await asyncio.gather(*(each.kill() for stage in others for each in stage))
            await asyncio.gather(*(each.stop(FORCED_SECONDS) for each in last))
        forced.cancel()

    async def _stop_gently(self, stages: Sequence[Sequence[Keeper]], seeding: Child | None) -> None:
        deadline = self._loop.time() + STOP_SECONDS
        if seeding is not None:
            await seeding.kill()
        for number, stage in enumerate(stages):
            left = deadline - self._loop.time()
            grace = left if number == len(stages) - 1 else min(left, STAGE_SECONDS[number])
            await asyncio.gather(*(each.stop(grace) for each in stage))

    def _on_signal(self) -> None:
        now = self._loop.time()
        if not self._asked.is_set():
            self._asked_at = now
            self._asked.set()
        elif now - self._asked_at > SAME_SIGNAL_SECONDS:
            self._forced.set()
