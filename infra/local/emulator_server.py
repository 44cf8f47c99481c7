"""The emulator's own process: MiniStack on a socket it is given, saved while it runs.

``python -m ministack`` would do but for four things: it binds its port itself (two shops
started at once would race for it), it saves its state only when it is stopped (a power cut
costs the day), it waits for clients that long-poll before it saves, and it counts receives
wrong in a long queue.
"""

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core import persistence
from ministack.services import scheduler

from infra.local.emulator_queues import correct_queues
from infra.local.emulator_saver import Saver
from infra.local.emulator_state import DAMAGED_EXIT_CODE
from infra.local.parent_watchdog import end_with_parent

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: How long a client that is still waiting for an answer can hold up the end.
DRAIN_SECONDS = 0.3
#: Saving 40,000 items takes a second and a half.
SAVE_SECONDS = 20.0

#: How often MiniStack looks for due schedules; its own ten seconds make a minute's rate uneven.
SCHEDULE_SECONDS = 1

_READS = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "Describe", "List")


class _StateGuard(logging.Handler):
    """Ends the process when MiniStack cannot restore a service.

    It would go on without that service's data, and save that later.
    """

    def emit(self, _: logging.LogRecord) -> None:
        os._exit(DAMAGED_EXIT_CODE)


class _EndedError(Exception):
    """The server asked the application to shut down."""


class Gateway:
    """MiniStack's application; counts what may have changed its state."""

    def __init__(self) -> None:
        """Begin with nothing changed."""
        self.changes = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass a request on; a shutdown is not passed on, for saving is ours."""
        if scope["type"] == "lifespan":
            guard = _StateGuard(logging.ERROR)
            loggers = (ministack.logger, persistence.logger)
            for logger in loggers:
                logger.addHandler(guard)

            async def send_up(message: Message) -> None:
                for logger in loggers:
                    logger.removeHandler(guard)
                await send(message)

            async def until_shutdown() -> Message:
                message = await receive()
                if message["type"] == "lifespan.shutdown":
                    await send({"type": "lifespan.shutdown.complete"})
                    raise _EndedError
                return message

            try:
                await ministack.app(scope, until_shutdown, send_up)
            except _EndedError:
                return
        else:
            self.changes += _may_change(scope)
            await ministack.app(scope, receive, send)


def _may_change(scope: dict[str, Any]) -> bool:
    if scope.get("method") in {"GET", "HEAD"}:
        return False
    headers: list[tuple[bytes, bytes]] = scope.get("headers", [])
    target = next((value for name, value in headers if name.lower() == b"x-amz-target"), b"")
    return not target.decode("latin-1").rpartition(".")[2].startswith(_READS)


async def _run(listener_fd: int) -> int:
    """Serve until told to end; return the exit code, 1 if the state could not be saved."""
    loop = asyncio.get_running_loop()
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_stop.set)
    config = Config()
    config.bind = [f"fd://{listener_fd}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = DRAIN_SECONDS
    config.loglevel = ministack.LOG_LEVEL
    gateway = Gateway()
    server = asyncio.create_task(serve(gateway, config, shutdown_trigger=asked_to_stop.wait))  # type: ignore[arg-type]
    saver = Saver()
    if persistence.PERSIST_STATE:
        saving = asyncio.create_task(saver.save_now_and_then(lambda: gateway.changes))
    stopping = asyncio.create_task(asked_to_stop.wait())
    await asyncio.wait({server, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not asked_to_stop.is_set():
        await server  # Raises what ended it.
    # Newer Pythons wait for every connection to close, however long its poll is.
    await asyncio.wait({server}, timeout=2 * DRAIN_SECONDS)
    if not persistence.PERSIST_STATE:
        return 0
    saving.cancel()
    return 0 if await saver.save() else 1


def main() -> None:
    """Serve on the socket whose descriptor is given, until told to end; log to the file given."""
    end_with_parent(grace_seconds=SAVE_SECONDS)
    listener_fd, log_path = int(sys.argv[1]), sys.argv[2]
    log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    correct_queues()
    scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULE_SECONDS  # noqa: SLF001
    code = asyncio.new_event_loop().run_until_complete(_run(listener_fd))
    # Threads that deliver messages may still wait for an answer; nothing waits for them.
    os._exit(code)


if __name__ == "__main__":
    main()
