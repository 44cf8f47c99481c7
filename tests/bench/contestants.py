"""The shop and its peers as they would be deployed: packages as locked, code, bytecode."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from app.security.tokens import AUDIENCE
from infra.release.build_image import (
    compile_bytecode,
    copy_code,
    drop_leftovers,
    drop_sources,
    trim_botocore,
    trim_confusables,
    trim_sentry,
)
from infra.topology import FUNCTIONS, QUEUES, queue_setting
from tests.bench.content import LOGIN, Body, peer_content, shop_content, table_name
from tests.bench.endpoint import TLS
from tests.image.helpers.lambda_events import http_event
from tests.support.lambda_runtime import LambdaProcess, link_runtime

_ROOT = Path(__file__).parents[2]
_PEERS = Path(__file__).parent / "peers"
BUILD = _ROOT / "build" / "bench"
_UV = Path(sys.executable).with_name("uv")


@dataclass(frozen=True)
class Contestant:
    """Who is measured: a folder of code, and the handlers in it by what they do."""

    name: str
    handlers: Mapping[str, str]


SHOP = Contestant("shop", {function.name: function.handler for function in FUNCTIONS})
IDIOMATIC = Contestant("idiomatic", {"api": "shop.handler"})
POWERTOOLS = Contestant("powertools", {"api": "shop.handler"})
BOTO3_WORKER = Contestant(
    "boto3_worker",
    {name: f"worker.{name}" for name in ("payment", "order", "shipment")},
)
BARE = Contestant("bare", {"api": "constant.handler"})
#: The shop as it was released before; its folder is made by ``tests.bench.release``.
RELEASE = Contestant("release", SHOP.handlers)
# Servers only.
LITESTAR = Contestant("litestar", {})
FLASK = Contestant("flask", {})


class Arena:
    """Where contestants run: the endpoints they call, and the folders they run in."""

    def __init__(
        self,
        urls: Mapping[str, str],
        runtime: Path,
        folders: Mapping[str, Path],
        environment: Mapping[str, str],
    ) -> None:
        """Use the endpoints at ``urls``, by whose content they have, and folders that are made.

        ``environment`` is what every contestant is told besides.
        """
        self._urls = urls
        self._environment = environment
        self._runtime = runtime
        self._folders = dict(folders)
        self._tokens: dict[str, str] = {}

    def start(
        self,
        contestant: Contestant,
        function: str,
        *,
        catalog: int = 8,
        env: Mapping[str, str] | None = None,
    ) -> LambdaProcess:
        """Return the process of a function, to be entered; its table has so many products."""
        folder, settings = self.prepared(contestant, catalog=catalog)
        return LambdaProcess(
            contestant.handlers[function],
            cwd=folder,
            runtime=self._runtime,
            env={**settings, "AWS_EXECUTION_ENV": "AWS_Lambda_Image", **(env or {})},
        )

    def prepared(self, contestant: Contestant, *, catalog: int = 8) -> tuple[Path, dict[str, str]]:
        """Return the folder of a contestant, and its settings."""
        url = self._url(contestant)
        return self._folder(contestant), {
            "TABLE": table_name(catalog),
            "REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "STAGE": "bench",
            "VERSION": "bench",
            "AUDIENCE": AUDIENCE,
            "SIGNING_KEYS_SECRET": "bench-keys",
            "AWS_ENDPOINT_URL": url,
            **self._environment,
            **{
                queue_setting(queue.name): f"{url}/123456789012/bench-{queue.name}"
                for queue in QUEUES
            },
        }

    def log_in(self, contestant: Contestant) -> None:
        """Let the buyer log in, for a token as this contestant issues them."""
        with self.start(contestant, "api") as process:
            answer = check(process.invoke(http_event("POST", "/login", LOGIN)))
        self._tokens[contestant.name] = json.loads(answer["body"])["access_token"]

    def event(self, contestant: Contestant, event: Body) -> Body:
        """Return an event as a contestant is sent it: with its own token, if it needs one."""
        token = self._tokens.get(contestant.name)
        if token is None or "authorization" not in event.get("headers", {}):
            return event
        return {**event, "headers": {**event["headers"], "authorization": f"Bearer {token}"}}

    def calls(self, contestant: Contestant) -> int:
        """Return how often the endpoint of a contestant has been called."""
        with urlopen(self._url(contestant)) as answer:
            return sum(json.load(answer).values())

    def _url(self, contestant: Contestant) -> str:
        return self._urls[contestant.name if contestant.name in self._urls else "peers"]

    def _folder(self, contestant: Contestant) -> Path:
        if contestant.name not in self._folders:
            self._folders[contestant.name] = build(contestant)
        return self._folders[contestant.name]


def build(contestant: Contestant) -> Path:
    """Return the folder of a contestant, filled; packages stay until their lock changes."""
    folder = BUILD / contestant.name
    source = _PEERS / contestant.name
    lock = (_ROOT if contestant is SHOP else source) / "requirements.txt"
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    stamp = BUILD / f"{contestant.name}.stamp"
    if not (stamp.is_file() and stamp.read_text() == digest):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _install(lock, folder)
        if contestant is SHOP:
            drop_leftovers(folder)
            trim_botocore(folder)
            trim_sentry(folder)
            trim_confusables(folder)
        compile_bytecode(folder, root=folder)
        if contestant is SHOP:
            drop_sources(folder)
        stamp.write_text(digest)
    if contestant is SHOP:
        for name in ("app", "routers", "workers"):
            shutil.rmtree(folder / name, ignore_errors=True)
        copy_code(folder, _ROOT)
        for name in ("app", "routers", "workers"):
            compile_bytecode(folder / name, root=folder)
    else:
        for module in source.glob("*.py"):
            shutil.copy(module, folder)
        # Only the modules beside the packages: those are compiled already.
        subprocess.run(
            [sys.executable, "-m", "compileall", "-q", "-l", "-f", "--invalidation-mode",
             "unchecked-hash", str(folder)],
            check=True,
        )  # fmt: skip
    return folder


def _install(lock: Path, folder: Path) -> None:
    if not lock.read_text().strip():
        return
    print(f"Installing what {folder.name} needs ...", file=sys.stderr)
    subprocess.run(
        [_UV, "--no-config", "pip", "install", "--quiet", "--python", sys.executable,
         "--require-hashes", "--no-deps", "--link-mode", "copy", "--target", folder,
         "--requirement", lock],
        check=True,
    )  # fmt: skip


@contextmanager
def arena(
    *,
    delay_ms: int = 0,
    contents: Mapping[str, Body] | None = None,
    folders: Mapping[str, Path] | None = None,
    tls: TLS | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Arena]:
    """Start the endpoints, whose calls take so long, and stop them at the end.

    ``contents`` are what they hold, by the contestant whose it is; ``peers`` is for all others.
    ``folders`` are those of contestants that nothing has to be installed for, ``environment`` is
    what all are told besides. With ``tls`` the endpoints speak only that.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    endpoints: list[subprocess.Popen[bytes]] = []
    urls = {}
    try:
        for whose, held in (contents or standard_contents()).items():
            file = BUILD / f"content-{whose}.json"
            file.write_text(json.dumps(held))
            # Open before the process runs: a client that calls early waits.
            with socket.create_server(("127.0.0.1", 0)) as listener:
                scheme = "https" if tls else "http"
                urls[whose] = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
                endpoints.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "tests.bench.endpoint", file,
                         str(listener.fileno()), str(delay_ms), *(tls or ())],
                        cwd=_ROOT,
                        pass_fds=[listener.fileno()],
                    )
                )  # fmt: skip
        yield Arena(urls, link_runtime(BUILD / "runtime"), folders or {}, environment or {})
    finally:
        for endpoint in endpoints:
            endpoint.terminate()
        for endpoint in endpoints:
            endpoint.wait()


def standard_contents() -> dict[str, Body]:
    """Return what the endpoints of the shop and of its peers hold."""
    return {"shop": shop_content(), "peers": peer_content()}


def cpu_ms(process: LambdaProcess) -> float:
    """Return the processor time of a function's process so far."""
    return process_cpu_ms(process.pid)


def process_cpu_ms(pid: int) -> float:
    """Return the processor time of a whole process so far, ended threads included."""
    # Linux' clock of another process: include/linux/posix-timers.h, CPUCLOCK_SCHED.
    return time.clock_gettime((~pid << 3) | 2) * 1000


def can_measure() -> bool:
    """Tell whether this system has a clock of other processes."""
    try:
        time.clock_gettime((~os.getpid() << 3) | 2)
    except OSError:
        return False
    return True


def check(answer: Any) -> Any:
    """Return an answer; what failed is not measured."""
    if isinstance(answer, dict) and "statusCode" in answer:
        if answer["statusCode"] >= 400:
            raise SystemExit(f"A request failed: {answer}")
    elif answer != {"batchItemFailures": []}:
        raise SystemExit(f"A message failed: {answer}")
    return answer
