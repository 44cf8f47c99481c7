"""The local shop: emulator, API and workers, started in order, kept up, stopped in order."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING

from infra import topology
from infra.local.child_process import Child, describe_exit
from infra.local.data_folder import DataFolder
from infra.local.emulator import HEALTH_PATH, Emulator
from infra.local.environment import Launch, function_environment, proxy_environment, python
from infra.local.errors import ChildError, EmulatorError
from infra.local.health_check import until_answers
from infra.local.managed_process import Keeper
from infra.local.output import Output
from infra.local.parent_process import starting_parent
from infra.local.reload import SHOP, code_changes
from infra.local.shutdown import Stopper
from infra.local.sockets import listen, port_of, url_of
from infra.local.threads import in_thread

if TYPE_CHECKING:
    from infra.local.clients import Clients

API = next(each for each in topology.FUNCTIONS if each.name == "api")
WORKERS = tuple(each for each in topology.FUNCTIONS if each is not API)

_OPEN_MODE = (
    "!!! AUTH_MODE=0, the open legacy mode: whoever reaches this port can read and change "
    "everybody's carts and orders. Never keep real customers' data here. !!!"
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
        """Prepare everything that needs no process yet."""
        self._folder = folder
        self._user = user_environment
        self._output = output
        self._listeners = {API.name: listener, **{each.name: listen() for each in WORKERS}}
        urls = {each.name: url_of(self._listeners[each.name]) for each in WORKERS}
        self._emulator = Emulator(folder.emulator, environment=proxy_environment(urls))
        self._endpoint_url = self._emulator.endpoint_url
        self._stack: dict[str, str] = {}
        self._seeding: Child | None = None
        emulator = Keeper(
            "emulator",
            self._emulator.launch,
            self._emulator_is_up,
            output,
            lock=folder.lock,
            explain=self._emulator.explain,
        )
        api = self._keeper(API.name, self._launch_api, partial(self._answers, API, "/readyz"))
        workers = [
            self._keeper(
                each.name, partial(self._launch_worker, each), partial(self._answers, each)
            )
            for each in WORKERS
        ]
        self._emulator_keeper, self._functions = emulator, {"api": [api], "worker": workers}
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Run the shop until a signal or the end of its parent asks it to stop.

        Raises:
            LocalShopError: it could not be started; everything is stopped again.
        """
        stopper = Stopper(self._output, starting_parent())
        work = asyncio.create_task(self._work())
        asked = asyncio.create_task(stopper.asked())
        try:
            await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, *self._tasks):
                task.cancel()
            await asyncio.wait({work, *self._tasks})
            self._folder.withdraw()
            await stopper.stop(
                [[*self._functions["api"]], [*self._functions["worker"]], [self._emulator_keeper]],
                self._seeding,
            )
        if not asked.done():
            work.result()  # Raises why it ended.
        if self._emulator_keeper.ready.is_set() and self._emulator_keeper.exit_code != 0:
            raise EmulatorError(
                f"Not all data could be saved; the AWS emulator's log is {self._emulator.log}."
            )

    async def _work(self) -> None:
        """Start everything in order, say so, and go on until something fails for good."""
        self._begin(self._emulator_keeper.keep())
        await self._until(self._emulator_keeper.ready.wait())
        for keeper in self._all_functions():
            self._begin(keeper.keep())
        self._begin(self._watch())
        await self._until(self._seed())
        for keeper in self._all_functions():
            await self._until(keeper.ready.wait())
        url = url_of(self._listeners[API.name])
        self._folder.publish(
            {
                "pid": os.getpid(),
                "url": url,
                "endpoint_url": self._endpoint_url,
                "environment": {**self._user_settings(), **self._stack},
            }
        )
        self._output.announce(f"Shop ready: {url}")
        await self._until(asyncio.Event().wait())

    def _begin(self, coroutine: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(coroutine))

    async def _until(self, awaitable: Awaitable[object]) -> None:
        """Wait for one thing, or raise what ended one of the tasks for good."""
        goal = asyncio.ensure_future(awaitable)
        try:
            while not goal.done():
                going_on = {task for task in self._tasks if not task.done()}
                await asyncio.wait({goal, *going_on}, return_when=asyncio.FIRST_COMPLETED)
                for task in self._tasks:
                    if task.done():
                        task.result()
            goal.result()
        finally:
            goal.cancel()

    def _keeper(
        self, name: str, launch: Callable[[], Launch], is_up: Callable[[], Awaitable[None]]
    ) -> Keeper:
        return Keeper(name, launch, is_up, self._output, lock=self._folder.lock)

    def _all_functions(self) -> list[Keeper]:
        return [*self._functions["api"], *self._functions["worker"]]

    async def _emulator_is_up(self) -> None:
        """Wait for the emulator and bring it up to the definitions; nothing is lost by a repeat."""
        url = self._endpoint_url
        port = int(url.rpartition(":")[2])
        _, clients = await asyncio.gather(
            until_answers(port, HEALTH_PATH), in_thread(partial(_prepare_clients, url))
        )
        self._stack = await in_thread(partial(_deploy, url, clients))
        if self._emulator_keeper.ready.is_set():
            await self._seed()

    async def _answers(self, function: topology.Function, path: str = "/") -> None:
        await until_answers(port_of(self._listeners[function.name]), path)

    def _launch_api(self) -> Launch:
        descriptor = self._listeners[API.name].fileno()
        return Launch(
            python("infra.local.api_server", str(descriptor)),
            self._environment(API),
            fds=(descriptor,),
        )

    def _launch_worker(self, function: topology.Function) -> Launch:
        descriptor = self._listeners[function.name].fileno()
        return Launch(
            python("infra.local.function_host", function.name, str(descriptor)),
            self._environment(function),
            fds=(descriptor,),
        )

    def _environment(self, function: topology.Function) -> dict[str, str]:
        return function_environment(
            function, self._stack, self._user, endpoint_url=self._endpoint_url
        )

    def _user_settings(self) -> dict[str, str]:
        names = {name for function in topology.FUNCTIONS for name in function.settings}
        return {name: self._user[name] for name in sorted(names) if self._user.get(name)}

    async def _seed(self) -> None:
        """Put the seed data in, as a process of its own.

        Raises:
            ChildError: it failed.
        """
        launch = Launch(python("infra.local.seeding"), self._environment(API))
        relay = partial(self._output.relay, "seed")
        self._seeding = Child(launch, relay, lock=self._folder.lock)
        code = await asyncio.shield(self._seeding.exited)
        if code != 0:
            raise ChildError(f"The seed data could not be written ({describe_exit(code)}).")

    async def _watch(self) -> None:
        try:
            async for kinds in code_changes():
                changed = [each for kind in sorted(kinds) for each in self._functions.get(kind, ())]
                self._output.say(f"The code changed: {', '.join(each.name for each in changed)}.")
                for keeper in changed:
                    keeper.code_changed()
                if SHOP in kinds:
                    self._output.say("Stop and start the shop to have all of this change.")
        except (OSError, RuntimeError) as failure:
            self._output.say(f"Changes of the code are not noticed: {failure}.")


# boto3 takes as long to import as the emulator to start: both at once.
def _prepare_clients(endpoint_url: str) -> "Clients":
    from infra.local.deploy import prepare_clients  # noqa: PLC0415

    return prepare_clients(endpoint_url)


def _deploy(endpoint_url: str, clients: "Clients") -> dict[str, str]:
    from infra.local.deploy import deploy  # noqa: PLC0415

    return deploy(endpoint_url, function_urls={}, clients=clients)


def warn_of_open_mode(output: Output) -> None:
    """Say loudly that anybody is let in."""
    output.warn(_OPEN_MODE)
