"""A local shop as its own process, as a person or a process manager starts it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from infra.local.clients import Clients
from infra.local.data_folder import is_locked

READY = "Shop ready: http://127.0.0.1:"

#: How long stopping may take, from the signal to the end of the last process.
STOP_SECONDS = 5.0

# Generous: other tests may have both cores.
START_SECONDS = 40.0
_END_SECONDS = 30.0

RUN = (sys.executable, "-m", "infra.cli.main", "run")
MAKE = ("make", "run")
MAKEFILE = f"run:\n\t@exec {' '.join(RUN)}\n"

_NUMBERS = count(1)

# Children inherit that a hang-up or Ctrl-C is ignored, as under nohup or in the background of a
# script; they do not inherit a handler.
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class ShopProcess:
    """``acme-shop run`` (or ``make run``) in a session of its own."""

    def __init__(
        self, project: Path, data: Path, *, argv: tuple[str, ...] = RUN, **environment: str
    ) -> None:
        """Start it; it is not ready yet."""
        self.project = project
        self.data = data
        number = next(_NUMBERS)
        self.out = data.with_name(f"{data.name}-out{number}")
        self.err = data.with_name(f"{data.name}-err{number}")
        (project / "Makefile").write_text(MAKEFILE)
        given = {**os.environ, "PORT": "0", **environment, "SHOP_DATA_DIR": str(data)}
        for name in ("MAKELEVEL", "MAKEFLAGS"):
            given.pop(name, None)
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                argv, cwd=project, env=given, stdout=out, stderr=err, start_new_session=True
            )

    @property
    def url(self) -> str:
        """Return its address once it is ready."""
        lines = [line for line in self.out.read_text().splitlines() if line.startswith(READY)]
        return lines[-1].removeprefix("Shop ready: ") if lines else ""

    @property
    def errors(self) -> str:
        """Return its standard error."""
        return self.err.read_text()

    @property
    def facts(self) -> dict[str, Any]:
        """Return the content of shop.json."""
        facts: dict[str, Any] = json.loads((self.data / "shop.json").read_text())
        return facts

    @property
    def shop_pid(self) -> int:
        """Return the process id of the shop itself, not of make."""
        return int(self.facts["pid"])

    def until_ready(self) -> "ShopProcess":
        """Wait for the line "Shop ready: ..."."""
        eventually(lambda: self.url or self.process.poll() is not None, START_SECONDS)
        assert self.url, self.errors
        return self

    def until_signals_are_handled(self) -> None:
        """Wait until the shop has installed its signal handlers.

        Before that, the starting interpreter prints a traceback on Ctrl-C.
        """
        eventually(self._handles_a_hang_up, START_SECONDS)

    def _handles_a_hang_up(self) -> bool:
        """Return whether it handles SIGHUP, which only the shop's own code does.

        Coverage handles SIGTERM before that.
        """
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        fields = dict(line.partition(":")[::2] for line in status.splitlines())
        return bool(int(fields["SigCgt"], 16) >> (signal.SIGHUP - 1) & 1)

    def send(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to the process alone, or to its group as a terminal does."""
        (os.killpg if group else os.kill)(self.process.pid, number)

    def until_gone(self, seconds: float = STOP_SECONDS) -> int:
        """Wait until no process of the shop is left; return the exit code of the first."""
        begun = time.monotonic()
        code = self.process.wait(seconds)
        # Every process of a shop holds the lock of its data folder.
        eventually(lambda: not is_locked(self.data), max(0.1, seconds - time.monotonic() + begun))
        return code

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON the API answers."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            body: dict[str, Any] = json.load(answer)
            return body

    def notes(self, name: str) -> list[dict[str, Any]]:
        """Return the calls that a stand-in recorded."""
        path = self.project / "notes" / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def children(self) -> dict[str, int]:
        """Return the process ids of its children by the module they run."""
        return children_of(self.shop_pid)


def children_of(pid: int) -> dict[str, int]:
    """Return the process ids of a shop's children by the module they run."""
    found = {}
    for child in _ids_of_children(pid):
        try:
            argv = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"-m" in argv:
            name = argv[argv.index(b"-m") + 1].decode().rpartition(".")[2]
            key = argv[argv.index(b"-m") + 2].decode() if name == "function_host" else name
            found[key] = child
    return found


def _ids_of_children(pid: int) -> list[int]:
    """Return them by the threads that started them; none of a process that has ended."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for text in lists for child in text.split()]


@contextmanager
def running(
    project: Path, data: Path, *, argv: tuple[str, ...] = RUN, **environment: str
) -> Iterator[ShopProcess]:
    """Run a shop for the block; it is ready at the start and stopped at the end."""
    shop = ShopProcess(project, data, argv=argv, **environment)
    try:
        yield shop.until_ready()
    finally:
        end(shop)


def end(shop: ShopProcess) -> None:
    """Stop a shop, with SIGKILL if SIGTERM does not do."""
    if shop.process.poll() is None:
        shop.send(signal.SIGTERM, group=True)
        try:
            shop.until_gone(_END_SECONDS)
        finally:
            if shop.process.poll() is None:
                shop.send(signal.SIGKILL, group=True)
                shop.process.wait()


def eventually(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return the first true value of ``condition``; the limit allows for a busy machine."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:.1f} seconds"
        time.sleep(0.02)
    return value


def clients(facts: Mapping[str, Any]) -> Callable[[str], Any]:
    """Return what makes boto3 clients for a running shop."""
    return Clients(facts["endpoint_url"], facts["environment"]["REGION"])
