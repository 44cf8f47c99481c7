"""Releases of the shop, side by side in one process: today's code and that of a commit.

The code of a commit is taken from git and imported under its own names while today's modules
are set aside; then those are put back. Functions find what they import in their own modules,
so both run on, each on its own code. What a release calls differently than today is listed
here, and nowhere else.
"""

import importlib
import io
import math
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from unittest.mock import patch

from pydynox import exceptions as pydynox_errors

from app.settings import TableLayout
from app.store.dynamodb import DynamoDBClient, DynamoDBError
from tests.golden.releases import RELEASES, ReleaseEntry
from tests.simulation.simulator.fake_clients import ErrorOf, FakeClient
from tests.simulation.simulator.gateway import KEYS, STAND_INS
from tests.simulation.simulator.memory_table import MemoryTable
from tests.simulation.simulator.network import Network
from tests.simulation.simulator.sqs_client import QUEUE_SETTINGS, SimulatedSQSClient

_ROOT = Path(__file__).parents[3]
_PACKAGES = ("app", "routers", "workers")
_ENTRY_POINTS = ("app.main", "workers.order", "workers.payment", "workers.shipment")

#: What an earlier release called otherwise.
_OTHER_NAMES = {
    "workers.dependencies": "app.ports",
    "app.security.signing_keys": "app.signing_keys",
    "Dependencies": "Ports",
    "_cached_keys": "_known",
    "_refresh_at": "_ask_again_at",
    "get_service": "get_client",
}


#: The environment variable that names a release whose code runs beside today's.
VARIABLE = "SHOP_RELEASE_BESIDE"


class UnknownReleaseError(Exception):
    """This clone does not have the commit of a release."""


class Release:
    """The functions of one release."""

    def __init__(
        self,
        name: str,
        modules: Mapping[str, ModuleType],
        *,
        layout: TableLayout = TableLayout.CURRENT,
    ) -> None:
        """Take over the modules of a release, by the names they were imported under.

        It writes ``layout``, if it knows more than one.
        """
        self.name = name
        self.layout = layout
        self._modules = modules

    def with_layout(self, layout: TableLayout) -> "Release":
        """Return the same code writing another layout."""
        return Release(self.name, self._modules, layout=layout)

    def _module(self, name: str) -> ModuleType:
        return self._modules.get(name) or self._modules[_OTHER_NAMES[name]]

    def _named(self, module: str, name: str) -> tuple[ModuleType, str]:
        found = self._module(module)
        return found, name if hasattr(found, name) else _OTHER_NAMES[name]

    @cached_property
    def application(self) -> Any:
        """Return its HTTP application."""
        return self._module("app.main").create_app()

    @cached_property
    def handle_batch(self) -> Callable[..., Any]:
        """Return what handles a batch of messages."""
        return cast("Callable[..., Any]", self._module("workers.batch").handle_batch)

    def handler(self, function: str) -> Callable[..., Any]:
        """Return what a worker does with one message; looked up anew, for planted bugs."""
        return cast("Callable[..., Any]", self._module(f"workers.{function}").handle)

    @property
    def handle_schedule(self) -> Callable[..., Any]:
        """Return the sweeper."""
        return cast("Callable[..., Any]", self._module("workers.order").handle_schedule)

    def settings(self, **values: str) -> Any:
        """Return its settings with the addresses of all queues."""
        return self._module("app.settings").read_settings({**QUEUE_SETTINGS, **values})

    def opened(self, settings: Any) -> Any:
        """Return settings of an open shop."""
        mode = self._module("app.settings").AuthMode.OPEN
        if hasattr(settings, "model_copy"):  # The release before reads its settings with pydantic.
            return settings.model_copy(update={"auth_mode": mode})
        return replace(settings, auth_mode=mode)

    def caller(self, user_id: str, *, is_staff: bool) -> Any:
        """Return whom its routes take a request to be from."""
        role = self._module("app.domain.user").Role
        tokens = self._modules.get("app.security.tokens") or self._modules["app.tokens"]
        return tokens.Caller(user_id, user_id, role.STAFF if is_staff else role.CUSTOMER)

    @property
    def knows_addition_keys(self) -> bool:
        """Return whether it makes an addition to a cart once per key."""
        return "app.store.addition_keys" in self._modules

    @property
    def reads_new_fingerprints(self) -> bool:
        """Return whether it tells a repeat of an order that today's release has stored."""
        return hasattr(self._module("app.services.fingerprints"), "is_repeat")

    def is_business_failure(self, failure: BaseException) -> bool:
        """Return whether it is a failure that the shop has a name for."""
        return isinstance(failure, self._module("app.domain.errors").ShopError)

    def dependencies(
        self,
        memory: MemoryTable,
        network: Network,
        settings: Any,
        now: Callable[[], datetime],
    ) -> Any:
        """Return what its functions reach the world through."""
        client = cast("DynamoDBClient", FakeClient(memory, network, self._error_of()))
        layouts = getattr(self._module("app.settings"), "TableLayout", None)
        options = {"layout": layouts(self.layout)} if layouts else {}
        table = self._module("app.store.table").Table(memory.name, client, **options)
        queues = self._module("app.queues").SQSQueues()
        owner, name = self._named("workers.dependencies", "Dependencies")
        make: Callable[..., Any] = getattr(owner, name)
        return make(lambda: table, lambda: queues, lambda: settings, now)

    def _error_of(self) -> ErrorOf | None:
        """Return what makes its own errors of today's; None for today's code."""
        store = self._modules.get("app.store.dynamodb")
        if store is None:
            return _error_of_pydynox
        kind = store.DynamoDBError
        if kind is DynamoDBError:
            return None
        return lambda failure: cast(
            "Exception",
            kind(
                failure.code,
                failure.status,
                text=failure.text,
                item=failure.item,
                reasons=failure.reasons,
            ),
        )

    @contextmanager
    def in_simulation(
        self, client: SimulatedSQSClient, *, log: object, uuid4: Callable[[], object]
    ) -> Iterator[None]:
        """Let its modules send through ``client``, write to ``log`` and draw ids by seed."""
        settings = self.settings()
        keys, known = self._named("app.security.signing_keys", "_cached_keys")
        _, renewed = self._named("app.security.signing_keys", "_refresh_at")
        routes = self._module("routers.dependencies")
        replaced: list[tuple[ModuleType, str, object]] = [
            # An earlier release lacks what came since.
            *(
                (routes, name, stand_in)
                for name, stand_in in STAND_INS.items()
                if hasattr(routes, name)
            ),
            (keys, known, KEYS),
            (keys, renewed, math.inf),
            (*self._named("app.queues", "get_service"), lambda *_: client),
            (self._module("app.queues"), "get_settings", lambda: settings),
            (self._module("app.services.orders"), "uuid4", uuid4),
            *(
                (self._module(name), "log", log)
                for name in (
                    "routers.middleware",
                    "routers.problems",
                    "app.services.sweeper",
                    "workers.batch",
                    "workers.order",
                )
            ),
        ]
        with ExitStack() as stack:
            for module, name, value in replaced:
                stack.enter_context(patch.object(module, name, value))
            yield


def _error_of_pydynox(failure: DynamoDBError) -> Exception:
    """Return an error as the client of earlier releases raised it."""
    if failure.status == 0:
        return pydynox_errors.ConnectionException("no answer")
    if failure.code == "TransactionCanceledException":
        text = f"Transaction cancelled [{', '.join(failure.reasons)}]"
        return pydynox_errors.TransactionCanceledException(text)
    kind = getattr(pydynox_errors, failure.code, pydynox_errors.PydynoxException)
    translated: Exception = kind(failure.text or failure.code)
    # No attribute when there was nothing, or it was not asked for.
    if failure.item is not None:
        vars(translated)["item"] = failure.item
    return translated


def _is_of_the_shop(name: str) -> bool:
    return name.partition(".")[0] in _PACKAGES


def _shop_modules() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if _is_of_the_shop(name)}


@lru_cache(maxsize=2)
def current_release(layout: TableLayout = TableLayout.CURRENT) -> Release:
    """Return today's code, with one layout of the table."""
    for name in _ENTRY_POINTS:
        importlib.import_module(name)
    return Release(layout, _shop_modules(), layout=layout)


def _unpacked(commit: str) -> Path:
    """Return a folder with the code of a commit.

    Raises:
        UnknownReleaseError: git does not have it.
    """
    folder = _ROOT / "build" / "releases" / commit
    if not folder.exists():
        packed = subprocess.run(
            ["git", "-C", str(_ROOT), "archive", commit, *_PACKAGES],
            capture_output=True,
            check=False,
        )
        if packed.returncode != 0:
            raise UnknownReleaseError(commit)
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Another process may do the same: whole or not at all, and the first one counts.
        with tempfile.TemporaryDirectory(dir=folder.parent) as parent:
            with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
                archive.extractall(Path(parent) / "code", filter="data")
            with suppress(OSError):
                (Path(parent) / "code").rename(folder)
    return folder


@lru_cache(maxsize=10)
def load_release(entry: ReleaseEntry) -> Release:
    """Return the code of an earlier release.

    Raises:
        UnknownReleaseError: this clone does not have its commit.
    """
    return _imported(entry.name, _unpacked(entry.commit), layout=TableLayout.FORMER)


def changed_release(name: str, folder: Path, changes: Sequence[tuple[str, str, str]]) -> Release:
    """Return today's code with some pieces of text replaced, as a later release could have it.

    It is written to ``folder``; each change names a file, a text that is there once, and what
    stands there instead.

    Raises:
        ValueError: a text is not there exactly once.
    """
    for package in _PACKAGES:
        shutil.copytree(_ROOT / package, folder / package, dirs_exist_ok=True)
    for path, old, new in changes:
        text = (folder / path).read_text()
        if text.count(old) != 1:
            raise ValueError(f"{path} has {text.count(old)} such places: {old!r}")
        (folder / path).write_text(text.replace(old, new))
    return _imported(name, folder)


def _imported(name: str, folder: Path, *, layout: TableLayout = TableLayout.CURRENT) -> Release:
    """Import the code in a folder, and leave today's modules as they were."""
    current_release()
    todays = _shop_modules()
    for module in todays:
        del sys.modules[module]
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        for module in _ENTRY_POINTS:
            importlib.import_module(module)
        release = Release(name, _shop_modules(), layout=layout)
        # Built now: what its models look up by name they look up among the modules there are.
        _ = release.application
    finally:
        sys.path.remove(str(folder))
        for module in _shop_modules():
            del sys.modules[module]
        sys.modules.update(todays)
        importlib.invalidate_caches()
    return release


def chosen_releases() -> tuple[Release, ...]:
    """Return today's code, and that of the release which the environment names.

    Beside another release it writes the former layout, as it does where one may run.

    Raises:
        UnknownReleaseError: there is no such release, or this clone does not have its commit.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return (current_release(),)
    entry = next((release for release in RELEASES if release.name == name), None)
    if entry is None:
        raise UnknownReleaseError(name)
    return current_release(TableLayout.FORMER), load_release(entry)
