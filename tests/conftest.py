"""An AWS emulator per test process, a shop on it, and clients of that shop."""

import gc
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx._transports.default
import pytest
from botocore.config import Config
from coverage import Coverage
from httpx import AsyncClient
from hypothesis import settings
from hypothesis.internal.conjecture import providers

import app.security.signing_keys
from app.aws.boto3_calls import client_config
from app.queues import get_client, get_queues
from app.settings import get_settings
from app.store.schema import SHAPE
from app.store.table import Table, get_table
from infra.local.clients import Clients
from infra.local.deploy import deploy
from infra.local.deploy_data import ensure_table
from infra.local.emulator import Emulator
from infra.local.environment import REGION
from routers.dependencies import get_payment_wait
from tests.support import password_work, proofs, scheduling
from tests.support.sizes import SIZES

#: What the emulator takes for credentials; nothing here reaches the real AWS.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

#: How long one call to the emulator may take. The shop itself waits for 2.5 s at most.
PATIENT_SECONDS = 10.0

#: The tests of single rules, whose coverage is measured. The others run whole shops or the same
#: lines ten thousand times: they would cover a line without saying what it is for, and take twice
#: as long. So would some tests there, which have the marker "unmeasured": what they run is
#: covered by their neighbours, too.
MEASURED = frozenset({"app", "routers", "workers"})

_TESTS = Path(__file__).parent

# How long an example takes says more about the machine than about the shop.
settings.register_profile("shop", deadline=None, max_examples=SIZES.examples)
settings.load_profile("shop")


class _Measuring:
    """Stops measuring before the first test of such a folder, and goes on after the last."""

    def __init__(self) -> None:
        self._is_paused = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        is_of_rules = item.path.relative_to(_TESTS).parts[0] in MEASURED
        is_marked = item.get_closest_marker("unmeasured") is not None
        self._measure(item.config, is_of_rules and not is_marked)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._measure(session.config, is_wanted=True)

    def _measure(self, config: pytest.Config, is_wanted: bool) -> None:  # noqa: FBT001
        plugin: Any = config.pluginmanager.getplugin("_cov")
        controller = plugin and plugin.cov_controller
        if controller and is_wanted is self._is_paused:
            (controller.resume if is_wanted else controller.pause)()
            # In a worker pytest-cov has begun twice, and the end of one lets the other go on.
            while not is_wanted and (other := Coverage.current()):
                other.stop()
            self._is_paused = not is_wanted


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Measuring())
    config.pluginmanager.register(scheduling)
    config.pluginmanager.register(proofs)
    config.pluginmanager.register(password_work)
    password_work.use(*password_work.LEAST)
    # All clients share one: reading the certificates takes longer than most tests, and is for
    # nothing, because what they ask is on this machine.
    transport = httpx._transports.default
    transport.create_ssl_context = cache(transport.create_ssl_context)  # type: ignore[attr-defined]
    if not SIZES.is_full:
        # Constants of the code under test are drawn more often then; to find them, Hypothesis
        # parses every module, in each worker.
        providers._get_local_constants = lambda: providers._local_constants
    # Until everything is imported and collected nothing is garbage.
    gc.disable()


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking at what stays to the end: all that is imported.

    It took a third of the time of tests that make many objects.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped and why: a letter among dots is easily overlooked."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    for reason, times in reasons.items():
        terminalreporter.write_line(f"{times} skipped: {reason}", yellow=True)


def forget_clients() -> None:
    """Make the next use of settings and clients look at the environment again."""
    for cached in (get_settings, get_table, get_queues, get_client, get_payment_wait):
        cached.cache_clear()
    app.security.signing_keys._cached_keys = None


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    os.environ.update(CREDENTIALS)
    with Emulator() as running:
        yield running


@pytest.fixture(scope="session")
def clients(emulator: Emulator) -> Clients:
    """boto3 clients of the emulator; making them takes longer than making a stack with them."""
    return Clients(emulator.endpoint_url, REGION)


@pytest.fixture(scope="session")
def shared_stack(emulator: Emulator, clients: Clients) -> dict[str, str]:
    return deploy(emulator.endpoint_url, clients=clients)


@pytest.fixture
def new_stack(emulator: Emulator, clients: Clients) -> Callable[[], dict[str, str]]:
    """Make a stack of one's own, for tests that count what is in it."""
    numbers = count()
    name = uuid4().hex[:12]
    return lambda: deploy(emulator.endpoint_url, stack=f"t{name}{next(numbers)}", clients=clients)


def _use(
    stack: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    for name in (
        "AUTH_MODE",
        "CARD_RULES",
        "STAGE",
        "CATALOG_VERSION",
        "IMAGE_BASE_URL",
        "SECURITY_CONTACT",
        "SHOP_NAME",
        "SHOP_ADDRESS",
        "SHOP_TAX_LINE",
        "SHOP_TIME_ZONE",
        "TILL_LOCK_MINUTES",
    ):
        monkeypatch.delenv(name, raising=False)
    settings = {
        **stack,
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
        "AWS_REGION": stack["REGION"],
        "SHOP_CATALOG_SECONDS": "0",
        "SHOP_PAYMENT_WAIT_SECONDS": "0",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    # A busy machine may stop for longer than the shop waits. What it does then has tests of
    # its own, which set the deadline they test.
    monkeypatch.setattr("app.deadlines.CALL_SECONDS", PATIENT_SECONDS)
    monkeypatch.setattr("app.store.table.READ_TIMEOUT_SECONDS", PATIENT_SECONDS)
    patient = client_config().merge(Config(read_timeout=PATIENT_SECONDS))
    monkeypatch.setattr("app.aws.boto3_calls.client_config", lambda: patient)
    forget_clients()
    yield stack
    forget_clients()


@pytest.fixture
def stack(
    shared_stack: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The shop that most tests share; they keep apart by fresh ids."""
    yield from _use(shared_stack, emulator, monkeypatch)


@pytest.fixture
def own_stack(
    new_stack: Callable[[], dict[str, str]], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """A shop with nothing in it."""
    yield from _use(new_stack(), emulator, monkeypatch)


@pytest.fixture
def own_table(
    shared_stack: dict[str, str],
    emulator: Emulator,
    clients: Clients,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[dict[str, str]]:
    """The shop that most tests share, with an empty table: a sixth of the calls of a new shop."""
    table = f"t{uuid4().hex[:12]}"
    ensure_table(clients("dynamodb"), table, SHAPE)
    yield from _use({**shared_stack, "TABLE": table}, emulator, monkeypatch)


@pytest.fixture
def open_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn authentication off; name it after the stack."""
    monkeypatch.setenv("AUTH_MODE", "0")
    get_settings.cache_clear()


@pytest.fixture
def table(stack: dict[str, str]) -> Table:
    return get_table()


@pytest.fixture
async def client(stack: dict[str, str]) -> AsyncIterator[AsyncClient]:
    """A client of the shared shop, without a token."""
    # Imports the application, which not every test needs.
    from tests.support.shop import shop_client  # noqa: PLC0415

    async with shop_client() as http:
        yield http


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
