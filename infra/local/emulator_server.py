"""The emulator's own process: MiniStack on a socket it is given, saved while it runs.

``python -m ministack`` would do but for four things: it binds its port itself (two shops
started at once would race for it), it saves its state only when it is stopped (``kill -9``
costs the day), it waits for clients that long-poll before it saves, and its queues need two
corrections (``emulator_queues.py``).
"""

import asyncio
import gc
import logging
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from errno import ENOSPC
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core import persistence
from ministack.services import scheduler

from infra.local.emulator_changes import ChangeRecorder
from infra.local.emulator_delivery import DELIVERY_PATH, Delivery, delivery_from_environment
from infra.local.emulator_imports import skip_imports
from infra.local.emulator_permissions import correct_permissions
from infra.local.emulator_queues import correct_queues
from infra.local.emulator_requests import Message, Receive, Request, Scope, Send, refuse
from infra.local.emulator_saver import Saver
from infra.local.emulator_state import DAMAGED_EXIT_CODE
from infra.local.parent_watchdog import end_with_parent
from infra.local.write_ahead_log import WriteAheadLog

#: How long a client that is still waiting for an answer can hold up the end.
DRAIN_SECONDS = 0.3
#: Saving 40,000 items takes a second and a half.
SAVE_SECONDS = 20.0

#: How often MiniStack looks for due schedules; its own ten seconds make a minute's rate uneven.
SCHEDULE_SECONDS = 1


class _StateGuard(logging.Handler):
    """Ends the process when MiniStack cannot restore a service.

    It would go on without that service's data, and save that later.
    """

    def emit(self, _: logging.LogRecord) -> None:
        os._exit(DAMAGED_EXIT_CODE)


class _EndedError(Exception):
    """The server asked the application to shut down."""


class Gateway:
    """MiniStack's application, whose answers wait until what they tell is saved."""

    def __init__(self, saver: Saver | None, changes: ChangeRecorder, delivery: Delivery) -> None:
        """Save with ``saver``; without one nothing is kept. ``delivery`` begins when asked to."""
        self._saver = saver
        self._changes = changes
        self._delivery = delivery

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a shutdown is not passed on, for saving is done here."""
        if scope["type"] == "lifespan":
            await _run_lifespan(receive, send)
        elif (scope.get("method"), scope.get("path")) == ("POST", DELIVERY_PATH):
            await self._delivery.begin(send)
        elif self._saver is None or scope["type"] != "http":
            await ministack.app(scope, receive, send)
        else:
            await self._save_and_answer(self._saver, scope, receive, send)

    async def _save_and_answer(
        self, saver: Saver, scope: Scope, receive: Receive, send: Send
    ) -> None:
        request = Request.from_scope(scope)
        # The stack is deployed in every start, and its changes can be made again.
        needs_saving = request.needs_saving and not (saver.is_read_only and request.deploys)
        if saver.failure is not None and needs_saving:
            await refuse(send, saver.failure)
            return
        is_refused = False

        async def send_when_saved(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start":
                if request.changes_service:
                    self._changes.record_service(request.service)
                # Also after a read, which may tell what another request has just changed.
                if not saver.save_changes() and needs_saving:
                    is_refused = True
                    await refuse(send, saver.failure or "")
            if not is_refused:
                await send(message)

        await ministack.app(scope, receive, send_when_saved)


async def _run_lifespan(receive: Receive, send: Send) -> None:
    guard = _StateGuard(logging.ERROR)
    loggers = (ministack.logger, persistence.logger)
    for logger in loggers:
        logger.addHandler(guard)

    async def send_up(message: Message) -> None:
        for logger in loggers:
            logger.removeHandler(guard)
        _forget_loaded_state()
        # What is there now stays: modules, and what was loaded. Each full collection would look
        # at all of it, a tenth of a request's time, and while a snapshot is written would copy it.
        gc.collect()
        gc.freeze()
        await send(message)

    async def until_shutdown() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            raise _EndedError
        return message

    with suppress(_EndedError):
        await ministack.app({"type": "lifespan"}, until_shutdown, send_up)


def _saver(changes: ChangeRecorder, notify: Callable[[str], None]) -> Saver:
    """Return the saver; a state from the fallback folder means a full disk."""
    is_full = os.environ["STATE_DIR"] != os.environ["SNAPSHOT_DIR"]
    log = WriteAheadLog(Path(os.environ["LOG_DIR"]), is_begun=not is_full)
    saver = Saver(log, changes, notify)
    if is_full:
        saver.begin_read_only(OSError(ENOSPC, os.strerror(ENOSPC)))
    return saver


def _forget_loaded_state() -> None:
    """Remove what was written for this process to load, because the disk is full."""
    if os.environ.get("STATE_DIR") != os.environ.get("SNAPSHOT_DIR"):
        shutil.rmtree(os.environ["STATE_DIR"], ignore_errors=True)


async def _run(listener_fd: int, notify: Callable[[str], None]) -> int:
    """Serve until told to end; return the exit code, 1 if the state could not be saved."""
    loop = asyncio.get_running_loop()
    stop_requested = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_requested.set)
    config = Config()
    config.bind = [f"fd://{listener_fd}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = DRAIN_SECONDS
    config.loglevel = ministack.LOG_LEVEL
    changes, saver = ChangeRecorder(), None
    if persistence.PERSIST_STATE:
        saver = _saver(changes, notify)
        changes.install()
    skip_imports()
    correct_queues()
    correct_permissions()
    delivery = delivery_from_environment()
    delivery.install()
    gateway = Gateway(saver, changes, delivery)
    server = asyncio.create_task(serve(gateway, config, shutdown_trigger=stop_requested.wait))  # type: ignore[arg-type]
    saving = asyncio.create_task(saver.run()) if saver else None
    stopping = asyncio.create_task(stop_requested.wait())
    running = {task for task in (server, stopping, saving) if task}
    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    if not stop_requested.is_set():
        for task in (server, saving):
            if task and task.done():
                task.result()  # Raises what ended it.
    # Newer Pythons wait for every connection to close, however long its poll is.
    await asyncio.wait({server}, timeout=2 * DRAIN_SECONDS)
    if saver is None or saving is None:
        return 0
    saving.cancel()
    return 0 if await saver.close() else 1


def main() -> None:
    """Serve on the socket whose descriptor is given, until told to end; log to the file given."""
    end_with_parent(grace_seconds=SAVE_SECONDS)
    listener_fd, log_path = int(sys.argv[1]), sys.argv[2]
    terminal = os.dup(sys.stderr.fileno())
    log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULE_SECONDS  # noqa: SLF001

    def notify(text: str) -> None:
        with suppress(OSError):
            os.write(terminal, f"{text}\n".encode())

    code = asyncio.new_event_loop().run_until_complete(_run(listener_fd, notify))
    # Threads that deliver messages may still wait for an answer; nothing waits for them.
    os._exit(code)


if __name__ == "__main__":
    main()
