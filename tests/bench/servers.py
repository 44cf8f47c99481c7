"""Suites ``http`` and ``memory``: servers with 32 connections, and processes after many calls."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.content import BUYER, catalog, order_body
from tests.bench.contestants import (
    FLASK,
    IDIOMATIC,
    LITESTAR,
    SHOP,
    Arena,
    Contestant,
    check,
    process_cpu_ms,
)
from tests.bench.figures import Case
from tests.bench.starts import order_event, token_header
from tests.support.lambda_runtime import link_packages

_CONNECTIONS = 32
#: Requests of one round, and those before the first.
_REQUESTS, _WARM_UP = 320, 96
_START_SECONDS = 60
#: What serves ASGI applications, of the development environment, the same for all.
_SERVER_PACKAGES = ("uvicorn", "httptools", "uvloop", "h11", "click")
#: Orders between two looks at the memory of a function.
_ORDERS = 1000

#: Uvicorn on an open socket; by its number it would take it for a Unix socket.
_SERVE = """
import socket, sys, uvicorn
listener = socket.socket(fileno=int(sys.argv[1]))
config = uvicorn.Config(sys.argv[2], http="httptools", loop="uvloop", access_log=False,
                        log_level="error")
uvicorn.Server(config).run(sockets=[listener])
"""
_UVICORN = ("-c", _SERVE, "{fd}")
_GUNICORN = (
    "-m",
    "gunicorn",
    "--bind",
    "fd://{fd}",
    "--threads",
    "32",
    "--log-level",
    "error",
    "shop:app",
)
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "shop": (*_UVICORN, "app.main:app"),
    "idiomatic": (*_UVICORN, "shop:app"),
    "litestar": (*_UVICORN, "shop:app"),
    "flask": _GUNICORN,
}


@dataclass(frozen=True)
class Request:
    """One request as bytes; ``name`` says what it is."""

    name: str
    raw: bytes

    @classmethod
    def of(cls, name: str, method: str, path: str, body: Any = None, **headers: str) -> "Request":
        """Return the bytes of a request on a connection that stays open."""
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "host: shop", f"content-length: {len(content)}"]
        lines += ["content-type: application/json"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        return cls(name, "\r\n".join([*lines, "", ""]).encode() + content)


def requests() -> dict[str, tuple[Request, tuple[Contestant, ...], dict[str, float]]]:
    """Return what is asked, who is asked it, and the ratios to reach: CPU for each request."""
    product = catalog(8)[0].product_id
    every = (SHOP, IDIOMATIC, LITESTAR, FLASK)
    order = Request.of(
        "order", "POST", f"/order/add/{BUYER}", order_body(), prefer="respond-async",
        **token_header(),
    )  # fmt: skip
    return {
        "GET /products of 8": (
            Request.of("products", "GET", "/products"),
            every,
            {"idiomatic": 1 / 8, "litestar": 1 / 3},
        ),
        "GET /products/{id}": (
            Request.of("product", "GET", f"/products/{product}"),
            every,
            {"idiomatic": 1 / 3},
        ),
        "POST /order/add, async": (order, (SHOP, IDIOMATIC), {"idiomatic": 1 / 2.2}),
    }


class Server:
    """A server's process, and connections to it."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        """Speak to the process that listens at ``port``."""
        self._process = process
        self._port = port

    def pids(self) -> list[int]:
        """Return the server's process, and those that it started."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, children.read_text().split())]

    def cpu_ms(self) -> float:
        """Return the processor time of all its processes so far."""
        return sum(map(process_cpu_ms, self.pids()))

    def resident_mb(self) -> float:
        """Return the memory of all its processes, what they share counted once."""
        return sum(map(proportional_mb, self.pids()))

    def send(self, request: Request, times: int) -> None:
        """Send a request so often, on 32 connections at once."""
        asyncio.run(self._send(request, times))

    async def _send(self, request: Request, times: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(_CONNECTIONS):
                share = times // _CONNECTIONS + (number < times % _CONNECTIONS)
                group.create_task(self._converse(request, share))

    async def _converse(self, request: Request, times: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for _ in range(times):
            writer.write(request.raw)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            if status >= 400:
                raise SystemExit(f"{request.name} was answered with {status}")
            fields = dict(
                line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
            )
            await reader.readexactly(int(fields[b"content-length"]))
        writer.close()


def proportional_mb(pid: int) -> float:
    """Return the memory of a process; pages that others have too count in part."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def serving(arena: Arena, contestant: Contestant) -> Iterator[Server]:
    """Start the server of a contestant, and stop it at the end."""
    folder, environment = arena.prepared(contestant)
    packages = link_packages(_SERVER_PACKAGES, folder.parent / "server")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        command = [part.replace("{fd}", str(descriptor)) for part in COMMANDS[contestant.name]]
        process = subprocess.Popen(
            [sys.executable, "-S", *command],
            cwd=folder,
            env={
                **environment,
                "PATH": os.defpath,
                "PYTHONPATH": os.pathsep.join(map(str, (folder, packages))),
                "PYTHONDONTWRITEBYTECODE": "1",
                "AWS_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            },
            pass_fds=[descriptor],
            # One line for each call that waits for the endpoint.
            stderr=subprocess.DEVNULL,
        )
    server = Server(process, port)
    try:
        _await(server, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def _await(server: Server, process: "subprocess.Popen[bytes]") -> None:
    first = Request.of("the first product", "GET", "/products")
    give_up_at = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            server.send(first, 1)
        except* (OSError, EOFError):
            time.sleep(0.1)
        else:
            return
    raise SystemExit("A server does not start.")


def http(arena: Arena, rounds: int) -> list[Case]:
    """Measure the CPU of servers for each request, on 32 connections."""
    cases = []
    for name, (request, contestants, goals) in requests().items():
        with ExitStack() as stack:
            servers = {who.name: stack.enter_context(serving(arena, who)) for who in contestants}
            found: dict[str, list[float]] = {name: [] for name in servers}
            for server in servers.values():
                server.send(request, _WARM_UP)
            for _ in range(rounds):
                for who, server in servers.items():
                    before = server.cpu_ms()
                    server.send(request, _REQUESTS)
                    found[who].append((server.cpu_ms() - before) / _REQUESTS)
        cases.append(Case(f"{name}, served", found, goals))
    return cases


def memory(arena: Arena, rounds: int) -> list[Case]:
    """Measure the memory of functions after 1,000 and 2,000 orders, and of busy servers."""
    contestants = (SHOP, IDIOMATIC)
    early: dict[str, list[float]] = {who.name: [] for who in contestants}
    late: dict[str, list[float]] = {who.name: [] for who in contestants}
    busy: dict[str, list[float]] = {who.name: [] for who in contestants}
    event, (order, *_) = order_event(), requests()["POST /order/add, async"]
    # Memory hardly differs from round to round.
    for _ in range(min(rounds, 2)):
        for who in contestants:
            with arena.start(who, "api") as process:
                for found in (early, late):
                    for _ in range(_ORDERS):
                        check(process.invoke(event))
                    found[who.name].append(proportional_mb(process.pid))
            with serving(arena, who) as server:
                server.send(order, _ORDERS)
                busy[who.name].append(server.resident_mb())
    goal = {"idiomatic": 0.90}
    return [
        Case("memory of the api after 1,000 orders", early, goal, unit="MB"),
        Case("memory of the api after 2,000 orders", late, goal, unit="MB"),
        Case("memory of a server at 32 connections", busy, {"idiomatic": 1.3}, unit="MB"),
    ]
