"""The real FastAPI application, called in simulated time as Lambda would call it."""

import asyncio
import json
import math
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from unittest.mock import patch

from fastapi import FastAPI
from starlette.types import ASGIApp

import app.security.signing_keys
from app.domain.user import Role
from app.main import create_app
from app.security.signing_keys import SigningKeys
from app.security.tokens import Caller
from app.services.payment_wait import PaymentWait
from routers import dependencies, middleware, problems, product_list
from tests.simulation.simulator.loop import SimLoop
from workers.dependencies import Dependencies

#: What :mod:`app.security.signing_keys` knows in a simulated process.
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"k" * 32)


@dataclass(frozen=True)
class Answer:
    """What the shop says to one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as data."""
        return json.loads(self.body)


@dataclass(frozen=True)
class _RequestContext:
    """One request: through what its process reaches the world, and who is calling."""

    dependencies: Any
    caller: Any


def _request_context() -> _RequestContext:
    loop = cast("SimLoop", asyncio.get_running_loop())
    request_context: _RequestContext = loop.process.request_context
    return request_context


class _Clock:
    """Stands in for :class:`datetime.datetime` where the application asks for the time."""

    @staticmethod
    def now(zone: object) -> datetime:
        """Return the time on the clock of the running process."""
        now: datetime = _request_context().dependencies.now()
        return now


def _caller(*_: object, **__: object) -> Any:
    """Return who is calling. Clocks are wrong by days here, which no token would survive."""
    return _request_context().caller


#: Patched, not overridden: FastAPI analyses an override anew with every request.
STAND_INS: dict[str, object] = {
    "get_table": lambda: _request_context().dependencies.table,
    "get_queues": lambda: _request_context().dependencies.queues,
    "get_settings": lambda: _request_context().dependencies.settings,
    "get_payment_wait": PaymentWait,
    "datetime": _Clock,
    "read_access_token": _caller,
}


@contextmanager
def patched_application(log: object) -> Iterator[None]:
    """Let the application be asked in simulated time, and write its log to ``log``."""
    with ExitStack() as stack:
        for name, stand_in in STAND_INS.items():
            stack.enter_context(patch.object(dependencies, name, stand_in))
        stack.enter_context(patch.object(product_list, "get_settings", STAND_INS["get_settings"]))
        for module in (middleware, problems):
            stack.enter_context(patch.object(module, "log", log))
        stack.enter_context(patch.object(app.security.signing_keys, "_cached_keys", KEYS))
        stack.enter_context(patch.object(app.security.signing_keys, "_refresh_at", math.inf))
        yield


@lru_cache(maxsize=1)
def _application() -> FastAPI:
    return create_app()


async def ask(
    dependencies: Dependencies,
    method: str,
    path: str,
    *,
    user_id: str = "",
    username: str = "",
    is_staff: bool = False,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Make one request of today's application as a user, and return the answer.

    The user's name is the id unless it is given.
    """
    role = Role.STAFF if is_staff else Role.CUSTOMER
    caller = Caller(user_id, username or user_id, role) if user_id else None
    return await request(
        _application(), dependencies, method, path, caller=caller, body=body, headers=headers
    )


async def request(
    application: ASGIApp,
    dependencies: Any,
    method: str,
    path: str,
    *,
    caller: Any,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Make one request of the application of any release, and return the answer."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {**(headers or {}), "Authorization": "Bearer simulated"}.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("shop", 443),
    }
    cast("SimLoop", asyncio.get_running_loop()).process.request_context = _RequestContext(
        dependencies, caller
    )
    heard: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        text = b"" if body is None else json.dumps(body).encode()
        return {"type": "http.request", "body": text, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        heard.append(message)

    await application(scope, receive, send)
    start = next(event for event in heard if event["type"] == "http.response.start")
    parts = [event.get("body", b"") for event in heard if event["type"] == "http.response.body"]
    names = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], names, b"".join(parts))
