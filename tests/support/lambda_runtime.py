"""The Lambda Runtime API for one process, so handlers start as they do on AWS.

The process is the real runtime client (``awslambdaric``), which the base image of the
functions contains. Here it comes from the development environment, alone in a folder of
links, so that nothing else from there can be imported by the function.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Self

#: How long a process may take to start; machines that test are busy.
START_SECONDS = 60

RUNTIME_PACKAGES = ("awslambdaric", "simplejson", "snapshot-restore-py")


class LambdaError(Exception):
    """The function, or its start, failed: what Lambda would have been told."""

    def __init__(self, kind: str, report: Any) -> None:
        """Keep what was reported."""
        super().__init__(f"{kind}: {report}")
        self.kind = kind
        self.report = report


@dataclass
class _Invocation:
    """One event on its way through the function."""

    event: Any
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: "queue.SimpleQueue[tuple[str, Any]]" = field(default_factory=queue.SimpleQueue)


def link_runtime(folder: Path) -> Path:
    """Fill ``folder`` with links to the runtime client and what it needs, and return it."""
    return link_packages(RUNTIME_PACKAGES, folder)


def link_packages(packages: Sequence[str], folder: Path) -> Path:
    """Fill ``folder`` with links to packages of the development environment, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in packages:
        package = distribution(name)
        for top in {file.parts[0] for file in package.files or () if file.parts[0] != ".."}:
            link = folder / top
            if not link.is_symlink():
                link.symlink_to(str(package.locate_file(top)))
    return folder


class LambdaProcess:
    """A function's process and the API it takes its events from; use it in a ``with``.

    ``cwd`` is the folder of the image's content, ``runtime`` one made by
    :func:`link_runtime`. Nothing of this process's environment is passed on.
    """

    def __init__(
        self,
        handler: str,
        *,
        cwd: Path,
        runtime: Path,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = 30,
        memory_mb: int = 512,
        python: str = sys.executable,
    ) -> None:
        """Prepare the process of ``handler``; it starts on entering."""
        self._handler = handler
        self._cwd = cwd
        self._timeout_seconds = timeout_seconds
        # Without site-packages: what is not in the two folders cannot be imported.
        self._command = [python, "-S", "-m", "awslambdaric", handler]
        self._environment = {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join([str(cwd), str(runtime)]),
            # The image cannot be written to, and the links lead to folders of others.
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYDANTIC_DISABLE_PLUGINS": "__all__",
            "LAMBDA_TASK_ROOT": str(cwd),
            "AWS_LAMBDA_FUNCTION_NAME": handler,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **(env or {}),
        }
        self._next: queue.SimpleQueue[_Invocation | None] = queue.SimpleQueue()
        self._running: dict[str, _Invocation] = {}
        self._init_error: Any = None
        self._ready = threading.Event()
        self._started_at = 0.0
        self.init_seconds = 0.0
        self.log = b""

    def __enter__(self) -> Self:
        """Start the process; it is ready when its first event is taken."""
        self._server = _RuntimeApi(self)
        self._serving = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._serving.start()
        host, port = self._server.server_address[:2]
        self._started_at = time.perf_counter()
        self._process = subprocess.Popen(
            self._command,
            cwd=self._cwd,
            env={**self._environment, "AWS_LAMBDA_RUNTIME_API": f"{host!s}:{port}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        # Read all the time: a process whose output is not read stops.
        self._logging = threading.Thread(target=self._read_log, daemon=True)
        self._logging.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process and its API."""
        self._process.kill()
        self._process.wait()
        self._logging.join()
        self._next.put(None)
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()

    @property
    def pid(self) -> int:
        """Return the id of the process."""
        return self._process.pid

    def invoke(self, event: Any) -> Any:
        """Return the function's answer to ``event``.

        Raises:
            LambdaError: the function raised, could not start, ended, or took too long.
        """
        invocation = _Invocation(event)
        self._running[invocation.id] = invocation
        self._next.put(invocation)
        self.wait_until_ready()
        give_up_at = time.monotonic() + self._timeout_seconds
        while time.monotonic() < give_up_at:
            try:
                kind, answer = invocation.answer.get(timeout=0.1)
            except queue.Empty:
                if self._process.poll() is not None:
                    break
                continue
            if kind == "error":
                raise LambdaError("function", answer)
            return answer
        if self._init_error is not None:
            raise LambdaError("init", self._init_error)
        kind = "timeout" if self._process.poll() is None else "exit"
        raise LambdaError(kind, self.log.decode(errors="replace")[-4000:])

    def wait_until_ready(self) -> None:
        """Return once the process can take events, or has ended: starting is not their time."""
        give_up_at = time.monotonic() + START_SECONDS
        while not self._ready.wait(0.1) and time.monotonic() < give_up_at:
            if self._process.poll() is not None:
                break

    def take(self) -> _Invocation | None:
        """Return the next event for the process, once there is one; nothing at the end."""
        if not self._ready.is_set():
            self.init_seconds = time.perf_counter() - self._started_at
            self._ready.set()
        return self._next.get()

    def headers(self, invocation: _Invocation) -> dict[str, str]:
        """Return what the Runtime API says about an event."""
        deadline = time.time() + self._timeout_seconds
        return {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": (
                f"arn:aws:lambda:eu-west-1:123456789012:function:{self._handler}"
            ),
            "Lambda-Runtime-Trace-Id": "Root=1-0-0;Sampled=0",
        }

    def report(self, path: str, body: Any) -> None:
        """Take what the process says: an answer, an error, or that it could not start."""
        *_, request_id, kind = path.split("/")
        if path.endswith("/init/error"):
            self._init_error = body
        else:
            self._running.pop(request_id).answer.put((kind, body))

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self.log += line


class _RuntimeApi(ThreadingHTTPServer):
    """The two calls a runtime client makes, again and again."""

    daemon_threads = True

    def __init__(self, function: LambdaProcess) -> None:
        self.function = function
        super().__init__(("127.0.0.1", 0), _Requests)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: the process is killed in the middle of a request, every time."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _RuntimeApi

    def do_GET(self) -> None:
        """Answer ``/invocation/next``."""
        function = self.server.function
        invocation = function.take()
        if invocation is None:
            self.close_connection = True
            return
        self._send(200, invocation.event, function.headers(invocation))

    def do_POST(self) -> None:
        """Answer ``/invocation/<id>/response``, ``.../error`` and ``/init/error``."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.function.report(self.path, json.loads(body or b"null"))
        self._send(202, {"status": "OK"}, {})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""

    def _send(self, status: int, content: Any, headers: Mapping[str, str]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        # The client crashes without this one.
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
