"""The local shop: starts emulator, API and workers in order, restarts them, stops them."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING

from infra.local.child_process import ChildProcess, describe_exit
from infra.local.data_folder import DataFolder
from infra.local.emulator import HEALTH_PATH, Emulator
from infra.local.emulator_delivery import DELIVERY_PATH, HOLDING_VARIABLE
from infra.local.emulator_state import FULL
from infra.local.environment import Launch, function_environment, proxy_environment, python
from infra.local.errors import ChildError, EmulatorError
from infra.local.health_check import wait_until_healthy
from infra.local.managed_process import ManagedProcess
from infra.local.output import Output
from infra.local.parent_process import starting_parent
from infra.local.reload import SHOP, code_changes
from infra.local.shutdown import Shutdown
from infra.local.sockets import listen, port_of, url_of
from infra.local.threads import run_in_thread
from infra.local.traces.collector import Collector
from infra.local.welcome import welcome
from infra.topology import FUNCTIONS, Function

if TYPE_CHECKING:
    from infra.local.clients import Clients

API = next(function for function in FUNCTIONS if function.name == "api")
WORKERS = tuple(function for function in FUNCTIONS if function is not API)

_PUBLISH_AGAIN_SECONDS = 1.0

_OPEN_MODE = (
    "!!! AUTH_MODE=0, the open legacy mode: any client of this port can read and change all "
    "carts and orders. Never keep real customers' data here. !!!"
)


class Shop:
    """One local shop on an open data folder and a bound port."""

    def __init__(
        self,
        folder: DataFolder,
        listener: socket.socket,
        user_environment: Mapping[str, str],
        output: Output,
    ) -> None:
        """Bind the sockets and prepare the processes; none is started."""
        self._folder = folder
        self._user = user_environment
        self._output = output
        self._listeners = {API.name: listener, **{worker.name: listen() for worker in WORKERS}}
        self._worker_urls = {
            worker.name: url_of(self._listeners[worker.name]) for worker in WORKERS
        }
        self._emulator = Emulator(
            folder.emulator,
            environment={**proxy_environment(self._worker_urls), HOLDING_VARIABLE: "1"},
        )
        self._is_delivering = False
        self._endpoint_url = self._emulator.endpoint_url
        self._stack: dict[str, str] = {}
        self._collector = Collector() if _shows_traces(user_environment) else None
        self._seeding: ChildProcess | None = None
        emulator = ManagedProcess(
            "emulator",
            self._emulator.launch,
            self._emulator_is_up,
            output,
            lock=folder.lock,
            explain=self._emulator.explain,
        )
        api = self._managed(API.name, self._launch_api, self._api_answers)
        workers = [
            self._managed(
                worker.name, partial(self._launch_worker, worker), partial(self._answers, worker)
            )
            for worker in WORKERS
        ]
        self._emulator_process, self._functions = emulator, {"api": [api], "worker": workers}
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Run the shop until a signal or the end of its parent asks it to stop.

        Raises:
            LocalShopError: it could not start; its processes are stopped again.
        """
        shutdown = Shutdown(self._output, starting_parent())
        work = asyncio.create_task(self._work())
        stop_requested = asyncio.create_task(shutdown.requested())
        try:
            await asyncio.wait({work, stop_requested}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, *self._tasks):
                task.cancel()
            await asyncio.wait({work, *self._tasks})
            self._folder.withdraw()
            await shutdown.stop(
                [[*self._functions["api"]], [*self._functions["worker"]], [self._emulator_process]],
                self._seeding,
            )
            if self._collector:
                self._collector.close()
        if not stop_requested.done():
            work.result()  # Raises why it ended.
        if self._emulator_process.ready.is_set() and self._emulator_process.exit_code != 0:
            raise EmulatorError(
                f"Not all data could be saved; the AWS emulator's log is {self._emulator.log}."
            )

    async def _work(self) -> None:
        """Start the processes in order, announce the shop, and run until one fails for good."""
        self._begin(self._emulator_process.supervise())
        await self._until(self._emulator_process.ready.wait())
        for process in self._all_functions():
            self._begin(process.supervise())
        self._begin(self._watch())
        await self._until(self._seed())
        for process in self._all_functions():
            await self._until(process.ready.wait())
        url = url_of(self._listeners[API.name])
        facts = {
            "pid": os.getpid(),
            "url": url,
            "endpoint_url": self._endpoint_url,
            "environment": {**self._user_settings(), **self._stack},
            "worker_urls": self._worker_urls,
        }
        if not self._publish(facts):
            self._begin(self._publish_later(facts))
        self._output.announce(f"Shop ready: {url}")
        for line in welcome(url, has_traces=self._collector is not None):
            self._output.say(line)
        self._is_delivering = True
        await self._until(self._deliver())
        await self._until(asyncio.Event().wait())

    def _publish(self, facts: Mapping[str, object]) -> bool:
        """Write where the shop is reached; return whether the disk had room for that."""
        try:
            self._folder.publish(facts)
        except OSError as failure:
            if failure.errno not in FULL:
                raise
            return False
        return True

    async def _publish_later(self, facts: Mapping[str, object]) -> None:
        while not self._publish(facts):  # noqa: ASYNC110  # No event tells of room on a disk.
            await asyncio.sleep(_PUBLISH_AGAIN_SECONDS)

    def _begin(self, coroutine: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(coroutine))

    async def _until(self, awaitable: Awaitable[object]) -> None:
        """Wait for ``awaitable``, or raise the error that ended one of the tasks."""
        goal = asyncio.ensure_future(awaitable)
        try:
            while not goal.done():
                running = {task for task in self._tasks if not task.done()}
                await asyncio.wait({goal, *running}, return_when=asyncio.FIRST_COMPLETED)
                for task in self._tasks:
                    if task.done():
                        task.result()
            goal.result()
        finally:
            goal.cancel()

    def _managed(
        self, name: str, launch: Callable[[], Launch], is_up: Callable[[], Awaitable[None]]
    ) -> ManagedProcess:
        return ManagedProcess(name, launch, is_up, self._output, lock=self._folder.lock)

    def _all_functions(self) -> list[ManagedProcess]:
        return [*self._functions["api"], *self._functions["worker"]]

    async def _emulator_is_up(self) -> None:
        """Wait for the emulator and deploy the stack in it; safe to repeat."""
        url = self._endpoint_url
        _, clients = await asyncio.gather(
            wait_until_healthy(self._emulator_port, HEALTH_PATH),
            run_in_thread(partial(_prepare_clients, url)),
        )
        self._stack = await run_in_thread(partial(_deploy, url, clients))
        if self._is_delivering:
            await self._deliver()
        if self._emulator_process.ready.is_set():
            await self._seed()

    async def _deliver(self) -> None:
        """Have the emulator give messages to the workers, now that they answer."""
        await wait_until_healthy(self._emulator_port, DELIVERY_PATH, method="POST")

    @property
    def _emulator_port(self) -> int:
        return int(self._endpoint_url.rpartition(":")[2])

    async def _api_answers(self) -> None:
        # On a full disk it is not ready, but products can be looked at.
        await self._answers(API, "/healthz" if self._emulator.is_read_only else "/readyz")

    async def _answers(self, function: Function, path: str = "/") -> None:
        await wait_until_healthy(port_of(self._listeners[function.name]), path)

    def _launch_api(self) -> Launch:
        descriptor = self._listeners[API.name].fileno()
        return Launch(
            python("infra.local.api_server", str(descriptor), *self._collector_argument()),
            self._environment(API),
            fds=(descriptor,),
        )

    def _launch_worker(self, function: Function) -> Launch:
        descriptor = self._listeners[function.name].fileno()
        return Launch(
            python(
                "infra.local.function_host",
                function.name,
                str(descriptor),
                *self._collector_argument(),
            ),
            self._environment(function),
            fds=(descriptor,),
        )

    def _collector_argument(self) -> tuple[str, ...]:
        return (self._collector.url,) if self._collector else ()

    def _environment(self, function: Function) -> dict[str, str]:
        made = dict(self._stack)
        if self._collector:
            made |= {
                "OTEL_EXPORTER_OTLP_ENDPOINT": self._collector.url,
                "OTEL_SERVICE_NAME": function.name,
            }
        return function_environment(function, made, self._user, endpoint_url=self._endpoint_url)

    def _user_settings(self) -> dict[str, str]:
        names = {name for function in FUNCTIONS for name in function.settings}
        return {name: self._user[name] for name in sorted(names) if self._user.get(name)}

    async def _seed(self) -> None:
        """Write the seed data, in a process of its own.

        Raises:
            ChildError: it failed.
        """
        launch = Launch(python("infra.local.seeding"), self._environment(API))
        relay = partial(self._output.relay, "seed")
        self._seeding = ChildProcess(launch, relay, lock=self._folder.lock)
        code = await asyncio.shield(self._seeding.exited)
        if code != 0:
            raise ChildError(f"The seed data could not be written ({describe_exit(code)}).")

    async def _watch(self) -> None:
        try:
            async for kinds in code_changes():
                changed = [
                    process for kind in sorted(kinds) for process in self._functions.get(kind, ())
                ]
                self._output.say(
                    f"The code changed: {', '.join(process.name for process in changed)}."
                )
                for process in changed:
                    process.code_changed()
                if SHOP in kinds:
                    self._output.say("Stop and start the shop to have all of this change.")
        except (OSError, RuntimeError) as failure:
            self._output.say(f"Changes of the code are not noticed: {failure}.")


def _shows_traces(environment: Mapping[str, str]) -> bool:
    """Return whether the shop collects its own traces, rather than a collector elsewhere."""
    is_local = environment.get("STAGE", "").strip() in {"", "local"}
    return is_local and not environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()


# boto3 takes as long to import as the emulator takes to start, so both happen at once.
def _prepare_clients(endpoint_url: str) -> "Clients":
    from infra.local.deploy import prepare_clients  # noqa: PLC0415

    return prepare_clients(endpoint_url)


def _deploy(endpoint_url: str, clients: "Clients") -> dict[str, str]:
    from infra.local.deploy import deploy  # noqa: PLC0415

    return deploy(endpoint_url, function_urls={}, clients=clients)


def warn_of_open_mode(output: Output) -> None:
    """Print that every client is let in."""
    output.warn(_OPEN_MODE)
