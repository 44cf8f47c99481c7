"""The AWS emulator (MiniStack) as a child process on a free loopback port.

With a data folder its state is kept: the folder ``state`` holds one JSON file per service, the
folder ``changes`` the log of what changed since then, ``port`` the port of the last run (it is
part of every queue URL and is used again if it is free), ``log`` MiniStack's log, the folder
``tmp`` files of one run. Without a data folder its state is lost at the end.

    with Emulator() as emulator:
        environment = deploy(emulator.endpoint_url)
"""

import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local.emulator_state import DAMAGED_EXIT_CODE, FULL, damaged, prepare_state
from infra.local.environment import Launch, base_environment, python
from infra.local.errors import DataFolderError, EmulatorError, PortError
from infra.local.sockets import LOOPBACK, listen, port_of, url_of

START_SECONDS = 20.0
STOP_SECONDS = 20.0
HEALTH_PATH = "/_ministack/health"
_LOG_BYTES = 5_000_000


class Emulator:
    """One emulator; it keeps its port over several starts."""

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        auth: bool = False,
        log_level: str = "WARNING",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare an emulator that keeps its state in ``data_dir``, if one is given.

        ``auth`` makes it enforce IAM; ``environment`` is added to that of its process.
        """
        self._is_temporary = data_dir is None
        self.data_dir = data_dir or Path(tempfile.mkdtemp(prefix="acme-shop-emulator-"))
        self._auth = auth
        self._log_level = log_level
        self._environment = dict(environment or {})
        #: Whether the last launch found a full disk: nothing is written until there is room.
        self.is_read_only = False
        self._listener: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        """Return the address AWS clients are to use; the port is reserved on first use."""
        return url_of(self._reserved())

    @property
    def log(self) -> Path:
        """Return the file MiniStack writes its log to."""
        return self.data_dir / "log"

    @property
    def pid(self) -> int | None:
        """Return the process id while it runs under :meth:`start`."""
        return self._process.pid if self._process else None

    def launch(self) -> Launch:
        """Make the data folder ready and return how to start the process on it.

        Raises:
            DataFolderError: the folder cannot be used or its state is damaged.
        """
        listener = self._reserved()
        port = port_of(listener)
        state = self.data_dir / "state"
        try:
            shutil.rmtree(self.data_dir / "tmp", ignore_errors=True)
            log_dir = self.data_dir / "changes"
            for folder in (state, log_dir, self.data_dir / "tmp"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
                self.log.unlink()
            self.log.touch(mode=0o600)
            loaded = prepare_state(state, log_dir, port=port)
            self.is_read_only = loaded != state
            if not self.is_read_only:
                (self.data_dir / "port").write_text(f"{port}\n", encoding="ascii")
        except OSError as failure:
            cure = " Make room and start again." if failure.errno in FULL else ""
            raise DataFolderError(
                f"The data folder {self.data_dir} cannot be used: {failure.strerror}.{cure}"
            ) from failure
        return Launch(
            python("infra.local.emulator_server", str(listener.fileno()), str(self.log)),
            {
                **base_environment(),
                "GATEWAY_PORT": str(port),
                # The host of queue URLs and of API Gateway's virtual hosts.
                "MINISTACK_HOST": "localhost",
                "PERSIST_STATE": "0" if self._is_temporary else "1",
                # Loaded from the first and saved to the second; they differ on a full disk.
                "STATE_DIR": str(loaded),
                "SNAPSHOT_DIR": str(state),
                "LOG_DIR": str(log_dir),
                "S3_DATA_DIR": str(self.data_dir / "tmp" / "s3"),
                "TMPDIR": str(self.data_dir / "tmp"),
                # Listeners and helpers that the shop does not use.
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "DOCKER_HOST": "unix:///nonexistent",
                "AUTH": str(self._auth).lower(),
                "LOG_LEVEL": self._log_level,
                **self._environment,
            },
            fds=(listener.fileno(),),
            umask=0o077,
        )

    def start(self) -> Self:
        """Start the process and wait until it answers.

        Raises:
            DataFolderError: the folder cannot be used or its state is damaged.
            EmulatorError: it ended or did not answer in time; names its log.
        """
        try:
            launch = self.launch()
            self._process = subprocess.Popen(  # noqa: S603  # Our own module, no shell.
                launch.argv,
                cwd=launch.cwd,
                env=dict(launch.environment),
                pass_fds=launch.fds,
                stdin=subprocess.PIPE,
                process_group=0,
                umask=launch.umask,
            )
            self._await_answer(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Save the state and end the process; safe to repeat."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin:
                process.stdin.close()
        self.close()

    def close(self) -> None:
        """Release the port, and remove the folder if it is temporary."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._is_temporary:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    def _reserved(self) -> socket.socket:
        if self._listener is None:
            try:
                last = int((self.data_dir / "port").read_text(encoding="ascii"))
                self._listener = listen(last)
            except (OSError, ValueError, PortError):
                self._listener = listen()
        return self._listener

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the first answer: the connection is queued until the process listens."""
        deadline = time.monotonic() + START_SECONDS
        address = (LOOPBACK, port_of(self._reserved()))
        with socket.create_connection(address, timeout=START_SECONDS) as connection:
            connection.sendall(f"GET {HEALTH_PATH} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            while process.poll() is None and time.monotonic() < deadline:
                if select.select([connection], [], [], 0.02)[0] and connection.recv(16):
                    return
        if process.poll() == DAMAGED_EXIT_CODE:
            raise damaged(self.data_dir / "state")
        raise EmulatorError(f"The AWS emulator did not start; its log is {self.log}.")

    def explain(self, exit_code: int | None) -> str:
        """Return a sentence that explains an exit code, or names the log."""
        if exit_code == DAMAGED_EXIT_CODE:
            return str(damaged(self.data_dir / "state"))
        return f"Its log is {self.log}."
