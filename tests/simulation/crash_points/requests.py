"""All other requests of customers and staff, one at a time, each with one fault."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from unittest.mock import patch

from argon2 import PasswordHasher

import app.security.signing_keys
from app.deadlines import call_deadline
from app.domain.cart import Cart, CartLine
from app.domain.errors import SecretsUnavailableError
from app.domain.order import OrderState
from app.domain.session import Session
from app.domain.throttling import window_of
from app.domain.user import Credentials, Role, User
from app.queues import SQSQueues
from app.security.origins import Origin
from app.security.passwords import hash_password_blocking
from app.security.tokens import issue_tokens
from app.services.throttling import decline_counters, login_counters
from app.settings import read_settings
from app.store.addition_keys import FORGOTTEN_TOGETHER
from app.store.carts import cart_to_item
from app.store.keys import attempts_key, declines_key, lookalike_key
from app.store.order_items import order_to_item
from app.store.products import product_to_item
from app.store.sessions import session_to_item
from app.store.users import credentials_to_item, user_to_item
from infra.seeds.classic import classic_products, make_order
from tests.simulation.crash_points.call_sites import Site
from tests.simulation.crash_points.scenarios import FaultScript
from tests.simulation.simulator.fake_clients import fake_table
from tests.simulation.simulator.faults import Fault
from tests.simulation.simulator.gateway import KEYS, Answer, ask, patched_application
from tests.simulation.simulator.lambdas import EPOCH, Log
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.memory_table import MemoryTable
from tests.simulation.simulator.network import KEYS as KEYS_SERVICE
from tests.simulation.simulator.network import CallLostError, Network, Trace
from tests.simulation.simulator.sqs_client import (
    DroppedMessages,
    SimulatedSQSClient,
    sending_through,
)
from workers.dependencies import Dependencies

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_PASSWORD = "correct horse"
_HASH = hash_password_blocking(_PASSWORD)
_OLD_HASH = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(_PASSWORD)
_PRODUCTS = list(classic_products(_NOW))
_MAT = _PRODUCTS[0].product_id
_ERIC = User("u1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, _NOW)
_ORDER_ID = "0a3ef1c5-6f0a-4d2b-9c54-0d4a2c0a1f5e"
_SETTINGS = read_settings(
    {
        "TABLE": "shop",
        "SHOP_CATALOG_SECONDS": "0",
        "SHOP_PAYMENT_WAIT_SECONDS": "0",
        "SIGNING_KEYS_SECRET": "keys",
    }
)
_SESSION = Session("s" * 24, "u1", "eric", "", 0, EPOCH, EPOCH + timedelta(hours=12))
_TOKENS = issue_tokens(_SESSION, Role.CUSTOMER, KEYS)
_SECRET = json.dumps(
    {"signin_1": ["61" * 32], "signin_2": ["72" * 32], "fingerprint": KEYS.fingerprint.hex()}
)

#: What is drawn anew each time: ids, generations of sessions, traces, instants, salted hashes,
#: and shards, which follow ids.
_DRAWN = re.compile(
    r"(?<=SESSION#)[\w-]{24}(?=')|(?<='session_id': ')[\w-]{24}|(?<=generation': ')[\w-]{8}|"
    r"(?<='trace': ')[^']{22}|"
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[^'#]+|\$argon2[^']+|(?<=[GS]#)\d(?=')"
)


@dataclass(frozen=True)
class RequestCase:
    """One request; ``adds_up`` when its repeat has an effect of its own."""

    method: str
    path: str
    body: Any = None
    is_staff: bool = False
    adds_up: bool = False
    repeat_status: int | None = None
    key: str = ""
    token: str = ""
    #: Several writes, any of which may be the last; the repeat does the others, or is refused.
    is_in_steps: bool = False


_ITEM = {"itemid": _MAT, "quantity": 2}
_ORIGIN = Origin("127.0.0.1")
_ORDER = {
    "card": {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"},
    "cart": [_ITEM],
}
_ACCOUNT = {"username": "han", "password": _PASSWORD, "firstname": "Han", "lastname": "Solo"}
REQUESTS = {
    "catalog": RequestCase("GET", "/products"),
    "product": RequestCase("GET", f"/products/{_MAT}"),
    "new product": RequestCase(
        "POST", "/products", {"name": "Rope", "price": "9.99"}, is_staff=True, adds_up=True
    ),
    "cart": RequestCase("GET", "/cart/items/u1"),
    "cart total": RequestCase("GET", "/cart/total/u1"),
    "cart count": RequestCase("GET", "/cart/items/total/u1"),
    "all carts": RequestCase("GET", "/cart/all", is_staff=True),
    "add to cart": RequestCase("POST", "/cart/item/add/u1", _ITEM, adds_up=True),
    "add to cart with a key": RequestCase("POST", "/cart/item/add/u1", _ITEM, key="one addition"),
    "change a quantity": RequestCase("POST", "/cart/item/modify/u1", _ITEM),
    "remove from cart": RequestCase("POST", "/cart/item/modify/u1", {**_ITEM, "quantity": 0}),
    "replace a cart": RequestCase("POST", "/cart/modify/u1", {"cart": [{**_ITEM, "price": 5}]}),
    "clear a cart": RequestCase("POST", "/cart/clear/u1"),
    "register": RequestCase("POST", "/register", _ACCOUNT, repeat_status=409),
    "log in": RequestCase(
        "POST", "/login", {"username": "eric", "password": _PASSWORD}, adds_up=True
    ),
    "log in with an old hash": RequestCase(
        "POST",
        "/login",
        {"username": "walter", "password": _PASSWORD},
        adds_up=True,
        is_in_steps=True,
    ),
    "renew tokens": RequestCase("POST", "/refresh-token", {"refresh_token": _TOKENS.refresh}),
    "log out": RequestCase("POST", "/logout", token=_TOKENS.access),
    "log out everywhere": RequestCase("POST", "/logout-everywhere", repeat_status=401),
    "change the password": RequestCase(
        "POST",
        "/change-password",
        {"password": _PASSWORD, "new_password": "battery staple"},
        repeat_status=401,
        is_in_steps=True,
    ),
    "close the account": RequestCase(
        "POST",
        "/close-account",
        {"password": _PASSWORD},
        repeat_status=401,
        is_in_steps=True,
    ),
    "order after declined cards": RequestCase(
        "POST",
        "/order/add/u1",
        _ORDER,
        key="one order",
        # Who has taken a turn and lost the answer waits for the next one.
        repeat_status=429,
        is_in_steps=True,
    ),
    "a user": RequestCase("GET", "/users/u1"),
    "all users": RequestCase("GET", "/users", is_staff=True),
    "an order": RequestCase("GET", f"/order/u1/{_ORDER_ID}"),
    "orders": RequestCase("GET", "/order/u1"),
    "all orders": RequestCase("GET", "/order/all", is_staff=True),
    "readiness": RequestCase("GET", "/readyz"),
}


@dataclass
class Run:
    """One case under a script: who was asked, what was answered, what is in the table."""

    case: RequestCase
    script: FaultScript
    answers: list[Answer | None] = field(default_factory=list)
    #: Where each call was made; with a fault, only where the fault happened.
    sites: dict[int, Site] = field(default_factory=dict)
    #: What the table holds at the beginning and after each request.
    states: list[str] = field(default_factory=list)

    def go(self, *, requests: int = 1) -> "Run":
        """Make the request so many times, each by a process of its own, and look after each."""
        loop = SimLoop(Random(0))
        trace = Trace(loop)
        network = Network(loop, self.script, trace, Random(0))
        network.on_call = self.script.note_sites(self.sites)
        memory = MemoryTable("shop", clock=loop.time, is_strict=False)
        for item in _items():
            memory.items[item["PK"], item["SK"]] = item
        table, queues = fake_table(memory, network), SQSQueues()
        dependencies = Dependencies(lambda: table, lambda: queues, lambda: _SETTINGS, lambda: EPOCH)
        self.states.append(_essence(memory))
        client = SimulatedSQSClient(DroppedMessages(), network)
        with sending_through(client), _patched(network, Log(trace, lambda: "api")) as log:
            for _ in range(requests):
                app.security.signing_keys._cached_keys = None
                app.security.signing_keys._fetching = None
                self.answers.append(self._ask(loop, dependencies))
                self.script.stop()
                self.states.append(_essence(memory))
        loop.cancel_everything()
        assert log.crash is None, log.crash
        return self

    def _ask(self, loop: SimLoop, dependencies: Dependencies) -> Answer | None:
        case = self.case
        task = loop.start(
            Process("api"),
            ask(
                dependencies,
                case.method,
                case.path,
                user_id="boss" if case.is_staff else "u1",
                is_staff=case.is_staff,
                body=case.body,
                username="boss" if case.is_staff else "eric",
                headers={
                    **({"Idempotency-Key": case.key} if case.key else {}),
                    **({"X-Access-Token": case.token} if case.token else {}),
                },
            ),
        )
        loop.run()
        return task.result() if task.done() else None


def _items() -> Iterator[dict[str, Any]]:
    for product in _PRODUCTS[:3]:
        yield product_to_item(product)
    yield user_to_item(_ERIC)
    yield credentials_to_item(
        Credentials("u1", "eric", Role.CUSTOMER, _HASH, has_reserved_look=True)
    )
    yield {**lookalike_key("eric"), "user_id": "u1"}
    # Of an earlier release: the first login replaces its hash and reserves its look.
    yield credentials_to_item(Credentials("u2", "walter", Role.CUSTOMER, _OLD_HASH))
    yield session_to_item(_SESSION)
    yield credentials_to_item(Credentials("boss", "boss", Role.STAFF, _HASH))
    # A wrong password was counted, which the next login forgets.
    counter, *_ = login_counters(KEYS, _SETTINGS.limits, "eric", _ORIGIN)
    yield {**attempts_key(counter.key, window_of(EPOCH)), "attempts": 1, "last_at": 0}
    # More cards were declined than are free: an order takes its turn, of the user and the address.
    for counter in decline_counters(KEYS, _SETTINGS.limits, user_id="u1", origin=_ORIGIN):
        beyond = {"attempts": counter.limit.free + 1, "last_at": 0}
        yield {**declines_key(counter.key, window_of(EPOCH)), **beyond}
    line = CartLine(_MAT, "Mat", "", "", 6250, None, 1, _NOW)
    # So many keys that the next addition removes them.
    old_keys = {f"k#{number}": "1000000000#x" for number in range(FORGOTTEN_TOGETHER)}
    yield {**cart_to_item(Cart("u1", (line,)), now=_NOW), **old_keys}
    order = make_order(_ORDER_ID, _ERIC, _PRODUCTS[:1], OrderState.PENDING, placed_at=_NOW)
    yield order_to_item(order)


def _essence(memory: MemoryTable) -> str:
    # Without the keys of additions, which are drawn, and removed at any time, and without what
    # was counted: an attempt counts whatever becomes of it.
    items = (
        {name: value for name, value in item.items() if not name.startswith("k#")}
        for item in memory.items.values()
        if not item["PK"].startswith(("ATTEMPTS#", "DECLINES#"))
    )
    return repr(sorted(_DRAWN.sub("?", repr(item)) for item in items))


@contextmanager
def _patched(network: Network, log: Log) -> Iterator[Log]:
    """Let the keys be fetched through the network too, and the shop write its log to us."""

    async def fetch_secret(name: str) -> str:
        try:
            async with call_deadline(SecretsUnavailableError()):
                text = await network.call(KEYS_SERVICE, "get_secret_value", lambda: _SECRET)
        except CallLostError as failure:
            raise SecretsUnavailableError from failure
        return str(text)

    with (
        patched_application(log),
        patch.object(app.security.signing_keys, "fetch_secret", fetch_secret),
        patch.object(app.security.signing_keys, "get_settings", lambda: _SETTINGS),
    ):
        yield log


def complaints(
    case: RequestCase, fault: Fault, *, at: int, repeats: int, calm: Run
) -> Iterator[str]:
    """Run a request with a fault, ask once more without, and yield what is wrong.

    ``calm`` is the request without a fault, asked for twice.
    """
    run = Run(case, FaultScript(fault, at=at, repeats=repeats)).go(requests=2)
    first, again = run.answers
    untouched, done, *_ = calm.states
    expected = calm.answers[0]
    assert expected is not None
    if run.states[1] not in {untouched, done} and not case.is_in_steps:
        yield "half of it was done"
    if first is not None and first.status == expected.status:
        if run.states[1] != done:
            yield f"answered {first.status} and did nothing"
    elif first is not None and first.status != 503:
        yield f"answered {first.status} {first.body!r}"
    elif first is not None and "retry-after" not in first.headers:
        yield "503 without Retry-After"
    statuses = {expected.status, case.repeat_status}
    if again is None or again.status not in statuses:
        yield f"the repeat was answered {again}"
    ends = {done, calm.states[2]} if case.adds_up else {done}
    if case.is_in_steps and again is not None and again.status == case.repeat_status:
        ends.add(run.states[1])
    if run.states[2] not in ends:
        yield "the repeat did something else"


def calm_run(case: RequestCase) -> Run:
    """Return a request without a fault, asked for twice."""
    run = Run(case, FaultScript()).go(requests=2)
    [first, _] = run.answers
    assert first is not None
    assert first.status < 300, first
    return run
