"""The folder with all data of one local shop (``SHOP_DATA_DIR``).

    lock         held while a shop runs on the folder, by all of its processes
    shop.json    where the running shop is reached; gone when it has stopped
    log.jsonl    what the functions logged, and older parts (see log_file.py)
    emulator/    the AWS emulator's snapshot, changes since then, port and log (see emulator.py)

It holds the keys that sign tokens, so only its owner may read it.
"""

import fcntl
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from infra.local.errors import DataFolderError

DEFAULT = ".local"
VARIABLE = "SHOP_DATA_DIR"

#: How long to wait for the processes of a shop that was killed to save and end.
LOCK_SECONDS = 3.0


def data_path(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder a shop with this environment uses, whether it exists or not."""
    given = os.environ if environment is None else environment
    return Path(given.get(VARIABLE, "").strip() or DEFAULT).expanduser().absolute()


class DataFolder:
    """An open data folder, locked against other shops until this process ends."""

    def __init__(self, path: Path, lock: int) -> None:
        """Keep path and descriptor of the lock; use :meth:`open`."""
        self.path = path
        self.lock = lock

    @classmethod
    def open(cls, path: Path) -> "DataFolder":
        """Make the folder if it is missing, and lock it.

        Raises:
            DataFolderError: it is no folder, cannot be written, or another shop uses it.
        """
        if path.exists() and not path.is_dir():
            raise DataFolderError(f"The data folder {path} is a file, not a folder.")
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            if not _take(lock):
                raise DataFolderError(
                    f"Another shop is running on the data folder {path}; stop it, or choose "
                    f"another folder with {VARIABLE}=..."
                )
            (path / "shop.json").unlink(missing_ok=True)
        except OSError as failure:
            raise DataFolderError(
                f"The data folder {path} cannot be used: {failure.strerror}."
            ) from failure
        return cls(path, lock)

    @property
    def emulator(self) -> Path:
        """Return the folder of the emulator."""
        return self.path / "emulator"

    def publish(self, facts: Mapping[str, object]) -> None:
        """Write shop.json: where the running shop is reached."""
        temporary = self.path / "shop.json.tmp"
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(facts, file, indent=1)
        temporary.replace(self.path / "shop.json")

    def withdraw(self) -> None:
        """Remove shop.json."""
        (self.path / "shop.json").unlink(missing_ok=True)


def is_locked(path: Path) -> bool:
    """Return whether a shop runs on the folder."""
    try:
        lock = os.open(path / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _take(lock: int) -> bool:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True
